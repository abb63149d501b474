//! `wasmcloud:messaging`: messages on subjects.
//!
//! The actor is handed those that its link names by `MessageSubscriber.HandleMessage`.

pub use wisteria_contracts::messaging::SubMessage;

use wisteria_contracts::messaging::{CONTRACT, PubMessage, operation};

use crate::{Result, call::tell_provider};

/// A broker, whichever the link leads to.
#[derive(Debug, Clone, Copy)]
pub struct Broker<'a> {
    link_name: &'a str,
}

/// The broker linked under the name `default`.
pub fn default() -> Broker<'static> {
    linked("default")
}

/// The broker linked under a name.
pub fn linked(link_name: &str) -> Broker<'_> {
    Broker { link_name }
}

impl Broker<'_> {
    /// Publishes a message that wants no answer.
    ///
    /// # Errors
    /// The link does not let the actor publish there, or the broker is away.
    pub fn publish(&self, subject: &str, body: &[u8]) -> Result<()> {
        let argument = PubMessage { subject: subject.to_owned(), reply_to: None, body: body.to_vec() };
        tell_provider(self.link_name, CONTRACT, operation::PUBLISH, &argument)
    }
}
