//! What becomes of links and calls while the Vault is away, or does not let the server in.

use std::{net::TcpListener, sync::Arc};

use tempfile::TempDir;
use wisteria_server::{provider::ActorSecrets, secrets::ServerSecrets};

use super::source::vault;
use crate::{
    linked::{call, health, link, until_well},
    vault_store::{Answers, Store, version},
};

const NAMES: [(&str, &str); 1] = [("NAMES", "API_TOKEN,shop.*")];

fn answers() -> Answers {
    Answers::from([
        ("/v1/secret/data/wisteria/API_TOKEN", (200, version(r#"{"value":"lovelace"}"#))),
        ("/v1/secret/data/wisteria/shop.SEALED", (503, r#"{"errors":["Vault is sealed"]}"#.to_owned())),
        ("/v1/secret/data/wisteria/shop.DENIED", (403, r#"{"errors":["permission denied"]}"#.to_owned())),
        ("/v1/secret/data/wisteria/shop.SEVERAL", (200, version(r#"{"a":"lovelace","b":"lovelace"}"#))),
    ])
}

fn provider(address: &str, dir: &TempDir) -> ActorSecrets {
    ActorSecrets::new(Some(Arc::new(ServerSecrets { dir: None, vault: Ok(Some(vault(address, dir))) })))
}

#[tokio::test]
async fn a_new_link_to_a_vault_that_is_away_is_refused_and_an_old_one_waits_for_it() {
    let dir = TempDir::new().expect("a temporary directory");
    let free = TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("an address").to_string();
    let provider = provider(&format!("http://{free}"), &dir);
    let away =
        format!("whether there is a secret API_TOKEN cannot be told: the Vault at http://{free}: it cannot be reached");
    let refused = link(&provider, &NAMES, true).await.expect_err("refused").0;
    assert!(refused.starts_with(&away), "{refused}");

    link(&provider, &NAMES, false).await.expect("it was acknowledged before");
    assert!(health(&provider).await.expect_err("sick").starts_with(&away));
    let failed = call(&provider, "Secrets.Get", &"API_TOKEN".into()).await.expect_err("away");
    assert!(failed.starts_with(&format!("provider-unavailable: {away}")), "{failed}");

    let _store = Store::start_at(&free, answers(), None);
    until_well(&provider).await;
    let found = call(&provider, "Secrets.Get", &"API_TOKEN".into()).await.expect("found");
    assert_eq!((&found["value"], &found["version"]), (&"lovelace".into(), &"2".into()));
    link(&provider, &NAMES, true).await.expect("it is there");
}

#[tokio::test]
async fn a_vault_that_does_not_tell_is_unavailable_and_what_cannot_be_used_is_refused() {
    let dir = TempDir::new().expect("a temporary directory");
    let store = Store::start(answers(), None);
    let provider = provider(&store.address, &dir);
    link(&provider, &NAMES, true).await.expect("linked");
    for (name, words) in [("shop.SEALED", "unseal it"), ("shop.DENIED", "renew the token")] {
        let failed = call(&provider, "Secrets.Get", &name.into()).await.expect_err("not told");
        assert!(failed.starts_with("provider-unavailable: whether there is a secret shop."), "{failed}");
        assert!(failed.contains(words), "{failed}");
        assert!(health(&provider).await.expect_err("sick").contains(words));
    }
    let failed = call(&provider, "Secrets.Get", &"shop.SEVERAL".into()).await.expect_err("not usable");
    assert!(failed.starts_with("provider-failed: the secret shop.SEVERAL cannot be used: "), "{failed}");
    assert!(!failed.contains("lovelace"), "{failed}");
}
