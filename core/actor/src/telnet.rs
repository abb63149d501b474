//! `wisteria:telnet`: sessions of people at terminals.
//!
//! The actor is told of them by `Telnet.SessionStarted`, `Telnet.ReceiveText` and `Telnet.SessionEnded`.

pub use wisteria_contracts::telnet::SessionText;

use wisteria_contracts::telnet::{CONTRACT, operation};

use crate::{Result, call::call_provider};

/// The sessions of a server, whichever the link leads to.
#[derive(Debug, Clone, Copy)]
pub struct Sessions<'a> {
    link_name: &'a str,
}

/// Those of the server linked under the name `default`.
pub fn default() -> Sessions<'static> {
    linked("default")
}

/// Those of the server linked under a name.
pub fn linked(link_name: &str) -> Sessions<'_> {
    Sessions { link_name }
}

impl Sessions<'_> {
    /// Sends text as it is, line ends included; whether the session was open and took it.
    ///
    /// # Errors
    /// The other side takes text more slowly than it is sent.
    pub fn send(&self, session: &str, text: &str) -> Result<bool> {
        let argument = SessionText { session: session.to_owned(), text: text.to_owned() };
        call_provider(self.link_name, CONTRACT, operation::SEND_TEXT, &argument)
    }
}
