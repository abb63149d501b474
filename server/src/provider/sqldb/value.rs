//! Parameters: the CBOR of one value each.

use minicbor::{Decoder, data::Type, decode::Error};

use super::failure::{Code, Failure};

/// What a placeholder stands for.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum SqlValue {
    Null,
    Boolean(bool),
    Integer(i64),
    Float(f64),
    Text(String),
    Bytes(Vec<u8>),
}

impl SqlValue {
    /// The parameter at a place, from 1, of what is its CBOR.
    pub(super) fn read(place: usize, cbor: &[u8]) -> Result<Self, Failure> {
        let mut decoder = Decoder::new(cbor);
        let value = read(&mut decoder);
        let rest = cbor.len() - decoder.position().min(cbor.len());
        match value {
            Ok(Some(value)) if rest == 0 => Ok(value),
            Ok(Some(_)) => Err(unreadable(place, &format!("{rest} bytes follow its value"))),
            Ok(None) => {
                Err(unreadable(place, "it is none of null, boolean, integer of 64 bits, float, text and byte string"))
            }
            Err(error) => Err(unreadable(place, &error.to_string())),
        }
    }

    /// What it is, in a word.
    pub(super) const fn kind(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Boolean(_) => "a boolean",
            Self::Integer(_) => "an integer",
            Self::Float(_) => "a float",
            Self::Text(_) => "text",
            Self::Bytes(_) => "a byte string",
        }
    }
}

/// The next value; `None` where it is something else.
fn read(decoder: &mut Decoder<'_>) -> Result<Option<SqlValue>, Error> {
    Ok(Some(match decoder.datatype()? {
        Type::Null => decoder.null().map(|()| SqlValue::Null)?,
        Type::Undefined => decoder.undefined().map(|()| SqlValue::Null)?,
        Type::Bool => SqlValue::Boolean(decoder.bool()?),
        Type::U8 | Type::U16 | Type::U32 | Type::U64 | Type::I8 | Type::I16 | Type::I32 | Type::I64 | Type::Int => {
            match decoder.i64() {
                Ok(number) => SqlValue::Integer(number),
                Err(_) => return Ok(None),
            }
        }
        Type::F32 => SqlValue::Float(decoder.f32()?.into()),
        Type::F64 => SqlValue::Float(decoder.f64()?),
        Type::String => SqlValue::Text(decoder.str()?.to_owned()),
        Type::StringIndef => SqlValue::Text(decoder.str_iter()?.collect::<Result<_, _>>()?),
        Type::Bytes => SqlValue::Bytes(decoder.bytes()?.to_owned()),
        Type::BytesIndef => SqlValue::Bytes(decoder.bytes_iter()?.collect::<Result<Vec<_>, _>>()?.concat()),
        _ => return Ok(None),
    }))
}

fn unreadable(place: usize, why: &str) -> Failure {
    Failure::new(Code::InvalidParameter, format!("parameter {place} is not the CBOR of one value: {why}"))
}

/// The failure of a statement that has not as many placeholders as there are parameters.
pub(super) fn check_count(placeholders: usize, parameters: usize) -> Result<(), Failure> {
    if placeholders == parameters {
        return Ok(());
    }
    Err(Failure::new(
        Code::InvalidParameter,
        format!("placeholders: {placeholders}, parameters: {parameters}; give one parameter for each placeholder"),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(cbor: &[u8]) -> Result<SqlValue, String> {
        SqlValue::read(2, cbor).map_err(|failure| format!("{failure:?}"))
    }

    #[test]
    fn a_value_is_read_however_it_is_written() {
        for (cbor, value) in [
            (&[0xf6][..], SqlValue::Null),
            (&[0xf7], SqlValue::Null),
            (&[0xf5], SqlValue::Boolean(true)),
            (&[0x17], SqlValue::Integer(23)),
            (&[0x1b, 0x7f, 255, 255, 255, 255, 255, 255, 255], SqlValue::Integer(i64::MAX)),
            (&[0x3b, 0x7f, 255, 255, 255, 255, 255, 255, 255], SqlValue::Integer(i64::MIN)),
            (&[0xfa, 0x3f, 0xc0, 0, 0], SqlValue::Float(1.5)),
            (&[0xfb, 0x3f, 0xf8, 0, 0, 0, 0, 0, 0], SqlValue::Float(1.5)),
            (&[0x62, b'h', b'i'], SqlValue::Text("hi".to_owned())),
            (&[0x7f, 0x61, b'h', 0x61, b'i', 0xff], SqlValue::Text("hi".to_owned())),
            (&[0x42, 0, 255], SqlValue::Bytes(vec![0, 255])),
            (&[0x5f, 0x41, 0, 0x41, 255, 0xff], SqlValue::Bytes(vec![0, 255])),
        ] {
            assert_eq!(read(cbor), Ok(value), "{cbor:?}");
        }
    }

    #[test]
    fn what_is_no_single_value_is_refused_with_its_place() {
        for (cbor, words) in [
            (&[][..], "end of input"),
            (&[0x01, 0x02], "1 bytes follow"),
            (&[0x62, b'h'], "end of input"),
            (&[0x62, 0xff, 0xff], "parameter 2"),
            (&[0x1b, 0x80, 0, 0, 0, 0, 0, 0, 0], "it is none of"),
            (&[0x81, 0x01], "it is none of"),
            (&[0xa0], "it is none of"),
            (&[0xc0, 0x61, b'a'], "it is none of"),
            (&[0x5b, 255, 255, 255, 255, 255, 255, 255, 255], "parameter 2"),
        ] {
            let refused = read(cbor).expect_err("refused");
            assert!(refused.contains(words) && refused.contains("invalidParameter"), "{cbor:?}: {refused}");
        }
    }
}
