//! Answers with the request it got, as JSON. Under `/guid` and `/dice` it answers with random values instead.

use serde_json::json;
use wasmbus_rpc::actor::prelude::*;
use wasmcloud_interface_httpserver::{HttpRequest, HttpResponse, HttpServer, HttpServerReceiver};
use wasmcloud_interface_numbergen::{generate_guid, random_in_range};

#[derive(Debug, Default, Actor, HealthResponder)]
#[services(Actor, HttpServer)]
struct HttpEcho {}

#[async_trait]
impl HttpServer for HttpEcho {
    async fn handle_request(&self, _ctx: &Context, request: &HttpRequest) -> RpcResult<HttpResponse> {
        let answer = match request.path.as_str() {
            "/guid" => json!({ "guid": generate_guid().await? }),
            "/dice" => json!({ "dice": random_in_range(1, 6).await? }),
            _ => json!({
                "method": request.method,
                "path": request.path,
                "query": request.query_string,
                "header": request.header,
                "body": String::from_utf8_lossy(&request.body),
            }),
        };
        HttpResponse::json(answer, 200)
    }
}
