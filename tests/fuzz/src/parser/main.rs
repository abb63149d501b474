//! The parser: however a stream is cut on its way, the same operations come out, whoever of the two readers reads it, and
//! what is written reads again.
#![no_main]

use std::{
    borrow::Cow,
    fmt::{self, Debug},
};

use arbitrary::Arbitrary;
use bytes::{Bytes, BytesMut};
use libfuzzer_sys::fuzz_target;
use wisteria_bridge::protocol::{
    self, ClientOp, ClientSide, Decoder, Dialect, Intake, ProtocolError, ProtocolLimits, Said, ServerSide,
};

/// A stream and where it is cut.
#[derive(Arbitrary)]
struct Stream<'a> {
    from_server: bool,
    /// Sizes of the first pieces; the rest follows in one.
    pieces: Vec<u8>,
    bytes: &'a [u8],
}

impl Debug for Stream<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { from_server, pieces, bytes } = self;
        write!(f, "from_server: {from_server}, pieces: {pieces:?}, bytes: \"{}\"", bytes.escape_ascii())
    }
}

/// Small enough that the fuzzer reaches them.
const LIMITS: ProtocolLimits = ProtocolLimits { line: 512, payload: 2048 };

fuzz_target!(|stream: Stream<'_>| {
    if stream.from_server {
        check(&stream, decode::<ServerSide>);
        return;
    }
    let taken = check(&stream, take);
    let decoded = check(&stream, decode::<ClientSide>);
    // What is not UTF-8 may end a connection at one of the readers and spoil one operation only at the other.
    if str::from_utf8(stream.bytes).is_ok() {
        assert_eq!(said_back(&taken), said_back(&decoded), "by the broker and by the relay");
    }
    for op in taken.into_iter().flatten() {
        check_written(&op);
    }
});

/// All that was said, up to what makes it impossible to go on.
type Ops<Op> = Vec<Result<Op, ProtocolError>>;

/// Reads the stream whole, in the given pieces, and byte by byte.
fn check<Op: Debug + PartialEq>(stream: &Stream<'_>, read: fn(&[&[u8]]) -> Ops<Op>) -> Ops<Op> {
    let whole = read(&[stream.bytes]);
    let mut rest = stream.bytes;
    let mut pieces = Vec::new();
    for size in &stream.pieces {
        let (piece, after) = rest.split_at(rest.len().min(usize::from(*size)));
        pieces.push(piece);
        rest = after;
    }
    pieces.push(rest);
    assert_eq!(read(&pieces), whole, "in pieces");
    assert_eq!(read(&stream.bytes.chunks(1).collect::<Vec<_>>()), whole, "byte by byte");
    whole
}

/// The way of clients and relays.
fn decode<D: Dialect>(pieces: &[&[u8]]) -> Ops<D::Op> {
    let mut decoder = Decoder::<D>::new(LIMITS);
    let mut ops = Vec::new();
    for piece in pieces {
        decoder.push(piece);
        while let Some(op) = decoder.next_op().transpose() {
            let is_fatal = op.as_ref().is_err_and(ProtocolError::is_fatal);
            ops.push(op);
            if is_fatal {
                return ops;
            }
        }
    }
    ops
}

/// The way of the broker.
fn take(pieces: &[&[u8]]) -> Ops<ClientOp> {
    let mut intake = Intake::new(LIMITS);
    let mut ops = Vec::new();
    for piece in pieces {
        let taken = intake.take(&Bytes::copy_from_slice(piece), |said| {
            ops.push(said.map(|said| match said {
                Said::Publication(message) => ClientOp::Publish(message.to_message()),
                Said::Other(op) => op,
            }));
            Ok(())
        });
        if let Err(error) = taken {
            ops.push(Err(error));
            return ops;
        }
    }
    ops
}

/// What a client hears of it: the readers find different words for people.
fn said_back(ops: &Ops<ClientOp>) -> Vec<Result<&ClientOp, Option<Cow<'static, str>>>> {
    ops.iter().map(|op| op.as_ref().map_err(ProtocolError::nats_text)).collect()
}

/// A message that was read and is written again reads as one message with the same subjects and payload.
fn check_written(op: &ClientOp) {
    let ClientOp::Publish(message) = op else {
        return;
    };
    let mut bytes = BytesMut::new();
    protocol::publication(message, &mut bytes);
    let mut decoder = Decoder::<ClientSide>::new(ProtocolLimits::default());
    decoder.push(&bytes);
    let Ok(Some(ClientOp::Publish(again))) = decoder.next_op() else {
        panic!("{message:?} was written as {bytes:?}");
    };
    assert_eq!((&again.subject, &again.reply, &again.payload), (&message.subject, &message.reply, &message.payload));
    assert_eq!(decoder.next_op(), Ok(None), "more than {message:?} was written");
}
