//! What is revoked counts nowhere on the lattice, within a second and until that is taken back.

use std::{sync::Arc, time::Duration};

use wisteria_core::{
    call::Target,
    error::{ErrorCode, LatticeError},
    host::Host,
    identity::PublicKey,
    lattice::{Client, control::ClaimsSummary},
    metadata::MemoryStore,
};

use crate::common::{Lattice, RELAY, UPPER, signed};

fn module(text: &str, caps: &[&str]) -> bytes::Bytes {
    signed(&wat::parse_str(text).expect("WAT"), caps).into()
}

async fn call(host: &Host, actor: PublicKey) -> Result<(), LatticeError> {
    host.call(Target::Actor(actor), "Op", "x".into(), Some(Duration::from_secs(5))).await.map(drop)
}

/// Completes once a host has heard of so many words; they take no second.
async fn heard(host: &Host, words: usize) {
    let heard = async {
        while host.revocations().len() < words {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(1), heard).await.expect("within a second");
}

/// Completes once a host takes the latest word on a key as this one.
async fn takes(host: &Host, subject: &str, revoked: bool) {
    let says = |host: &Host| host.revocations().iter().any(|word| word.subject == subject && word.revoked == revoked);
    let taken = async {
        while !says(host) {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(1), taken).await.expect("within a second");
}

/// The account that vouches for the only signed actor.
async fn account(client: &Client) -> String {
    let claims = client.claims().await.expect("listed");
    claims.into_iter().find(ClaimsSummary::is_signed).expect("a signed actor").iss
}

#[tokio::test]
async fn a_revoked_module_neither_starts_nor_answers_nor_calls_on_any_host() {
    let lattice = Lattice::new();
    let (keeper, tab, client) = (lattice.keeper().await, lattice.host().await, lattice.client());
    let actor = tab.start_actor(module(UPPER, &[]), None).await.expect("started");
    call(&keeper, actor).await.expect("it counts");

    client.revoke(&actor.to_string(), true, Some("it leaks".to_owned())).await.expect("kept");
    takes(&tab, &actor.to_string(), true).await;
    for caller in [&tab, &keeper] {
        let error = call(caller, actor).await.expect_err("refused");
        assert_eq!(error.code, ErrorCode::Revoked, "{error}");
        assert!(error.message.contains("it leaks") && error.message.contains("wisteria unrevoke M"), "{error}");
    }
    for host in [&tab, &keeper] {
        let error = host.start_actor(module(UPPER, &[]), None).await.expect_err("refused");
        assert_eq!(error.code, ErrorCode::Revoked, "{error}");
    }
    // A host that has not heard of it lets the actor call; who is called does not.
    let other = keeper.start_actor(wat::parse_str(UPPER).expect("WAT").into(), None).await.expect("started");
    let in_its_name = Client::new(
        lattice.bus(),
        Arc::new(wisteria_server::platform::NativePlatform::current()),
        "default",
        actor,
        Duration::from_secs(5),
    );
    let error = in_its_name.expect("a lattice").call(other, "Op", "x".into(), Duration::from_secs(5)).await;
    assert_eq!(error.expect_err("refused").code, ErrorCode::Revoked);

    client.revoke(&actor.to_string(), false, None).await.expect("kept");
    takes(&tab, &actor.to_string(), false).await;
    call(&keeper, actor).await.expect("it counts again");
}

#[tokio::test]
async fn a_revoked_account_takes_its_modules_along_and_no_others() {
    let lattice = Lattice::new();
    let (keeper, client) = (lattice.keeper().await, lattice.client());
    let signed = keeper.start_actor(module(UPPER, &[]), None).await.expect("started");
    let unsigned = keeper.start_actor(wat::parse_str(UPPER).expect("WAT").into(), None).await.expect("started");
    let account = account(&client).await;
    client.revoke(&account, true, None).await.expect("kept");
    takes(&keeper, &account, true).await;
    assert_eq!(call(&keeper, signed).await.expect_err("refused").code, ErrorCode::Revoked);
    let error = keeper.start_actor(module(RELAY, &["wasmcloud:keyvalue"]), None).await.expect_err("refused");
    assert_eq!(error.code, ErrorCode::Revoked, "another module of the account: {error}");
    call(&keeper, unsigned).await.expect("it is nobody's");
}

#[tokio::test]
async fn hosts_that_come_later_and_keepers_that_come_back_know_what_was_revoked() {
    let lattice = Lattice::new();
    let store = Arc::new(MemoryStore::default());
    let keeper = lattice.keeper_on(store.clone(), 9, &[]).await.expect("started");
    let actor = keeper.start_actor(module(UPPER, &[]), None).await.expect("started");
    lattice.client().revoke(&actor.to_string(), true, None).await.expect("kept");
    keeper.stop().await;

    let keeper = lattice.keeper_on(store, 9, &[]).await.expect("started");
    let (tab, other) = (lattice.host().await, lattice.keeper().await);
    for host in [&keeper, &tab, &other] {
        heard(host, 1).await;
        let error = host.start_actor(module(UPPER, &[]), None).await.expect_err("refused");
        assert_eq!(error.code, ErrorCode::Revoked, "{error}");
    }
}

#[tokio::test]
async fn what_names_nothing_is_refused_with_the_reason() {
    let lattice = Lattice::new();
    let (_keeper, client) = (lattice.keeper().await, lattice.client());
    let error = client.revoke("two words", true, None).await.expect_err("refused");
    assert!(error.code == ErrorCode::BadRequest && error.message.contains("neither a key"), "{error}");
    assert_eq!(client.revocations().await.expect("listed"), []);
}
