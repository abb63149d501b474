//! `wisteria:secrets`: values that an actor needs and nobody else may see.

use std::fmt::{self, Debug, Formatter};

use serde::{Deserialize, Serialize};

/// The contract.
pub const CONTRACT: &str = "wisteria:secrets";

/// Operations, called by the actor. Single values go in bare.
pub mod operation {
    /// Name → [`GetResponse`](super::GetResponse). Which names there are is the link's affair.
    pub const GET: &str = "Secrets.Get";
}

/// A secret.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct GetResponse {
    /// The secret; empty if there is none.
    #[serde(with = "serde_bytes", default)]
    #[cfg_attr(feature = "schema", schemars(with = "crate::schema::Bytes"))]
    pub value: Vec<u8>,
    /// Whether there is one.
    pub exists: bool,
    /// Which version of it this is, where the store counts them. Another value has another version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
}

impl Debug for GetResponse {
    /// Without the secret.
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("GetResponse");
        shown.field("exists", &self.exists).field("version", &self.version).finish_non_exhaustive()
    }
}

/// The contract in its own words.
#[cfg(feature = "schema")]
pub fn describe() -> crate::schema::Contract {
    crate::schema::Contract::new(CONTRACT, "Values that an actor needs and nobody else may see")
        .by_actor::<String, GetResponse>(operation::GET, "The secret of a name.")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_shows_no_secret() {
        let secret = GetResponse { value: b"lovelace".to_vec(), exists: true, version: Some("7".to_owned()) };
        assert_eq!(format!("{secret:?}"), r#"GetResponse { exists: true, version: Some("7"), .. }"#);
    }
}
