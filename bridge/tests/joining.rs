//! Who is let in and what a connection may do, said in bytes to a broker that asks for credentials. Each test is named
//! for the refusal that it proves.

mod common;

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use common::{InProcess, TestPlatform};
use data_encoding::{BASE64, BASE64URL_NOPAD};
use futures::{SinkExt, StreamExt, channel::mpsc};
use serde_json::{Value, json};
use wisteria_bridge::{
    BridgeBus, BridgeOptions, Broker, Credentials, JoinToken,
    auth::{AccountGate, Grant, Role, UserClaims, creds_file},
};
use wisteria_core::{
    bus::{Bus, BusError, LocalBus, Router, SubjectPattern},
    identity::{KeyKind, KeyPair, PublicKey},
    platform::Platform,
};

/// A lattice whose broker lets in the users of one account.
struct Lattice {
    wire: InProcess,
    broker: Broker,
    local: LocalBus,
    platform: Arc<dyn Platform>,
}

fn lattice() -> Lattice {
    let platform = TestPlatform::shared();
    let router = Arc::new(Router::new());
    let gate = AccountGate::new(platform.clone(), vec![account().public_key()], "l").with_bound_tokens(2);
    let broker = Broker::new(router.clone(), platform.clone()).guarded_by(Arc::new(gate));
    let local = LocalBus::new(router, platform.clone());
    Lattice { wire: InProcess::new(broker.clone()), broker, local, platform }
}

fn account() -> KeyPair {
    KeyPair::from_raw(KeyKind::Account, [1; 32])
}

fn host(byte: u8) -> KeyPair {
    KeyPair::from_raw(KeyKind::Host, [byte; 32])
}

fn module(byte: u8) -> PublicKey {
    PublicKey::from_bytes(KeyKind::Module, [byte; 32])
}

fn provider(byte: u8) -> KeyPair {
    KeyPair::from_raw(KeyKind::Provider, [byte; 32])
}

const HOUR: u64 = 3600;

/// A join token for a role; a tab may serve module 1.
fn token(role: Role, id: &str) -> String {
    token_of(&account(), role, id)
}

fn token_of(account: &KeyPair, role: Role, id: &str) -> String {
    let grant = Grant { role, lattice: "l".to_owned(), modules: vec![module(1)] };
    let claims = UserClaims::of_role(id.to_owned(), account.public_key(), None, grant, 0);
    UserClaims { expires: Some(HOUR), ..claims }.sign(account)
}

/// A client that speaks bytes.
struct Raw {
    to_broker: mpsc::Sender<Bytes>,
    from_broker: mpsc::Receiver<Bytes>,
    unread: Vec<u8>,
    nonce: String,
}

impl Raw {
    async fn open(lattice: &Lattice) -> Self {
        let (to_broker, from_broker) = lattice.wire.open();
        let mut raw = Self { to_broker, from_broker, unread: Vec::new(), nonce: String::new() };
        let info = raw.line().await.expect("the broker speaks first");
        let info: Value = serde_json::from_str(info.strip_prefix("INFO ").expect("INFO")).expect("JSON");
        assert_eq!(info["auth_required"], true);
        raw.nonce = info["nonce"].as_str().expect("a nonce").to_owned();
        raw
    }

    fn sign(&self, key: &KeyPair) -> String {
        BASE64URL_NOPAD.encode(&key.sign(self.nonce.as_bytes()))
    }

    /// What a host says that joins with a token, and proves to be its provider.
    fn introduction(&self, token: &str, key: &KeyPair) -> Value {
        let number = (1..9).find(|number| host(*number).public_key() == key.public_key()).expect("one of the hosts");
        let provider = provider(number);
        json!({
            "verbose": false,
            "pedantic": false,
            "headers": true,
            "jwt": token,
            "nkey": key.public_key(),
            "sig": self.sign(key),
            "wisteria_providers": { provider.public_key().to_string(): self.sign(&provider) },
        })
    }

    async fn introduce(&mut self, options: &Value) {
        self.say(&format!("CONNECT {options}\r\nPING\r\n")).await;
    }

    /// A tab with a token of its own, let in.
    async fn tab(lattice: &Lattice, id: &str, key: &KeyPair) -> Self {
        Self::of_role(lattice, Role::Tab, id, key).await
    }

    async fn of_role(lattice: &Lattice, role: Role, id: &str, key: &KeyPair) -> Self {
        let mut raw = Self::open(lattice).await;
        raw.introduce(&raw.introduction(&token(role, id), key)).await;
        raw.expect("PONG").await;
        raw
    }

    async fn say(&mut self, bytes: impl AsRef<[u8]>) {
        self.to_broker.send(Bytes::copy_from_slice(bytes.as_ref())).await.expect("the broker listens");
    }

    async fn line(&mut self) -> Option<String> {
        loop {
            if let Some(end) = self.unread.windows(2).position(|pair| pair == b"\r\n") {
                let rest = self.unread.split_off(end + 2);
                let mut line = std::mem::replace(&mut self.unread, rest);
                line.truncate(end);
                return Some(String::from_utf8(line).expect("text"));
            }
            self.unread.extend_from_slice(&self.from_broker.next().await?);
        }
    }

    async fn expect(&mut self, expected: &str) {
        assert_eq!(self.line().await.as_deref(), Some(expected));
    }

    async fn expect_end(&mut self, last: &str) {
        self.expect(last).await;
        assert_eq!(self.line().await, None);
    }

    /// Says an operation and expects that it, and nothing else, is refused.
    async fn refused(&mut self, operation: impl AsRef<[u8]>, error: &str) {
        self.say([operation.as_ref(), b"\r\nPING\r\n"].concat()).await;
        self.expect(&format!("-ERR 'Permissions Violation for {error}'")).await;
        self.expect("PONG").await;
    }

    /// Says an operation and expects that it is not refused.
    async fn taken(&mut self, operation: impl AsRef<[u8]>) {
        self.say([operation.as_ref(), b"\r\nPING\r\n"].concat()).await;
        self.expect("PONG").await;
    }

    async fn subscription_refused(&mut self, pattern: &str) {
        self.refused(&format!("SUB {pattern} 9"), &format!("Subscription to \"{pattern}\"")).await;
    }

    async fn publication_refused(&mut self, subject: &str) {
        self.refused(&format!("PUB {subject} 2\r\n{{}}"), &format!("Publish to \"{subject}\"")).await;
    }
}

const VIOLATION: &str = "-ERR 'Authorization Violation'";

#[tokio::test(start_paused = true)]
async fn whoever_brings_no_credentials_is_refused() {
    let lattice = lattice();
    let mut raw = Raw::open(&lattice).await;
    raw.introduce(&json!({ "verbose": false })).await;
    raw.expect_end(VIOLATION).await;
    let mut silent = Raw::open(&lattice).await;
    silent.say("SUB a 1\r\n").await;
    silent.expect_end(VIOLATION).await;
}

#[tokio::test(start_paused = true)]
async fn a_token_of_a_foreign_account_is_refused() {
    let lattice = lattice();
    let mut raw = Raw::open(&lattice).await;
    let foreign = token_of(&KeyPair::from_raw(KeyKind::Account, [2; 32]), Role::Host, "a");
    raw.introduce(&raw.introduction(&foreign, &host(1))).await;
    raw.expect_end(VIOLATION).await;
}

#[tokio::test(start_paused = true)]
async fn a_token_that_was_altered_is_refused() {
    let lattice = lattice();
    let (tab, page) = (token(Role::Tab, "a"), token(Role::Page, "a"));
    let signature = tab.rsplit('.').next().expect("three parts");
    let forged = format!("{}.{signature}", page.rsplit_once('.').expect("three parts").0);
    let mut raw = Raw::open(&lattice).await;
    raw.introduce(&raw.introduction(&forged, &host(1))).await;
    raw.expect_end(VIOLATION).await;
}

#[tokio::test(start_paused = true)]
async fn a_signature_counts_in_either_alphabet_of_base64_and_with_its_padding() {
    for number in 1..9 {
        let (mut raw, key) = (Raw::open(&lattice()).await, host(number));
        let mut options = raw.introduction(&token(Role::Tab, "a"), &key);
        options["sig"] = BASE64.encode(&key.sign(raw.nonce.as_bytes())).into();
        raw.introduce(&options).await;
        raw.expect("PONG").await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_bad_signature_over_the_nonce_is_refused() {
    let lattice = lattice();
    let mut raw = Raw::open(&lattice).await;
    let mut options = raw.introduction(&token(Role::Tab, "a"), &host(1));
    options["sig"] = raw.sign(&host(2)).into();
    raw.introduce(&options).await;
    raw.expect_end(VIOLATION).await;
    // That of another connection holds no more than none.
    let mut replaying = Raw::open(&lattice).await;
    let old = raw.introduction(&token(Role::Tab, "a"), &host(1));
    replaying.introduce(&old).await;
    replaying.expect_end(VIOLATION).await;
}

#[tokio::test(start_paused = true)]
async fn a_provider_whose_key_the_client_does_not_have_is_refused() {
    let lattice = lattice();
    let mut raw = Raw::open(&lattice).await;
    let mut options = raw.introduction(&token(Role::Tab, "a"), &host(1));
    options["wisteria_providers"] = json!({ provider(9).public_key().to_string(): raw.sign(&provider(1)) });
    raw.introduce(&options).await;
    raw.expect_end(VIOLATION).await;
}

#[tokio::test(start_paused = true)]
async fn an_expired_token_is_refused_and_one_that_expires_ends_its_connection() {
    let lattice = lattice();
    let mut raw = Raw::tab(&lattice, "a", &host(1)).await;
    // The client says something now and then, so that it is not given up for its silence.
    for _ in 0..HOUR / 10 - 1 {
        tokio::time::advance(Duration::from_secs(10)).await;
        raw.say("PING\r\nPONG\r\n").await;
        while raw.line().await.as_deref() != Some("PONG") {}
    }
    let last = async {
        loop {
            match raw.line().await {
                Some(line) if line.starts_with("-ERR") => break line,
                Some(_) => {}
                None => panic!("it ended without a word"),
            }
        }
    };
    assert_eq!(last.await, "-ERR 'User Authentication Expired'");
    assert_eq!(raw.line().await, None);
    let mut late = Raw::open(&lattice).await;
    late.introduce(&late.introduction(&token(Role::Tab, "b"), &host(1))).await;
    late.expect_end(VIOLATION).await;
}

#[tokio::test(start_paused = true)]
async fn a_replayed_join_token_is_refused_and_its_owner_comes_back() {
    let lattice = lattice();
    let owner = Raw::tab(&lattice, "a", &host(1)).await;
    drop(owner);
    let mut thief = Raw::open(&lattice).await;
    thief.introduce(&thief.introduction(&token(Role::Tab, "a"), &host(2))).await;
    let text = "this join token was used by another client; mint one for each with: wisteria token mint";
    thief.expect_end(&format!("-ERR 'Authorization Violation: {text}'")).await;
    Raw::tab(&lattice, "a", &host(1)).await.taken("PUB wasmbus.ctl.l.ping.hosts 0\r\n").await;
}

#[tokio::test(start_paused = true)]
async fn a_join_token_without_a_key_is_refused() {
    let lattice = lattice();
    let mut raw = Raw::open(&lattice).await;
    raw.introduce(&json!({ "verbose": false, "jwt": token(Role::Tab, "a") })).await;
    let text = "a join token is used together with a key of the client, by which it signs the nonce";
    raw.expect_end(&format!("-ERR 'Authorization Violation: {text}'")).await;
}

#[tokio::test(start_paused = true)]
async fn beyond_the_bound_of_join_tokens_in_use_no_other_is_taken() {
    let lattice = lattice();
    Raw::tab(&lattice, "a", &host(1)).await;
    Raw::tab(&lattice, "b", &host(2)).await;
    let mut third = Raw::open(&lattice).await;
    third.introduce(&third.introduction(&token(Role::Tab, "c"), &host(3))).await;
    let line = third.line().await.expect("a refusal");
    assert!(line.contains("too many join tokens"), "{line}");
    Raw::tab(&lattice, "a", &host(1)).await;
}

#[tokio::test(start_paused = true)]
async fn a_revoked_token_ends_its_connections_and_opens_no_other() {
    let lattice = lattice();
    let mut raw = Raw::tab(&lattice, "a", &host(1)).await;
    let mut other = Raw::tab(&lattice, "b", &host(2)).await;
    lattice.broker.revoke("a");
    raw.expect_end("-ERR 'User Authentication Revoked'").await;
    other.taken("PUB wasmbus.ctl.l.ping.hosts 0\r\n").await;
    let mut again = Raw::open(&lattice).await;
    again.introduce(&again.introduction(&token(Role::Tab, "a"), &host(1))).await;
    let line = again.line().await.expect("a refusal");
    assert!(line.contains("revoked"), "{line}");
}

#[tokio::test(start_paused = true)]
async fn a_tab_that_subscribes_to_anothers_actor_is_refused() {
    let mut raw = Raw::tab(&lattice(), "a", &host(1)).await;
    raw.taken(&format!("SUB wasmbus.rpc.l.{} q 1", module(1))).await;
    raw.subscription_refused(&format!("wasmbus.rpc.l.{}", module(2))).await;
    let group = format!("wasmbus.rpc.l.{}", module(2));
    raw.refused(&format!("SUB {group} {group} 9"), &format!("Subscription to \"{group}\" using queue \"{group}\""))
        .await;
    raw.subscription_refused(&format!("wisteria.modules.l.{}", module(2))).await;
}

#[tokio::test(start_paused = true)]
async fn a_wildcard_subscription_over_rpc_and_inboxes_is_refused() {
    let lattice = lattice();
    for (role, id) in [(Role::Tab, "a"), (Role::Page, "b")] {
        let mut raw = Raw::of_role(&lattice, role, id, &host(1)).await;
        for pattern in [">", "wasmbus.>", "wasmbus.rpc.>", "wasmbus.rpc.l.*", "wasmbus.rpc.l.*.*", "*.rpc.l.>"] {
            raw.subscription_refused(pattern).await;
        }
        for pattern in ["_INBOX.>", "_INBOX.*.*.*", &format!("_INBOX.{}.>", host(2).public_key())] {
            raw.subscription_refused(pattern).await;
        }
        raw.taken(&format!("SUB _INBOX.{}.> 1", host(1).public_key())).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_tab_that_publishes_control_commands_is_refused() {
    let mut raw = Raw::tab(&lattice(), "a", &host(1)).await;
    let other = host(2).public_key();
    for subject in [
        format!("wasmbus.ctl.l.cmd.{other}.scale"),
        format!("wasmbus.ctl.l.cmd.{other}.stop"),
        format!("wasmbus.ctl.l.labels.{other}.put"),
        "wasmbus.ctl.l.linkdefs.put".to_owned(),
        "wasmbus.ctl.l.registries.put".to_owned(),
        format!("wisteria.lost.{other}"),
        format!("wasmbus.ctl.other.cmd.{other}.stop"),
    ] {
        raw.publication_refused(&subject).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_link_to_anothers_provider_by_a_tab_is_refused() {
    let mut raw = Raw::tab(&lattice(), "a", &host(1)).await;
    let (own, other) = (provider(1).public_key(), provider(2).public_key());
    raw.publication_refused(&format!("wasmbus.rpc.l.{other}.default.linkdefs.put")).await;
    raw.publication_refused("wasmbus.evt.l.linkdef_set").await;
    raw.subscription_refused(&format!("wasmbus.rpc.l.{other}.*.linkdefs.put")).await;
    raw.subscription_refused(&format!("wasmbus.rpc.l.{other}.*")).await;
    raw.taken(&format!("SUB wasmbus.rpc.l.{own}.*.linkdefs.put 1\r\nSUB wasmbus.rpc.l.{own}.* rpc 2")).await;
}

#[tokio::test(start_paused = true)]
async fn events_in_the_name_of_another_host_are_refused() {
    let mut raw = Raw::tab(&lattice(), "a", &host(1)).await;
    let event = |source: PublicKey, kind: &str| {
        let event =
            json!({ "source": source, "type": format!("com.wasmcloud.lattice.{kind}"), "data": {} }).to_string();
        format!("{}\r\n{event}", event.len())
    };
    let (own, other) = (host(1).public_key(), host(2).public_key());
    raw.taken(&format!("PUB wasmbus.evt.l.host_started {}", event(own, "host_started"))).await;
    let refused = "Publish to \"wasmbus.evt.l.host_started\"";
    raw.refused(&format!("PUB wasmbus.evt.l.host_started {}", event(other, "host_started")), refused).await;
    raw.refused(&format!("PUB wasmbus.evt.l.host_started {}", event(own, "linkdef_set")), refused).await;
}

/// A call in the name of `origin`, in MessagePack.
fn invocation(origin: PublicKey) -> Vec<u8> {
    let text = |text: &str| [&[0xd9, u8::try_from(text.len()).expect("a short text")], text.as_bytes()].concat();
    let entity = |key: PublicKey| [vec![0x81], text("public_key"), text(&key.to_string())].concat();
    let fields = [
        (text("origin"), entity(origin)),
        (text("target"), entity(module(2))),
        (text("operation"), text("Op")),
        (text("msg"), vec![0xc4, 0]),
        (text("id"), text("1")),
    ];
    fields.into_iter().fold(vec![0x85], |body, (name, value)| [body, name, value].concat())
}

#[tokio::test(start_paused = true)]
async fn a_call_in_the_name_of_anothers_actor_is_refused() {
    let mut raw = Raw::tab(&lattice(), "a", &host(1)).await;
    for subject in
        [format!("wasmbus.rpc.l.{}", module(2)), format!("wasmbus.rpc.l.{}.default", provider(2).public_key())]
    {
        let call = |body: &[u8]| [format!("PUB {subject} {}\r\n", body.len()).as_bytes(), body].concat();
        let refused = format!("Publish to \"{subject}\"");
        for own in [host(1).public_key(), module(1)] {
            raw.taken(call(&invocation(own))).await;
        }
        for foreign in [host(2).public_key(), module(2)] {
            raw.refused(call(&invocation(foreign)), &refused).await;
        }
        raw.refused(call(b"what is no call"), &refused).await;
    }
}

#[tokio::test(start_paused = true)]
async fn an_answer_for_another_is_refused() {
    let lattice = lattice();
    let mut raw = Raw::tab(&lattice, "a", &host(1)).await;
    let actor = format!("wasmbus.rpc.l.{}", module(1));
    raw.taken(&format!("SUB {actor} {actor} 1")).await;
    raw.publication_refused("_INBOX.a.b").await;
    // It answers what it was asked, once.
    let request = wisteria_core::bus::message(common::subject(&actor), "?");
    let asked = lattice.local.request(request, Duration::from_secs(1));
    let answers = async {
        let line = raw.line().await.expect("a request");
        raw.expect("?").await;
        let reply = line.split(' ').nth(3).expect("a reply subject").to_owned();
        raw.taken(&format!("PUB {reply} 1\r\n!")).await;
        raw.publication_refused(&reply).await;
    };
    let (answer, ()) = tokio::join!(asked, answers);
    assert_eq!(&answer.expect("an answer").payload[..], b"!");
}

#[tokio::test(start_paused = true)]
async fn a_reply_to_a_foreign_inbox_is_refused() {
    let lattice = lattice();
    let victim = host(2).public_key();
    let mut raw = Raw::tab(&lattice, "a", &host(1)).await;
    raw.publication_refused(&format!("_INBOX.{victim}.x.1")).await;
    let inbox = format!("_INBOX.{victim}.x.1");
    let request = format!("PUB wasmbus.ctl.l.ping.hosts {inbox} 0\r\n");
    raw.refused(&request, &format!("Publish with Reply of \"{inbox}\"")).await;
    let command = format!("wasmbus.ctl.l.cmd.{victim}.stop");
    let request = format!("PUB wasmbus.rpc.l.{} {command} 0\r\n", module(2));
    raw.refused(&request, &format!("Publish with Reply of \"{command}\"")).await;
}

#[tokio::test(start_paused = true)]
async fn the_end_of_another_host_is_not_told_by_taking_its_name() {
    let lattice = lattice();
    let mut lost =
        lattice.local.subscribe(SubjectPattern::new("wisteria.lost.*").expect("a pattern"), None).expect("open");
    for (key, name) in [(host(1), host(2)), (host(2), host(2))] {
        let mut raw = Raw::open(&lattice).await;
        let mut options = raw.introduction(&token(Role::Tab, &key.public_key().to_string()), &key);
        options["name"] = json!(name.public_key());
        if key.public_key() == host(1).public_key() {
            options["wisteria_providers"] = json!({});
        }
        raw.introduce(&options).await;
        raw.expect("PONG").await;
        raw.say("NONSENSE\r\n").await;
        raw.expect("-ERR 'Unknown Protocol Operation'").await;
        assert_eq!(raw.line().await, None);
    }
    let told = lost.next().await.expect("one notice");
    assert_eq!(told.subject.as_str(), format!("wisteria.lost.{}", host(2).public_key()));
    let more = tokio::time::timeout(Duration::from_secs(1), lost.next()).await;
    assert!(more.is_err(), "told of the name that was not proved: {more:?}");
}

#[tokio::test(start_paused = true)]
async fn claims_as_nats_has_them_allow_deny_and_filter() {
    let lattice = lattice();
    let user = KeyPair::from_raw(KeyKind::User, [7; 32]);
    let claims = json!({
        "jti": "n", "iat": 0, "iss": account().public_key(), "sub": user.public_key(), "name": "n",
        "nats": {
            "pub": { "allow": ["a.>"], "deny": ["a.secret"] },
            "sub": { "allow": ["a.>"], "deny": ["a.secret"] },
            "subs": -1, "data": -1, "payload": -1, "type": "user", "version": 2,
        },
    });
    let claims: UserClaims = serde_json::from_value(claims).expect("claims");
    let mut raw = Raw::open(&lattice).await;
    let introduction = json!({ "verbose": false, "jwt": claims.sign(&account()), "sig": raw.sign(&user) });
    raw.introduce(&introduction).await;
    raw.expect("PONG").await;
    raw.subscription_refused("a.secret").await;
    raw.subscription_refused(">").await;
    raw.publication_refused("a.secret").await;
    raw.publication_refused("b").await;
    raw.taken("SUB a.* 1").await;
    for subject in ["a.secret", "a.open"] {
        lattice.local.publish(common::text(subject, "x")).expect("room");
    }
    raw.expect("MSG a.open 1 1").await;
}

#[tokio::test(start_paused = true)]
async fn our_client_hears_at_once_what_it_may_not_say() {
    let lattice = lattice();
    let credentials =
        Credentials::Join { token: JoinToken::new(token(Role::Tab, "t")), key: host(1), providers: Vec::new() };
    let options = BridgeOptions { credentials, ..BridgeOptions::default() };
    let bus = BridgeBus::connect(lattice.wire.clone(), lattice.platform.clone(), options).await.expect("let in");
    let refused = || BusError::MayNotPublish("orders.new".to_owned());
    let (first, second, allowed) = tokio::join!(
        bus.publish_and_confirm(common::text("orders.new", "1")),
        bus.publish_and_confirm(common::text("orders.new", "2")),
        bus.publish_and_confirm(common::text("wasmbus.ctl.l.ping.hosts", "")),
    );
    assert_eq!((first, second, allowed), (Err(refused()), Err(refused()), Ok(())));
    let before = tokio::time::Instant::now();
    let asked = bus.request(common::text("orders.new", "?"), Duration::from_secs(1)).await;
    assert_eq!((asked, before.elapsed()), (Err(refused()), Duration::ZERO));
    let asked = bus.request(common::text("wasmbus.ctl.l.ping.hosts", ""), Duration::from_secs(1)).await;
    assert_eq!(asked, Err(BusError::NoResponders("wasmbus.ctl.l.ping.hosts".to_owned())));
}

#[tokio::test(start_paused = true)]
async fn our_client_comes_in_by_a_creds_file_and_by_a_join_token_and_is_answered() {
    let lattice = lattice();
    let user = KeyPair::from_raw(KeyKind::User, [7; 32]);
    let grant = Grant { role: Role::Operator, lattice: "l".to_owned(), modules: Vec::new() };
    let claims = UserClaims::of_role("o".to_owned(), account().public_key(), Some(user.public_key()), grant, 0);
    let creds = Credentials::from_creds(&creds_file(&claims.sign(&account()), &user)).expect("a creds file");
    let join =
        Credentials::Join { token: JoinToken::new(token(Role::Tab, "t")), key: host(1), providers: vec![provider(1)] };
    let mut pings = lattice
        .local
        .subscribe(SubjectPattern::new("wasmbus.ctl.l.ping.hosts").expect("a pattern"), None)
        .expect("open");
    for credentials in [creds, join] {
        let options = BridgeOptions { credentials, ..BridgeOptions::default() };
        let bus = BridgeBus::connect(lattice.wire.clone(), lattice.platform.clone(), options).await.expect("let in");
        let asked = bus.request(common::text("wasmbus.ctl.l.ping.hosts", ""), Duration::from_secs(1));
        let answers = async {
            let request = pings.next().await.expect("a request");
            lattice.local.publish(common::reply(&request, "here")).expect("room");
        };
        let (answer, ()) = tokio::join!(asked, answers);
        assert_eq!(&answer.expect("an answer").payload[..], b"here");
        let inbox = bus.new_inbox();
        let mut gathered = bus.subscribe(inbox.clone().into(), None).expect("open");
        bus.flush().await.expect("stands");
        lattice.local.publish(common::text(&inbox, "one")).expect("room");
        assert_eq!(&gathered.next().await.expect("a reply").payload[..], b"one");
        bus.close().await;
    }
}
