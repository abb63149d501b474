//! Counts visits per path: each request increments the key named by its path and answers with the new count.

use serde_json::json;
use wasmbus_rpc::actor::prelude::*;
use wasmcloud_interface_httpserver::{HttpRequest, HttpResponse, HttpServer, HttpServerReceiver};
use wasmcloud_interface_keyvalue::{IncrementRequest, KeyValue, KeyValueSender};
use wasmcloud_interface_logging::info;

#[derive(Debug, Default, Actor, HealthResponder)]
#[services(Actor, HttpServer)]
struct KvCounter {}

#[async_trait]
impl HttpServer for KvCounter {
    async fn handle_request(&self, ctx: &Context, request: &HttpRequest) -> RpcResult<HttpResponse> {
        let key = format!("counter:{}", request.path.trim_matches('/').replace('/', ":"));
        let increment = IncrementRequest { key: key.clone(), value: 1 };
        let count = KeyValueSender::new().increment(ctx, &increment).await?;
        info!("{key} is now {count}");
        HttpResponse::json(json!({ "counter": count, "key": key }), 200)
    }
}
