//! Reads and writes MessagePack by hand: for what every call carries, and for values that hold anything.
//!
//! Code that is derived for each type would be slower, and make a tab host a tenth larger.

use rmp::{
    Marker,
    encode::{write_array_len, write_bool, write_f64, write_map_len, write_nil, write_sint, write_str, write_uint},
};
use serde_json::{Map, Number, Value};
use thiserror::Error;

/// How deeply lists and maps of a [`Value`] may lie within each other.
const MAX_DEPTH: u32 = 128;

/// Why bytes are not the MessagePack that is expected.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub(crate) enum Unreadable {
    /// They end within a value.
    #[error("it ends too early")]
    Ends,
    /// There is something else.
    #[error("there is {found} where {expected} is expected")]
    Other { found: &'static str, expected: &'static str },
    /// A text is none.
    #[error("a text is not UTF-8")]
    Utf8,
    /// A number has no place in its field.
    #[error("a number is out of range")]
    Range,
    /// It cannot be kept.
    #[error("lists and maps lie within each other more than {MAX_DEPTH} deep")]
    Depth,
    /// A map lacks what it must have.
    #[error("the field \"{0}\" is missing")]
    Missing(&'static str),
    /// A map has two of one name.
    #[error("the field \"{0}\" is there twice")]
    Twice(&'static str),
}

/// A value without what is within it: that of lists and maps follows.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Head<'a> {
    Nil,
    Bool(bool),
    /// A number that is not negative.
    Unsigned(u64),
    /// A number below 0.
    Negative(i64),
    Float(f64),
    Text(&'a [u8]),
    Bytes(&'a [u8]),
    List(u32),
    Map(u32),
    Extension,
}

impl Head<'_> {
    fn name(self) -> &'static str {
        match self {
            Self::Nil => "nil",
            Self::Bool(_) => "a boolean",
            Self::Unsigned(_) | Self::Negative(_) => "an integer",
            Self::Float(_) => "a float",
            Self::Text(_) => "a text",
            Self::Bytes(_) => "bytes",
            Self::List(_) => "a list",
            Self::Map(_) => "a map",
            Self::Extension => "an extension",
        }
    }

    fn instead_of(self, expected: &'static str) -> Unreadable {
        Unreadable::Other { found: self.name(), expected }
    }
}

/// What is left to read.
#[derive(Debug, Clone)]
pub(crate) struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    /// Reads `bytes` from their beginning. What stands behind a value is passed over.
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    fn take(&mut self, length: usize) -> Result<&'a [u8], Unreadable> {
        let (taken, rest) = self.rest.split_at_checked(length).ok_or(Unreadable::Ends)?;
        self.rest = rest;
        Ok(taken)
    }

    /// A big-endian number of 1 to 8 bytes.
    fn unsigned(&mut self, bytes: usize) -> Result<u64, Unreadable> {
        Ok(self.take(bytes)?.iter().fold(0, |number, byte| number << 8 | u64::from(*byte)))
    }

    fn signed(&mut self, bytes: usize) -> Result<Head<'a>, Unreadable> {
        let unused = 64 - 8 * bytes as u32;
        let number = (self.unsigned(bytes)? << unused).cast_signed() >> unused;
        Ok(u64::try_from(number).map_or(Head::Negative(number), Head::Unsigned))
    }

    fn length(&mut self, bytes: usize) -> Result<u32, Unreadable> {
        Ok(self.unsigned(bytes)? as u32)
    }

    /// What is as long as a number of so many bytes says.
    fn counted(&mut self, bytes: usize) -> Result<&'a [u8], Unreadable> {
        let length = self.length(bytes)?;
        self.take(length as usize)
    }

    /// An extension: its length, its type, itself.
    fn extension(&mut self, length: usize) -> Result<Head<'a>, Unreadable> {
        self.take(1)?;
        self.take(length).map(|_| Head::Extension)
    }

    fn head(&mut self) -> Result<Head<'a>, Unreadable> {
        let marker = Marker::from_u8(self.take(1)?[0]);
        Ok(match marker {
            Marker::Null => Head::Nil,
            Marker::False => Head::Bool(false),
            Marker::True => Head::Bool(true),
            Marker::FixPos(number) => Head::Unsigned(number.into()),
            Marker::FixNeg(number) => Head::Negative(number.into()),
            Marker::U8 => Head::Unsigned(self.unsigned(1)?),
            Marker::U16 => Head::Unsigned(self.unsigned(2)?),
            Marker::U32 => Head::Unsigned(self.unsigned(4)?),
            Marker::U64 => Head::Unsigned(self.unsigned(8)?),
            Marker::I8 => self.signed(1)?,
            Marker::I16 => self.signed(2)?,
            Marker::I32 => self.signed(4)?,
            Marker::I64 => self.signed(8)?,
            Marker::F32 => Head::Float(f32::from_bits(self.length(4)?).into()),
            Marker::F64 => Head::Float(f64::from_bits(self.unsigned(8)?)),
            Marker::FixStr(length) => Head::Text(self.take(length.into())?),
            Marker::Str8 => Head::Text(self.counted(1)?),
            Marker::Str16 => Head::Text(self.counted(2)?),
            Marker::Str32 => Head::Text(self.counted(4)?),
            Marker::Bin8 => Head::Bytes(self.counted(1)?),
            Marker::Bin16 => Head::Bytes(self.counted(2)?),
            Marker::Bin32 => Head::Bytes(self.counted(4)?),
            Marker::FixArray(length) => Head::List(length.into()),
            Marker::Array16 => Head::List(self.length(2)?),
            Marker::Array32 => Head::List(self.length(4)?),
            Marker::FixMap(length) => Head::Map(length.into()),
            Marker::Map16 => Head::Map(self.length(2)?),
            Marker::Map32 => Head::Map(self.length(4)?),
            Marker::FixExt1 => self.extension(1)?,
            Marker::FixExt2 => self.extension(2)?,
            Marker::FixExt4 => self.extension(4)?,
            Marker::FixExt8 => self.extension(8)?,
            Marker::FixExt16 => self.extension(16)?,
            Marker::Ext8 => {
                let length = self.length(1)?;
                self.extension(length as usize)?
            }
            Marker::Ext16 => {
                let length = self.length(2)?;
                self.extension(length as usize)?
            }
            Marker::Ext32 => {
                let length = self.length(4)?;
                self.extension(length as usize)?
            }
            Marker::Reserved => return Err(Unreadable::Other { found: "an unused code", expected: "a value" }),
        })
    }

    /// A text, which some write as bytes.
    pub(crate) fn text(&mut self) -> Result<String, Unreadable> {
        match self.head()? {
            Head::Text(text) | Head::Bytes(text) => utf8(text).map(str::to_owned),
            other => Err(other.instead_of("a text")),
        }
    }

    /// Bytes, which some write as text or as a list of numbers.
    pub(crate) fn bytes(&mut self) -> Result<Vec<u8>, Unreadable> {
        match self.head()? {
            Head::Text(bytes) | Head::Bytes(bytes) => Ok(bytes.to_vec()),
            Head::List(length) => (0..length).map(|_| self.byte()).collect(),
            other => Err(other.instead_of("bytes")),
        }
    }

    fn byte(&mut self) -> Result<u8, Unreadable> {
        let number = self.number()?;
        u8::try_from(number).map_err(|_| Unreadable::Range)
    }

    /// A number that is not negative.
    pub(crate) fn number(&mut self) -> Result<u64, Unreadable> {
        match self.head()? {
            Head::Unsigned(number) => Ok(number),
            Head::Negative(_) => Err(Unreadable::Range),
            other => Err(other.instead_of("an integer")),
        }
    }

    /// Passes nil over; tells whether it stood there.
    pub(crate) fn is_nil(&mut self) -> bool {
        let stands_here = self.rest.first() == Some(&Marker::Null.to_u8());
        if stands_here {
            self.rest = &self.rest[1..];
        }
        stands_here
    }

    /// Reads the members of a map whose names are texts: `read` takes the member of each name.
    pub(crate) fn members(
        &mut self,
        read: &mut dyn FnMut(&str, &mut Self) -> Result<(), Unreadable>,
    ) -> Result<(), Unreadable> {
        match self.head()? {
            Head::Map(length) => (0..length).try_for_each(|_| {
                let name = self.member_name()?;
                read(name, self)
            }),
            other => Err(other.instead_of("a map")),
        }
    }

    fn member_name(&mut self) -> Result<&'a str, Unreadable> {
        match self.head()? {
            Head::Text(name) | Head::Bytes(name) => utf8(name),
            other => Err(other.instead_of("the name of a field")),
        }
    }

    /// Reads a map of the fields `names`, in any order, or a list of them in this one: `read` takes the field at an index
    /// of `names`. Each is taken once at most, the first `required` of them at least once, and fields of other names are
    /// passed over.
    pub(crate) fn fields(
        &mut self,
        names: &[&'static str],
        required: usize,
        read: &mut dyn FnMut(usize, &mut Self) -> Result<(), Unreadable>,
    ) -> Result<(), Unreadable> {
        let (length, is_map) = match self.head()? {
            Head::Map(length) => (length, true),
            Head::List(length) => (length, false),
            other => return Err(other.instead_of("a map")),
        };
        let mut taken = 0_u32;
        for position in 0..length as usize {
            let index = match is_map {
                true => {
                    let name = self.member_name()?;
                    names.iter().position(|known| *known == name)
                }
                false => Some(position).filter(|position| *position < names.len()),
            };
            let Some(index) = index else {
                self.skip()?;
                continue;
            };
            if taken & 1 << index != 0 {
                return Err(Unreadable::Twice(names[index]));
            }
            taken |= 1 << index;
            read(index, self)?;
        }
        match names[..required].iter().enumerate().find(|(index, _)| taken & 1 << index == 0) {
            Some((_, missing)) => Err(Unreadable::Missing(missing)),
            None => Ok(()),
        }
    }

    /// Passes a value over, however deep it is.
    fn skip(&mut self) -> Result<(), Unreadable> {
        let mut left = 1_u64;
        while left > 0 {
            left -= 1;
            // Each of them takes a byte at least, so that the bytes bound the sum.
            left = left.saturating_add(match self.head()? {
                Head::List(length) => length.into(),
                Head::Map(length) => 2 * u64::from(length),
                _ => 0,
            });
        }
        Ok(())
    }

    /// Any value but bytes and extensions.
    pub(crate) fn value(&mut self) -> Result<Value, Unreadable> {
        self.value_within(MAX_DEPTH)
    }

    fn value_within(&mut self, depth: u32) -> Result<Value, Unreadable> {
        Ok(match self.head()? {
            Head::Nil => Value::Null,
            Head::Bool(value) => value.into(),
            Head::Unsigned(number) => number.into(),
            Head::Negative(number) => number.into(),
            Head::Float(number) => Number::from_f64(number).map_or(Value::Null, Value::Number),
            Head::Text(text) => utf8(text)?.into(),
            Head::List(length) => {
                let depth = depth.checked_sub(1).ok_or(Unreadable::Depth)?;
                let mut list = Vec::new();
                for _ in 0..length {
                    list.push(self.value_within(depth)?);
                }
                Value::Array(list)
            }
            Head::Map(length) => {
                let depth = depth.checked_sub(1).ok_or(Unreadable::Depth)?;
                let mut map = Map::new();
                for _ in 0..length {
                    let name = self.member_name()?.to_owned();
                    map.insert(name, self.value_within(depth)?);
                }
                Value::Object(map)
            }
            other @ (Head::Bytes(_) | Head::Extension) => return Err(other.instead_of("a plain value")),
        })
    }
}

fn utf8(text: &[u8]) -> Result<&str, Unreadable> {
    str::from_utf8(text).map_err(|_| Unreadable::Utf8)
}

/// The MessagePack of a value. Writing to memory cannot fail.
pub(crate) fn write(value: &Value, to: &mut Vec<u8>) {
    match value {
        Value::Null => {
            write_nil(to).ok();
        }
        Value::Bool(value) => {
            write_bool(to, *value).ok();
        }
        Value::Number(number) => match (number.as_u64(), number.as_i64()) {
            (Some(number), _) => {
                write_uint(to, number).ok();
            }
            (None, Some(number)) => {
                write_sint(to, number).ok();
            }
            (None, None) => {
                write_f64(to, number.as_f64().unwrap_or(f64::NAN)).ok();
            }
        },
        Value::String(text) => write_text(to, text),
        Value::Array(list) => {
            write_array_len(to, list.len() as u32).ok();
            list.iter().for_each(|value| write(value, to));
        }
        Value::Object(map) => {
            write_fields(to, map.len() as u32);
            for (name, value) in map {
                write_text(to, name);
                write(value, to);
            }
        }
    }
}

/// Begins a map of so many names and values, which follow in turn.
pub(crate) fn write_fields(to: &mut Vec<u8>, count: u32) {
    write_map_len(to, count).ok();
}

/// Writes a text, or the name of a field.
pub(crate) fn write_text(to: &mut Vec<u8>, text: &str) {
    write_str(to, text).ok();
}
