//! Cuts a stream of bytes into operations, wherever it was split on its way.

use std::marker::PhantomData;

use bytes::{Buf, Bytes, BytesMut};
use wisteria_core::bus::{DEFAULT_MAX_PAYLOAD, Headers, Message};

use super::{
    Dialect, ProtocolError, headers,
    line::{Announced, Line, verb_and_arguments, within},
};

/// Reads one direction of the protocol.
#[derive(Debug)]
pub struct Decoder<D> {
    buffer: BytesMut,
    /// How much of the buffer is known to hold no line break.
    scanned: usize,
    announced: Option<Announced>,
    limits: ProtocolLimits,
    /// After a fatal error nothing that follows can be understood.
    failed: Option<ProtocolError>,
    dialect: PhantomData<fn() -> D>,
}

/// What a peer may send at most.
#[derive(Debug, Clone, Copy)]
pub struct ProtocolLimits {
    /// Bytes of a control line after its verb.
    pub line: usize,
    /// Bytes of a payload with its headers.
    pub payload: usize,
}

impl Default for ProtocolLimits {
    /// 4 KiB and 8 MiB.
    fn default() -> Self {
        Self { line: 4096, payload: DEFAULT_MAX_PAYLOAD }
    }
}

/// A payload up to this size is copied out, so that it does not keep the whole buffer it came in.
const COPY_BELOW: usize = 16 << 10;

impl<D: Dialect> Decoder<D> {
    /// A decoder at the start of a stream.
    pub fn new(limits: ProtocolLimits) -> Self {
        Self { buffer: BytesMut::new(), scanned: 0, announced: None, limits, failed: None, dialect: PhantomData }
    }

    /// Takes in the next bytes.
    pub fn push(&mut self, bytes: &[u8]) {
        self.buffer.extend_from_slice(bytes);
    }

    /// The next operation, or nothing until more bytes come.
    ///
    /// # Errors
    /// What is wrong with the next operation. After one that is fatal, no other follows.
    pub fn next_op(&mut self) -> Result<Option<D::Op>, ProtocolError> {
        if let Some(error) = &self.failed {
            return Err(error.clone());
        }
        let op = self.advance();
        if let Err(error) = &op
            && error.is_fatal()
        {
            self.failed = Some(error.clone());
            self.buffer = BytesMut::new();
        }
        op
    }

    fn advance(&mut self) -> Result<Option<D::Op>, ProtocolError> {
        loop {
            if let Some(announced) = self.announced.take() {
                if self.buffer.len() < announced.size + 2 {
                    self.announced = Some(announced);
                    return Ok(None);
                }
                return self.body(announced).map(Some);
            }
            let Some(line) = self.line()? else {
                return Ok(None);
            };
            let text = str::from_utf8(&line)
                .map_err(|_| ProtocolError::UnknownOperation("bytes that are not UTF-8".to_owned()))?;
            let (verb, arguments) = verb_and_arguments(text);
            match D::read(verb, arguments)? {
                Line::Op(op) => return Ok(Some(op)),
                Line::Body(announced) if announced.size > self.limits.payload => {
                    return Err(ProtocolError::PayloadTooLarge { size: announced.size, limit: self.limits.payload });
                }
                Line::Body(announced) => self.announced = Some(announced),
            }
        }
    }

    /// The next line without its break.
    fn line(&mut self) -> Result<Option<BytesMut>, ProtocolError> {
        let limit = self.limits.line;
        let found = self.buffer[self.scanned..].iter().position(|byte| *byte == b'\n');
        let Some(end) = found.map(|position| self.scanned + position) else {
            self.scanned = self.buffer.len();
            return within(&self.buffer, limit).map(|()| None);
        };
        self.scanned = 0;
        within(&self.buffer[..end], limit)?;
        let mut line = self.buffer.split_to(end);
        self.buffer.advance(1);
        if line.last() == Some(&b'\r') {
            line.truncate(end - 1);
        }
        Ok(Some(line))
    }

    fn body(&mut self, announced: Announced) -> Result<D::Op, ProtocolError> {
        let end = announced.size;
        if self.buffer[end..end + 2] != *b"\r\n" {
            return Err(ProtocolError::SizeMismatch);
        }
        let headers = match announced.header_size {
            0 => Ok(Headers::default()),
            size => headers::decode(&self.buffer[..size]),
        };
        self.buffer.advance(announced.header_size);
        let payload = self.payload(end - announced.header_size);
        self.buffer.advance(2);
        let (subject, reply) = announced.subjects?;
        let message = Message { subject, reply, headers: headers?, payload };
        Ok(D::message(announced.sid, message))
    }

    fn payload(&mut self, size: usize) -> Bytes {
        if size > COPY_BELOW {
            return self.buffer.split_to(size).freeze();
        }
        let payload = Bytes::copy_from_slice(&self.buffer[..size]);
        self.buffer.advance(size);
        payload
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::{ClientOp, ClientSide, ServerSide};

    fn read<D: Dialect>(pieces: &[&[u8]]) -> Vec<Result<D::Op, ProtocolError>> {
        let mut decoder = Decoder::<D>::new(ProtocolLimits::default());
        let mut ops = Vec::new();
        for piece in pieces {
            decoder.push(piece);
            loop {
                match decoder.next_op() {
                    Ok(Some(op)) => ops.push(Ok(op)),
                    Ok(None) => break,
                    Err(error) if error.is_fatal() => {
                        ops.push(Err(error));
                        return ops;
                    }
                    Err(error) => ops.push(Err(error)),
                }
            }
        }
        ops
    }

    #[test]
    fn every_operation_reads_the_same_wherever_it_is_split() {
        fn check<D: Dialect<Op: std::fmt::Debug>>(bytes: &[u8], count: usize) {
            let whole = format!("{:?}", read::<D>(&[bytes]));
            assert_eq!(read::<D>(&[bytes]).len(), count);
            for split in 0..=bytes.len() {
                let (head, tail) = bytes.split_at(split);
                assert_eq!(format!("{:?}", read::<D>(&[head, tail])), whole, "split at {split}");
            }
            let single = bytes.chunks(1).collect::<Vec<_>>();
            assert_eq!(format!("{:?}", read::<D>(&single)), whole);
        }
        check::<ClientSide>(
            b"CONNECT {\"verbose\":false,\"foo\":1}\r\nPING\r\npong\r\nSUB a.* 1\r\nSUB a.> q 2\r\nUNSUB 1\r\nUNSUB 2 5\r\n\
            PUB a 2\r\nhi\r\nPUB a _INBOX.1 0\r\n\r\nHPUB a r 21 23\r\nNATS/1.0\r\nName: v\r\n\r\nhi\r\n\
            PUB a..b 2\r\nhi\r\nPUB a 4\r\n\r\n\r\n\r\n",
            12,
        );
        check::<ServerSide>(
            b"INFO {\"max_payload\":1024}\r\n+OK\r\n-ERR 'Slow Consumer'\r\nPING\r\nPONG\r\nMSG a 1 2\r\nhi\r\n\
            MSG a 1 r 2\r\nhi\r\nHMSG a 1 16 16\r\nNATS/1.0 503\r\n\r\n\r\n",
            8,
        );
    }

    #[test]
    fn a_bad_subject_spoils_its_own_message_only() {
        let ops = read::<ClientSide>(&[b"PUB a..b 2\r\nhi\r\nPING\r\n"]);
        assert!(matches!(&ops[..], [Err(ProtocolError::PublishSubject(_)), Ok(ClientOp::Ping)]), "{ops:?}");
    }

    #[test]
    fn what_is_not_sound_ends_the_stream_with_its_cause() {
        let check = |bytes: &[u8], text: &str| match &read::<ClientSide>(&[bytes])[..] {
            [Err(error)] => assert_eq!(error.nats_text().unwrap_or_default(), text, "{error}"),
            other => panic!("{bytes:?}: {other:?}"),
        };
        check(b"GET / HTTP/1.1\r\n", "Unknown Protocol Operation");
        check(b"\r\n", "Unknown Protocol Operation");
        check(b"PUB\r\n", "Unknown Protocol Operation");
        check(b"PUB \r\n", "");
        check(b"PUB a +1\r\n", "");
        check(b"PUB a b c 1\r\n", "");
        check(b"PUB a 99999999999999999999999999\r\n", "");
        check(b"PUB a 18446744073709551615\r\n", "Maximum Payload Violation");
        check(b"PUB a 8388609\r\n", "Maximum Payload Violation");
        check(b"HPUB a 5 4\r\n", "");
        check(b"PUB a 2\r\nhiPING\r\n", "Unknown Protocol Operation");
        check(b"SUB a\r\n", "");
        check(b"UNSUB\r\n", "Unknown Protocol Operation");
        check(b"CONNECT {\r\n", "");
        check(b"\xff\xfe\r\n", "Unknown Protocol Operation");
        check(&[b'P'; 4097], "maximum control line exceeded");
        check(&[&[b'P'; 4097][..], b" a\r\n"].concat(), "maximum control line exceeded");
    }

    #[test]
    fn no_bytes_make_it_panic() {
        let mut seed = 0x9e37_79b9_7f4a_7c15_u64;
        let mut random = move || {
            seed ^= seed << 13;
            seed ^= seed >> 7;
            seed ^= seed << 17;
            seed
        };
        const WORDS: [&[u8]; 20] = [
            b"PUB ",
            b"HPUB ",
            b"SUB ",
            b"UNSUB ",
            b"MSG ",
            b"HMSG ",
            b"CONNECT ",
            b"INFO ",
            b"-ERR ",
            b"PING",
            b"{}",
            b"\r\n",
            b"\r\n",
            b" ",
            b"a.b ",
            b"0",
            b"12",
            b"NATS/1.0\r\n",
            b"\xff",
            b"\t",
        ];
        for _ in 0..20_000 {
            let pieces = (0..random() % 24).map(|_| WORDS[random() as usize % WORDS.len()]).collect::<Vec<_>>();
            read::<ClientSide>(&pieces);
            read::<ServerSide>(&pieces);
            let noise = (0..random() % 64).map(|_| random() as u8).collect::<Vec<_>>();
            read::<ClientSide>(&[&noise]);
        }
    }
}
