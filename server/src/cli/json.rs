//! JSON for people, MessagePack for actors: how the one becomes the other.

use data_encoding::BASE64;
use rmpv::Value as Packed;
use serde_json::{Map, Number, Value as Json, json};
use thiserror::Error;

/// How deeply a reply may be nested. JSON's reader has about the same bound.
const MAX_DEPTH: usize = 128;

/// The only name in an object that stands for bytes.
const BASE64_NAME: &str = "base64";

/// Why one does not become the other.
#[derive(Debug, PartialEq, Eq, Error)]
pub(super) enum JsonError {
    #[error("the input is not JSON: {0}; quote it for your shell, or pass bytes as they are with --raw-input")]
    Input(String),
    #[error("the input's {{\"base64\": …}} does not hold base64: {0}")]
    Base64(String),
    #[error("the reply of {length} bytes is not MessagePack; print it as it is with --raw")]
    Reply { length: usize },
}

/// The MessagePack of a JSON text. `{"base64": "…"}` becomes bytes.
pub(super) fn to_message_pack(text: &[u8]) -> Result<Vec<u8>, JsonError> {
    let json: Json = serde_json::from_slice(text).map_err(|error| JsonError::Input(error.to_string()))?;
    let mut bytes = Vec::new();
    rmpv::encode::write_value(&mut bytes, &pack(json)?).expect("memory takes all bytes");
    Ok(bytes)
}

/// What a reply means. Bytes that are text become a string, others `{"base64": "…"}`; keys become strings. An empty
/// reply is null.
pub(super) fn from_message_pack(reply: &[u8]) -> Result<Json, JsonError> {
    if reply.is_empty() {
        return Ok(Json::Null);
    }
    let mut rest = reply;
    match rmpv::decode::read_value_with_max_depth(&mut rest, MAX_DEPTH) {
        Ok(value) if rest.is_empty() => Ok(unpack(value)),
        _ => Err(JsonError::Reply { length: reply.len() }),
    }
}

fn pack(json: Json) -> Result<Packed, JsonError> {
    Ok(match json {
        Json::Null => Packed::Nil,
        Json::Bool(value) => value.into(),
        Json::Number(number) => pack_number(&number),
        Json::String(text) => text.into(),
        Json::Array(items) => Packed::Array(items.into_iter().map(pack).collect::<Result<_, _>>()?),
        Json::Object(fields) => match bytes_in(&fields) {
            Some(text) => {
                Packed::Binary(BASE64.decode(text.as_bytes()).map_err(|error| JsonError::Base64(error.to_string()))?)
            }
            None => Packed::Map(
                fields.into_iter().map(|(name, value)| Ok((name.into(), pack(value)?))).collect::<Result<_, _>>()?,
            ),
        },
    })
}

fn bytes_in(fields: &Map<String, Json>) -> Option<&str> {
    match fields.len() {
        1 => fields.get(BASE64_NAME)?.as_str(),
        _ => None,
    }
}

fn pack_number(number: &Number) -> Packed {
    match (number.as_u64(), number.as_i64()) {
        (Some(number), _) => number.into(),
        (_, Some(number)) => number.into(),
        _ => number.as_f64().expect("JSON numbers are integers or floats").into(),
    }
}

fn unpack(value: Packed) -> Json {
    match value {
        Packed::Nil => Json::Null,
        Packed::Boolean(value) => value.into(),
        Packed::Integer(number) => match (number.as_u64(), number.as_i64()) {
            (Some(number), _) => number.into(),
            (_, number) => number.into(),
        },
        Packed::F32(number) => unpack_float(number.to_string(), f64::from(number)),
        Packed::F64(number) => unpack_float(number.to_string(), number),
        Packed::String(text) => unpack_bytes(text.into_bytes()),
        Packed::Binary(bytes) => unpack_bytes(bytes),
        Packed::Array(items) => items.into_iter().map(unpack).collect(),
        Packed::Map(fields) => {
            fields.into_iter().map(|(name, value)| (name_of(name), unpack(value))).collect::<Map<_, _>>().into()
        }
        Packed::Ext(kind, bytes) => json!({ "ext": kind, BASE64_NAME: BASE64.encode(&bytes) }),
    }
}

/// JSON has no infinity and no NaN; those become their names.
fn unpack_float(name: String, number: f64) -> Json {
    Number::from_f64(number).map_or(Json::String(name), Json::Number)
}

fn unpack_bytes(bytes: Vec<u8>) -> Json {
    match String::from_utf8(bytes) {
        Ok(text) => Json::String(text),
        Err(error) => json!({ BASE64_NAME: BASE64.encode(error.as_bytes()) }),
    }
}

fn name_of(key: Packed) -> String {
    match unpack(key) {
        Json::String(text) => text,
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn there_and_back(text: &str) -> Json {
        from_message_pack(&to_message_pack(text.as_bytes()).expect("JSON")).expect("MessagePack")
    }

    #[test]
    fn json_survives_message_pack() {
        let text = r#"{"a":[null,true,-1,18446744073709551615,1.5,"é",{}],"b":{"base64":"AP8="}}"#;
        assert_eq!(there_and_back(text).to_string(), text);
    }

    #[test]
    fn integers_take_the_least_room_and_base64_becomes_bytes() {
        let check = |text: &str, bytes: &[u8]| {
            assert_eq!(to_message_pack(text.as_bytes()).expect("JSON"), bytes, "{text}");
        };
        check("7", &[7]);
        check("-7", &[0xf9]);
        check("300", &[0xcd, 1, 44]);
        check(r#"{"base64":"AQI="}"#, &[0xc4, 2, 1, 2]);
        check(r#"{"base64":1}"#, &[0x81, 0xa6, b'b', b'a', b's', b'e', b'6', b'4', 1]);
    }

    #[test]
    fn what_json_has_not_becomes_text() {
        let check = |value: Packed, json: Json| {
            let mut bytes = Vec::new();
            rmpv::encode::write_value(&mut bytes, &value).expect("memory");
            assert_eq!(from_message_pack(&bytes), Ok(json));
        };
        check(Packed::Binary(b"text".to_vec()), json!("text"));
        check(Packed::Binary(vec![255]), json!({ "base64": "/w==" }));
        check(Packed::Map(vec![(5.into(), true.into())]), json!({ "5": true }));
        check(f64::NAN.into(), json!("NaN"));
        check(f32::INFINITY.into(), json!("inf"));
        check(Packed::Ext(-1, vec![0]), json!({ "ext": -1, "base64": "AA==" }));
    }

    #[test]
    fn an_empty_reply_is_null_and_foreign_bytes_are_named() {
        assert_eq!(from_message_pack(&[]), Ok(Json::Null));
        assert_eq!(from_message_pack(b"HELLO"), Err(JsonError::Reply { length: 5 }));
        let deep = [vec![0x91; 200_000], vec![1]].concat();
        assert_eq!(from_message_pack(&deep), Err(JsonError::Reply { length: 200_001 }));
    }

    #[test]
    fn wrong_input_is_named() {
        assert!(matches!(to_message_pack(b"{a:1}"), Err(JsonError::Input(_))));
        assert!(matches!(to_message_pack(br#"{"base64":"?"}"#), Err(JsonError::Base64(_))));
    }
}
