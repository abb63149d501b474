//! Reads what clients say, publications without a copy: their parts stay in the buffer in which they came.

use bytes::{Bytes, BytesMut};
use wisteria_core::bus::{Passing, ReadMessage, SubjectRef};

use super::{
    ClientOp, ClientSide, Dialect, ProtocolError, ProtocolLimits, headers,
    line::{Line, verb_and_arguments, within},
};

/// The bytes of one connection. What is whole is acted on where it lies; only the rest of a chunk is kept.
#[derive(Debug)]
pub struct Intake {
    limits: ProtocolLimits,
    /// The start of an operation whose end has not come.
    partial: BytesMut,
}

/// One thing that a client says.
#[derive(Debug)]
pub enum Said<'a> {
    /// `PUB` or `HPUB`.
    Publication(Passing<'a>),
    /// Anything else.
    Other(ClientOp),
}

/// What a buffer starts with.
enum Step<'a> {
    /// No whole operation; so many bytes are missing, or none is known to be beyond the end of the line.
    Missing(usize),
    /// An operation, or what spoils it alone, and how many bytes it takes.
    Whole(Result<Parts<'a>, ProtocolError>, usize),
}

enum Parts<'a> {
    Publication { subject: &'a str, reply: Option<&'a str>, headers: &'a [u8], payload: &'a [u8] },
    Other(ClientOp),
}

/// More room than this is not taken ahead of the bytes that are to fill it.
const AHEAD: usize = 256 << 10;

impl Intake {
    /// The start of a connection.
    pub fn new(limits: ProtocolLimits) -> Self {
        Self { limits, partial: BytesMut::new() }
    }

    /// Acts on each operation that is whole with this chunk.
    ///
    /// # Errors
    /// What makes it impossible to go on, in the bytes or by the word of `act`.
    pub fn take(
        &mut self,
        chunk: &Bytes,
        mut act: impl FnMut(Result<Said<'_>, ProtocolError>) -> Result<(), ProtocolError>,
    ) -> Result<(), ProtocolError> {
        let mut position = 0;
        while position < chunk.len() {
            let rest = &chunk[position..];
            if self.partial.is_empty() {
                match step(rest, &self.limits)? {
                    Step::Whole(parts, used) => {
                        act(parts.and_then(|parts| said(parts, chunk)))?;
                        position += used;
                    }
                    Step::Missing(more) => {
                        self.partial.reserve(rest.len() + more.min(AHEAD));
                        self.partial.extend_from_slice(rest);
                        return Ok(());
                    }
                }
                continue;
            }
            let Step::Missing(more) = step(&self.partial, &self.limits)? else {
                return Err(ProtocolError::malformed("message", &"it was whole before its end"));
            };
            let more = match more {
                0 => rest.iter().position(|byte| *byte == b'\n').map_or(rest.len(), |end| end + 1),
                more => more.min(rest.len()),
            };
            self.partial.extend_from_slice(&rest[..more]);
            position += more;
            if matches!(step(&self.partial, &self.limits)?, Step::Whole(..)) {
                let whole = std::mem::take(&mut self.partial).freeze();
                if let Step::Whole(parts, _) = step(&whole, &self.limits)? {
                    act(parts.and_then(|parts| said(parts, &whole)))?;
                }
            }
        }
        Ok(())
    }
}

fn said<'a>(parts: Parts<'a>, buffer: &'a Bytes) -> Result<Said<'a>, ProtocolError> {
    match parts {
        Parts::Other(op) => Ok(Said::Other(op)),
        Parts::Publication { subject, reply, headers, payload } => {
            let subject = SubjectRef::new(subject).map_err(ProtocolError::PublishSubject)?;
            let reply = reply.map(SubjectRef::new).transpose().map_err(ProtocolError::ReplySubject)?;
            if !headers.is_empty() {
                headers::check(headers)?;
            }
            let read_headers = headers::decode_checked;
            let message = ReadMessage { subject, reply, headers, read_headers, payload, buffer };
            Ok(Said::Publication(Passing::Read(message)))
        }
    }
}

fn step<'a>(buffer: &'a [u8], limits: &ProtocolLimits) -> Result<Step<'a>, ProtocolError> {
    let has_verb = |verb: &[u8]| {
        buffer.get(..verb.len()).is_some_and(|start| start.eq_ignore_ascii_case(verb))
            && matches!(buffer.get(verb.len()), Some(b' ' | b'\t'))
    };
    if has_verb(b"PUB") {
        return publication("PUB", buffer, limits);
    }
    if has_verb(b"HPUB") {
        return publication("HPUB", buffer, limits);
    }
    let Some(end) = buffer.iter().position(|byte| *byte == b'\n') else {
        return within(buffer, limits.line).map(|()| Step::Missing(0));
    };
    within(&buffer[..end], limits.line)?;
    let line = buffer[..end].strip_suffix(b"\r").unwrap_or(&buffer[..end]);
    let line =
        str::from_utf8(line).map_err(|_| ProtocolError::UnknownOperation("bytes that are not UTF-8".to_owned()))?;
    let (verb, arguments) = verb_and_arguments(line);
    let op = match ClientSide::read(verb, arguments) {
        Ok(Line::Op(op)) => Ok(Parts::Other(op)),
        Ok(Line::Body(_)) => return Err(ProtocolError::malformed("message", &"no space after the verb")),
        Err(error) if error.is_fatal() => return Err(error),
        Err(error) => Err(error),
    };
    Ok(Step::Whole(op, end + 1))
}

/// `PUB subject [reply] size` or `HPUB subject [reply] header-size size`, and the body.
fn publication<'a>(verb: &'static str, buffer: &'a [u8], limits: &ProtocolLimits) -> Result<Step<'a>, ProtocolError> {
    let Some(Words { words, count, end }) = words(verb, buffer) else {
        return within(buffer, limits.line).map(|()| Step::Missing(0));
    };
    within(&buffer[..end], limits.line)?;
    let has_headers = verb == "HPUB";
    let sizes = 1 + usize::from(has_headers);
    let Some(replies @ (0 | 1)) = count.checked_sub(1 + sizes) else {
        return Err(ProtocolError::malformed(verb, &format_args!("{count} arguments")));
    };
    let size = number(verb, words[count - 1])?;
    let header_size = if has_headers { number(verb, words[count - 2])? } else { 0 };
    if header_size > size {
        return Err(ProtocolError::malformed(verb, &"more headers than message"));
    }
    if size > limits.payload {
        return Err(ProtocolError::PayloadTooLarge { size, limit: limits.payload });
    }
    let (start, whole) = (end + 1, end + 1 + size + 2);
    if buffer.len() < whole {
        return Ok(Step::Missing(whole - buffer.len()));
    }
    if buffer[start + size..whole] != *b"\r\n" {
        return Err(ProtocolError::SizeMismatch);
    }
    let (headers, payload) = buffer[start..start + size].split_at(header_size);
    let reply = if replies == 1 { text(words[1]).map(Some) } else { Ok(None) };
    let parts = text(words[0]).and_then(|subject| Ok(Parts::Publication { subject, reply: reply?, headers, payload }));
    Ok(Step::Whole(parts, whole))
}

struct Words<'a> {
    words: [&'a [u8]; 4],
    /// May be above 4, when the rest is lost.
    count: usize,
    /// Where the line breaks.
    end: usize,
}

/// The arguments of a line, or nothing before its break has come.
fn words<'a>(verb: &str, buffer: &'a [u8]) -> Option<Words<'a>> {
    let (mut words, mut count, mut start): ([&[u8]; 4], _, _) = ([b""; 4], 0, None);
    for (position, byte) in buffer.iter().enumerate().skip(verb.len()) {
        let is_space = matches!(byte, b' ' | b'\t' | b'\r' | b'\n');
        match (is_space, start) {
            (true, Some(from)) => {
                if let Some(place) = words.get_mut(count) {
                    *place = &buffer[from..position];
                }
                (count, start) = (count + 1, None);
            }
            (false, None) => start = Some(position),
            _ => {}
        }
        if *byte == b'\n' {
            return Some(Words { words, count, end: position });
        }
    }
    None
}

fn number(verb: &'static str, digits: &[u8]) -> Result<usize, ProtocolError> {
    digits
        .iter()
        .try_fold(0_usize, |number, digit| match digit {
            b'0'..=b'9' => number.checked_mul(10)?.checked_add(usize::from(digit - b'0')),
            _ => None,
        })
        .ok_or_else(|| {
            ProtocolError::malformed(verb, &format_args!("{:?} is no size", String::from_utf8_lossy(digits)))
        })
}

fn text(word: &[u8]) -> Result<&str, ProtocolError> {
    str::from_utf8(word).map_err(|_| {
        let text = String::from_utf8_lossy(word).into_owned();
        ProtocolError::PublishSubject(wisteria_core::bus::SubjectError::NotText(text))
    })
}
