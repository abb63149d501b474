//! What providers tell of the values of their links, to whoever asks.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use wisteria_contracts::codec;
use wisteria_core::{
    bus::{Bus, SubjectPattern, message},
    error::ErrorCode,
    host::ProviderKind,
    identity::{KeyKind, PublicKey},
    lattice::{
        control::LinkDefinition,
        link_values::{LinkValueList, LinkValueSummary},
    },
    platform::BoxFuture,
    provider::{
        LinkRefused, LinkValue, Provider, ProviderCall, ProviderDescription, ProviderError, ProviderLink, ValueKind,
    },
};

use crate::common::Lattice;

/// Takes any link that says what it is to.
#[derive(Debug)]
struct Shop;

const KNOWN: &[LinkValue] = &[
    LinkValue::new("URL", ValueKind::Url, "where it is", "redis://127.0.0.1").required().or_secret(),
    LinkValue::new("tax.*", ValueKind::Number, "for each", "7").or("19"),
];
const DESCRIPTION: ProviderDescription =
    ProviderDescription { name: "shop", contract: "test:shop", title: "Shop", built_in: false, values: KNOWN };
const SHOP: [ProviderKind; 1] =
    [ProviderKind { description: DESCRIPTION, create: |_| Arc::new(Shop) as Arc<dyn Provider> }];

impl Provider for Shop {
    fn describe(&self) -> ProviderDescription {
        DESCRIPTION
    }

    fn link(&self, _: ProviderLink) -> BoxFuture<'_, Result<(), LinkRefused>> {
        Box::pin(async { Ok(()) })
    }

    fn unlink(&self, _: PublicKey, _: Arc<str>) -> BoxFuture<'_, ()> {
        Box::pin(async {})
    }

    fn invoke(&self, _: ProviderCall) -> BoxFuture<'_, Result<Bytes, ProviderError>> {
        Box::pin(async { Ok(Bytes::new()) })
    }
}

fn other_provider() -> PublicKey {
    PublicKey::from_bytes(KeyKind::Provider, [7; 32])
}

#[tokio::test]
async fn a_provider_tells_what_its_links_take_wherever_it_runs() {
    let lattice = Lattice::new();
    let _keeper = lattice.keeper().await;
    let host = lattice.host_with_secrets(None, &SHOP).await;
    let client = lattice.client();
    let inventory = host.inventory();
    let shop = inventory.providers.iter().find(|provider| provider.contract_id == "test:shop").expect("it runs");
    let key: PublicKey = shop.id.parse().expect("a key");

    let told = client.link_values(key).await.expect("told");
    assert_eq!(told, LinkValueList::of(KNOWN).values);
    assert_eq!(told.iter().map(LinkValueSummary::shown).collect::<Vec<_>>(), ["URL=redis://127.0.0.1", "tax.NAME=7"]);

    let error = client.link_values(other_provider()).await.expect_err("it runs nowhere");
    assert_eq!(error.code, ErrorCode::ProviderNotFound, "{error}");
    assert!(error.message.contains("runs on no host"), "{error}");
}

#[tokio::test]
async fn a_link_that_is_refused_for_a_value_says_how_to_see_what_there_is() {
    let lattice = Lattice::new();
    let _keeper = lattice.keeper().await;
    let host = lattice.host_with_secrets(None, &SHOP).await;
    let inventory = host.inventory();
    let shop = inventory.providers.iter().find(|provider| provider.contract_id == "test:shop").expect("it runs");
    let link = LinkDefinition {
        actor_id: PublicKey::from_bytes(KeyKind::Module, [7; 32]).to_string(),
        provider_id: shop.id.clone(),
        contract_id: "test:shop".to_owned(),
        link_name: "default".to_owned(),
        ..LinkDefinition::default()
    };
    let refused = lattice.client().put_link(&link).await.expect_err("it has no URL");
    assert_eq!(refused.code, ErrorCode::LinkRefused);
    for words in ["the value `URL` is missing; give it as URL=redis://127.0.0.1", "see: wisteria link values shop"] {
        assert!(refused.message.contains(words), "{words} in {refused}");
    }
}

#[tokio::test]
async fn a_provider_in_a_process_of_its_own_is_asked_alike_and_what_cannot_be_read_is_said() {
    let lattice = Lattice::new();
    let _keeper = lattice.keeper().await;
    let (bus, client) = (lattice.bus(), lattice.client());
    let questions =
        SubjectPattern::new(format!("wasmbus.rpc.default.{}.*.values", other_provider())).expect("a pattern");
    let mut questions = bus.subscribe(questions, None).expect("subscribed");
    let answering: Arc<dyn Bus> = bus.clone();
    tokio::spawn(async move {
        let told = serde_json::json!({ "values": [{ "name": "colour" }] });
        for answer in [codec::encode(&told), b"{}".to_vec()] {
            let question = questions.next().await.expect("asked");
            answering.publish(message(question.reply.expect("a reply"), answer)).expect("answered");
        }
    });
    let asking = async {
        let told = client.link_values(other_provider()).await.expect("told");
        assert_eq!(told.iter().map(|value| (&*value.name, &*value.kind)).collect::<Vec<_>>(), [("colour", "text")]);
        let error = client.link_values(other_provider()).await.expect_err("JSON");
        assert!(error.message.contains("tells of its links cannot be read"), "{error}");
    };
    tokio::time::timeout(Duration::from_secs(10), asking).await.expect("in time");
}
