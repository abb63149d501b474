//! The rows of a result, as CBOR, and how large it may become.

use minicbor::Encoder;

use super::failure::{Code, Failure};

/// Most rows of a result.
pub(super) const MAX_ROWS: u64 = 10_000;

/// Largest result, in bytes of CBOR.
pub(super) const MAX_BYTES: usize = 4 << 20;

/// A value of a row.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Cell<'a> {
    Null,
    Boolean(bool),
    Integer(i64),
    Single(f32),
    Double(f64),
    Text(&'a str),
    /// Text that was made for it.
    Owned(String),
    Bytes(&'a [u8]),
}

/// Rows, one after the other.
#[derive(Debug)]
pub(super) struct Rows {
    cbor: Encoder<Vec<u8>>,
    count: u64,
}

impl Rows {
    /// None yet.
    pub(super) fn new() -> Self {
        Self { cbor: Encoder::new(Vec::new()), count: 0 }
    }

    /// One more.
    pub(super) fn push<'a>(
        &mut self,
        cells: impl ExactSizeIterator<Item = Result<Cell<'a>, Failure>>,
    ) -> Result<(), Failure> {
        if self.count == MAX_ROWS {
            return Err(too_large(&format!("has more than {MAX_ROWS} rows")));
        }
        self.count += 1;
        self.cbor.array(cells.len() as u64).expect("a vector takes all");
        for cell in cells {
            self.write(&cell?);
            if self.cbor.writer().len() > MAX_BYTES {
                return Err(too_large(&format!("has more than {} MiB", MAX_BYTES >> 20)));
            }
        }
        Ok(())
    }

    /// How many there are, and the CBOR of an array of them.
    pub(super) fn finish(self) -> (u64, Vec<u8>) {
        let mut all = Encoder::new(Vec::with_capacity(self.cbor.writer().len() + 9));
        all.array(self.count).expect("a vector takes all");
        let mut all = all.into_writer();
        all.extend_from_slice(self.cbor.writer());
        (self.count, all)
    }

    fn write(&mut self, cell: &Cell<'_>) {
        let cbor = &mut self.cbor;
        let written = match cell {
            Cell::Null => cbor.null(),
            Cell::Boolean(value) => cbor.bool(*value),
            Cell::Integer(value) => cbor.i64(*value),
            Cell::Single(value) => cbor.f32(*value),
            Cell::Double(value) => cbor.f64(*value),
            Cell::Text(value) => cbor.str(value),
            Cell::Owned(value) => cbor.str(value),
            Cell::Bytes(value) => cbor.bytes(value),
        };
        written.expect("a vector takes all");
    }
}

fn too_large(what: &str) -> Failure {
    Failure::new(
        Code::TooLarge,
        format!("the result {what}; ask for fewer columns, or page by page with LIMIT and the last key"),
    )
}
