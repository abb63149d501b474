//! The page, as it was built into the binary.

use axum::{
    http::{StatusCode, Uri, header},
    response::{IntoResponse, Response},
};
use rust_embed::{EmbeddedFile, RustEmbed};

/// The built page. Debug builds read it from the source tree instead, so that a new page needs no new binary.
#[derive(RustEmbed)]
#[folder = "../playground/dist"]
#[allow_missing = true]
struct Page;

const INDEX: &str = "index.html";

/// Serves a file of the page.
pub(super) async fn serve(uri: Uri) -> Response {
    let path = match uri.path().trim_start_matches('/') {
        "" => INDEX,
        path => path,
    };
    match Page::get(path) {
        Some(file) => found(path, file),
        None if path == INDEX => not_built(),
        None => (StatusCode::NOT_FOUND, format!("there is no {path} here; the page is at /\n")).into_response(),
    }
}

fn found(path: &str, file: EmbeddedFile) -> Response {
    // Built files carry their hash in the name; only the index changes under the same one.
    let caching = match path.starts_with("assets/") {
        true => "public, max-age=31536000, immutable",
        false => "no-cache",
    };
    let headers = [(header::CONTENT_TYPE, media_type(path)), (header::CACHE_CONTROL, caching)];
    (headers, file.data).into_response()
}

fn media_type(path: &str) -> &'static str {
    match path.rsplit('.').next() {
        Some("html") => "text/html; charset=utf-8",
        Some("js" | "mjs") => "text/javascript",
        Some("css") => "text/css",
        Some("wasm") => "application/wasm",
        Some("json" | "map") => "application/json",
        Some("svg") => "image/svg+xml",
        _ => "application/octet-stream",
    }
}

fn not_built() -> Response {
    let text = "the page is not built: stop this server and run `cargo xtask up`\n";
    (StatusCode::SERVICE_UNAVAILABLE, text).into_response()
}
