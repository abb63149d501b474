//! A keeper beside a broker, whose clients are no keepers.

mod common;

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use common::{InProcess, TestPlatform};
use wisteria_bridge::{BridgeBus, BridgeOptions, Broker};
use wisteria_core::{
    bus::{LocalBus, Router},
    error::ErrorCode,
    identity::{KeyKind, PublicKey},
    lattice::{
        Client,
        control::{LinkDefinition, LinkStatus, RemoveLink},
    },
    metadata::{Change, Entry, MemoryStore, MetadataStore, StoreError, keep_beside_broker},
    platform::{BoxFuture, BoxStream},
};

/// A lattice whose broker has just started, seen by a client.
async fn client(store: Arc<dyn MetadataStore>) -> Client {
    let platform = TestPlatform::shared();
    let router = Arc::new(Router::new());
    let bus = Arc::new(LocalBus::new(router.clone(), platform.clone()));
    keep_beside_broker("l", platform.clone(), bus, store).await.expect("the store can be read");
    let wire = InProcess::new(Broker::new(router, platform.clone()));
    let bus = BridgeBus::connect(wire, platform.clone(), BridgeOptions::default()).await.expect("the broker is there");
    let origin = PublicKey::from_bytes(KeyKind::Host, [9; 32]);
    Client::new(Arc::new(bus), platform, "l", origin, Duration::from_secs(5)).expect("a name")
}

fn link(name: &str) -> LinkDefinition {
    LinkDefinition {
        actor_id: PublicKey::from_bytes(KeyKind::Module, [1; 32]).to_string(),
        provider_id: PublicKey::from_bytes(KeyKind::Provider, [2; 32]).to_string(),
        link_name: name.to_owned(),
        contract_id: "wasmcloud:keyvalue".to_owned(),
        values: BTreeMap::from([("FILE".to_owned(), "a".to_owned())]),
        stamp: None,
        status: None,
    }
}

async fn names(client: &Client) -> Vec<String> {
    let links = client.links().await.expect("the keeper answers");
    links.into_iter().map(|link| link.link_name).collect()
}

#[tokio::test(start_paused = true)]
async fn links_of_clients_are_there_for_the_next_broker_on_the_same_store() {
    let store = Arc::new(MemoryStore::default());
    let first = client(store.clone()).await;
    assert_eq!(first.put_link(&link("default")).await, Ok(LinkStatus::Pending), "its provider runs nowhere yet");
    assert_eq!(first.put_link(&link("other")).await, Ok(LinkStatus::Pending));
    let LinkDefinition { actor_id, contract_id, link_name, .. } = link("other");
    first.delete_link(&RemoveLink { actor_id, contract_id, link_name, stamp: None }).await.expect("it was there");
    let second = client(store).await;
    assert_eq!(names(&second).await, ["default"]);
    let [found] = &second.links().await.expect("the keeper answers")[..] else { panic!("one link") };
    assert_eq!(found.values, link("default").values);
}

#[tokio::test(start_paused = true)]
async fn a_link_that_cannot_be_kept_is_not_acknowledged() {
    let client = client(Arc::new(Full)).await;
    let refused = client.put_link(&link("default")).await.expect_err("nothing can be kept");
    assert_eq!(refused.code, ErrorCode::StoreFailed);
    assert!(refused.message.contains("no room"), "{refused}");
    assert!(names(&client).await.is_empty());
}

/// A store that takes nothing.
#[derive(Debug)]
struct Full;

impl MetadataStore for Full {
    fn load(&self) -> BoxFuture<'_, Result<Vec<Entry>, StoreError>> {
        Box::pin(async { Ok(Vec::new()) })
    }

    fn write(&self, _: Vec<Change>) -> BoxFuture<'_, Result<(), StoreError>> {
        Box::pin(async { Err(StoreError("no room".to_owned())) })
    }

    fn watch(&self) -> BoxFuture<'_, Result<BoxStream<'static, Change>, StoreError>> {
        let nothing: BoxStream<'static, Change> = Box::pin(futures::stream::pending());
        Box::pin(async { Ok(nothing) })
    }
}
