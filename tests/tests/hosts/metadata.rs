//! Links that can be trusted: what their status says, what a refusal leaves behind, and what restarts and separations
//! do to them.

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use crate::common::{Lattice, RELAY};
use bytes::Bytes;
use wisteria_core::{
    call::Target,
    error::{ErrorCode, LatticeError},
    host::{Host, ProviderKind},
    identity::PublicKey,
    lattice::{
        Client, Events,
        control::{LinkDefinition, LinkStatus, RemoveLink},
    },
    metadata::{Change, Entry, MemoryStore, MetadataStore, StoreError},
    platform::{BoxFuture, BoxStream},
    provider::{
        LinkRefused, LinkValue, Provider, ProviderCall, ProviderDescription, ProviderError, ProviderLink, ValueKind,
    },
};

/// Answers every operation with the value `SAYS` of the link it comes through. Takes no link without one.
#[derive(Debug, Default)]
struct Parrot(Mutex<BTreeMap<(PublicKey, Arc<str>), String>>);

const CONTRACT: &str = "test:parrot";
const PARROT: [ProviderKind; 1] =
    [ProviderKind { description: Parrot::DESCRIPTION, create: |_| Arc::new(Parrot::default()) as Arc<dyn Provider> }];

impl Parrot {
    const DESCRIPTION: ProviderDescription = ProviderDescription {
        name: "parrot",
        contract: CONTRACT,
        title: "Parrot",
        built_in: false,
        values: &[LinkValue::new("SAYS", ValueKind::Text, "what it answers", "hello")],
    };
}

impl Provider for Parrot {
    fn describe(&self) -> ProviderDescription {
        Self::DESCRIPTION
    }

    fn link(&self, link: ProviderLink) -> BoxFuture<'_, Result<(), LinkRefused>> {
        let says =
            link.values.text("SAYS").map(str::to_owned).ok_or_else(|| LinkRefused("give it a value SAYS".to_owned()));
        let taken = says.map(|says| drop(self.0.lock().expect("sound").insert((link.actor, link.link_name), says)));
        Box::pin(async { taken })
    }

    fn unlink(&self, actor: PublicKey, link_name: Arc<str>) -> BoxFuture<'_, ()> {
        self.0.lock().expect("sound").remove(&(actor, link_name));
        Box::pin(async {})
    }

    fn invoke(&self, call: ProviderCall) -> BoxFuture<'_, Result<Bytes, ProviderError>> {
        let says = self.0.lock().expect("sound").get(&(call.actor, call.link_name)).cloned();
        Box::pin(async { says.map(Bytes::from).ok_or_else(|| ProviderError::Failed("not linked".to_owned())) })
    }
}

async fn relay(host: &Host) -> PublicKey {
    host.start_actor(wat::parse_str(RELAY).expect("WAT").into(), None).await.expect("started")
}

fn parrot_of(host: &Host) -> String {
    let inventory = host.inventory();
    let parrot = inventory.providers.iter().find(|provider| provider.contract_id == CONTRACT);
    parrot.expect("it runs").id.clone()
}

fn link(actor: PublicKey, provider: &str, says: Option<&str>) -> LinkDefinition {
    LinkDefinition {
        actor_id: actor.to_string(),
        provider_id: provider.to_owned(),
        contract_id: CONTRACT.to_owned(),
        link_name: "default".to_owned(),
        values: says.map(|says| ("SAYS".to_owned(), says.to_owned())).into_iter().collect(),
        ..LinkDefinition::default()
    }
}

/// What the actor hears from the provider it is linked to.
async fn hears(host: &Host, actor: PublicKey) -> Result<String, String> {
    let request = format!("{CONTRACT} ").into_bytes().into();
    let reply = host.call(Target::Actor(actor), "Op", request, Some(Duration::from_secs(5))).await;
    reply.map(|reply| String::from_utf8_lossy(&reply).into_owned()).map_err(|error| error.message)
}

async fn statuses(client: &Client) -> Vec<LinkStatus> {
    let links = client.links().await.expect("listed");
    links.into_iter().map(|link| link.status.expect("a status")).collect()
}

async fn until_event(events: &mut Events, kind: &str) {
    while events.next().await.expect("the bus stands").kind() != kind {}
}

#[tokio::test]
async fn a_link_may_be_put_before_either_end_exists_and_is_active_once_its_provider_starts() {
    let lattice = Lattice::new();
    let keeper = lattice.keeper_on(Arc::new(MemoryStore::default()), 9, &PARROT).await.expect("started");
    let client = lattice.client();
    let parrot = parrot_of(&keeper);
    let stopped = client.stop_provider(keeper.id(), parrot.parse().expect("a key")).await;
    stopped.expect("stopped");
    let actor = relay(&keeper).await;
    keeper.stop_actor(actor).await.expect("stopped");

    let status = client.put_link(&link(actor, &parrot, Some("hello"))).await.expect("kept");
    assert_eq!(status, LinkStatus::Pending);
    assert_eq!(statuses(&client).await, [LinkStatus::Pending]);

    let mut events = client.events().expect("subscribed");
    client.start_provider(keeper.id(), "parrot", "default").await.expect("started");
    until_event(&mut events, "linkdef_status").await;
    assert_eq!(statuses(&client).await, [LinkStatus::Active]);
    relay(&keeper).await;
    assert_eq!(hears(&keeper, actor).await.as_deref(), Ok("hello"));
}

#[tokio::test]
async fn a_refused_link_is_told_in_the_providers_words_and_leaves_the_former_one() {
    let lattice = Lattice::new();
    let keeper = lattice.keeper_on(Arc::new(MemoryStore::default()), 9, &PARROT).await.expect("started");
    let client = lattice.client();
    let (actor, parrot) = (relay(&keeper).await, parrot_of(&keeper));
    assert_eq!(client.put_link(&link(actor, &parrot, Some("one"))).await, Ok(LinkStatus::Active));
    let refused = client.put_link(&link(actor, &parrot, None)).await.expect_err("refused");
    assert_eq!(refused.code, ErrorCode::LinkRefused);
    assert!(refused.message.contains("give it a value SAYS"), "{refused}");
    assert_eq!(hears(&keeper, actor).await.as_deref(), Ok("one"));
    assert_eq!(client.put_link(&link(actor, &parrot, Some("two"))).await, Ok(LinkStatus::Active));
    assert_eq!(hears(&keeper, actor).await.as_deref(), Ok("two"));
}

#[tokio::test]
async fn a_link_that_a_restarted_provider_refuses_says_so_and_disturbs_no_other() {
    let lattice = Lattice::new();
    let store = Arc::new(MemoryStore::default());
    let keeper = lattice.keeper_on(store, 9, &PARROT).await.expect("started");
    let client = lattice.client();
    let (actor, parrot) = (relay(&keeper).await, parrot_of(&keeper));
    client.stop_provider(keeper.id(), parrot.parse().expect("a key")).await.expect("stopped");
    let bad = LinkDefinition { link_name: "bad".to_owned(), ..link(actor, &parrot, None) };
    assert_eq!(client.put_link(&bad).await, Ok(LinkStatus::Pending));
    assert_eq!(client.put_link(&link(actor, &parrot, Some("good"))).await, Ok(LinkStatus::Pending));
    let mut events = client.events().expect("subscribed");
    client.start_provider(keeper.id(), "parrot", "default").await.expect("started");
    until_event(&mut events, "linkdef_status").await;
    until_event(&mut events, "linkdef_status").await;
    assert_eq!(hears(&keeper, actor).await.as_deref(), Ok("good"));
    let seen = statuses(&client).await;
    let [LinkStatus::Refused { reason }, LinkStatus::Active] = &seen[..] else { panic!("{seen:?}") };
    assert!(reason.contains("give it a value SAYS"), "{reason}");
}

#[tokio::test]
async fn a_provider_runs_on_several_hosts_under_one_key() {
    let lattice = Lattice::new();
    let first = lattice.keeper_on(Arc::new(MemoryStore::default()), 9, &PARROT).await.expect("started");
    let second = lattice.keeper_on(Arc::new(MemoryStore::default()), 8, &PARROT).await.expect("started");
    let client = lattice.client();
    let parrot = parrot_of(&first);
    let actor = relay(&first).await;
    let error = client.start_provider(second.id(), &format!("parrot@{actor}"), "default").await.expect_err("no key");
    assert!(error.message.contains("NAME@V"), "{error}");

    let started = client.start_provider(second.id(), &format!("parrot@{parrot}"), "default").await;
    assert_eq!(started.expect("started"), parrot);
    let status = client.put_link(&link(actor, &parrot, Some("hello"))).await.expect("kept");
    assert_eq!(status, LinkStatus::Active);
    client.stop_provider(first.id(), parrot.parse().expect("a key")).await.expect("stopped");
    assert_eq!(hears(&first, actor).await.as_deref(), Ok("hello"), "the other host took the link, too");
    client.start_provider(first.id(), "parrot", "default").await.expect("started");
    client.stop_provider(second.id(), parrot.parse().expect("a key")).await.expect("stopped");
    assert_eq!(hears(&first, actor).await.as_deref(), Ok("hello"), "the link was replayed");
}

#[tokio::test]
async fn deleting_a_link_takes_effect_before_it_is_acknowledged() {
    let lattice = Lattice::new();
    let keeper = lattice.keeper_on(Arc::new(MemoryStore::default()), 9, &PARROT).await.expect("started");
    // The actor runs on a host that learns of links by events only.
    let far = lattice.host().await;
    let client = lattice.client();
    let (actor, parrot) = (relay(&far).await, parrot_of(&keeper));
    client.put_link(&link(actor, &parrot, Some("hello"))).await.expect("linked");
    assert_eq!(hears(&far, actor).await.as_deref(), Ok("hello"));
    let named = RemoveLink {
        actor_id: actor.to_string(),
        contract_id: CONTRACT.to_owned(),
        link_name: "default".to_owned(),
        stamp: None,
    };
    client.delete_link(&named).await.expect("deleted");
    let error = hears(&far, actor).await.expect_err("no link");
    assert!(error.contains("is not linked to test:parrot"), "{error}");
    assert_eq!(client.delete_link(&named).await.expect_err("gone").code, ErrorCode::NotLinked);
}

#[tokio::test]
async fn a_restarted_keeper_knows_its_links_and_tells_its_providers() {
    let lattice = Lattice::new();
    let store: Arc<dyn MetadataStore> = Arc::new(MemoryStore::default());
    let keeper = lattice.keeper_on(store.clone(), 9, &PARROT).await.expect("started");
    let client = lattice.client();
    let (actor, parrot) = (relay(&keeper).await, parrot_of(&keeper));
    client.put_link(&link(actor, &parrot, Some("hello"))).await.expect("linked");
    keeper.stop().await;

    let again = lattice.keeper_on(store, 9, &PARROT).await.expect("started");
    assert_eq!(relay(&again).await, actor);
    assert_eq!(hears(&again, actor).await.as_deref(), Ok("hello"));
    assert_eq!(statuses(&client).await, [LinkStatus::Active]);
    assert_eq!(client.claims().await.expect("listed")[0].sub, actor.to_string());
}

#[tokio::test]
async fn two_keepers_that_were_apart_agree_on_the_later_change_and_tell_both_ends() {
    // Apart: each changes the same link on a lattice of its own, the second later.
    let stores: [Arc<dyn MetadataStore>; 2] = [Arc::new(MemoryStore::default()), Arc::new(MemoryStore::default())];
    let mut actor = None;
    let mut parrot = String::new();
    for (number, says) in ["earlier", "later"].into_iter().enumerate() {
        let alone = Lattice::new();
        let seed = 20 + u8::try_from(number).expect("small");
        let keeper = alone.keeper_on(stores[number].clone(), seed, &PARROT).await.expect("started");
        parrot = if number == 0 { parrot_of(&keeper) } else { parrot };
        let runs = relay(&keeper).await;
        alone.client().put_link(&link(runs, &parrot, Some(says))).await.expect("kept");
        actor = Some(runs);
        keeper.stop().await;
    }
    let actor = actor.expect("it was started");

    // Together again. The provider is the first one's, which knew the earlier change only.
    let lattice = Lattice::new();
    let first = lattice.keeper_on(stores[0].clone(), 20, &PARROT).await.expect("started");
    relay(&first).await;
    assert_eq!(hears(&first, actor).await.as_deref(), Ok("earlier"));
    let client = lattice.client();
    let mut events = client.events().expect("subscribed");
    let second = lattice.keeper_on(stores[1].clone(), 21, &PARROT).await.expect("started");
    until_event(&mut events, "linkdef_status").await;
    assert_eq!(hears(&first, actor).await.as_deref(), Ok("later"));
    assert_eq!(client.links().await.expect("listed")[0].values["SAYS"], "later");
    drop(second);
}

/// A store that can be told to fail.
#[derive(Debug, Default)]
struct Fails {
    kept: MemoryStore,
    broken: AtomicBool,
}

impl MetadataStore for Fails {
    fn load(&self) -> BoxFuture<'_, Result<Vec<Entry>, StoreError>> {
        self.kept.load()
    }

    fn write(&self, changes: Vec<Change>) -> BoxFuture<'_, Result<(), StoreError>> {
        match self.broken.load(Ordering::Relaxed) {
            true => Box::pin(async { Err(StoreError("the disk is full; make room".to_owned())) }),
            false => self.kept.write(changes),
        }
    }

    fn watch(&self) -> BoxFuture<'_, Result<BoxStream<'static, Change>, StoreError>> {
        self.kept.watch()
    }
}

#[tokio::test]
async fn a_store_that_fails_stops_changes_but_no_calls() {
    let lattice = Lattice::new();
    let store = Arc::new(Fails::default());
    let keeper = lattice.keeper_on(store.clone(), 9, &PARROT).await.expect("started");
    let client = lattice.client();
    let (actor, parrot) = (relay(&keeper).await, parrot_of(&keeper));
    client.put_link(&link(actor, &parrot, Some("before"))).await.expect("linked");
    store.broken.store(true, Ordering::Relaxed);
    let LatticeError { code, message } =
        client.put_link(&link(actor, &parrot, Some("after"))).await.expect_err("not kept");
    assert_eq!(code, ErrorCode::StoreFailed);
    assert!(message.contains("make room"), "{message}");
    assert_eq!(hears(&keeper, actor).await.as_deref(), Ok("before"));
    assert_eq!(client.links().await.expect("listed")[0].values["SAYS"], "before");
}
