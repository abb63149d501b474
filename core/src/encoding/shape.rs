//! Gives a JSON value the shape of a type.
//!
//! `serde_json` does so, too, and takes fields by their places in a list as well, for which each type has a second reader:
//! together they are a tenth of a tab host. Here a list becomes a map first.

use std::{fmt::Display, vec};

use serde::{
    Deserializer,
    de::{
        DeserializeOwned, DeserializeSeed, Error, Expected, IntoDeserializer, MapAccess, SeqAccess, Unexpected,
        Visitor,
        value::{MapAccessDeserializer, StringDeserializer},
    },
    forward_to_deserialize_any,
};
use serde_json::{Map, Value, map};

/// What is wrong with a value.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct Misshapen(String);

impl Misshapen {
    /// The same of the field in which it is wrong.
    #[cold]
    pub(super) fn within(self, field: &str) -> Self {
        Self(format!("{field}: {}", self.0))
    }
}

impl Error for Misshapen {
    fn custom<T: Display>(text: T) -> Self {
        Self(text.to_string())
    }

    fn invalid_type(found: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self(format!("invalid type: {}, expected {expected}", name_of(found)))
    }

    fn invalid_value(found: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self(format!("invalid value: {}, expected {expected}", name_of(found)))
    }
}

/// The words for what is there, as serde has them; but floats are not written out, by code that nothing else in a tab needs.
#[cold]
fn name_of(found: Unexpected<'_>) -> String {
    match found {
        Unexpected::Unit => "null".to_owned(),
        Unexpected::Bool(value) => format!("boolean `{value}`"),
        Unexpected::Unsigned(number) => format!("integer `{number}`"),
        Unexpected::Signed(number) => format!("integer `{number}`"),
        Unexpected::Str(text) => format!("string \"{text}\""),
        Unexpected::Float(_) => "floating point".to_owned(),
        Unexpected::Seq => "sequence".to_owned(),
        Unexpected::Map => "map".to_owned(),
        _ => "something else".to_owned(),
    }
}

/// Reads a type from a value.
pub(super) fn shape<T: DeserializeOwned>(value: Value) -> Result<T, Misshapen> {
    T::deserialize(Shape(value))
}

struct Shape(Value);

impl Shape {
    /// What it is instead of what `expected` says.
    #[cold]
    fn instead_of(&self, expected: &dyn Expected) -> Misshapen {
        let found = match &self.0 {
            Value::Null => Unexpected::Unit,
            Value::Bool(value) => Unexpected::Bool(*value),
            // As JSON has it: floats, too, are written so all the same.
            Value::Number(number) => return Misshapen(format!("invalid type: number `{number}`, expected {expected}")),
            Value::String(text) => Unexpected::Str(text),
            Value::Array(_) => Unexpected::Seq,
            Value::Object(_) => Unexpected::Map,
        };
        Misshapen::invalid_type(found, expected)
    }

    fn members(self, fields: &[&str], expected: &dyn Expected) -> Result<Members, Misshapen> {
        match self.0 {
            Value::Object(map) => Ok(Members::of(map)),
            Value::Array(list) if !fields.is_empty() => {
                let mut map = Map::new();
                map.extend(fields.iter().map(|name| (*name).to_owned()).zip(list));
                Ok(Members::of(map))
            }
            _ => Err(self.instead_of(expected)),
        }
    }
}

/// Methods of a deserialiser that do what others do.
macro_rules! as_others {
    ($($method:ident: $other:ident),+ $(,)?) => {
        $(fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Misshapen> {
            self.$other(visitor)
        })+
    };
}

impl<'de> Deserializer<'de> for Shape {
    type Error = Misshapen;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Misshapen> {
        match self.0 {
            Value::Null => visitor.visit_unit(),
            Value::Bool(value) => visitor.visit_bool(value),
            Value::Number(_) => self.deserialize_f64(visitor),
            Value::String(text) => visitor.visit_string(text),
            Value::Array(list) => visitor.visit_seq(Elements(list.into_iter())),
            Value::Object(map) => visitor.visit_map(Members::of(map)),
        }
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Misshapen> {
        match self.0 {
            Value::Bool(value) => visitor.visit_bool(value),
            _ => Err(self.instead_of(&visitor)),
        }
    }

    fn deserialize_u64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Misshapen> {
        match self.0.as_u64() {
            Some(number) => visitor.visit_u64(number),
            None => Err(self.instead_of(&visitor)),
        }
    }

    fn deserialize_i64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Misshapen> {
        match self.0.as_i64() {
            Some(number) => visitor.visit_i64(number),
            None => self.deserialize_u64(visitor),
        }
    }

    fn deserialize_f64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Misshapen> {
        match (self.0.as_i64(), self.0.as_u64(), self.0.as_f64()) {
            (Some(number), _, _) if number < 0 => visitor.visit_i64(number),
            (_, Some(number), _) => visitor.visit_u64(number),
            (_, _, Some(number)) => visitor.visit_f64(number),
            _ => Err(self.instead_of(&visitor)),
        }
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Misshapen> {
        match self.0 {
            Value::String(text) => visitor.visit_string(text),
            _ => Err(self.instead_of(&visitor)),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Misshapen> {
        match self.0 {
            Value::Null => visitor.visit_none(),
            _ => visitor.visit_some(self),
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, Misshapen> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Misshapen> {
        match self.0 {
            Value::Array(list) => visitor.visit_seq(Elements(list.into_iter())),
            _ => Err(self.instead_of(&visitor)),
        }
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Misshapen> {
        let members = self.members(&[], &visitor)?;
        visitor.visit_map(members)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Misshapen> {
        let members = self.members(fields, &visitor)?;
        visitor.visit_map(members)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Misshapen> {
        match self.0 {
            Value::String(variant) => {
                let variant: StringDeserializer<Misshapen> = variant.into_deserializer();
                variant.deserialize_enum(name, variants, visitor)
            }
            // A variant that holds something.
            Value::Object(map) if map.len() == 1 => {
                MapAccessDeserializer::new(Members::of(map)).deserialize_enum(name, variants, visitor)
            }
            _ => Err(self.instead_of(&visitor)),
        }
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Misshapen> {
        visitor.visit_unit()
    }

    as_others! {
        deserialize_u8: deserialize_u64,
        deserialize_u16: deserialize_u64,
        deserialize_u32: deserialize_u64,
        deserialize_i8: deserialize_i64,
        deserialize_i16: deserialize_i64,
        deserialize_i32: deserialize_i64,
        deserialize_f32: deserialize_f64,
        deserialize_string: deserialize_str,
    }

    forward_to_deserialize_any! { i128 u128 char bytes byte_buf unit unit_struct tuple tuple_struct identifier }
}

/// The members of a map, in turn.
struct Members {
    rest: map::IntoIter,
    /// That whose name was read.
    value: Value,
}

impl Members {
    fn of(map: Map<String, Value>) -> Self {
        Self { rest: map.into_iter(), value: Value::Null }
    }
}

impl<'de> MapAccess<'de> for Members {
    type Error = Misshapen;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Misshapen> {
        let Some((name, value)) = self.rest.next() else {
            return Ok(None);
        };
        self.value = value;
        seed.deserialize(Shape(Value::String(name))).map(Some)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Misshapen> {
        seed.deserialize(Shape(self.value.take()))
    }
}

/// The elements of a list, in turn.
struct Elements(vec::IntoIter<Value>);

impl<'de> SeqAccess<'de> for Elements {
    type Error = Misshapen;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, Misshapen> {
        self.0.next().map(|value| seed.deserialize(Shape(value))).transpose()
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.0.len())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde::Deserialize;
    use serde_json::json;

    use super::*;

    #[derive(Debug, PartialEq, Deserialize)]
    enum Kept {
        Nothing,
        Number(i64),
        Pair(u8, String),
        Named { score: f64, word: Option<String> },
    }

    #[derive(Debug, PartialEq, Deserialize)]
    #[serde(tag = "state", rename_all = "snake_case")]
    enum Tagged {
        Open,
        Refused { reason: String },
    }

    #[derive(Debug, PartialEq, Deserialize)]
    struct All {
        kept: Vec<Kept>,
        #[serde(default)]
        tagged: Option<Tagged>,
        #[serde(alias = "most")]
        limit: u32,
        #[serde(flatten)]
        more: BTreeMap<String, Value>,
    }

    fn all() -> Value {
        json!({
            "kept": ["Nothing", { "Number": -3 }, { "Pair": [7, "seven"] }, { "Named": { "score": 0.5, "word": null } }],
            "tagged": { "state": "refused", "reason": "why" },
            "most": 9,
            "else": [true, 1.5, u64::MAX],
        })
    }

    /// Whatever serde_json reads is read alike.
    #[test]
    fn values_get_the_shape_that_they_get_elsewhere() {
        let elsewhere = serde_json::from_value::<All>(all()).expect("it has that shape");
        assert_eq!(shape::<All>(all()).expect("so has it here"), elsewhere);
        assert_eq!(elsewhere.kept[1], Kept::Number(-3));
    }

    #[test]
    fn what_has_another_shape_is_refused_in_words() {
        let refused = |place: &str, value: Value| {
            let mut wrong = all();
            *wrong.pointer_mut(place).expect("it is there") = value;
            assert!(serde_json::from_value::<All>(wrong.clone()).is_err(), "{wrong}");
            shape::<All>(wrong).expect_err("elsewhere, too").to_string()
        };
        assert_eq!(refused("/most", json!(-1)), "invalid type: number `-1`, expected u32");
        assert_eq!(refused("/most", json!(1_u64 << 32)), "invalid value: integer `4294967296`, expected u32");
        assert_eq!(refused("/kept/0", json!(1)), "invalid type: number `1`, expected enum Kept");
        assert_eq!(refused("/most", json!(1.5)), "invalid type: number `1.5`, expected u32");
        assert_eq!(refused("/most", json!("9")), "invalid type: string \"9\", expected u32");
        assert!(refused("/kept/0", json!("Else")).contains("unknown variant `Else`"));
        for not_one in [json!({}), json!({ "Number": 1, "Nothing": null })] {
            assert_eq!(refused("/kept/1", not_one), "invalid type: map, expected enum Kept");
        }
        assert!(refused("/tagged", json!({ "state": "refused" })).contains("missing field `reason`"));
    }
}
