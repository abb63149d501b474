//! Reads structs by the names of their fields, for few bytes: what is derived keeps a state for each field of each type,
//! which adds up to a tenth of a tab host.

use std::fmt;

use serde::{
    Deserializer,
    de::{DeserializeOwned, Error, MapAccess, Visitor},
};
use serde_json::{Map, Value};

use super::shape::{Misshapen, shape};

/// The fields that are left to read.
pub(crate) struct Fields(Map<String, Value>);

impl Fields {
    /// All of a struct. Some write them as a list, in the order of `names`.
    pub(crate) fn of<'de, D: Deserializer<'de>>(deserializer: D, names: &'static [&str]) -> Result<Self, D::Error> {
        deserializer.deserialize_struct("fields", names, ReadFields)
    }

    /// A field that must be there, under the first of `names` that is.
    pub(crate) fn needed<T: DeserializeOwned>(&mut self, names: &'static [&str]) -> Result<T, Misshapen> {
        let (name, value) = self.take(names).ok_or_else(|| Misshapen::missing_field(names[0]))?;
        shape(value).map_err(|error| error.within(name))
    }

    /// A field that may be left out.
    pub(crate) fn optional<T: DeserializeOwned + Default>(&mut self, names: &'static [&str]) -> Result<T, Misshapen> {
        match self.take(names) {
            Some((name, value)) => shape(value).map_err(|error| error.within(name)),
            None => Ok(T::default()),
        }
    }

    fn take(&mut self, names: &'static [&str]) -> Option<(&'static str, Value)> {
        names.iter().find_map(|name| Some((*name, self.0.remove(*name)?)))
    }
}

struct ReadFields;

impl<'de> Visitor<'de> for ReadFields {
    type Value = Fields;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("fields by their names")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Fields, A::Error> {
        let mut fields = Map::new();
        while let Some((name, value)) = map.next_entry()? {
            fields.insert(name, value);
        }
        Ok(Fields(fields))
    }
}

/// Implements `Deserialize` for a struct: of each field whether it is `needed` or `optional`, its name on the wire, and
/// other names that are taken for it.
macro_rules! read_by_name {
    ($type:ident { $($field:ident: $rule:ident[$name:literal $(, $other:literal)*]),+ $(,)? }) => {
        impl<'de> serde::Deserialize<'de> for $type {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                // Not within what is made anew for each format.
                fn read(
                    mut fields: $crate::encoding::by_name::Fields,
                ) -> Result<$type, $crate::encoding::shape::Misshapen> {
                    Ok($type { $($field: fields.$rule(&[$name $(, $other)*])?),+ })
                }
                let fields = $crate::encoding::by_name::Fields::of(deserializer, &[$($name),+])?;
                read(fields).map_err(serde::de::Error::custom)
            }
        }
    };
}
pub(crate) use read_by_name;
