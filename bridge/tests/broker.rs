//! The broker, spoken to in bytes.

mod common;

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use common::{InProcess, TestPlatform, message_of_size, subject, text};
use futures::{SinkExt, StreamExt, channel::mpsc};
use wisteria_bridge::{Broker, BrokerLimits, protocol::ProtocolLimits};
use wisteria_core::{
    bus::{Bus, BusError, LocalBus, Router},
    platform::Platform,
};

/// A client that speaks bytes. Lines come back without their breaks.
struct Raw {
    to_broker: mpsc::Sender<Bytes>,
    from_broker: mpsc::Receiver<Bytes>,
    unread: Vec<u8>,
}

impl Raw {
    /// Connects and reads `INFO`.
    async fn open(lattice: &Lattice) -> Self {
        let (to_broker, from_broker) = lattice.wire.open();
        let mut raw = Self { to_broker, from_broker, unread: Vec::new() };
        let info = raw.line().await.expect("the broker speaks first");
        assert!(info.starts_with("INFO {") && info.contains("\"headers\":true"), "{info}");
        raw
    }

    /// The same, let in with these options.
    async fn connect(lattice: &Lattice, options: &str) -> Self {
        let mut raw = Self::open(lattice).await;
        raw.say(&format!("CONNECT {options}\r\nPING\r\n")).await;
        raw.expect("PONG").await;
        raw
    }

    async fn say(&mut self, bytes: &str) {
        self.to_broker.send(Bytes::from(bytes.to_owned())).await.expect("the broker listens");
    }

    /// Says something and waits until the broker has acted on it.
    async fn settle(&mut self, bytes: &str) {
        self.say(&format!("{bytes}PING\r\n")).await;
        self.expect("PONG").await;
    }

    async fn line(&mut self) -> Option<String> {
        loop {
            if let Some(end) = self.unread.windows(2).position(|pair| pair == b"\r\n") {
                let rest = self.unread.split_off(end + 2);
                let line = std::mem::replace(&mut self.unread, rest);
                return Some(String::from_utf8_lossy(&line[..end]).into_owned());
            }
            self.unread.extend_from_slice(&self.from_broker.next().await?);
        }
    }

    async fn expect(&mut self, expected: &str) {
        for line in expected.split('\n') {
            assert_eq!(self.line().await.as_deref(), Some(line));
        }
    }

    async fn expect_end(&mut self, last_word: &str) {
        self.expect(last_word).await;
        assert_eq!(self.line().await, None);
    }
}

struct Lattice {
    wire: InProcess,
    local: LocalBus,
    router: Arc<Router>,
}

fn lattice() -> Lattice {
    lattice_with(BrokerLimits::default())
}

fn lattice_with(limits: BrokerLimits) -> Lattice {
    let platform: Arc<dyn Platform> = TestPlatform::shared();
    let router = Arc::new(Router::new());
    Lattice {
        wire: InProcess::new(Broker::with_limits(router.clone(), platform.clone(), limits)),
        local: LocalBus::new(router.clone(), platform),
        router,
    }
}

const MODERN: &str = r#"{"headers":true,"no_responders":true}"#;
const MINUTE: Duration = Duration::from_secs(60);

#[tokio::test(start_paused = true)]
async fn what_one_publishes_the_other_gets() {
    let lattice = lattice();
    let mut one = Raw::connect(&lattice, MODERN).await;
    let mut other = Raw::connect(&lattice, MODERN).await;
    one.settle("SUB a.* 7\r\n").await;
    other.say("PUB a.b 2\r\nhi\r\nPUB a.b r 0\r\n\r\nHPUB a.b 18 20\r\nNATS/1.0\r\nA: b\r\n\r\nhi\r\n").await;
    one.expect("MSG a.b 7 2\nhi\nMSG a.b 7 r 0\n\nHMSG a.b 7 18 20\nNATS/1.0\nA: b\n\nhi").await;
}

#[tokio::test(start_paused = true)]
async fn who_reads_no_headers_gets_the_body_alone() {
    let lattice = lattice();
    let mut old = Raw::connect(&lattice, "{}").await;
    old.say("SUB a 1\r\nHPUB a 18 20\r\nNATS/1.0\r\nA: b\r\n\r\nhi\r\n").await;
    old.expect("MSG a 1 2\nhi").await;
}

#[tokio::test(start_paused = true)]
async fn a_subscription_ends_after_its_maximum() {
    let lattice = lattice();
    let mut raw = Raw::connect(&lattice, MODERN).await;
    raw.say("SUB a 1\r\nUNSUB 1 2\r\nPUB a 1\r\n1\r\nPUB a 1\r\n2\r\nPUB a 1\r\n3\r\nPING\r\n").await;
    raw.expect("MSG a 1 1\n1\nMSG a 1 1\n2\nPONG").await;
    assert!(!lattice.router.has_receiver("a"));
}

#[tokio::test(start_paused = true)]
async fn verbose_and_echo_are_honoured() {
    let lattice = lattice();
    let mut raw = Raw::open(&lattice).await;
    raw.say("CONNECT {\"verbose\":true,\"echo\":false}\r\nSUB a 1\r\nPUB a 1\r\n1\r\nUNSUB 1\r\nPING\r\n").await;
    raw.expect("+OK\n+OK\n+OK\n+OK\nPONG").await;
}

#[tokio::test(start_paused = true)]
async fn a_request_that_nobody_takes_is_answered_at_once() {
    let lattice = lattice();
    let mut raw = Raw::connect(&lattice, MODERN).await;
    raw.say("SUB _INBOX.x.* 1\r\nPUB nobody _INBOX.x.1 0\r\n\r\n").await;
    raw.expect("HMSG _INBOX.x.1 1 16 16\nNATS/1.0 503\n\n").await;
}

#[tokio::test(start_paused = true)]
async fn what_is_not_allowed_ends_the_connection_with_its_reason() {
    async fn check(said: &str, last_word: &str) {
        let limits = BrokerLimits { protocol: ProtocolLimits { line: 128, payload: 10 }, ..BrokerLimits::default() };
        let mut raw = Raw::open(&lattice_with(limits)).await;
        raw.say(said).await;
        raw.expect_end(last_word).await;
    }
    check("SUB a 1\r\n", "-ERR 'Authorization Violation'").await;
    check("CONNECT {}\r\nPUB a 11\r\n", "-ERR 'Maximum Payload Violation'").await;
    check("HELLO\r\n", "-ERR 'Unknown Protocol Operation'").await;
    check(&"x".repeat(129), "-ERR 'Maximum Control Line Exceeded'").await;
}

#[tokio::test(start_paused = true)]
async fn a_bad_subject_is_refused_and_the_connection_stays() {
    let lattice = lattice();
    let mut raw = Raw::connect(&lattice, MODERN).await;
    raw.say("PUB a..b 2\r\nhi\r\nSUB >.a 1\r\nPING\r\n").await;
    raw.expect("-ERR 'Invalid Subject'\n-ERR 'Invalid Subject'\nPONG").await;
}

#[tokio::test(start_paused = true)]
async fn more_subscriptions_than_allowed_are_refused() {
    let limits = BrokerLimits { subscriptions: 1, ..BrokerLimits::default() };
    let mut raw = Raw::connect(&lattice_with(limits), MODERN).await;
    raw.say("SUB a 1\r\nSUB b 2\r\nUNSUB 1\r\nSUB b 2\r\nPING\r\n").await;
    raw.expect("-ERR 'Maximum Subscriptions Exceeded'\nPONG").await;
}

#[tokio::test(start_paused = true)]
async fn who_does_not_say_connect_is_given_up() {
    let mut raw = Raw::open(&lattice()).await;
    raw.expect_end("-ERR 'Authentication Timeout'").await;
}

#[tokio::test(start_paused = true)]
async fn who_gives_no_sign_of_life_is_given_up() {
    let lattice = lattice();
    let mut raw = Raw::connect(&lattice, MODERN).await;
    raw.say("SUB a 1\r\n").await;
    raw.expect("PING").await;
    raw.say("PONG\r\n").await;
    raw.expect("PING\nPING").await;
    raw.expect_end("-ERR 'Stale Connection'").await;
    assert!(!lattice.router.has_receiver("a"));
}

#[tokio::test(start_paused = true)]
async fn a_slow_consumer_is_told_and_cut_off() {
    let limits = BrokerLimits { pending: 1 << 20, ..BrokerLimits::default() };
    let lattice = lattice_with(limits);
    let mut slow = Raw::connect(&lattice, MODERN).await;
    slow.settle("SUB a 1\r\n").await;
    let message = message_of_size("a", 100_000);
    let taken = (0..20).take_while(|_| lattice.router.route(&message) == 1).count();
    assert!((5..=10).contains(&taken), "{taken}");
    let mut last = None;
    while let Some(line) = slow.line().await {
        last = Some(line);
    }
    assert_eq!(last.as_deref(), Some("-ERR 'Slow Consumer'"));
}

#[tokio::test(start_paused = true)]
async fn a_lost_connection_leaves_nothing_behind_and_fails_what_it_has_not_answered() {
    let lattice = lattice();
    let mut host = Raw::connect(&lattice, MODERN).await;
    host.settle("SUB a a 1\r\n").await;
    let serve = async {
        let line = host.line().await.expect("a request");
        assert!(line.starts_with("MSG a 1 _INBOX."), "{line}");
        lattice.wire.cut();
    };
    let (outcome, ()) = futures::join!(lattice.local.request(text("a", "?"), MINUTE), serve);
    assert_eq!(outcome.expect_err("lost"), BusError::HostLost("a".to_owned()));
    let again = lattice.local.request(text("a", "?"), MINUTE).await;
    assert_eq!(again.expect_err("nobody"), BusError::NoResponders("a".to_owned()));
}

#[tokio::test(start_paused = true)]
async fn a_request_that_was_answered_does_not_fail_later() {
    let lattice = lattice();
    let mut host = Raw::connect(&lattice, MODERN).await;
    let mut watcher = Raw::connect(&lattice, MODERN).await;
    host.settle("SUB a a 1\r\n").await;
    watcher.settle("SUB _INBOX.> 1\r\nPUB a _INBOX.x 1\r\n1\r\n").await;
    host.expect("MSG a 1 _INBOX.x 1\n1").await;
    host.say("PUB _INBOX.x 2\r\nok\r\n").await;
    watcher.expect("MSG _INBOX.x 1 2\nok").await;
    drop(host);
    while lattice.router.has_receiver(&subject("a")) {
        tokio::task::yield_now().await;
    }
    watcher.settle("").await;
}
