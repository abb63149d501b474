//! Fetches the URL that stands in the query, `?url=…`, by the method and with the body of the request, and answers with
//! what comes back. Where nothing does, it answers 502 and why.

use percent_encoding::percent_decode_str;
use wasmbus_rpc::actor::prelude::*;
use wasmcloud_interface_httpclient::{HttpClient, HttpClientSender, HttpRequest as Fetch};
use wasmcloud_interface_httpserver::{HttpRequest, HttpResponse, HttpServer, HttpServerReceiver};

#[derive(Debug, Default, Actor, HealthResponder)]
#[services(Actor, HttpServer)]
struct HttpFetch {}

#[async_trait]
impl HttpServer for HttpFetch {
    async fn handle_request(&self, ctx: &Context, request: &HttpRequest) -> RpcResult<HttpResponse> {
        let Some(url) = request.query_string.split('&').find_map(|pair| pair.strip_prefix("url=")) else {
            return Ok(text(400, "say what to fetch: ?url=https://…"));
        };
        let fetch = Fetch {
            method: request.method.clone(),
            url: percent_decode_str(url).decode_utf8_lossy().into_owned(),
            body: request.body.clone(),
            ..Default::default()
        };
        Ok(match HttpClientSender::new().request(ctx, &fetch).await {
            Ok(fetched) => {
                HttpResponse { status_code: fetched.status_code, header: fetched.header, body: fetched.body }
            }
            Err(error) => text(502, &error.to_string()),
        })
    }
}

fn text(status_code: u16, body: &str) -> HttpResponse {
    HttpResponse { status_code, body: body.as_bytes().to_vec(), ..Default::default() }
}
