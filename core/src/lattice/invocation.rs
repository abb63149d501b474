//! The MessagePack bodies of calls and answers, as wasmCloud 0.82 has them.

use rmp::encode::{write_bin, write_uint};

use super::wire::TRACE;
use crate::messagepack::{Reader, Unreadable, write_fields, write_text};

/// An actor or provider in an [`Invocation`].
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Entity {
    pub(crate) public_key: String,
    pub(crate) contract_id: String,
    pub(crate) link_name: String,
}

/// A request to an actor or provider.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Invocation {
    pub(crate) origin: Entity,
    pub(crate) target: Entity,
    pub(crate) operation: String,
    pub(crate) msg: Vec<u8>,
    pub(crate) id: String,
    pub(crate) encoded_claims: String,
    pub(crate) host_id: String,
    pub(crate) content_length: Option<u64>,
    /// The one member of `traceContext` that is used.
    pub(crate) trace: Option<String>,
}

/// The answer to an [`Invocation`].
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct InvocationResponse {
    pub(crate) msg: Vec<u8>,
    pub(crate) invocation_id: String,
    pub(crate) error: Option<String>,
    pub(crate) content_length: Option<u64>,
}

/// About what a call takes beside its payload.
const CALL: usize = 512;

/// About what an answer takes beside its payload.
const ANSWER: usize = 128;

impl Entity {
    const FIELDS: [&str; 3] = ["public_key", "contract_id", "link_name"];

    fn read(from: &mut Reader<'_>) -> Result<Self, Unreadable> {
        let mut entity = Self::default();
        from.fields(&Self::FIELDS, 0, &mut |index, from| {
            let field = match index {
                0 => &mut entity.public_key,
                1 => &mut entity.contract_id,
                _ => &mut entity.link_name,
            };
            *field = from.text()?;
            Ok(())
        })?;
        Ok(entity)
    }

    fn write(&self, to: &mut Vec<u8>) {
        let texts = [&self.public_key, &self.contract_id, &self.link_name];
        write_fields(to, 3);
        for (name, text) in Self::FIELDS.iter().zip(texts) {
            write_text(to, name);
            write_text(to, text);
        }
    }
}

impl Invocation {
    /// Those that must be there come first.
    const FIELDS: [&str; 9] =
        ["origin", "target", "operation", "msg", "id", "encoded_claims", "host_id", "content_length", "traceContext"];
    const REQUIRED: usize = 5;

    /// Reads one, as whoever may call writes it.
    pub(crate) fn read(payload: &[u8]) -> Result<Self, Unreadable> {
        let mut read = Self::default();
        Reader::new(payload).fields(&Self::FIELDS, Self::REQUIRED, &mut |index, from| {
            match index {
                0 => read.origin = Entity::read(from)?,
                1 => read.target = Entity::read(from)?,
                2 => read.operation = from.text()?,
                3 => read.msg = from.bytes()?,
                4 => read.id = from.text()?,
                5 => read.encoded_claims = from.text()?,
                6 => read.host_id = from.text()?,
                7 => read.content_length = read_length(from)?,
                _ => read.trace = read_trace(from)?,
            }
            Ok(())
        })?;
        Ok(read)
    }

    /// The MessagePack of it.
    pub(crate) fn encode(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(self.msg.len() + CALL);
        let to = &mut bytes;
        write_fields(to, 7 + u32::from(self.content_length.is_some()) + u32::from(self.trace.is_some()));
        write_text(to, "origin");
        self.origin.write(to);
        write_text(to, "target");
        self.target.write(to);
        write_text(to, "operation");
        write_text(to, &self.operation);
        write_bytes(to, "msg", &self.msg);
        write_text(to, "id");
        write_text(to, &self.id);
        write_text(to, "encoded_claims");
        write_text(to, &self.encoded_claims);
        write_text(to, "host_id");
        write_text(to, &self.host_id);
        write_length(to, self.content_length);
        if let Some(trace) = &self.trace {
            write_text(to, "traceContext");
            write_fields(to, 1);
            write_text(to, TRACE);
            write_text(to, trace);
        }
        bytes
    }
}

impl InvocationResponse {
    const FIELDS: [&str; 4] = ["msg", "invocation_id", "error", "content_length"];

    /// Reads one, as whoever may answer writes it.
    pub(crate) fn read(payload: &[u8]) -> Result<Self, Unreadable> {
        let mut read = Self::default();
        Reader::new(payload).fields(&Self::FIELDS, 0, &mut |index, from| {
            match index {
                0 => read.msg = from.bytes()?,
                1 => read.invocation_id = from.text()?,
                2 if from.is_nil() => read.error = None,
                2 => read.error = Some(from.text()?),
                _ => read.content_length = read_length(from)?,
            }
            Ok(())
        })?;
        Ok(read)
    }

    /// The MessagePack of it.
    pub(crate) fn encode(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(self.msg.len() + ANSWER);
        let to = &mut bytes;
        write_fields(to, 2 + u32::from(self.error.is_some()) + u32::from(self.content_length.is_some()));
        write_bytes(to, "msg", &self.msg);
        write_text(to, "invocation_id");
        write_text(to, &self.invocation_id);
        if let Some(error) = &self.error {
            write_text(to, "error");
            write_text(to, error);
        }
        write_length(to, self.content_length);
        bytes
    }
}

fn read_length(from: &mut Reader<'_>) -> Result<Option<u64>, Unreadable> {
    match from.is_nil() {
        true => Ok(None),
        false => from.number().map(Some),
    }
}

fn read_trace(from: &mut Reader<'_>) -> Result<Option<String>, Unreadable> {
    let mut trace = None;
    if from.is_nil() {
        return Ok(trace);
    }
    from.members(&mut |name, from| {
        let text = from.text()?;
        if name == TRACE {
            trace = Some(text);
        }
        Ok(())
    })?;
    Ok(trace)
}

// Writing to memory cannot fail.
fn write_bytes(to: &mut Vec<u8>, name: &str, bytes: &[u8]) {
    write_text(to, name);
    write_bin(to, bytes).ok();
}

fn write_length(to: &mut Vec<u8>, length: Option<u64>) {
    if let Some(length) = length {
        write_text(to, "content_length");
        write_uint(to, length).ok();
    }
}

#[cfg(test)]
#[path = "invocation_tests.rs"]
mod tests;
