//! The provider over each place in which a server finds secrets.

use std::{fs, sync::Arc};

use serde_json::Value;
use tempfile::TempDir;
use wisteria_server::{
    provider::ActorSecrets,
    secrets::{ServerSecrets, Vault, VaultOptions},
};

use crate::{
    conformance::Backend,
    linked::{call, link},
    vault_store::{Answers, Store, TOKEN, version},
};

/// The provider, linked to an actor that may have some of what there is.
pub(crate) struct Source {
    pub(crate) provider: ActorSecrets,
    /// The version of each secret.
    version: Option<&'static str>,
    store: Option<Store>,
    _dir: TempDir,
}

/// A Vault at that address, and the file with its token in a directory.
pub(crate) fn vault(address: &str, dir: &TempDir) -> Vault {
    let token = dir.path().join("token");
    fs::write(&token, TOKEN).expect("written");
    let options = VaultOptions {
        address: address.parse().expect("an address"),
        token_file: Some(token),
        mount: "secret".parse().expect("a path"),
        path: "wisteria".parse().expect("a path"),
        namespace: None,
        tls_ca: None,
    };
    Vault::new(options).expect("it needs no authorities")
}

impl Source {
    pub(crate) async fn directory() -> Self {
        let dir = TempDir::new().expect("a temporary directory");
        let large = "x".repeat(70_000);
        for (name, text) in
            [("API_TOKEN", "lovelace\n"), ("shop.KEY", "ä€"), ("EMPTY", ""), ("LARGE", &large), ("HIDDEN", "lovelace")]
        {
            fs::write(dir.path().join(name), text).expect("written");
        }
        let secrets = ServerSecrets { dir: Some(dir.path().to_owned()), vault: Ok(None) };
        Self::linked(secrets, None, None, dir).await
    }

    pub(crate) async fn vault() -> Self {
        let dir = TempDir::new().expect("a temporary directory");
        let large = format!(r#"{{"value":"{}"}}"#, "x".repeat(70_000));
        let answers = Answers::from([
            ("/v1/secret/data/wisteria/API_TOKEN", (200, version(r#"{"value":"lovelace"}"#))),
            ("/v1/secret/data/wisteria/shop.KEY", (200, version(r#"{"key":"ä€"}"#))),
            ("/v1/secret/data/wisteria/EMPTY", (200, version(r#"{"value":""}"#))),
            ("/v1/secret/data/wisteria/shop.NONE", (404, version("null"))),
            ("/v1/secret/data/wisteria/LARGE", (200, version(&large))),
            ("/v1/secret/data/wisteria/HIDDEN", (200, version(r#"{"value":"lovelace"}"#))),
        ]);
        let store = Store::start(answers, None);
        let secrets = ServerSecrets { dir: None, vault: Ok(Some(vault(&store.address, &dir))) };
        Self::linked(secrets, Some("2"), Some(store), dir).await
    }

    async fn linked(secrets: ServerSecrets, version: Option<&'static str>, store: Option<Store>, dir: TempDir) -> Self {
        let provider = ActorSecrets::new(Some(Arc::new(secrets)));
        link(&provider, &[("NAMES", "API_TOKEN,EMPTY,NONE,LARGE,shop.*")], true).await.expect("linked");
        Self { provider, version, store, _dir: dir }
    }

    /// What the store was asked since it was asked for last.
    pub(crate) fn asked(&self) -> Vec<String> {
        self.store.iter().flat_map(|store| store.requests.try_iter()).collect()
    }
}

impl Backend for Source {
    async fn call(&self, operation: &str, argument: &Value) -> Result<Value, String> {
        let mut reply = call(&self.provider, operation, argument).await?;
        let version = reply.as_object_mut().and_then(|fields| fields.remove("version"));
        let expected = self.version.filter(|_| reply["exists"] == true);
        assert_eq!(version.as_ref().and_then(Value::as_str), expected, "{operation} {argument}");
        Ok(reply)
    }

    async fn clear(&self) {}

    async fn pass_time(&self) {}
}
