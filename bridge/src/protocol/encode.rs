//! Writes operations as bytes.

use std::fmt::Write;

use bytes::BytesMut;
use serde::Serialize;
use wisteria_core::bus::{Message, SubjectPattern};

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

/// `MSG` for a client that does not read headers.
pub fn plain_delivery(sid: &str, message: &Message, out: &mut BytesMut) {
    write!(out, "MSG {} {sid}", message.subject).expect(GROWS);
    plain_body(message, out);
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
