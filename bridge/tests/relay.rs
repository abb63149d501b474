//! The relay between clients and a broker.

mod common;

use std::{
    num::NonZeroU32,
    sync::{Arc, Mutex},
    time::Duration,
};

use bytes::Bytes;
use common::{InProcess, TestPlatform, pattern, reply, text};
use futures::{SinkExt, StreamExt, channel::mpsc};
use wisteria_bridge::{
    BridgeBus, BridgeOptions, Broker, ConnectionState, Connector, Credentials, JoinToken, Pipe, RateLimits, Relay,
    ScopedUsers, TransportError,
    auth::{AccountGate, Grant, Role, UserClaims},
    relay::{RelayEnded, RelayLimits},
};
use wisteria_core::{
    bus::{Bus, BusError, Router, message},
    identity::{KeyKind, KeyPair, PublicKey},
    platform::BoxFuture,
};

const PATIENCE: Duration = Duration::from_secs(5);

/// Connects through a relay, and tells how its connections ended.
#[derive(Debug, Clone)]
struct Relayed {
    relay: Relay,
    ended: mpsc::UnboundedSender<RelayEnded>,
    open: Arc<Mutex<Option<mpsc::Sender<Bytes>>>>,
}

impl Connector for Relayed {
    fn connect(&self) -> BoxFuture<'_, Result<Pipe, TransportError>> {
        let (to_relay, from_client) = mpsc::channel(16);
        let (to_client, from_relay) = mpsc::channel(16);
        *self.open.lock().expect("no panic") = Some(to_relay.clone());
        let (relay, ended) = (self.relay.clone(), self.ended.clone());
        tokio::spawn(async move { ended.unbounded_send(relay.serve(from_client, to_client).await) });
        let outgoing = Box::pin(to_relay.sink_map_err(|error| TransportError(error.to_string())));
        Box::pin(async { Ok(Pipe { incoming: from_relay.boxed(), outgoing }) })
    }
}

/// A broker, the way to it, and the way to it through a relay.
fn lattice() -> (InProcess, Relayed, mpsc::UnboundedReceiver<RelayEnded>) {
    let platform = TestPlatform::shared();
    let direct = InProcess::new(Broker::new(Arc::new(Router::new()), platform.clone()));
    let relay = Relay::new(Arc::new(direct.clone()), Credentials::None, platform);
    let (ended, ends) = mpsc::unbounded();
    (direct, Relayed { relay, ended, open: Arc::default() }, ends)
}

async fn join(connector: impl Connector, name: &str) -> BridgeBus {
    let options = BridgeOptions { name: name.to_owned(), ..BridgeOptions::default() };
    BridgeBus::connect(connector, TestPlatform::shared(), options).await.expect("the broker is there")
}

#[tokio::test(start_paused = true)]
async fn a_relayed_client_asks_and_answers_as_any_other() {
    let (direct, relayed, mut ends) = lattice();
    let (near, far) = (join(relayed, "near").await, join(direct, "far").await);
    let mut requests = near.subscribe(pattern("a.*"), Some("q")).expect("a subscription");
    near.flush().await.expect("connected");
    let serve = async {
        let mut request = requests.next().await.expect("a request");
        assert_eq!(request.headers.get("Name"), Some("value"));
        request.headers = std::iter::empty::<(&str, &str)>().collect();
        near.publish(reply(&request, "answer")).expect("connected");
    };
    let mut question = text("a.b", "question");
    question.headers.insert("Name", "value");
    let (answer, ()) = futures::join!(far.request(question, PATIENCE), serve);
    assert_eq!(answer.expect("an answer").payload, "answer");
    let nobody = near.request(text("nobody", "?"), PATIENCE).await;
    assert_eq!(nobody, Err(BusError::NoResponders("nobody".to_owned())));
    near.close().await;
    assert_eq!(ends.next().await, Some(RelayEnded::Left));
}

#[tokio::test(start_paused = true)]
async fn what_a_client_took_and_left_unanswered_fails_at_once() {
    let (direct, relayed, mut ends) = lattice();
    let (near, far) = (join(relayed.clone(), "near").await, join(direct, "far").await);
    let mut requests = near.subscribe(pattern("a"), Some("q")).expect("a subscription");
    near.flush().await.expect("connected");
    let leave = async {
        requests.next().await.expect("a request");
        relayed.open.lock().expect("no panic").take().expect("a connection").close_channel();
    };
    let (outcome, ()) = futures::join!(far.request(text("a", "?"), PATIENCE), leave);
    assert_eq!(outcome, Err(BusError::HostLost("a".to_owned())));
    assert_eq!(ends.next().await, Some(RelayEnded::Left));
}

#[tokio::test(start_paused = true)]
async fn when_the_broker_goes_so_does_the_client_which_comes_again() {
    let (direct, relayed, mut ends) = lattice();
    let near = join(relayed, "near").await;
    let mut states = Box::pin(near.states());
    assert_eq!(states.next().await, Some(ConnectionState::Connected));
    direct.refuse(true);
    direct.cut();
    assert!(matches!(ends.next().await, Some(RelayEnded::Upstream(_))));
    assert!(matches!(ends.next().await, Some(RelayEnded::Unreachable(cause)) if cause == "refused"));
    assert!(matches!(near.state(), ConnectionState::Reconnecting { cause } if !cause.is_empty()));
    direct.refuse(false);
    while states.next().await.expect("not closed") != ConnectionState::Connected {}
    near.flush().await.expect("connected");
}

#[tokio::test(start_paused = true)]
async fn a_client_without_a_sign_of_life_is_given_up() {
    let (direct, relayed, _) = lattice();
    let limits = RelayLimits { ping: Duration::from_secs(1), ..RelayLimits::default() };
    let relay = relayed.relay.with_limits(limits);
    let far = join(direct, "far").await;
    let (to_relay, from_client) = mpsc::channel(16);
    let (to_client, from_relay) = mpsc::channel(16);
    let hears = from_relay.collect::<Vec<_>>();
    let (ended, heard) = futures::join!(relay.serve(from_client, to_client), hears);
    drop((to_relay, far));
    assert_eq!(ended, RelayEnded::Stale);
    let heard = String::from_utf8(heard.concat()).expect("text");
    assert_eq!(heard.matches("PING\r\n").count(), 2, "{heard}");
    assert!(heard.ends_with("-ERR 'the client gave no sign of life'\r\n"), "{heard}");
}

#[tokio::test(start_paused = true)]
async fn a_relayed_client_that_says_more_than_the_rate_allows_is_heard_later_and_not_cut() {
    let none = RateLimits::NONE;
    for (rate, said) in [
        (RateLimits { operations: NonZeroU32::new(10), ..none }, "PUB a 0\r\n\r\n".repeat(1000)),
        (RateLimits { bytes: NonZeroU32::new(1000), ..none }, format!("PUB a 100000\r\n{}\r\n", "x".repeat(100_000))),
    ] {
        let (direct, relayed, _) = lattice();
        let relay = relayed.relay.with_limits(RelayLimits { rate, ..RelayLimits::default() });
        let far = join(direct, "far").await;
        let mut heard = far.subscribe(pattern("a"), None).expect("a subscription");
        far.flush().await.expect("connected");
        let (mut to_relay, from_client) = mpsc::channel(16);
        let (to_client, mut from_relay) = mpsc::channel(16);
        tokio::spawn(async move { relay.serve(from_client, to_client).await });
        let start = tokio::time::Instant::now();
        // Long enough for broker and relay to give up a client that is not heard.
        for said in ["CONNECT {\"verbose\":false}\r\n", &said, &said, ""] {
            to_relay.send(Bytes::from(format!("{said}PING\r\n"))).await.expect("the relay listens");
            let mut answer = String::new();
            while !answer.contains("PONG\r\n") {
                answer += std::str::from_utf8(&from_relay.next().await.expect("it is not cut")).expect("text");
            }
            assert!(!answer.contains("-ERR"), "{answer}");
            if said.starts_with("PUB") {
                heard.next().await.expect("what it said is passed on");
            }
        }
        let taken = start.elapsed();
        assert!((Duration::from_secs(198)..Duration::from_secs(202)).contains(&taken), "{rate:?}: {taken:?}");
    }
}

/// The account that signs for those who join by the relay.
fn account() -> KeyPair {
    KeyPair::from_raw(KeyKind::Account, [5; 32])
}

/// A broker that knows users of the account by their claims only, and a relay that signs for whom its tokens let in.
fn scoped_lattice() -> (InProcess, Relay, Relayed) {
    let platform = TestPlatform::shared();
    let gate = || AccountGate::new(TestPlatform::shared(), vec![account().public_key()], "l");
    let broker = Broker::new(Arc::new(Router::new()), platform.clone()).guarded_by(Arc::new(gate()));
    let users = ScopedUsers::new(Arc::new(gate()), account(), None, platform.clone());
    let direct = InProcess::new(broker);
    let relay = Relay::new(Arc::new(direct.clone()), Credentials::None, platform).with_scoped_users(users);
    let (ended, _) = mpsc::unbounded();
    (direct, relay.clone(), Relayed { relay, ended, open: Arc::default() })
}

fn module(byte: u8) -> PublicKey {
    PublicKey::from_bytes(KeyKind::Module, [byte; 32])
}

/// Joins with a token of its own, as a tab that may serve the first module.
async fn join_as_tab(relayed: &Relayed, id: &str, byte: u8) -> Result<BridgeBus, BusError> {
    let grant = Grant { role: Role::Tab, lattice: "l".to_owned(), modules: vec![module(1)] };
    let claims = UserClaims::of_role(id.to_owned(), account().public_key(), None, grant, 0);
    let expires = TestPlatform::shared().unix_time().as_secs() + 3600;
    let token = JoinToken::new(UserClaims { expires: Some(expires), ..claims }.sign(&account()));
    let key = KeyPair::from_raw(KeyKind::Host, [byte; 32]);
    let credentials = Credentials::Join { token, key: key.clone(), providers: Vec::new() };
    let options = BridgeOptions { name: key.public_key().to_string(), credentials, ..BridgeOptions::default() };
    BridgeBus::connect(relayed.clone(), TestPlatform::shared(), options).await
}

#[tokio::test(start_paused = true)]
async fn a_relay_that_signs_for_its_clients_lets_nobody_in_without_a_token() {
    let (_, _, relayed) = scoped_lattice();
    let options = BridgeOptions { name: "nobody".to_owned(), ..BridgeOptions::default() };
    let refused = BridgeBus::connect(relayed.clone(), TestPlatform::shared(), options).await;
    assert!(refused.expect_err("refused").to_string().contains("Authorization Violation"));
    join_as_tab(&relayed, "a", 1).await.expect("let in");
    let replayed = join_as_tab(&relayed, "a", 2).await.expect_err("refused");
    assert!(replayed.to_string().contains("used by another client"), "{replayed}");
}

#[tokio::test(start_paused = true)]
async fn clients_that_a_relay_signs_for_serve_what_they_were_granted_and_no_more() {
    let (direct, _, relayed) = scoped_lattice();
    let tab = join_as_tab(&relayed, "a", 1).await.expect("let in");
    let calls = |byte| format!("wasmbus.rpc.l.{}", module(byte));
    let mut own = tab.subscribe(pattern(&calls(1)), None).expect("subscribed");
    let _foreign = tab.subscribe(pattern(&calls(2)), None).expect("asked for");
    assert_eq!(tab.confirm(&calls(1)).await, Ok(()));
    assert_eq!(tab.confirm(&calls(2)).await, Err(BusError::NotPermitted(calls(2))));

    let user = KeyPair::from_raw(KeyKind::User, [9; 32]);
    let grant = Grant { role: Role::Host, lattice: "l".to_owned(), modules: Vec::new() };
    let claims = UserClaims::of_role("h".to_owned(), account().public_key(), Some(user.public_key()), grant, 0);
    let credentials = Credentials::Claims { jwt: claims.sign(&account()), key: user };
    let options = BridgeOptions { credentials, ..BridgeOptions::default() };
    let host = BridgeBus::connect(direct, TestPlatform::shared(), options).await.expect("let in");
    let call = |byte| message(common::subject(&calls(byte)), "?");
    let (answer, ()) = tokio::join!(host.request(call(1), PATIENCE), async {
        let question = own.next().await.expect("a call");
        tab.publish(message(question.reply.expect("a request"), "!")).expect("answered");
    });
    assert_eq!(&answer.expect("an answer").payload[..], b"!");
    let unserved = host.request(call(2), PATIENCE).await;
    assert!(matches!(unserved, Err(BusError::NoResponders(_))), "{unserved:?}");
}

#[tokio::test(start_paused = true)]
async fn a_client_that_a_relay_signs_for_is_ended_when_its_token_is_revoked() {
    let (_, relay, relayed) = scoped_lattice();
    let bus = join_as_tab(&relayed, "a", 1).await.expect("let in");
    let mut states = Box::pin(bus.states());
    assert_eq!(states.next().await, Some(ConnectionState::Connected));
    relay.revoke("a");
    assert!(matches!(states.next().await, Some(ConnectionState::Reconnecting { .. })));
    let again = join_as_tab(&relayed, "a", 1).await.expect_err("refused");
    assert!(again.to_string().contains("revoked"), "{again}");
    relay.unrevoke("a");
    join_as_tab(&relayed, "a", 1).await.expect("let in again");
}
