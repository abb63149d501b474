//! `wisteria:telnet`: sessions of people at terminals, as `wasmcloud:telnet` had them.

use serde::{Deserialize, Serialize};

/// The contract.
pub const CONTRACT: &str = "wisteria:telnet";

/// Operations. Single values go in bare.
pub mod operation {
    /// [`SessionText`](super::SessionText) → whether the session was open and took it; called by the actor.
    pub const SEND_TEXT: &str = "Telnet.SendText";
    /// Session → whether it may go on, otherwise it is closed; called by the provider, as are the others.
    pub const SESSION_STARTED: &str = "Telnet.SessionStarted";
    /// [`SessionText`](super::SessionText) → whether the session goes on, otherwise it is closed.
    pub const RECEIVE_TEXT: &str = "Telnet.ReceiveText";
    /// Session → nothing. An actor need not know it: an error changes nothing.
    pub const SESSION_ENDED: &str = "Telnet.SessionEnded";
}

/// Text to or from a session.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct SessionText {
    /// The session, by a name that no other has, earlier ones included.
    pub session: String,
    /// To the actor: a line without its end. From it: text as it is, line ends included.
    pub text: String,
}

/// The contract in its own words.
#[cfg(feature = "schema")]
pub fn describe() -> crate::schema::Contract {
    crate::schema::Contract::new(CONTRACT, "Sessions of people at terminals")
        .by_actor::<SessionText, bool>(operation::SEND_TEXT, "Sends text to a session; answers whether it is open.")
        .by_provider::<String, bool>(operation::SESSION_STARTED, "A session began; answers whether it may go on.")
        .by_provider::<SessionText, bool>(operation::RECEIVE_TEXT, "A line from a session; answers whether it goes on.")
        .by_provider::<String, ()>(operation::SESSION_ENDED, "A session ended.")
}
