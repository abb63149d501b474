//! What is too much, too long or too slow.

use wisteria_contracts::{codec, telnet::operation};

use super::terminal::{Terminal, Terminals};

#[tokio::test]
async fn a_link_has_so_many_sessions_and_no_more() {
    let terminals = Terminals::linked(&[("SESSIONS", "1")]).await;
    let (terminal, first) = terminals.connect().await;
    let mut second = Terminal::connect(terminals.address).await;
    assert_eq!(second.rest().await, "no more sessions are taken here; end some, or come back later\r\n");
    drop(terminal);
    assert_eq!(terminals.ended().await, first);
    // The place is free a moment after the actor has answered.
    let (_terminal, another) = until_there_is_room(&terminals).await;
    assert_ne!(another, first);
}

/// A terminal for which there is room.
async fn until_there_is_room(terminals: &Terminals) -> (Terminal, String) {
    loop {
        let mut terminal = Terminal::connect(terminals.address).await;
        tokio::select! {
            session = terminals.started(true) => return (terminal, session),
            _ = terminal.rest() => {}
        }
    }
}

#[tokio::test]
async fn a_session_without_a_word_ends() {
    let terminals = Terminals::linked(&[("IDLE", "300ms")]).await;
    let (mut terminal, session) = terminals.connect().await;
    assert_eq!(terminal.rest().await, "nothing was heard for too long\r\n");
    assert_eq!(terminals.ended().await, session);
}

#[tokio::test]
async fn a_line_without_an_end_ends_the_session() {
    let terminals = Terminals::linked(&[("MAX_LINE", "8")]).await;
    let (mut terminal, session) = terminals.connect().await;
    terminal.types("12345678\r\n123456789").await;
    assert_eq!(terminals.line(true).await.text, "12345678");
    assert_eq!(terminal.rest().await, "the line is too long\r\n");
    assert_eq!(terminals.ended().await, session);
    assert!(!terminals.send(&session, "x").await);
}

#[tokio::test]
async fn a_terminal_that_reads_nothing_bounds_what_waits_for_it() {
    let terminals = Terminals::start().await;
    let (mut terminal, session) = terminals.connect().await;
    let text = "x".repeat(64 << 10);
    let (mut taken, mut refused) = (0, 0);
    let mut each = tokio::time::interval(std::time::Duration::from_millis(50));
    // Buffers of the system take some, too, and take their time.
    while refused < 5 {
        if terminals.send(&session, &text).await {
            (taken, refused) = (taken + text.len(), 0);
            assert!(taken < 64 << 20, "it is taken without end");
        } else {
            refused += 1;
            each.tick().await;
        }
    }
    // Nor does it have answers wait that it asked for.
    terminal.types([[255, 253, 1]; 1_000].concat()).await;
    terminal.types("still here\r\n").await;
    assert_eq!(terminals.line(true).await.text, "still here");
    terminal.sees("x".repeat(taken)).await;
    terminal.types("and now\r\n").await;
    assert_eq!(terminals.line(true).await.text, "and now");
    assert!(terminals.send(&session, "there is room again").await);
    terminal.sees("there is room again").await;
}

#[tokio::test]
async fn a_session_that_the_actor_fails_with_ends_and_says_so() {
    let terminals = Terminals::start().await;
    let mut terminal = Terminal::connect(terminals.address).await;
    let (called, _, call) = terminals.call().await;
    assert_eq!(called, operation::SESSION_STARTED);
    terminals.fail(call).await;
    assert_eq!(terminal.rest().await, "nobody can answer now; come back later\r\n");

    let (mut terminal, session) = terminals.connect().await;
    terminal.types("a\r\nb\r\n").await;
    let (called, _, call) = terminals.call().await;
    assert_eq!(called, operation::RECEIVE_TEXT);
    terminals.fail(call).await;
    assert_eq!(terminal.rest().await, "nobody can answer now; come back later\r\n");
    let (called, argument, call) = terminals.call().await;
    assert_eq!(called, operation::SESSION_ENDED, "the first was never taken, and b is not handed on");
    assert_eq!(codec::decode::<String>(&argument).expect("a session"), session);
    // An actor need not know of the end.
    terminals.fail(call).await;
    terminals.connect().await;
}
