//! Short ways to an HTTP response.

use wisteria_contracts::httpserver::{Headers, HttpResponse};

/// 200 with plain text.
pub fn text(body: impl Into<String>) -> HttpResponse {
    ok("text/plain; charset=utf-8", body.into())
}

/// 200 with JSON, given as text.
pub fn json(body: impl Into<String>) -> HttpResponse {
    ok("application/json", body.into())
}

fn ok(media_type: &str, body: String) -> HttpResponse {
    HttpResponse {
        header: Headers::from([("content-type".to_owned(), vec![media_type.to_owned()])]),
        body: body.into_bytes(),
        ..HttpResponse::default()
    }
}
