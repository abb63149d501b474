//! The text form of nkeys: base32 without padding of prefix, key and CRC-16.

use super::key::KeyError;
use crate::text::BASE32;

/// The text of a key behind its prefix bytes.
pub(super) fn encode(prefix: &[u8], key: &[u8; 32]) -> String {
    let mut bytes = [prefix, key].concat();
    bytes.extend(crc16(&bytes).to_le_bytes());
    BASE32.encode(&bytes)
}

/// Prefix and key of a text, `N` bytes in all. The checksum held.
pub(super) fn decode<const N: usize>(text: &str) -> Result<[u8; N], KeyError> {
    let foreign = text.chars().enumerate().find(|(_, character)| !matches!(character, 'A'..='Z' | '2'..='7'));
    if let Some((index, character)) = foreign {
        return Err(KeyError::Character { character, position: index + 1 });
    }
    let expected = BASE32.length(N + 2);
    if text.len() != expected {
        return Err(KeyError::Length { expected, found: text.len() });
    }
    let bytes = BASE32.decode(text.as_bytes()).map_err(|_| KeyError::Checksum)?;
    let (body, checksum) = bytes.split_first_chunk::<N>().expect("the length of the text was checked");
    match checksum == crc16(body).to_le_bytes() {
        true => Ok(*body),
        false => Err(KeyError::Checksum),
    }
}

/// CRC-16/XMODEM: polynomial 0x1021, starting at zero.
fn crc16(bytes: &[u8]) -> u16 {
    bytes.iter().fold(0, |crc: u16, byte| {
        (0..8).fold(crc ^ u16::from(*byte) << 8, |crc, _| match crc & 0x8000 {
            0 => crc << 1,
            _ => crc << 1 ^ 0x1021,
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_checksum_is_that_of_the_catalogue() {
        // The check value of CRC-16/XMODEM in the catalogue of parametrised CRC algorithms.
        assert_eq!(crc16(b"123456789"), 0x31c3);
    }
}
