//! Where links listen, and what becomes of sessions when links change.

use std::net::TcpListener;

use serde_json::json;
use wisteria_contracts::telnet::operation;
use wisteria_core::{
    call::CallContext,
    identity::{KeyKind, PublicKey},
    provider::{LinkValues, ProviderCall, ProviderLink},
};

use super::terminal::{Terminal, Terminals, free_address};
use crate::linked::{call, link};

#[tokio::test]
async fn only_this_machine_reaches_a_link_that_does_not_say_otherwise() {
    let terminals = Terminals::start().await;
    let provider = &*terminals.hosted.provider;
    for address in ["0.0.0.0:0", "[::]:0"] {
        let refused = link(provider, &[("ADDRESS", address)], true).await.expect_err("refused").0;
        let words = format!("`ADDRESS={address}` is open to other machines, and telnet protects nothing on its way");
        assert!(refused.starts_with(&words) && refused.contains("OPEN=true"), "{refused}");
    }
    for (name, text, words) in [
        ("ADDRESS", "nowhere", "`ADDRESS=nowhere` is not an address"),
        ("SESSIONS", "0", "`SESSIONS` is 0, and may be from 1 to 1024"),
        ("SESSIONS", "1025", "may be from 1 to 1024"),
        ("MAX_LINE", "65Ki", "`MAX_LINE` is 66560, and may be from 1 to 65536"),
        ("IDLE", "0s", "`IDLE` of 0 would end each session"),
    ] {
        let refused = link(provider, &[(name, text)], true).await.expect_err("refused").0;
        assert!(refused.contains(words), "{words} in {refused}");
    }
    let taken = TcpListener::bind("127.0.0.1:0").expect("a port");
    let refused = terminals.link(taken.local_addr().expect("bound"), &[]).await.expect_err("refused").0;
    assert!(refused.contains("cannot listen on 127.0.0.1:") && refused.contains("another ADDRESS"), "{refused}");
    terminals.connect().await;
    link(provider, &[("ADDRESS", "0.0.0.0:0"), ("OPEN", "true")], true).await.expect("the risk is accepted");
}

#[tokio::test]
async fn a_link_that_is_put_again_keeps_its_sessions_wherever_it_listens_then() {
    let terminals = Terminals::start().await;
    let (mut terminal, session) = terminals.connect().await;
    terminals.link(terminals.address, &[("MAX_LINE", "4")]).await.expect("put again");
    let (mut newer, _) = terminals.connect().await;
    newer.types("12345").await;
    assert_eq!(newer.rest().await, "the line is too long\r\n", "it begins under the new values");
    terminals.ended().await;

    let moved = free_address();
    terminals.link(moved, &[]).await.expect("put again");
    TcpListener::bind(terminals.address).expect("the former port is free");
    let mut there = Terminal::connect(moved).await;
    let other = terminals.started(true).await;
    terminal.types("a longer line\r\n").await;
    assert_eq!(terminals.line(true).await.text, "a longer line");
    assert!(terminals.send(&session, "hello").await && terminals.send(&other, "there").await);
    terminal.sees("hello").await;
    there.sees("there").await;
}

#[tokio::test]
async fn sessions_end_with_their_link_and_the_port_is_free() {
    let terminals = Terminals::start().await;
    let (mut terminal, session) = terminals.connect().await;
    assert!(terminals.send(&session, "the last word").await);
    terminals.unlink().await;
    TcpListener::bind(terminals.address).expect("the port is free");
    assert_eq!(terminal.rest().await, "the last word");
    assert_eq!(terminals.ended().await, session);
    let argument = json!({ "session": session, "text": "" });
    let sent = call(&*terminals.hosted.provider, operation::SEND_TEXT, &argument).await;
    assert_eq!(sent, Ok(false.into()));
}

#[tokio::test]
async fn an_actor_reaches_no_session_of_another() {
    let terminals = Terminals::start().await;
    let (mut terminal, session) = terminals.connect().await;
    let other = PublicKey::from_bytes(KeyKind::Module, [2; 32]);
    let values = [("ADDRESS".to_owned(), free_address().to_string())].into();
    let values = LinkValues::new(terminals.hosted.provider.describe().values, values).expect("good");
    let linked = ProviderLink { actor: other, link_name: "default".into(), values, is_new: true };
    terminals.hosted.provider.link(linked).await.expect("linked");
    let payload = wisteria_contracts::codec::encode(&wisteria_contracts::telnet::SessionText {
        session: session.clone(),
        text: "from a stranger".to_owned(),
    });
    let sent = terminals.hosted.provider.invoke(ProviderCall {
        actor: other,
        link_name: "default".into(),
        operation: operation::SEND_TEXT.into(),
        payload: payload.into(),
        context: CallContext::root(std::time::Duration::from_secs(5)),
    });
    let sent = sent.await.expect("answered");
    assert!(!wisteria_contracts::codec::decode::<bool>(&sent).expect("a boolean"));
    assert!(terminals.send(&session, "from its own").await);
    terminal.sees("from its own").await;
}
