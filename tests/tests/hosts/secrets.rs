//! Links that name secrets, where a host has none: as a tab.

use std::sync::{Arc, Mutex};

use bytes::Bytes;
use futures::FutureExt;
use wisteria_core::{
    bus::{Message, SubjectPattern},
    error::ErrorCode,
    host::{FoundSecret, Host, ProviderKind, SecretError, SecretSource},
    identity::{KeyKind, PublicKey},
    lattice::control::{LinkDefinition, LinkStatus},
    platform::BoxFuture,
    provider::{
        LinkRefused, LinkValue, Provider, ProviderCall, ProviderDescription, ProviderError, ProviderLink, ValueKind,
    },
    secret::Secret,
};

use crate::common::Lattice;

/// Notes what it is told in links, wherever it runs.
#[derive(Debug)]
struct Witness;

static TOLD: Mutex<Vec<String>> = Mutex::new(Vec::new());

const CONTRACT: &str = "test:witness";
const WITNESS: [ProviderKind; 1] =
    [ProviderKind { description: Witness::DESCRIPTION, create: |_| Arc::new(Witness) as Arc<dyn Provider> }];

impl Witness {
    const DESCRIPTION: ProviderDescription = ProviderDescription {
        name: "witness",
        contract: CONTRACT,
        title: "Witness",
        built_in: false,
        values: &[LinkValue::new("URL", ValueKind::Text, "what it is told", "hello").or_secret()],
    };
}

impl Provider for Witness {
    fn describe(&self) -> ProviderDescription {
        Self::DESCRIPTION
    }

    fn link(&self, link: ProviderLink) -> BoxFuture<'_, Result<(), LinkRefused>> {
        TOLD.lock().expect("sound").extend(link.values.text("URL").map(str::to_owned));
        Box::pin(async { Ok(()) })
    }

    fn unlink(&self, _: PublicKey, _: Arc<str>) -> BoxFuture<'_, ()> {
        Box::pin(async {})
    }

    fn invoke(&self, _: ProviderCall) -> BoxFuture<'_, Result<Bytes, ProviderError>> {
        Box::pin(async { Ok(Bytes::new()) })
    }
}

/// Knows one secret under every name.
#[derive(Debug)]
struct Known;

impl SecretSource for Known {
    fn resolve<'a>(&'a self, _: &'a str) -> BoxFuture<'a, Result<FoundSecret, SecretError>> {
        Box::pin(async { Ok(Secret::new("lovelace").into()) })
    }
}

fn link_to(host: &Host) -> LinkDefinition {
    let inventory = host.inventory();
    let witness = inventory.providers.iter().find(|provider| provider.contract_id == CONTRACT);
    LinkDefinition {
        actor_id: PublicKey::from_bytes(KeyKind::Module, [7; 32]).to_string(),
        provider_id: witness.expect("it runs").id.clone(),
        contract_id: CONTRACT.to_owned(),
        link_name: "default".to_owned(),
        values: [("URL".to_owned(), "secret:DB_URL".to_owned())].into(),
        ..LinkDefinition::default()
    }
}

#[tokio::test]
async fn a_tab_refuses_a_link_that_names_a_secret_and_the_secret_never_comes_near_it() {
    let lattice = Lattice::new();
    let _keeper = lattice.keeper().await;
    let server = lattice.host_with_secrets(Some(Arc::new(Known)), &WITNESS).await;
    let tab = lattice.host_with_secrets(None, &WITNESS).await;
    let everything = SubjectPattern::new(">").expect("a pattern");
    let mut traffic = lattice.bus().subscribe(everything, None).expect("subscribed");
    let client = lattice.client();

    let refused = client.put_link(&link_to(&tab)).await.expect_err("refused");
    assert_eq!(refused.code, ErrorCode::LinkRefused);
    let words = format!("secret DB_URL is not known on host {}: it has no secrets, as no tab has", tab.id());
    assert!(refused.message.contains(&words), "{refused}");
    assert_eq!(*TOLD.lock().expect("sound"), [""; 0], "its provider is not told of the link");

    // The same link is taken where the secret is known, by the provider alone.
    assert_eq!(client.put_link(&link_to(&server)).await, Ok(LinkStatus::Active));
    assert_eq!(*TOLD.lock().expect("sound"), ["lovelace"]);
    let mut named = 0;
    while let Some(Some(message)) = traffic.next().now_or_never() {
        let Message { subject, payload, .. } = message;
        let text = String::from_utf8_lossy(&payload);
        assert!(!text.contains("lovelace"), "{subject}: {text}");
        named += usize::from(text.contains("secret:DB_URL"));
    }
    assert!(named > 0, "links go over the bus with the secret's name");
}
