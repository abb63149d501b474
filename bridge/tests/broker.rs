//! The broker, spoken to in bytes.

mod common;

use std::{num::NonZeroU32, sync::Arc, time::Duration};

use bytes::Bytes;
use common::{InProcess, TestPlatform, message_of_size, pattern, subject, text};
use futures::{SinkExt, StreamExt, channel::mpsc};
use wisteria_bridge::{
    Broker, BrokerLimits, RateLimits,
    auth::Refusal,
    broker::{Admission, Allowed, Gatekeeper, Permissions},
    protocol::{ConnectOptions, ProtocolLimits},
};
use wisteria_core::{
    bus::{Bus, BusError, LocalBus, Router},
    identity::{KeyKind, PublicKey},
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
    broker: Broker,
    local: LocalBus,
    router: Arc<Router>,
}

fn lattice() -> Lattice {
    lattice_with(BrokerLimits::default())
}

fn lattice_with(limits: BrokerLimits) -> Lattice {
    let platform: Arc<dyn Platform> = TestPlatform::shared();
    let router = Arc::new(Router::new());
    let broker = Broker::with_limits(router.clone(), platform.clone(), limits);
    Lattice { wire: InProcess::new(broker.clone()), broker, local: LocalBus::new(router.clone(), platform), router }
}

const MODERN: &str = r#"{"verbose":false,"pedantic":false,"headers":true,"no_responders":true}"#;
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
    let mut old = Raw::connect(&lattice, r#"{"verbose":false}"#).await;
    let mut modern = Raw::connect(&lattice, MODERN).await;
    old.settle("SUB a 1\r\n").await;
    modern.say("HPUB a 18 20\r\nNATS/1.0\r\nA: b\r\n\r\nhi\r\n").await;
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
    raw.expect("HMSG _INBOX.x.1 1 38 38\nNATS/1.0 503\nNats-Subject: nobody\n\n").await;
}

#[tokio::test(start_paused = true)]
async fn what_is_not_allowed_ends_the_connection_with_its_reason() {
    async fn check(said: &str, last_word: &str) {
        let limits = BrokerLimits { protocol: ProtocolLimits { line: 128, payload: 10 }, ..BrokerLimits::default() };
        let mut raw = Raw::open(&lattice_with(limits)).await;
        raw.say(said).await;
        raw.expect_end(last_word).await;
    }
    check("CONNECT {}\r\nPUB a 11\r\n", "+OK\n-ERR 'Maximum Payload Violation'").await;
    check("HELLO\r\n", "-ERR 'Unknown Protocol Operation'").await;
    check(&"x".repeat(129), "-ERR 'maximum control line exceeded'").await;
}

#[tokio::test(start_paused = true)]
async fn a_bad_subject_is_refused_and_the_connection_stays() {
    let lattice = lattice();
    let mut raw = Raw::connect(&lattice, MODERN).await;
    raw.say("PUB a..b 2\r\nhi\r\nPUB a.* 2\r\nhi\r\nPUB a b..c 2\r\nhi\r\nSUB >.a 1\r\nPING\r\n").await;
    raw.expect("-ERR 'Invalid Publish Subject'\n-ERR 'Invalid Publish Subject'\n-ERR 'Invalid Subject'\nPONG").await;
    raw.say("CONNECT {\"verbose\":false}\r\nPUB a..b 2\r\nhi\r\nPING\r\n").await;
    raw.expect("-ERR 'Invalid Publish Subject'\nPONG").await;
}

#[tokio::test(start_paused = true)]
async fn who_does_not_introduce_itself_hears_of_everything() {
    let mut raw = Raw::open(&lattice()).await;
    raw.say("SUB a 1\r\nPUB a 2\r\nhi\r\nPUB a..b 0\r\n\r\nUNSUB 1\r\nPING\r\n").await;
    raw.expect("+OK\n+OK\nMSG a 1 2\nhi\n-ERR 'Invalid Publish Subject'\n+OK\n+OK\nPONG").await;
}

#[tokio::test(start_paused = true)]
async fn more_subscriptions_than_allowed_are_refused() {
    let limits = BrokerLimits { subscriptions: 1, ..BrokerLimits::default() };
    let mut raw = Raw::connect(&lattice_with(limits), MODERN).await;
    raw.say("SUB a 1\r\nSUB b 2\r\nUNSUB 1\r\nSUB b 2\r\nPING\r\n").await;
    raw.expect("-ERR 'maximum subscriptions exceeded'\nPONG").await;
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
async fn a_slow_consumer_is_cut_off_without_a_word() {
    let limits = BrokerLimits { pending: 1 << 20, ..BrokerLimits::default() };
    let lattice = lattice_with(limits);
    let mut slow = Raw::connect(&lattice, MODERN).await;
    slow.settle("SUB a 1\r\n").await;
    let message = message_of_size("a", 100_000);
    let taken = (0..20).take_while(|_| lattice.router.route(&message) == 1).count();
    assert!((5..=10).contains(&taken), "{taken}");
    // What waited is dropped, and no error follows what the transport holds already.
    while let Some(line) = slow.line().await {
        assert!(line.starts_with("MSG a 1 ") || line.chars().all(|character| character == 'x'), "{line:.80}");
    }
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

#[tokio::test(start_paused = true)]
async fn who_holds_a_request_and_falls_silent_is_passed_over_until_it_is_heard_again() {
    let lattice = lattice();
    let mut frozen = Raw::connect(&lattice, MODERN).await;
    let mut other = Raw::connect(&lattice, MODERN).await;
    frozen.settle("SUB a q 1\r\n").await;
    let asked = lattice.local.request(text("a", "?"), MINUTE).await;
    assert_eq!(asked.expect_err("frozen"), BusError::HostLost("a".to_owned()));
    let asked = lattice.local.request(text("a", "?"), MINUTE).await;
    assert_eq!(asked.expect_err("frozen"), BusError::NoResponders("a".to_owned()));

    other.settle("SUB a q 1\r\n").await;
    for _ in 0..2 {
        let serve = async {
            let line = other.line().await.expect("a request");
            let reply = line.split(' ').nth(3).expect("a reply subject").to_owned();
            other.expect("?").await;
            other.say(&format!("PUB {reply} 2\r\nok\r\n")).await;
        };
        let (outcome, ()) = futures::join!(lattice.local.request(text("a", "?"), MINUTE), serve);
        assert_eq!(outcome.expect("answered").payload, "ok");
    }

    // The request it was handed, and the question whether it lives.
    assert!(frozen.line().await.expect("a request").starts_with("MSG a 1 _INBOX."));
    frozen.expect("?\nPING").await;
    frozen.settle("PONG\r\n").await;
    other.settle("UNSUB 1\r\n").await;
    lattice.local.publish(text("a", "again")).expect("room");
    frozen.expect("MSG a 1 5\nagain").await;
}

#[tokio::test(start_paused = true)]
async fn who_answers_slowly_but_lives_keeps_its_requests() {
    let lattice = lattice();
    let mut slow = Raw::connect(&lattice, MODERN).await;
    slow.settle("SUB a q 1\r\n").await;
    let serve = async {
        let line = slow.line().await.expect("a request");
        slow.expect("?").await;
        for _ in 0..5 {
            slow.expect("PING").await;
            slow.say("PONG\r\n").await;
        }
        let reply = line.split(' ').nth(3).expect("a reply subject");
        slow.say(&format!("PUB {reply} 2\r\nok\r\n")).await;
    };
    let (outcome, ()) = futures::join!(lattice.local.request(text("a", "?"), MINUTE), serve);
    assert_eq!(outcome.expect("answered").payload, "ok");
}

#[tokio::test(start_paused = true)]
async fn the_lattice_is_told_when_the_connection_of_a_host_ends() {
    let lattice = lattice();
    let host = PublicKey::from_bytes(KeyKind::Host, [1; 32]).to_string();
    let mut lost = lattice.local.subscribe(pattern("wisteria.lost.*"), None).expect("subscribed");
    for name in ["anyone", &host] {
        drop(Raw::connect(&lattice, &format!("{{\"name\":\"{name}\",\"verbose\":false}}")).await);
    }
    assert_eq!(lost.next().await.expect("told").subject.as_str(), format!("wisteria.lost.{host}"));
}

#[tokio::test(start_paused = true)]
async fn clients_are_told_to_go_elsewhere_before_the_broker_stops() {
    let lattice = lattice();
    let mut raw = Raw::connect(&lattice, MODERN).await;
    raw.settle("SUB a 1\r\n").await;
    lattice.local.publish(text("a", "last")).expect("room");
    let stop = lattice.broker.shut_down();
    let read = async {
        raw.expect("MSG a 1 4\nlast").await;
        let info = raw.line().await.expect("a notice");
        assert!(info.starts_with("INFO {") && info.contains("\"ldm\":true"), "{info}");
        assert_eq!(raw.line().await, None);
    };
    futures::join!(stop, read);
    let (_, mut late) = lattice.wire.open();
    assert!(late.next().await.expect("a greeting").starts_with(b"INFO"));
    assert_eq!(late.next().await, None, "nobody is let in any more");
}

/// Knows one name, which may say little.
#[derive(Debug)]
struct Strict;

impl Gatekeeper for Strict {
    fn admit(&self, options: &ConnectOptions, nonce: &str) -> Result<Admission, Refusal> {
        assert!(!nonce.is_empty());
        if options.name.as_deref() != Some("known") {
            return Err(Refusal::NoCredentials);
        }
        let permissions = Permissions {
            publish: Allowed::only([pattern("said.*")]),
            subscribe: Allowed::only([pattern("heard.>")]),
            ..Permissions::ALL
        };
        Ok(Admission { permissions, ..Admission::default() })
    }
}

#[tokio::test(start_paused = true)]
async fn a_gatekeeper_decides_who_comes_in_and_what_is_theirs() {
    let lattice = lattice();
    let lattice = Lattice { wire: InProcess::new(lattice.broker.clone().guarded_by(Arc::new(Strict))), ..lattice };
    let mut stranger = Raw::open(&lattice).await;
    stranger.say("CONNECT {\"name\":\"stranger\"}\r\n").await;
    stranger.expect_end("-ERR 'Authorization Violation'").await;
    let mut nobody = Raw::open(&lattice).await;
    nobody.say("SUB heard.it 1\r\n").await;
    nobody.expect_end("-ERR 'Authorization Violation'").await;

    let mut known = Raw::connect(&lattice, "{\"name\":\"known\",\"verbose\":false}").await;
    known
        .say("SUB heard.it 1\r\nSUB heard.> 2\r\nSUB > 3\r\nPUB said.it 0\r\n\r\nPUB heard.it 0\r\n\r\nPING\r\n")
        .await;
    known
        .expect(
            "-ERR 'Permissions Violation for Subscription to \">\"'\n\
             -ERR 'Permissions Violation for Publish to \"heard.it\"'\nPONG",
        )
        .await;
    lattice.local.publish(text("heard.it", "x")).expect("room");
    known.line().await.expect("one of the two subscriptions");
}

#[tokio::test(start_paused = true)]
async fn whoever_says_more_than_the_rate_allows_is_heard_later_and_not_cut() {
    let rate = RateLimits { operations: NonZeroU32::new(10), ..RateLimits::NONE };
    let lattice = lattice_with(BrokerLimits { rate, ..BrokerLimits::default() });
    let mut quick = Raw::connect(&lattice, MODERN).await;
    let start = tokio::time::Instant::now();
    // Long enough for a client that is not heard to be given up.
    for _ in 0..20 {
        quick.say(&format!("{}PING\r\n", "PUB a 0\r\n\r\n".repeat(99))).await;
        // The broker's own questions stay open meanwhile.
        while quick.line().await.expect("it is not cut") != "PONG" {}
    }
    let taken = start.elapsed();
    assert!((Duration::from_secs(180)..Duration::from_secs(200)).contains(&taken), "{taken:?}");
    let mut other = Raw::connect(&lattice, MODERN).await;
    let start = tokio::time::Instant::now();
    other.settle("PUB a 0\r\n\r\n").await;
    assert_eq!(start.elapsed(), Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn whoever_says_more_bytes_than_the_rate_allows_is_heard_later_and_not_cut() {
    let rate = RateLimits { bytes: NonZeroU32::new(1000), ..RateLimits::NONE };
    let lattice = lattice_with(BrokerLimits { rate, ..BrokerLimits::default() });
    let mut heard = lattice.local.subscribe(pattern("a"), None).expect("a subscription");
    let mut large = Raw::connect(&lattice, MODERN).await;
    let start = tokio::time::Instant::now();
    // One message each, so that it is the bytes that count; long enough for a client that is not heard to be given up.
    let message = format!("PUB a 100000\r\n{}\r\n", "x".repeat(100_000));
    for said in [&message, &message, ""] {
        large.say(&format!("{said}PING\r\n")).await;
        // The broker's own questions stay open meanwhile.
        while large.line().await.expect("it is not cut") != "PONG" {}
    }
    for _ in 0..2 {
        assert_eq!(heard.next().await.expect("delivered").payload.len(), 100_000);
    }
    let taken = start.elapsed();
    assert!((Duration::from_secs(198)..Duration::from_secs(202)).contains(&taken), "{taken:?}");
}
