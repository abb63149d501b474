//! Counts visits per path, as `kv-counter` does, on Wisteria's own SDK.

use serde_json::json;
use wisteria_actor::{handlers, keyvalue, logging, HttpRequest, HttpResponse, Result};

handlers! {
    "HttpServer.HandleRequest" => count,
}

fn count(request: HttpRequest) -> Result<HttpResponse> {
    let key = format!("counter:{}", request.path.trim_matches('/').replace('/', ":"));
    let count = keyvalue::default().increment(&key, 1)?;
    logging::info(&format!("{key} is now {count}"))?;
    Ok(wisteria_actor::http::json(json!({ "counter": count, "key": key }).to_string()))
}
