//! What can be wrong with bytes that should be the protocol.

use std::borrow::Cow;

use thiserror::Error;
use wisteria_core::bus::SubjectError;

use crate::auth::Refusal;

/// Why bytes are not a sound operation.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ProtocolError {
    /// The line starts with no verb of the protocol.
    #[error("unknown operation {0:?}")]
    UnknownOperation(String),
    /// A line without end.
    #[error("a control line is longer than {limit} bytes")]
    LineTooLong {
        /// What is allowed.
        limit: usize,
    },
    /// A message announces more than is allowed.
    #[error("a message of {size} bytes is above the limit of {limit} bytes")]
    PayloadTooLarge {
        /// What was announced.
        size: usize,
        /// What is allowed.
        limit: usize,
    },
    /// A message does not end where it should.
    #[error("a message is not as long as it was announced")]
    SizeMismatch,
    /// The arguments do not fit the verb.
    #[error("malformed {verb}: {cause}")]
    Malformed {
        /// The verb.
        verb: &'static str,
        /// What is wrong.
        cause: String,
    },
    /// The headers are not headers.
    #[error("malformed headers: {0}")]
    Headers(&'static str),
    /// The pattern of a subscription is not one.
    #[error(transparent)]
    Subject(#[from] SubjectError),
    /// The subject of a message is not one.
    #[error(transparent)]
    PublishSubject(SubjectError),
    /// The subject for replies to a message is not one.
    #[error("replies have no place to go: {0}")]
    ReplySubject(SubjectError),
    /// The client speaks another protocol.
    #[error("the client speaks protocol {0}; 0 and 1 are known")]
    ClientProtocol(u8),
    /// The client wants to hear when nobody responds, but cannot read it.
    #[error("the client asks for no_responders without headers")]
    NoResponders,
    /// The client publishes headers, but did not say that it knows them.
    #[error("the client publishes headers, but its CONNECT does not say that it knows them")]
    HeadersUnsupported,
    /// The client has as many subscriptions as it may have.
    #[error("the client has {0} subscriptions already")]
    Subscriptions(usize),
    /// The client is not let in.
    #[error("the client is not let in: {0}")]
    NotAdmitted(Refusal),
    /// The client wants replies to go where it may not let them go.
    #[error("the client has no permission to have replies sent to \"{0}\"")]
    ReplyNotPermitted(String),
    /// The client may not do that.
    #[error("the client has no permission for {what} to \"{subject}\"")]
    NotPermitted {
        /// In the words of NATS: `Publish` or `Subscription`.
        what: &'static str,
        /// The subject or pattern.
        subject: String,
        /// The queue group of a subscription.
        queue: Option<String>,
    },
}

impl ProtocolError {
    /// Whether the connection must end; the others spoil one operation only.
    pub fn is_fatal(&self) -> bool {
        !matches!(
            self,
            Self::Subject(_)
                | Self::PublishSubject(_)
                | Self::ReplySubject(_)
                | Self::Headers(_)
                | Self::NotPermitted { .. }
                | Self::ReplyNotPermitted(_)
                | Self::Subscriptions(_)
        )
    }

    /// The text by which NATS servers name it in `-ERR`; nothing where they end the connection without a word.
    pub fn nats_text(&self) -> Option<Cow<'static, str>> {
        let text = match self {
            Self::Malformed { .. } | Self::HeadersUnsupported => return None,
            Self::NotPermitted { what, subject, queue } => {
                let group = queue.as_ref().map(|queue| format!(" using queue \"{queue}\"")).unwrap_or_default();
                return Some(format!("Permissions Violation for {what} to \"{subject}\"{group}").into());
            }
            Self::ReplyNotPermitted(subject) => {
                return Some(format!("Permissions Violation for Publish with Reply of \"{subject}\"").into());
            }
            Self::NotAdmitted(refusal) => return Some(refusal.nats_text()),
            Self::UnknownOperation(_) | Self::SizeMismatch => "Unknown Protocol Operation",
            Self::LineTooLong { .. } => "maximum control line exceeded",
            Self::PayloadTooLarge { .. } => "Maximum Payload Violation",
            Self::Headers(_) => "Parser Error",
            Self::Subject(_) => "Invalid Subject",
            Self::PublishSubject(_) | Self::ReplySubject(_) => "Invalid Publish Subject",
            Self::ClientProtocol(_) => "invalid client protocol",
            Self::NoResponders => "no responders requires headers support",
            Self::Subscriptions(_) => "maximum subscriptions exceeded",
        };
        Some(text.into())
    }

    pub(super) fn malformed(verb: &'static str, cause: &dyn ToString) -> Self {
        Self::Malformed { verb, cause: cause.to_string() }
    }
}
