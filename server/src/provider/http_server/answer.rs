//! One request: to the actor, and its answer back.

use std::{sync::Arc, time::Duration};

use axum::{
    body::{Body, HttpBody},
    extract::{DefaultBodyLimit, FromRequest, Request},
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use serde::{Serialize, Serializer, ser::SerializeMap};
use tokio::time::timeout;
use wisteria_contracts::{codec, httpserver};
use wisteria_core::{
    error::{ErrorCode, LatticeError},
    host::ActorCaller,
    identity::PublicKey,
};

use super::route::Prefix;

/// Bytes that a request has beside its body, mostly.
const HEAD_ROOM: usize = 1 << 10;

/// How long the body of a request may take.
const BODY_TIME: Duration = Duration::from_secs(30);

/// Whom a link serves, and within which bounds.
#[derive(Debug, Clone)]
pub(super) struct Served(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    caller: ActorCaller,
    actor: PublicKey,
    /// What the actor does not see of its paths.
    prefix: Option<Prefix>,
    max_body: usize,
}

impl Served {
    pub(super) fn new(caller: ActorCaller, actor: PublicKey, prefix: Option<Prefix>, max_body: usize) -> Self {
        Self(Arc::new(Inner { caller, actor, prefix, max_body }))
    }

    /// Calls the actor, in the name of whoever sent these headers.
    pub(super) async fn call(
        &self,
        operation: &'static str,
        argument: Vec<u8>,
        headers: Option<&HeaderMap>,
    ) -> Result<Bytes, LatticeError> {
        let trace = headers.and_then(|headers| headers.get("traceparent")?.to_str().ok()).map(Arc::from);
        self.0.caller.call(self.0.actor, operation, argument.into(), None, trace).await
    }

    /// A path as the actor sees it.
    pub(super) fn path<'a>(&self, path: &'a str) -> &'a str {
        match self.0.prefix.as_ref().and_then(|prefix| prefix.rest(path)) {
            Some("") => "/",
            Some(rest) => rest,
            None => path,
        }
    }
}

/// Headers as actors get them.
pub(super) fn given(headers: &HeaderMap) -> httpserver::Headers {
    let mut given = httpserver::Headers::with_capacity(headers.keys_len());
    for (name, value) in headers {
        let value = String::from_utf8_lossy(value.as_bytes()).into_owned();
        given.entry(name.as_str().to_owned()).or_default().push(value);
    }
    given
}

/// Hands a request to the actor, and its answer to the client.
pub(super) async fn answer(served: Served, request: Request) -> Response {
    let limit = served.0.max_body;
    // What announces itself as too large is refused without waiting for it.
    if request.body().size_hint().lower() > limit as u64 {
        return too_large(limit);
    }
    let (parts, body) = request.into_parts();
    let mut whole = Request::new(body);
    DefaultBodyLimit::max(limit).apply(&mut whole);
    let Ok(body) = timeout(BODY_TIME, Bytes::from_request(whole, &())).await else {
        let text = format!("the body did not arrive within {} s\n", BODY_TIME.as_secs());
        return (StatusCode::REQUEST_TIMEOUT, [(header::CONNECTION, "close")], text).into_response();
    };
    let body = match body {
        Ok(body) => body,
        Err(error) if error.status() == StatusCode::PAYLOAD_TOO_LARGE => return too_large(limit),
        Err(error) => return (error.status(), format!("the body did not arrive: {error}\n")).into_response(),
    };
    let argument = Given {
        method: parts.method.as_str(),
        path: served.path(parts.uri.path()),
        query_string: parts.uri.query().unwrap_or_default(),
        header: GivenHeaders(&parts.headers),
        body: &body,
    };
    let argument = argument.encode();
    match served.call(httpserver::operation::HANDLE_REQUEST, argument, Some(&parts.headers)).await {
        Ok(reply) => answered(&reply),
        Err(error) => failure(&error),
    }
}

/// A request as [`httpserver::HttpRequest`] has it, written from where its parts are.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Given<'a> {
    method: &'a str,
    path: &'a str,
    query_string: &'a str,
    header: GivenHeaders<'a>,
    body: &'a Bytes,
}

impl Given<'_> {
    fn encode(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(self.body.len() + HEAD_ROOM);
        rmp_serde::encode::write_named(&mut bytes, self).expect("texts and bytes serialise");
        bytes
    }
}

struct GivenHeaders<'a>(&'a HeaderMap);

impl Serialize for GivenHeaders<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.keys_len()))?;
        for name in self.0.keys() {
            let values = self.0.get_all(name).iter().map(|value| String::from_utf8_lossy(value.as_bytes()));
            map.serialize_entry(name.as_str(), &values.collect::<Vec<_>>())?;
        }
        map.end()
    }
}

fn too_large(limit: usize) -> Response {
    let text = format!("the body is above the limit of {limit} bytes; send less at once\n");
    (StatusCode::PAYLOAD_TOO_LARGE, text).into_response()
}

fn answered(reply: &[u8]) -> Response {
    let reply: httpserver::HttpResponse = match codec::decode(reply) {
        Ok(reply) => reply,
        Err(error) => {
            let text = format!("the actor's reply is not an HTTP response: {error}\n");
            return (StatusCode::BAD_GATEWAY, text).into_response();
        }
    };
    let status = StatusCode::from_u16(reply.status_code).ok().filter(|status| !status.is_informational());
    let Some(status) = status else {
        let text = format!("the actor answered with {}, which is no final HTTP status\n", reply.status_code);
        return (StatusCode::BAD_GATEWAY, text).into_response();
    };
    let mut response = Response::new(Body::from(reply.body));
    *response.status_mut() = status;
    for (name, values) in reply.header {
        for value in values {
            match (HeaderName::try_from(&name), HeaderValue::try_from(&value)) {
                // How the body is framed is between client and server.
                (Ok(header::CONNECTION | header::CONTENT_LENGTH | header::TRANSFER_ENCODING), _) => {}
                (Ok(name), Ok(value)) => {
                    response.headers_mut().append(name, value);
                }
                _ => tracing::warn!(name, "an actor's response header is not valid HTTP and was left out"),
            }
        }
    }
    response
}

/// A failed call as HTTP has it, with the error's sentence as the body.
pub(super) fn failure(error: &LatticeError) -> Response {
    let status = match error.code {
        ErrorCode::Overloaded => StatusCode::SERVICE_UNAVAILABLE,
        ErrorCode::Timeout => StatusCode::GATEWAY_TIMEOUT,
        ErrorCode::NoResponders | ErrorCode::HostLost | ErrorCode::Unreachable | ErrorCode::ActorNotFound => {
            StatusCode::BAD_GATEWAY
        }
        ErrorCode::PayloadTooLarge => StatusCode::PAYLOAD_TOO_LARGE,
        _ => StatusCode::INTERNAL_SERVER_ERROR,
    };
    let code = [("wisteria-error", error.code.as_str())];
    (status, code, format!("{}\n", error.message)).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_is_written_as_its_contract_has_it() {
        let mut headers = HeaderMap::new();
        for (name, value) in [("x-two", "1"), ("accept", "*/*"), ("x-two", "2")] {
            headers.append(HeaderName::from_static(name), HeaderValue::from_static(value));
        }
        headers.append("x-bytes", HeaderValue::from_bytes(&[b'a', 0xe9]).expect("a value"));
        let body = Bytes::from_static(&[0, 200, 255]);
        let written =
            Given { method: "PUT", path: "/a", query_string: "b", header: GivenHeaders(&headers), body: &body }
                .encode();
        let expected = httpserver::HttpRequest {
            method: "PUT".to_owned(),
            path: "/a".to_owned(),
            query_string: "b".to_owned(),
            header: given(&headers),
            body: body.into(),
        };
        assert_eq!(expected.header["x-two"], ["1", "2"]);
        assert_eq!(expected.header["x-bytes"], ["a\u{fffd}"]);
        assert_eq!(codec::decode(&written), Ok(expected));
    }
}
