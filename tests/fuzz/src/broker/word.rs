//! Sound operations, as clients write them.

use arbitrary::{Arbitrary, Result, Unstructured};

/// A sound operation, on few names so that clients meet.
#[derive(Debug)]
pub(crate) enum Word {
    Connect { verbose: bool, echo: bool, headers: bool, no_responders: bool },
    Subscribe { subject: u8, queue: Option<bool>, sid: u8 },
    Unsubscribe { sid: u8, max: Option<u8> },
    Publish { subject: u8, reply: Option<u8>, size: u16, headers: bool },
    Ping,
    Pong,
}

const SUBJECTS: [&str; 6] = ["a", "a.b", "a.b.c", "b.c", "_INBOX.1", "_INBOX.2"];
const PATTERNS: [&str; 12] =
    ["a", "a.b", "a.b.c", "b.c", "_INBOX.1", "_INBOX.2", ">", "*", "a.*", "a.>", "*.b.*", "_INBOX.*"];

/// Names of a client's subscriptions.
const SIDS: u8 = 5;

/// Payloads stay below this.
const SIZES: u16 = 3000;

impl<'a> Arbitrary<'a> for Word {
    /// Mostly what makes messages flow; seldom what ends the connection, as headers do where they were not agreed on.
    fn arbitrary(from: &mut Unstructured<'a>) -> Result<Self> {
        Ok(match from.int_in_range(0..=15)? {
            0..=4 => Self::Subscribe { subject: from.arbitrary()?, queue: from.arbitrary()?, sid: from.arbitrary()? },
            5..=6 => Self::Unsubscribe { sid: from.arbitrary()?, max: from.arbitrary()? },
            7..=12 => {
                let (subject, reply) = (from.arbitrary()?, from.arbitrary()?);
                let size = if from.ratio(1, 4)? { from.arbitrary()? } else { 1 };
                Self::Publish { subject, reply, size, headers: from.ratio(1, 8)? }
            }
            13..=14 => {
                let (verbose, echo, headers) = (from.arbitrary()?, from.arbitrary()?, from.ratio(7, 8)?);
                Self::Connect { verbose, echo, headers, no_responders: from.arbitrary()? }
            }
            _ if from.arbitrary()? => Self::Ping,
            _ => Self::Pong,
        })
    }
}

impl Word {
    /// As bytes of the protocol.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        match *self {
            Self::Connect { verbose, echo, headers, no_responders } => format!(
                "CONNECT {{\"verbose\":{verbose},\"echo\":{echo},\"headers\":{headers},\
                 \"no_responders\":{no_responders}}}\r\n"
            )
            .into(),
            Self::Subscribe { subject, queue, sid } => {
                let queue = queue.map_or("", |first| if first { " q" } else { " r" });
                format!("SUB {}{queue} {}\r\n", pick(&PATTERNS, subject), sid % SIDS).into()
            }
            Self::Unsubscribe { sid, max } => {
                let max = max.map(|max| format!(" {}", max % 4)).unwrap_or_default();
                format!("UNSUB {}{max}\r\n", sid % SIDS).into()
            }
            Self::Publish { subject, reply, size, headers } => {
                let reply = reply.map(|reply| format!(" {}", pick(&SUBJECTS, reply))).unwrap_or_default();
                publish(pick(&SUBJECTS, subject), &reply, usize::from(size % SIZES), headers)
            }
            Self::Ping => b"PING\r\n".to_vec(),
            Self::Pong => b"PONG\r\n".to_vec(),
        }
    }
}

fn publish(subject: &str, reply: &str, size: usize, headers: bool) -> Vec<u8> {
    const HEADERS: &str = "NATS/1.0\r\nName: value\r\n\r\n";
    let mut bytes = match headers {
        true => format!("HPUB {subject}{reply} {} {}\r\n{HEADERS}", HEADERS.len(), HEADERS.len() + size),
        false => format!("PUB {subject}{reply} {size}\r\n"),
    }
    .into_bytes();
    bytes.resize(bytes.len() + size, b'x');
    bytes.extend_from_slice(b"\r\n");
    bytes
}

fn pick(names: &[&'static str], number: u8) -> &'static str {
    names[usize::from(number) % names.len()]
}
