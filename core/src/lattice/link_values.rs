//! What a provider tells of the values of its links.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use crate::provider::LinkValue;

/// The reply of a provider that is asked for its `values`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LinkValueList {
    /// What its links may say, and must.
    pub values: Vec<LinkValueSummary>,
}

/// A value that links to a provider may have. Providers of others may say less than ours: all but the name may be absent.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LinkValueSummary {
    /// Its name. One that ends in `.*` stands for all that go on after the dot.
    pub name: Cow<'static, str>,
    /// What it is read as: the name of a [`ValueKind`](crate::provider::ValueKind). One that is not known is a text.
    #[serde(default = "text")]
    pub kind: Cow<'static, str>,
    /// What it is where a link does not say; may be absent all the same.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default: Option<Cow<'static, str>>,
    /// Whether a link must say it.
    #[serde(default)]
    pub required: bool,
    /// Whether it may be the name of a secret, `secret:NAME`.
    #[serde(default)]
    pub secret: bool,
    /// What it is for, in one line.
    #[serde(default)]
    pub about: Cow<'static, str>,
    /// One that makes sense.
    #[serde(default)]
    pub example: Cow<'static, str>,
}

fn text() -> Cow<'static, str> {
    "text".into()
}

impl LinkValueSummary {
    /// How a link says it.
    pub fn shown(&self) -> String {
        format!("{}={}", self.name.replace('*', "NAME"), self.example)
    }
}

impl From<&LinkValue> for LinkValueSummary {
    fn from(value: &LinkValue) -> Self {
        Self {
            name: value.name.into(),
            kind: value.kind.as_str().into(),
            default: value.default.map(Into::into),
            required: value.required,
            secret: value.secret,
            about: value.about.into(),
            example: value.example.into(),
        }
    }
}

impl LinkValueList {
    /// What a provider that understands `known` tells.
    pub fn of(known: &'static [LinkValue]) -> Self {
        Self { values: known.iter().map(Into::into).collect() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{encoding, lattice::wire::to_messagepack, provider::ValueKind};

    const KNOWN: &[LinkValue] = &[
        LinkValue::new("URL", ValueKind::Url, "where it is", "redis://127.0.0.1").required().or_secret(),
        LinkValue::new("tax.*", ValueKind::Number, "for each", "7").or("19"),
    ];

    #[test]
    fn what_a_provider_tells_arrives_as_it_is() {
        let told = LinkValueList::of(KNOWN);
        let heard: LinkValueList = encoding::from_messagepack(&to_messagepack(&told)).expect("MessagePack");
        assert_eq!(heard, told);
        let [url, tax] = &heard.values[..] else { panic!("two of them: {heard:?}") };
        assert!(url.required && url.secret && url.default.is_none(), "{url:?}");
        assert_eq!((&*url.kind, &*url.about, &*url.shown()), ("url", "where it is", "URL=redis://127.0.0.1"));
        assert_eq!((tax.default.as_deref(), tax.required, &*tax.shown()), (Some("19"), false, "tax.NAME=7"));
    }

    #[test]
    fn a_provider_of_others_may_tell_names_alone_and_what_we_do_not_know() {
        let told = serde_json::json!({ "values": [{ "name": "colour", "taste": "bitter" }], "more": 1 });
        let heard: LinkValueList = encoding::from_messagepack(&to_messagepack(&told)).expect("MessagePack");
        let colour = LinkValueSummary { name: "colour".into(), kind: "text".into(), ..LinkValueSummary::default() };
        assert_eq!(heard.values, [colour]);
    }
}
