//! The values of a link: which of them a provider understands, and what a link says, checked before the provider hears
//! of it.

use std::{
    collections::BTreeMap,
    fmt::{self, Debug, Formatter},
    time::Duration,
};

use super::LinkRefused;

/// What a value of a link is read as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ValueKind {
    /// Any text that is not empty.
    Text,
    /// A whole number from 0 on, `100`.
    Number,
    /// A span of time, `250ms`, `5s`, `2m`, `1h`, `7d`.
    Duration,
    /// A number of bytes, `4096`, `64Ki`, `1Mi`, `2Gi`.
    Size,
    /// `true` or `false`.
    Boolean,
    /// `SCHEME://REST`.
    Url,
    /// Texts with commas between them.
    List,
}

impl ValueKind {
    /// All of them.
    pub const ALL: [Self; 7] =
        [Self::Text, Self::Number, Self::Duration, Self::Size, Self::Boolean, Self::Url, Self::List];

    /// The one of that name.
    pub fn read(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == name)
    }

    /// Its name, as people and programs read it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Number => "number",
            Self::Duration => "duration",
            Self::Size => "size",
            Self::Boolean => "boolean",
            Self::Url => "url",
            Self::List => "list",
        }
    }

    /// What a number may be followed by, and how many bytes or milliseconds one of it is.
    const fn units(self) -> &'static [(&'static str, u64)] {
        match self {
            Self::Duration => &[("ms", 1), ("s", 1_000), ("m", 60_000), ("h", 3_600_000), ("d", 86_400_000)],
            Self::Size => &[("", 1), ("Ki", 1 << 10), ("Mi", 1 << 20), ("Gi", 1 << 30)],
            _ => &[("", 1)],
        }
    }

    fn amount(self, text: &str) -> Option<u64> {
        let digits = text.find(|character: char| !character.is_ascii_digit()).unwrap_or(text.len());
        let (number, unit) = text.split_at(digits);
        let (_, each) = self.units().iter().find(|(name, _)| *name == unit)?;
        number.parse::<u64>().ok()?.checked_mul(*each)
    }

    fn fits(self, text: &str) -> bool {
        match self {
            Self::Text => !text.is_empty(),
            Self::Boolean => matches!(text, "true" | "false"),
            Self::Url => text.split_once("://").is_some_and(|(scheme, rest)| !scheme.is_empty() && !rest.is_empty()),
            Self::List => text.split(',').all(|item| !item.trim().is_empty()),
            Self::Number | Self::Duration | Self::Size => self.amount(text).is_some(),
        }
    }
}

/// A value that a provider understands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LinkValue {
    /// Its name. One that ends in `.*` stands for all that go on after the dot: `schedule.*` for `schedule.night`.
    pub name: &'static str,
    /// What it is read as.
    pub kind: ValueKind,
    /// What it is where a link does not say; may be absent all the same.
    pub default: Option<&'static str>,
    /// Whether a link must say it.
    pub required: bool,
    /// Whether it may be the name of a secret, `secret:NAME`. Its text is never shown then.
    pub secret: bool,
    /// What it is for, in one line.
    pub about: &'static str,
    /// One that makes sense.
    pub example: &'static str,
}

impl LinkValue {
    /// A value that may be left out and has no default.
    pub const fn new(name: &'static str, kind: ValueKind, about: &'static str, example: &'static str) -> Self {
        Self { name, kind, default: None, required: false, secret: false, about, example }
    }

    /// The same, which no link may leave out.
    pub const fn required(self) -> Self {
        Self { required: true, ..self }
    }

    /// The same with what it is where a link does not say.
    pub const fn or(self, default: &'static str) -> Self {
        Self { default: Some(default), ..self }
    }

    /// The same, which may name a secret.
    pub const fn or_secret(self) -> Self {
        Self { secret: true, ..self }
    }

    /// Whether that is its name, or one of those that it stands for.
    fn is(&self, name: &str) -> bool {
        match self.name.strip_suffix('*') {
            Some(start) => name.strip_prefix(start).is_some_and(|rest| !rest.is_empty()),
            None => name == self.name,
        }
    }

    /// How a link says it.
    pub fn shown(&self) -> String {
        format!("{}={}", self.name.replace('*', "NAME"), self.example)
    }
}

/// The values of one link, as its provider reads them. Secrets stand in them as they are, so Debug shows names alone.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct LinkValues {
    known: &'static [LinkValue],
    given: BTreeMap<String, String>,
}

impl LinkValues {
    /// The values of a link to a provider that understands `known`.
    ///
    /// # Errors
    /// One is unknown, missing, or not what it is to be.
    pub fn new(known: &'static [LinkValue], given: BTreeMap<String, String>) -> Result<Self, LinkRefused> {
        Self::check(known, &given).and_then(|()| Self::read(known, given)).map_err(LinkRefused)
    }

    /// Whether the values go by names that are known, and none is missing. Names of secrets are not looked up for it.
    pub(crate) fn check(known: &'static [LinkValue], given: &BTreeMap<String, String>) -> Result<(), String> {
        for (name, text) in given {
            let Some(value) = known.iter().find(|value| value.is(name)) else {
                let meant = known.iter().find(|value| is_like(value.name, name));
                let meant = meant.map(|value| format!(" (did you mean `{}`?)", value.name)).unwrap_or_default();
                return Err(format!("it knows no value `{name}`{meant}; it takes {}", listed(known)));
            };
            if text.starts_with(crate::host::SECRET_REFERENCE) && !value.secret {
                return Err(format!("`{name}` is no secret; say it in the link, as {name}={}", value.example));
            }
        }
        match known.iter().find(|value| value.required && !given.keys().any(|name| value.is(name))) {
            Some(value) => Err(format!(
                "the value `{}` is missing; give it as {}; it takes {}",
                value.name,
                value.shown(),
                listed(known)
            )),
            None => Ok(()),
        }
    }

    /// The values, if each is what it is to be. They have been checked, and secrets been put in their places.
    pub(crate) fn read(known: &'static [LinkValue], given: BTreeMap<String, String>) -> Result<Self, String> {
        for (name, text) in &given {
            if let Some(LinkValue { kind, example, secret, .. }) = known.iter().find(|value| value.is(name))
                && !kind.fits(text)
            {
                let shown = if *secret { String::new() } else { format!("={text}") };
                return Err(format!(
                    "`{name}{shown}` is no {}; write it as {name}={example}; it takes {}",
                    kind.as_str(),
                    listed(known)
                ));
            }
        }
        Ok(Self { known, given })
    }

    /// What a link says, or the default.
    pub fn text(&self, name: &str) -> Option<&str> {
        let described = || self.known.iter().find(|value| value.name == name);
        debug_assert!(described().is_some(), "a provider reads what it describes, and `{name}` it does not");
        self.given.get(name).map(String::as_str).or_else(|| described()?.default)
    }

    /// All that a link says, and the defaults of what it does not say.
    pub fn texts(&self) -> impl Iterator<Item = (&str, &str)> {
        let given = self.given.iter().map(|(name, text)| (name.as_str(), text.as_str()));
        let left_out = self.known.iter().filter(|value| !self.given.contains_key(value.name));
        given.chain(left_out.filter_map(|value| Some((value.name, value.default?))))
    }

    /// What a link says of all that a value stands for whose name ends in `.*`, by what stands there instead of the `*`.
    pub fn of_each(&self, value: &LinkValue) -> impl Iterator<Item = (&str, &str)> {
        let start = value.name.trim_end_matches('*');
        self.given.iter().filter_map(move |(name, text)| Some((name.strip_prefix(start)?, text.as_str())))
    }

    /// The number that a value is.
    pub fn number(&self, name: &str) -> Option<u64> {
        ValueKind::Number.amount(self.text(name)?)
    }

    /// The span of time that a value is.
    pub fn duration(&self, name: &str) -> Option<Duration> {
        ValueKind::Duration.amount(self.text(name)?).map(Duration::from_millis)
    }

    /// The number of bytes that a value is.
    pub fn size(&self, name: &str) -> Option<u64> {
        ValueKind::Size.amount(self.text(name)?)
    }

    /// Whether a value is `true`.
    pub fn is_true(&self, name: &str) -> bool {
        self.text(name) == Some("true")
    }

    /// The texts of a list.
    pub fn list(&self, name: &str) -> Vec<&str> {
        self.text(name).map(|text| text.split(',').map(str::trim).collect()).unwrap_or_default()
    }
}

impl Debug for LinkValues {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.given.keys()).finish()
    }
}

/// What there is, on one line.
fn listed(known: &[LinkValue]) -> String {
    if known.is_empty() {
        return "none".to_owned();
    }
    let each = known.iter().map(|value| {
        let required = if value.required { ", required" } else { "" };
        format!("{} ({}{required})", value.name, value.kind.as_str())
    });
    each.collect::<Vec<_>>().join(", ")
}

/// Whether one may stand for the other by mistake: but for case, they differ by two letters in one place at most.
fn is_like(name: &str, given: &str) -> bool {
    let (name, given) = (name.to_ascii_lowercase().into_bytes(), given.to_ascii_lowercase().into_bytes());
    let same = name.iter().zip(&given).take_while(|(a, b)| a == b).count();
    let (name, given) = (&name[same..], &given[same..]);
    let same_end = name.iter().rev().zip(given.iter().rev()).take_while(|(a, b)| a == b).count();
    name.len().max(given.len()) - same_end <= 2
}

#[cfg(test)]
mod tests {
    use super::*;

    const KNOWN: &[LinkValue] = &[
        LinkValue::new("URL", ValueKind::Url, "where it is", "redis://127.0.0.1").required().or_secret(),
        LinkValue::new("count", ValueKind::Number, "how many", "3").or("2"),
        LinkValue::new("patience", ValueKind::Duration, "how long", "5s"),
        LinkValue::new("room", ValueKind::Size, "how much", "1Mi"),
        LinkValue::new("quiet", ValueKind::Boolean, "whether", "true"),
        LinkValue::new("hosts", ValueKind::List, "which", "a,b"),
        LinkValue::new("tax.*", ValueKind::Number, "for each", "7"),
    ];

    fn read(given: &[(&str, &str)]) -> Result<LinkValues, String> {
        let given = given.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect();
        LinkValues::new(KNOWN, given).map_err(|refused| refused.0)
    }

    #[track_caller]
    fn refused(given: &[(&str, &str)], words: &[&str]) {
        let why = read(given).expect_err("refused");
        for word in words {
            assert!(why.contains(word), "{word} in: {why}");
        }
    }

    #[test]
    fn values_are_read_as_what_they_are() {
        let values = read(&[
            ("URL", "redis://example.org"),
            ("patience", "250ms"),
            ("room", "64Ki"),
            ("quiet", "true"),
            ("hosts", "a, b"),
        ]);
        let values = values.expect("good");
        assert_eq!(values.text("URL"), Some("redis://example.org"));
        assert_eq!(values.number("count"), Some(2), "its default");
        assert_eq!(values.duration("patience"), Some(Duration::from_millis(250)));
        assert_eq!(values.size("room"), Some(65_536));
        assert!(values.is_true("quiet"));
        assert_eq!(values.list("hosts"), ["a", "b"]);
        let values = read(&[("URL", "a://b")]).expect("good");
        assert_eq!(values.duration("patience"), None, "neither said nor by default");
        assert_eq!(values.texts().collect::<Vec<_>>(), [("URL", "a://b"), ("count", "2")]);
    }

    #[test]
    fn a_kind_is_found_by_its_name() {
        for kind in ValueKind::ALL {
            assert_eq!(ValueKind::read(kind.as_str()), Some(kind));
        }
        assert_eq!(ValueKind::read("colour"), None);
    }

    #[test]
    fn what_is_unknown_or_missing_is_refused_with_what_there_is() {
        let all = "URL (url, required), count (number), patience (duration), room (size), quiet (boolean), hosts (list), tax.* (number)";
        refused(&[], &["`URL` is missing", "URL=redis://127.0.0.1", all]);
        refused(&[("URL", "a://b"), ("colour", "red")], &["no value `colour`; it takes", all]);
        for (given, meant) in [("url", "URL"), ("uRL", "URL"), ("patence", "patience"), ("hsots", "hosts")] {
            refused(&[(given, "1")], &[&format!("`{given}` (did you mean `{meant}`?)")]);
        }
        let none = LinkValues::check(&[], &BTreeMap::from([("a".to_owned(), "b".to_owned())]));
        assert_eq!(none, Err("it knows no value `a`; it takes none".to_owned()));
    }

    #[test]
    fn what_is_not_of_its_kind_is_refused_with_an_example() {
        for (name, text, words) in [
            ("count", "-1", "`count=-1` is no number; write it as count=3"),
            ("count", "1Ki", "no number"),
            ("count", "99999999999999999999", "no number"),
            ("patience", "5", "`patience=5` is no duration; write it as patience=5s"),
            ("patience", "99999999999999999d", "no duration"),
            ("room", "1 Ki", "no size"),
            ("quiet", "yes", "no boolean"),
            ("hosts", "a,,b", "no list"),
        ] {
            refused(&[("URL", "a://b"), (name, text)], &[words, "it takes URL"]);
        }
    }

    #[test]
    fn a_name_with_a_star_stands_for_all_that_begin_so() {
        let values = read(&[("URL", "a://b"), ("tax.food", "7"), ("tax.b.c", "19")]).expect("good");
        let taxes = values.of_each(&KNOWN[6]).collect::<Vec<_>>();
        assert_eq!(taxes, [("b.c", "19"), ("food", "7")]);
        let all = values.texts().collect::<Vec<_>>();
        assert_eq!(all, [("URL", "a://b"), ("tax.b.c", "19"), ("tax.food", "7"), ("count", "2")]);
        refused(&[("URL", "a://b"), ("tax.food", "x")], &["`tax.food=x` is no number; write it as tax.food=7"]);
        refused(&[("URL", "a://b"), ("tax.food", "secret:N")], &["`tax.food` is no secret"]);
        refused(&[("URL", "a://b"), ("tax.", "7")], &["no value `tax.` (did you mean `tax.*`?)"]);
        const NEEDED: &[LinkValue] = &[LinkValue::new("tax.*", ValueKind::Number, "for each", "7").required()];
        let none = LinkValues::new(NEEDED, BTreeMap::new()).expect_err("refused").0;
        let said = "the value `tax.*` is missing; give it as tax.NAME=7; it takes tax.* (number, required)";
        assert_eq!(none, said);
    }

    #[test]
    fn secrets_stand_where_they_may_and_are_never_shown() {
        refused(&[("URL", "a://b"), ("count", "secret:N")], &["`count` is no secret"]);
        let why = read(&[("URL", "lovelace")]).expect_err("refused");
        assert!(why.contains("`URL` is no url") && !why.contains("lovelace"), "{why}");
        let shown = format!("{:?}", read(&[("URL", "a://lovelace")]).expect("good"));
        assert_eq!(shown, "{\"URL\"}");
    }
}
