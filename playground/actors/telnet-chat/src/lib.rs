//! A chat: what one says, all hear. `/quit` ends a session. Who is there stands in a key-value store.

use wisteria_actor::{
    contracts::telnet::operation,
    handlers, keyvalue,
    telnet::{self, SessionText},
    Result,
};

handlers! {
    operation::SESSION_STARTED => greet,
    operation::RECEIVE_TEXT => hear,
    operation::SESSION_ENDED => forget,
}

const PRESENT: &str = "chat:present";

fn greet(session: String) -> Result<bool> {
    telnet::default().send(&session, &format!("you are {}; /quit ends\r\n", name(&session)))?;
    say(&format!("{} comes\r\n", name(&session)))?;
    keyvalue::default().set_add(PRESENT, &session)?;
    Ok(true)
}

fn hear(SessionText { session, text }: SessionText) -> Result<bool> {
    if text.trim() == "/quit" {
        telnet::default().send(&session, "bye\r\n")?;
        return Ok(false);
    }
    say(&format!("{}: {text}\r\n", name(&session)))?;
    Ok(true)
}

fn forget(session: String) -> Result<()> {
    keyvalue::default().set_del(PRESENT, &session)?;
    say(&format!("{} leaves\r\n", name(&session)))
}

/// Tells all that are there. Who does not take it is forgotten.
fn say(text: &str) -> Result<()> {
    for session in keyvalue::default().set_query(PRESENT)? {
        if !telnet::default().send(&session, text).unwrap_or(false) {
            keyvalue::default().set_del(PRESENT, &session)?;
        }
    }
    Ok(())
}

/// What the others call a session.
fn name(session: &str) -> &str {
    session.get(..6).unwrap_or(session)
}
