//! A chat of tabs and terminals: what one says, all read.
//!
//! A line goes out as a message, `chat.said`, and whoever hears it has it shown: on the pages of the tabs that have joined, each
//! by a link of its own, and at the terminals of the telnet server. Who is there stands in a key-value store, so any host may
//! run this. `/quit` ends a terminal's session.

use wisteria_actor::{
    contracts::{messaging, telnet::operation as telnet_operation, ui},
    handlers, keyvalue,
    messaging::{self as broker, SubMessage},
    telnet::{self, SessionText},
    ui::{self as page, InputKind, UiEvent, UiEventKind},
    Result,
};

handlers! {
    "Chat.Join" => join,
    "Chat.Say" => say,
    "Chat.Present" => present,
    ui::operation::HANDLE_EVENT => write,
    messaging::operation::HANDLE_MESSAGE => tell,
    telnet_operation::SESSION_STARTED => greet,
    telnet_operation::RECEIVE_TEXT => hear,
    telnet_operation::SESSION_ENDED => forget,
}

/// The tabs that have joined, by the names of the links to their pages.
const TABS: &str = "chat:tabs";
/// The sessions of terminals.
const SESSIONS: &str = "chat:sessions";
/// Where lines go.
const SUBJECT: &str = "chat.said";
/// The text of all lines.
const LINES: &str = "lines";
/// What the names of inputs begin with; the tab follows, as events do not tell it.
const LINE: &str = "line ";

/// The name of the link to a tab's page → who that is in the chat.
fn join(tab: String) -> Result<String> {
    let page = page::linked(&tab);
    page.show_text(LINES, &format!("you are {tab}\n"), false)?;
    page.show_input(&format!("{LINE}{tab}"), InputKind::Text, "Your line, then Enter", Some(""))?;
    if keyvalue::default().set_add(TABS, &tab)? == 1 {
        publish(&format!("{tab} comes"))?;
    }
    Ok(tab)
}

/// `[WHO, LINE]` → nothing.
fn say((who, line): (String, String)) -> Result<()> {
    publish(&format!("{who}: {line}"))
}

/// Nothing → the tabs and the terminals that are there.
fn present(_: ()) -> Result<Vec<String>> {
    let store = keyvalue::default();
    let terminals = store.set_query(SESSIONS)?;
    Ok(store.set_query(TABS)?.into_iter().chain(terminals.iter().map(|session| name(session))).collect())
}

fn write(event: UiEvent) -> Result<()> {
    let Some(tab) = event.name.strip_prefix(LINE) else {
        return Ok(());
    };
    let line = event.value.trim();
    if event.kind != UiEventKind::Change || line.is_empty() {
        return Ok(());
    }
    page::linked(tab).show_input(&event.name, InputKind::Text, "Your line, then Enter", Some(""))?;
    publish(&format!("{tab}: {line}"))
}

fn publish(line: &str) -> Result<()> {
    broker::default().publish(SUBJECT, line.as_bytes())
}

/// Shows a line to all that are there. Who does not take it is forgotten.
fn tell(message: SubMessage) -> Result<()> {
    let line = String::from_utf8_lossy(&message.body);
    let store = keyvalue::default();
    for tab in store.set_query(TABS)? {
        if page::linked(&tab).show_text(LINES, &format!("{line}\n"), true).is_err() {
            store.set_del(TABS, &tab)?;
        }
    }
    for session in store.set_query(SESSIONS)? {
        if !telnet::default().send(&session, &format!("{line}\r\n")).unwrap_or(false) {
            store.set_del(SESSIONS, &session)?;
        }
    }
    Ok(())
}

fn greet(session: String) -> Result<bool> {
    telnet::default().send(&session, &format!("you are {}; /quit ends\r\n", name(&session)))?;
    keyvalue::default().set_add(SESSIONS, &session)?;
    publish(&format!("{} comes", name(&session)))?;
    Ok(true)
}

fn hear(SessionText { session, text }: SessionText) -> Result<bool> {
    if text.trim() == "/quit" {
        telnet::default().send(&session, "bye\r\n")?;
        return Ok(false);
    }
    publish(&format!("{}: {text}", name(&session)))?;
    Ok(true)
}

fn forget(session: String) -> Result<()> {
    keyvalue::default().set_del(SESSIONS, &session)?;
    publish(&format!("{} leaves", name(&session)))
}

/// What the others call a terminal.
fn name(session: &str) -> String {
    format!("terminal-{}", session.get(..6).unwrap_or(session))
}
