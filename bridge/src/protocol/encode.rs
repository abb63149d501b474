//! Writes operations as bytes.

use std::fmt::Write;

use bytes::BytesMut;
use serde::Serialize;
use wisteria_core::bus::{Message, Passing, ReadMessage, SubjectPattern};

use super::{ConnectOptions, ServerInfo, headers};

/// Bytes that a message takes on the wire at most, without its subjects' share of the control line.
pub fn wire_size(message: &Message) -> usize {
    headers::size(&message.headers) + message.payload.len()
}

/// `PUB` or `HPUB`.
pub fn publication(message: &Message, out: &mut BytesMut) {
    let verb = if message.headers.is_empty() { "PUB" } else { "HPUB" };
    write!(out, "{verb} {}", message.subject).expect(GROWS);
    body(message, out);
}

/// `MSG` or `HMSG`.
pub fn delivery(sid: &str, message: &Message, out: &mut BytesMut) {
    let verb = if message.headers.is_empty() { "MSG" } else { "HMSG" };
    write!(out, "{verb} {} {sid}", message.subject).expect(GROWS);
    body(message, out);
}

/// `MSG` or `HMSG` of a message on its way, to a client that reads headers or does not.
pub fn deliver(sid: &str, message: Passing<'_>, takes_headers: bool, out: &mut BytesMut) {
    match (message, takes_headers) {
        (Passing::Owned(message), true) => delivery(sid, message, out),
        (Passing::Owned(message), false) => {
            write!(out, "MSG {} {sid}", message.subject).expect(GROWS);
            plain_body(message, out);
        }
        (Passing::Read(message), true) => read_delivery(sid, &message, message.headers, out),
        (Passing::Read(message), false) => read_delivery(sid, &message, b"", out),
    }
}

/// Bytes that [`deliver`] takes at most.
pub fn delivery_size(sid: &str, message: Passing<'_>) -> usize {
    let headers = match message {
        Passing::Owned(message) => headers::size(&message.headers),
        Passing::Read(message) => message.headers.len(),
    };
    let reply = message.reply().map_or(0, |reply| reply.as_str().len());
    message.subject().as_str().len() + sid.len() + reply + headers + message.payload().len() + FRAME
}

/// What stands around subjects, headers and body: the verb, two sizes, spaces and line breaks.
const FRAME: usize = "HMSG     \r\n\r\n".len() + 2 * 20;

fn read_delivery(sid: &str, message: &ReadMessage<'_>, headers: &[u8], out: &mut BytesMut) {
    let verb: &[u8] = if headers.is_empty() { b"MSG " } else { b"HMSG " };
    out.extend_from_slice(verb);
    out.extend_from_slice(message.subject.as_str().as_bytes());
    out.extend_from_slice(b" ");
    out.extend_from_slice(sid.as_bytes());
    if let Some(reply) = message.reply {
        out.extend_from_slice(b" ");
        out.extend_from_slice(reply.as_str().as_bytes());
    }
    if !headers.is_empty() {
        out.extend_from_slice(b" ");
        number(headers.len(), out);
    }
    out.extend_from_slice(b" ");
    number(headers.len() + message.payload.len(), out);
    out.extend_from_slice(b"\r\n");
    out.extend_from_slice(headers);
    out.extend_from_slice(message.payload);
    out.extend_from_slice(b"\r\n");
}

/// Formatting takes longer than all the rest of a small message.
fn number(number: usize, out: &mut BytesMut) {
    let (mut digits, mut start, mut rest) = ([0; 20], 20, number);
    loop {
        start -= 1;
        digits[start] = b'0' + (rest % 10) as u8;
        rest /= 10;
        if rest == 0 {
            return out.extend_from_slice(&digits[start..]);
        }
    }
}

fn body(message: &Message, out: &mut BytesMut) {
    if message.headers.is_empty() {
        return plain_body(message, out);
    }
    reply(message, out);
    let header_size = headers::size(&message.headers);
    write!(out, " {header_size} {}\r\n", header_size + message.payload.len()).expect(GROWS);
    headers::encode(&message.headers, out);
    payload(message, out);
}

fn plain_body(message: &Message, out: &mut BytesMut) {
    reply(message, out);
    write!(out, " {}\r\n", message.payload.len()).expect(GROWS);
    payload(message, out);
}

fn reply(message: &Message, out: &mut BytesMut) {
    if let Some(reply) = &message.reply {
        write!(out, " {reply}").expect(GROWS);
    }
}

fn payload(message: &Message, out: &mut BytesMut) {
    out.extend_from_slice(&message.payload);
    out.extend_from_slice(b"\r\n");
}

/// `SUB`.
pub fn subscription(pattern: &SubjectPattern, queue: Option<&str>, sid: impl std::fmt::Display, out: &mut BytesMut) {
    match queue {
        Some(queue) => write!(out, "SUB {pattern} {queue} {sid}\r\n"),
        None => write!(out, "SUB {pattern} {sid}\r\n"),
    }
    .expect(GROWS);
}

/// `UNSUB`, at once.
pub fn unsubscription(sid: impl std::fmt::Display, out: &mut BytesMut) {
    write!(out, "UNSUB {sid}\r\n").expect(GROWS);
}

/// `UNSUB` after so many messages in all.
pub fn unsubscription_after(max: u64, sid: impl std::fmt::Display, out: &mut BytesMut) {
    write!(out, "UNSUB {sid} {max}\r\n").expect(GROWS);
}

/// `CONNECT`.
pub fn connect(options: &ConnectOptions, out: &mut BytesMut) {
    json("CONNECT", options, out);
}

/// `INFO`.
pub fn info(info: &ServerInfo, out: &mut BytesMut) {
    json("INFO", info, out);
}

/// `PING`.
pub fn ping(out: &mut BytesMut) {
    out.extend_from_slice(b"PING\r\n");
}

/// `PONG`.
pub fn pong(out: &mut BytesMut) {
    out.extend_from_slice(b"PONG\r\n");
}

/// `+OK`.
pub fn ok(out: &mut BytesMut) {
    out.extend_from_slice(b"+OK\r\n");
}

/// `-ERR`.
pub fn error(text: &str, out: &mut BytesMut) {
    write!(out, "-ERR '{text}'\r\n").expect(GROWS);
}

fn json(verb: &str, value: &impl Serialize, out: &mut BytesMut) {
    let json = serde_json::to_string(value).expect("plain fields become JSON");
    write!(out, "{verb} {json}\r\n").expect(GROWS);
}

const GROWS: &str = "a buffer grows";
