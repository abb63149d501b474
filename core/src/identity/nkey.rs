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

/// What four bits make of a checksum that is zero: each is shifted out of `n << 12`.
const CRC16: [u16; 16] = {
    let mut table = [0; 16];
    let mut index = 0;
    while index < 16 {
        let mut crc = (index as u16) << 12;
        let mut bit = 0;
        while bit < 4 {
            crc = if crc & 0x8000 == 0 { crc << 1 } else { crc << 1 ^ 0x1021 };
            bit += 1;
        }
        table[index] = crc;
        index += 1;
    }
    table
};

/// CRC-16/XMODEM: polynomial 0x1021, starting at zero. Each call names keys, so it goes by four bits at a time.
fn crc16(bytes: &[u8]) -> u16 {
    let step = |crc: u16, bits: u8| crc << 4 ^ CRC16[usize::from(crc >> 12 ^ u16::from(bits & 15)) & 15];
    bytes.iter().fold(0, |crc, byte| step(step(crc, byte >> 4), *byte))
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
