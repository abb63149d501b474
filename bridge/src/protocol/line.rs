//! Control lines: which verb, which arguments, and whether a body follows.

use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use wisteria_core::{
    bus::{Message, Subject, SubjectPattern},
    encoding,
};

use super::{ClientOp, ProtocolError, ServerOp, Sid};

/// One direction of the protocol.
pub trait Dialect {
    /// What is said in this direction.
    type Op;

    /// Reads one control line without its line break; there are arguments, empty ones maybe, where a space follows the
    /// verb.
    fn read(verb: &str, arguments: Option<&str>) -> Result<Line<Self::Op>, ProtocolError>;

    /// Joins an announced message with its body.
    fn message(sid: Option<Sid>, message: Message) -> Self::Op;
}

/// What clients say; read by servers.
#[derive(Debug)]
pub enum ClientSide {}

/// What servers say; read by clients.
#[derive(Debug)]
pub enum ServerSide {}

/// What a control line says.
#[derive(Debug)]
pub enum Line<Op> {
    /// All there is.
    Op(Op),
    /// A body follows.
    Body(Announced),
}

/// A message whose body follows.
#[derive(Debug)]
pub struct Announced {
    /// The subscription it is for, where a server says it.
    pub(super) sid: Option<Sid>,
    /// Subject and reply. What is wrong with them is said after the body, which must be read in any case.
    pub(super) subjects: Result<(Subject, Option<Subject>), ProtocolError>,
    /// Bytes of headers at the start of the body.
    pub(super) header_size: usize,
    /// Bytes of the body without its line break.
    pub(super) size: usize,
}

impl Dialect for ClientSide {
    type Op = ClientOp;

    fn read(verb: &str, arguments: Option<&str>) -> Result<Line<ClientOp>, ProtocolError> {
        let is = |known: &str| verb.eq_ignore_ascii_case(known);
        if arguments.is_none() && ["PUB", "HPUB", "SUB", "UNSUB"].into_iter().any(is) {
            // Only with a space after it, it is a verb.
            return Err(unknown(verb));
        }
        let arguments = arguments.unwrap_or_default();
        if is("PUB") {
            announced("PUB", arguments, false, false).map(Line::Body)
        } else if is("HPUB") {
            announced("HPUB", arguments, false, true).map(Line::Body)
        } else if is("PING") {
            Ok(Line::Op(ClientOp::Ping))
        } else if is("PONG") {
            Ok(Line::Op(ClientOp::Pong))
        } else if is("SUB") {
            subscribe(arguments).map(Line::Op)
        } else if is("UNSUB") {
            unsubscribe(arguments).map(Line::Op)
        } else if is("CONNECT") {
            connect(arguments).map(Line::Op)
        } else {
            Err(unknown(verb))
        }
    }

    fn message(_: Option<Sid>, message: Message) -> ClientOp {
        ClientOp::Publish(message)
    }
}

impl Dialect for ServerSide {
    type Op = ServerOp;

    fn read(verb: &str, arguments: Option<&str>) -> Result<Line<ServerOp>, ProtocolError> {
        let is = |known: &str| verb.eq_ignore_ascii_case(known);
        let arguments = arguments.unwrap_or_default();
        if is("MSG") {
            announced("MSG", arguments, true, false).map(Line::Body)
        } else if is("HMSG") {
            announced("HMSG", arguments, true, true).map(Line::Body)
        } else if is("PING") {
            Ok(Line::Op(ServerOp::Ping))
        } else if is("PONG") {
            Ok(Line::Op(ServerOp::Pong))
        } else if is("+OK") {
            Ok(Line::Op(ServerOp::Ok))
        } else if is("-ERR") {
            Ok(Line::Op(ServerOp::Error(arguments.trim().trim_matches('\'').to_owned())))
        } else if is("INFO") {
            json("INFO", arguments).map(|info| Line::Op(ServerOp::Info(info)))
        } else {
            Err(unknown(verb))
        }
    }

    fn message(sid: Option<Sid>, message: Message) -> ServerOp {
        ServerOp::Message { sid: sid.unwrap_or_else(|| Sid::from("")), message }
    }
}

/// Parts a line at the space after its verb, where there is one.
pub(super) fn verb_and_arguments(line: &str) -> (&str, Option<&str>) {
    line.split_once([' ', '\t']).map_or((line, None), |(verb, arguments)| (verb, Some(arguments)))
}

/// Checks that what follows the verb of a line is not too long, be the line's end there already or not.
pub(super) fn within(line: &[u8], limit: usize) -> Result<(), ProtocolError> {
    if line.len() <= limit {
        return Ok(());
    }
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    // A space that comes later may not be there yet, and is behind no verb.
    let space = line.iter().take(LONGEST_VERB + 1).position(|byte| matches!(byte, b' ' | b'\t'));
    match line.len() - space.map_or(0, |space| space + 1) > limit {
        true => Err(ProtocolError::LineTooLong { limit }),
        false => Ok(()),
    }
}

const LONGEST_VERB: usize = "CONNECT".len();

/// `subject [sid] [reply] [header size] size`.
fn announced(
    verb: &'static str,
    arguments: &str,
    has_sid: bool,
    has_headers: bool,
) -> Result<Announced, ProtocolError> {
    let (words, count) = words::<5>(verb, arguments)?;
    let (sids, sizes) = (usize::from(has_sid), 1 + usize::from(has_headers));
    let Some(replies @ (0 | 1)) = count.checked_sub(1 + sids + sizes) else {
        return Err(ProtocolError::malformed(verb, &format_args!("{count} arguments")));
    };
    let size = number(verb, words[count - 1])?;
    let header_size = if has_headers { number(verb, words[count - 2])? } else { 0 };
    if header_size > size {
        return Err(ProtocolError::malformed(verb, &"more headers than message"));
    }
    let subject = Subject::new(words[0]).map_err(ProtocolError::PublishSubject);
    let reply = (replies == 1).then(|| Subject::new(words[1 + sids])).transpose().map_err(ProtocolError::ReplySubject);
    Ok(Announced {
        sid: has_sid.then(|| Sid::from(words[1])),
        subjects: subject.and_then(|subject| Ok((subject, reply?))),
        header_size,
        size,
    })
}

/// `pattern [queue] sid`.
fn subscribe(arguments: &str) -> Result<ClientOp, ProtocolError> {
    let (words, count) = words::<3>("SUB", arguments)?;
    let (queue, sid) = match count {
        2 => (None, words[1]),
        3 => (Some(words[1].to_owned()), words[2]),
        _ => {
            return Err(ProtocolError::malformed("SUB", &format_args!("{count} arguments")));
        }
    };
    Ok(ClientOp::Subscribe { sid: sid.into(), pattern: SubjectPattern::new(words[0])?, queue })
}

/// `sid [max]`.
fn unsubscribe(arguments: &str) -> Result<ClientOp, ProtocolError> {
    let (words, count) = words::<2>("UNSUB", arguments)?;
    let max = match count {
        1 => None,
        // What is no number counts as none.
        2 => words[1].parse().ok(),
        _ => return Err(ProtocolError::malformed("UNSUB", &"no subscription named")),
    };
    Ok(ClientOp::Unsubscribe { sid: words[0].into(), max })
}

/// A JSON object. As in NATS, what is null counts as unsaid, and of what is said twice the last counts.
fn connect(arguments: &str) -> Result<ClientOp, ProtocolError> {
    let said: Option<Map<String, Value>> = json("CONNECT", arguments)?;
    let mut fields = said.unwrap_or_default();
    fields.retain(|_, value| !value.is_null());
    let options = encoding::from_value(Value::Object(fields));
    options.map(ClientOp::Connect).map_err(|cause| ProtocolError::malformed("CONNECT", &cause))
}

fn json<T: DeserializeOwned>(verb: &'static str, text: &str) -> Result<T, ProtocolError> {
    encoding::from_json(text.trim().as_bytes()).map_err(|cause| ProtocolError::malformed(verb, &cause))
}

fn words<'a, const MOST: usize>(
    verb: &'static str,
    arguments: &'a str,
) -> Result<([&'a str; MOST], usize), ProtocolError> {
    let (mut found, mut count) = ([""; MOST], 0);
    for word in arguments.split([' ', '\t', '\r']).filter(|word| !word.is_empty()) {
        let place = found.get_mut(count).ok_or_else(|| ProtocolError::malformed(verb, &"too many arguments"))?;
        *place = word;
        count += 1;
    }
    Ok((found, count))
}

fn number(verb: &'static str, text: &str) -> Result<usize, ProtocolError> {
    // `parse` would take a sign.
    match text.bytes().all(|byte| byte.is_ascii_digit()) {
        true => text.parse().map_err(|cause| ProtocolError::malformed(verb, &cause)),
        false => Err(ProtocolError::malformed(verb, &format_args!("{text:?} is no number"))),
    }
}

fn unknown(verb: &str) -> ProtocolError {
    ProtocolError::UnknownOperation(verb.chars().take(32).collect())
}
