//! How arguments and replies are encoded: MessagePack, structs as maps with their field names.

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// A first byte that announces CBOR.
const CBOR: u8 = 0x7f;
/// A first byte that announces MessagePack; without either, it is MessagePack as well.
const MESSAGE_PACK: u8 = 0xc1;

/// Nil in MessagePack.
const NIL: u8 = 0xc0;

/// Why bytes are not the expected shape.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum DecodeError {
    /// They are CBOR.
    #[error("it is encoded as CBOR; encode it as MessagePack")]
    Cbor,
    /// They are not that shape in MessagePack.
    #[error("it is not the expected MessagePack: {0}")]
    MessagePack(String),
}

/// Encodes an argument or a reply.
///
/// # Panics
/// Where `T` has maps whose keys cannot be encoded; the shapes of this crate have none.
pub fn encode<T: Serialize + ?Sized>(value: &T) -> Vec<u8> {
    rmp_serde::to_vec_named(value).expect("contract shapes serialise")
}

/// Decodes an argument or a reply. Nothing at all reads as nil, as operations without argument or reply send it.
///
/// # Errors
/// The bytes are of another encoding or shape.
pub fn decode<'a, T: Deserialize<'a>>(bytes: &'a [u8]) -> Result<T, DecodeError> {
    rmp_serde::from_slice(body(bytes)?).map_err(|error| DecodeError::MessagePack(error.to_string()))
}

/// The MessagePack of an argument or a reply, without what announces it, for those who decode it themselves. Nothing at
/// all is nil.
///
/// # Errors
/// The bytes are of another encoding.
pub fn body(bytes: &[u8]) -> Result<&[u8], DecodeError> {
    let body = match bytes.split_first() {
        Some((&CBOR, _)) => return Err(DecodeError::Cbor),
        Some((&MESSAGE_PACK, rest)) => rest,
        _ => bytes,
    };
    Ok(if body.is_empty() { &[NIL] } else { body })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_survives_with_and_without_its_announcement() {
        let mut bytes = encode("text");
        assert_eq!(decode::<String>(&bytes).as_deref(), Ok("text"));
        bytes.insert(0, MESSAGE_PACK);
        assert_eq!(decode::<String>(&bytes).as_deref(), Ok("text"));
    }

    #[test]
    fn nothing_reads_as_nil() {
        assert_eq!(decode::<()>(&[]), Ok(()));
        assert_eq!(decode::<Option<u32>>(&[MESSAGE_PACK]), Ok(None));
    }

    #[test]
    fn other_encodings_and_shapes_are_named() {
        assert_eq!(decode::<String>(&[CBOR, 0x61, b'x']), Err(DecodeError::Cbor));
        assert!(matches!(decode::<String>(&encode(&5)), Err(DecodeError::MessagePack(_))));
        assert!(matches!(decode::<String>(&[]), Err(DecodeError::MessagePack(_))));
    }
}
