//! A message on its way to its receivers, before anyone keeps it.

use bytes::Bytes;

use super::{Headers, Message, Subject, SubjectError, subject};

/// A message that is being routed: an owned one, or one that still lies in the buffer in which it came. Whoever keeps
/// it takes a [`Passing::to_message`]; whoever only writes it elsewhere needs no copy.
#[derive(Debug, Clone, Copy)]
pub enum Passing<'a> {
    /// An owned message.
    Owned(&'a Message),
    /// A message as it was read.
    Read(ReadMessage<'a>),
}

/// A message in the buffer in which it came.
#[derive(Debug, Clone, Copy)]
pub struct ReadMessage<'a> {
    /// Where it goes.
    pub subject: SubjectRef<'a>,
    /// Where an answer goes, if one is wanted.
    pub reply: Option<SubjectRef<'a>>,
    /// The block of headers as the protocol writes it, found to be sound; empty where there are none.
    pub headers: &'a [u8],
    /// Reads such a block.
    pub read_headers: fn(&[u8]) -> Headers,
    /// The body, a part of `buffer`.
    pub payload: &'a [u8],
    /// What it all lies in.
    pub buffer: &'a Bytes,
}

/// The text of a subject that was checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SubjectRef<'a>(&'a str);

/// A body up to this size is copied by whoever keeps it, so that it does not keep the whole buffer.
const COPY_BELOW: usize = 16 << 10;

impl<'a> SubjectRef<'a> {
    /// Checks a subject.
    ///
    /// # Errors
    /// The rule that it breaks.
    pub fn new(text: &'a str) -> Result<Self, SubjectError> {
        subject::check_subject(text).map(|()| Self(text))
    }

    /// The subject as text.
    pub fn as_str(self) -> &'a str {
        self.0
    }

    /// The subject for keeping.
    pub fn to_subject(self) -> Subject {
        Subject::from_checked(self.0)
    }
}

impl<'a> From<&'a Subject> for SubjectRef<'a> {
    fn from(subject: &'a Subject) -> Self {
        Self(subject.as_str())
    }
}

impl<'a> Passing<'a> {
    /// Where it goes.
    pub fn subject(self) -> SubjectRef<'a> {
        match self {
            Self::Owned(message) => (&message.subject).into(),
            Self::Read(message) => message.subject,
        }
    }

    /// Where an answer goes, if one is wanted.
    pub fn reply(self) -> Option<SubjectRef<'a>> {
        match self {
            Self::Owned(message) => message.reply.as_ref().map(SubjectRef::from),
            Self::Read(message) => message.reply,
        }
    }

    /// Whether it has headers.
    pub fn has_headers(self) -> bool {
        match self {
            Self::Owned(message) => !message.headers.is_empty(),
            Self::Read(message) => !message.headers.is_empty(),
        }
    }

    /// The body.
    pub fn payload(self) -> &'a [u8] {
        match self {
            Self::Owned(message) => &message.payload,
            Self::Read(message) => message.payload,
        }
    }

    /// The message for keeping.
    pub fn to_message(self) -> Message {
        match self {
            Self::Owned(message) => message.clone(),
            Self::Read(message) => message.to_message(),
        }
    }
}

impl<'a> From<&'a Message> for Passing<'a> {
    fn from(message: &'a Message) -> Self {
        Self::Owned(message)
    }
}

impl ReadMessage<'_> {
    fn to_message(self) -> Message {
        let headers = match self.headers {
            [] => Headers::default(),
            block => (self.read_headers)(block),
        };
        let payload = match self.payload.len() {
            0..=COPY_BELOW => Bytes::copy_from_slice(self.payload),
            _ => self.buffer.slice_ref(self.payload),
        };
        Message { subject: self.subject.to_subject(), reply: self.reply.map(SubjectRef::to_subject), headers, payload }
    }
}
