//! The provider, linked to an actor that may go to one site.

use serde_json::Value;
use wisteria_server::provider::HttpClient;

use super::site::Site;
use crate::{
    conformance::{Backend, Names},
    linked::{call, link},
};

/// `httpclient` with a site that it may go to, one that it may not, and one that is not there.
pub(crate) struct Client {
    provider: HttpClient,
    site: Site,
    other: Site,
    gone: String,
}

impl Client {
    pub(crate) async fn start() -> Self {
        let (provider, site, other) = (HttpClient::new(None), Site::start().await, Site::start().await);
        let gone = std::net::TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("an address");
        let gone = format!("http://{gone}");
        let allow = format!("http://{},http://{}/echo,{gone}", site.address(), other.address());
        let values = [("ALLOW", allow.as_str()), ("MAX_BODY", "64Ki"), ("REDIRECTS", "5")];
        link(&provider, &values, true).await.expect("linked");
        Self { provider, site, other, gone }
    }
}

impl Backend for Client {
    async fn call(&self, operation: &str, argument: &Value) -> Result<Value, String> {
        call(&self.provider, operation, argument).await
    }

    async fn clear(&self) {
        self.site.heard();
        self.other.heard();
    }

    async fn pass_time(&self) {}

    fn names(&self) -> Names {
        let site = format!("http://{}", self.site.address());
        let other = format!("http://{}", self.other.address());
        let named = [("SITE", site), ("OTHER", other), ("GONE", self.gone.clone())];
        named.into_iter().map(|(name, text)| (name.to_owned(), text.into())).collect()
    }
}
