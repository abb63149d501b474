//! The page, as it was built into the binary.

use axum::{
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, Uri, header},
    response::{IntoResponse, Response},
};
use data_encoding::HEXLOWER;
use rust_embed::{EmbeddedFile, RustEmbed};

/// The built page. Debug builds read it from the source tree instead, so that a new page needs no new binary.
#[derive(RustEmbed)]
#[folder = "../playground/dist"]
#[allow_missing = true]
struct Page;

const INDEX: &str = "index.html";

/// What the build puts beside files that are smaller in Brotli's form.
const BROTLI: &str = ".br";

/// Serves a file of the page, compressed to those who take that, and not at all to those who have it.
pub(super) async fn serve(uri: Uri, headers: HeaderMap) -> Response {
    let path = match uri.path().trim_start_matches('/') {
        "" => INDEX,
        path => path,
    };
    match Page::get(path) {
        Some(file) => found(path, file, &headers),
        None if path == INDEX => not_built(),
        None => (StatusCode::NOT_FOUND, format!("there is no {path} here; the page is at /\n")).into_response(),
    }
}

fn found(path: &str, file: EmbeddedFile, asked: &HeaderMap) -> Response {
    // Built files carry their hash in the name; only the index changes under the same one.
    let caching = match path.starts_with("assets/") {
        true => "public, max-age=31536000, immutable",
        false => "no-cache",
    };
    let compressed = Page::get(&format!("{path}{BROTLI}")).filter(|_| takes_brotli(asked));
    let is_compressed = compressed.is_some();
    let file = compressed.unwrap_or(file);
    let tag = format!("\"{}\"", HEXLOWER.encode(&file.metadata.sha256_hash()[..16]));
    let headers = [
        (header::CONTENT_TYPE, media_type(path)),
        (header::CACHE_CONTROL, caching),
        (header::VARY, "accept-encoding"),
        (header::ETAG, &tag),
    ];
    if has_it(asked, &tag) {
        return (StatusCode::NOT_MODIFIED, headers).into_response();
    }
    let mut response = (headers, file.data).into_response();
    if is_compressed {
        response.headers_mut().insert(header::CONTENT_ENCODING, HeaderValue::from_static("br"));
    }
    response
}

fn takes_brotli(asked: &HeaderMap) -> bool {
    listed(asked, header::ACCEPT_ENCODING).any(|coding| {
        let mut parts = coding.split(';').map(str::trim);
        let is_brotli = parts.next().is_some_and(|name| name.eq_ignore_ascii_case("br"));
        // A weight of 0 refuses it.
        is_brotli && !parts.any(|weight| weight.strip_prefix("q=").and_then(|q| q.parse().ok()) == Some(0.0))
    })
}

/// Whether who asks has what bears this tag.
fn has_it(asked: &HeaderMap, tag: &str) -> bool {
    listed(asked, header::IF_NONE_MATCH).any(|known| known.trim_start_matches("W/") == tag)
}

/// The values of a header that holds a list.
fn listed(headers: &HeaderMap, name: HeaderName) -> impl Iterator<Item = &str> {
    let lines = headers.get_all(name).into_iter().filter_map(|line| line.to_str().ok());
    lines.flat_map(|line| line.split(',').map(str::trim))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn brotli_goes_to_those_who_take_it() {
        let takes = |text: &'static str| {
            takes_brotli(&HeaderMap::from_iter([(header::ACCEPT_ENCODING, HeaderValue::from_static(text))]))
        };
        assert!(takes("gzip, deflate, br, zstd"));
        assert!(takes("br;q=0.5, gzip") && takes("BR"));
        assert!(!takes("gzip, brotli") && !takes("br;q=0") && !takes("br; q=0.0, gzip") && !takes(""));
        assert!(!takes_brotli(&HeaderMap::new()));
    }
}
