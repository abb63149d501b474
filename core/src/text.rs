//! Bytes as text, in the bases and alphabets of the formats we share; none of them is padded.

use thiserror::Error;

/// A way to write bytes as text.
#[derive(Debug, Clone, Copy)]
pub struct Base {
    /// The first and the last of characters that follow each other, in the order of what they stand for.
    runs: &'static [(u8, u8)],
    bits: u32,
}

/// Base 16 in lower case.
pub const HEX_LOWER: Base = Base { runs: &[(b'0', b'9'), (b'a', b'f')], bits: 4 };
/// Base 16 in upper case.
pub const HEX_UPPER: Base = Base { runs: &[(b'0', b'9'), (b'A', b'F')], bits: 4 };
/// Base 32 of RFC 4648.
pub const BASE32: Base = Base { runs: &[(b'A', b'Z'), (b'2', b'7')], bits: 5 };
/// Base 64 of RFC 4648 for addresses and names of files.
pub const BASE64_URL: Base =
    Base { runs: &[(b'A', b'Z'), (b'a', b'z'), (b'0', b'9'), (b'-', b'-'), (b'_', b'_')], bits: 6 };

/// Why text does not stand for bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum TextError {
    /// A character is not of the alphabet.
    #[error("the character at {0} does not belong there")]
    Symbol(usize),
    /// No bytes have a text of this length, or with this end.
    #[error("it is cut off, or its last character is wrong")]
    End,
}

impl Base {
    /// The text of `bytes`.
    pub fn encode(self, bytes: &[u8]) -> String {
        let mut text = String::with_capacity(self.length(bytes.len()));
        let (mut pending, mut count) = (0u32, 0);
        for byte in bytes {
            pending = pending << 8 | u32::from(*byte);
            count += 8;
            while count >= self.bits {
                count -= self.bits;
                text.push(self.symbol(pending >> count));
            }
        }
        if count > 0 {
            text.push(self.symbol(pending << (self.bits - count)));
        }
        text
    }

    /// The bytes of `text`, which must be what [`Base::encode`] gives for them.
    ///
    /// # Errors
    /// It is no such text.
    pub fn decode(self, text: &[u8]) -> Result<Vec<u8>, TextError> {
        let mut bytes = Vec::with_capacity(text.len() * self.bits as usize / 8);
        let (mut pending, mut count) = (0u32, 0);
        for (at, character) in text.iter().enumerate() {
            let value = self.value(*character).ok_or(TextError::Symbol(at))?;
            pending = pending << self.bits | value;
            count += self.bits;
            if count >= 8 {
                count -= 8;
                bytes.push((pending >> count) as u8);
            }
        }
        let rest = pending & ((1 << count) - 1);
        match count < self.bits && rest == 0 {
            true => Ok(bytes),
            false => Err(TextError::End),
        }
    }

    /// How many characters stand for so many bytes.
    pub fn length(self, bytes: usize) -> usize {
        (bytes * 8).div_ceil(self.bits as usize)
    }

    /// What a character stands for. In runs of characters that follow each other, which are few: each call names keys.
    fn value(self, character: u8) -> Option<u32> {
        let mut first = 0;
        for (from, to) in self.runs {
            if (*from..=*to).contains(&character) {
                return Some(first + u32::from(character - from));
            }
            first += u32::from(to - from) + 1;
        }
        None
    }

    fn symbol(self, value: u32) -> char {
        let mut value = value as u8 & ((1 << self.bits) - 1);
        for (from, to) in self.runs {
            let count = to - from + 1;
            if value < count {
                return (from + value).into();
            }
            value -= count;
        }
        unreachable!("the runs have a symbol for each value")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The test vectors of RFC 4648, without their padding.
    #[test]
    fn bytes_have_the_text_of_the_rfc_and_come_back() {
        let check = |base: Base, bytes: &[u8], text: &str| {
            assert_eq!(base.encode(bytes), text);
            assert_eq!(base.length(bytes.len()), text.len());
            assert_eq!(base.decode(text.as_bytes()).as_deref(), Ok(bytes));
        };
        check(BASE32, b"", "");
        check(BASE32, b"f", "MY");
        check(BASE32, b"fo", "MZXQ");
        check(BASE32, b"foo", "MZXW6");
        check(BASE32, b"foob", "MZXW6YQ");
        check(BASE32, b"foobar", "MZXW6YTBOI");
        check(BASE64_URL, b"f", "Zg");
        check(BASE64_URL, b"fo", "Zm8");
        check(BASE64_URL, b"foobar", "Zm9vYmFy");
        check(BASE64_URL, &[0xfb, 0xff], "-_8");
        check(HEX_LOWER, &[0x00, 0xff, 0x1a], "00ff1a");
        check(HEX_UPPER, &[0x00, 0xff, 0x1a], "00FF1A");
    }

    #[test]
    fn other_text_is_refused() {
        assert_eq!(BASE64_URL.decode(b"Zm+v"), Err(TextError::Symbol(2)));
        assert_eq!(BASE64_URL.decode(b"Zg=="), Err(TextError::Symbol(2)));
        assert_eq!(BASE64_URL.decode(b"Z"), Err(TextError::End), "six bits are no byte");
        assert_eq!(BASE64_URL.decode(b"Zh"), Err(TextError::End), "bits beyond the byte");
        assert_eq!(BASE32.decode(b"MYA"), Err(TextError::End));
        assert_eq!(HEX_LOWER.decode(b"0"), Err(TextError::End));
    }
}
