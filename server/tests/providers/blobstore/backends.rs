//! The providers of `wasmcloud:blobstore`, each linked to an actor and ready to be called.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use serde_json::Value;
use wisteria_server::platform::NativePlatform;

use crate::{
    conformance::Backend,
    hosted::Hosted,
    linked::{call, link},
    s3_server::{BUCKET, S3Server},
};

/// `blobstore-fs`, a new folder for each case.
pub(crate) struct Folder {
    pub(crate) hosted: Hosted,
    cases: AtomicU64,
}

impl Folder {
    pub(crate) async fn start() -> Self {
        let hosted = Hosted::start("blobstore-fs", Arc::new(NativePlatform::current())).await;
        Self { hosted, cases: AtomicU64::new(0) }
    }
}

impl Backend for Folder {
    async fn call(&self, operation: &str, argument: &Value) -> Result<Value, String> {
        call(&*self.hosted.provider, operation, argument).await
    }

    async fn clear(&self) {
        let name = format!("case-{}", self.cases.fetch_add(1, Ordering::Relaxed));
        link(&*self.hosted.provider, &[("ROOT", &name)], true).await.expect("linked");
    }

    async fn pass_time(&self) {}
}

/// `blobstore-s3` on a server of its own, a new prefix for each case.
pub(crate) struct S3 {
    pub(crate) hosted: Hosted,
    server: S3Server,
    cases: AtomicU64,
}

impl S3 {
    pub(crate) async fn start() -> Self {
        let hosted = Hosted::start("blobstore-s3", Arc::new(NativePlatform::current())).await;
        Self { hosted, server: S3Server::start(&[]), cases: AtomicU64::new(0) }
    }
}

/// The values of a link to a server of S3 on that port.
pub(crate) fn values(endpoint: &str) -> [(&str, &str); 4] {
    [("BUCKET", BUCKET), ("ENDPOINT", endpoint), ("ACCESS_KEY_ID", "ada"), ("SECRET_ACCESS_KEY", "lovelace")]
}

impl Backend for S3 {
    async fn call(&self, operation: &str, argument: &Value) -> Result<Value, String> {
        call(&*self.hosted.provider, operation, argument).await
    }

    async fn clear(&self) {
        let prefix = format!("tests/case-{}", self.cases.fetch_add(1, Ordering::Relaxed));
        let endpoint = format!("http://127.0.0.1:{}", self.server.port());
        let values = [&values(&endpoint)[..], &[("PREFIX", &*prefix)]].concat();
        link(&*self.hosted.provider, &values, true).await.expect("linked");
    }

    async fn pass_time(&self) {}
}
