//! The contracts' shapes are, byte for byte, those of the published interface crates.

use std::{collections::HashMap, fmt::Debug};

use serde::{Serialize, de::DeserializeOwned};
use wisteria_contracts::{
    codec::{decode, encode},
    httpserver, keyvalue, logging, messaging, numbergen,
};

/// Both write the same bytes, and each reads back what it wrote from them.
fn check<Ours, Theirs>(ours: &Ours, theirs: &Theirs)
where
    Ours: Serialize + DeserializeOwned + Debug + PartialEq,
    Theirs: Serialize + DeserializeOwned + Debug + PartialEq,
{
    let bytes = encode(ours);
    let their_bytes = wasmbus_rpc::common::serialize(theirs).expect("their shape serialises");
    assert_eq!(bytes, their_bytes, "{ours:?}");
    assert_eq!(&decode::<Ours>(&their_bytes).expect("we read theirs"), ours);
    let read: Theirs = wasmbus_rpc::common::deserialize(&bytes).expect("they read ours");
    assert_eq!(&read, theirs);
}

fn text(text: &str) -> String {
    text.to_owned()
}

#[test]
fn key_value() {
    use wasmcloud_interface_keyvalue as theirs;
    check(
        &keyvalue::IncrementRequest { key: text("k"), value: -70_000 },
        &theirs::IncrementRequest { key: text("k"), value: -70_000 },
    );
    check(
        &keyvalue::GetResponse { value: text("v"), exists: true },
        &theirs::GetResponse { value: text("v"), exists: true },
    );
    check(
        &keyvalue::SetRequest { key: text("k"), value: text("v"), expires: 300 },
        &theirs::SetRequest { key: text("k"), value: text("v"), expires: 300 },
    );
    check(
        &keyvalue::ListAddRequest { list_name: text("l"), value: text("v") },
        &theirs::ListAddRequest { list_name: text("l"), value: text("v") },
    );
    check(
        &keyvalue::ListDelRequest { list_name: text("l"), value: text("v") },
        &theirs::ListDelRequest { list_name: text("l"), value: text("v") },
    );
    check(
        &keyvalue::ListRangeRequest { list_name: text("l"), start: 0, stop: -1 },
        &theirs::ListRangeRequest { list_name: text("l"), start: 0, stop: -1 },
    );
    check(
        &keyvalue::SetAddRequest { set_name: text("s"), value: text("v") },
        &theirs::SetAddRequest { set_name: text("s"), value: text("v") },
    );
    check(
        &keyvalue::SetDelRequest { set_name: text("s"), value: text("v") },
        &theirs::SetDelRequest { set_name: text("s"), value: text("v") },
    );
}

#[test]
fn http_server() {
    use wasmcloud_interface_httpserver as theirs;
    let header: HashMap<_, _> = [(text("accept"), vec![text("a"), text("b")])].into();
    check(
        &httpserver::HttpRequest {
            method: text("POST"),
            path: text("/p"),
            query_string: text("q=1"),
            header: header.clone(),
            body: vec![0, 200, 255],
        },
        &theirs::HttpRequest {
            method: text("POST"),
            path: text("/p"),
            query_string: text("q=1"),
            header: header.clone(),
            body: vec![0, 200, 255],
        },
    );
    check(
        &httpserver::HttpResponse { status_code: 404, header: header.clone(), body: vec![1] },
        &theirs::HttpResponse { status_code: 404, header, body: vec![1] },
    );
}

#[test]
fn logging_entries() {
    check(
        &logging::LogEntry { level: text("info"), text: text("t") },
        &wasmcloud_interface_logging::LogEntry { level: text("info"), text: text("t") },
    );
}

#[test]
fn number_ranges() {
    check(
        &numbergen::RangeLimit { min: 1, max: u32::MAX },
        &wasmcloud_interface_numbergen::RangeLimit { min: 1, max: u32::MAX },
    );
}

#[test]
fn messages_with_and_without_reply_subject() {
    use wasmcloud_interface_messaging as theirs;
    for reply_to in [None, Some(text("r"))] {
        check(
            &messaging::PubMessage { subject: text("s"), reply_to: reply_to.clone(), body: vec![255] },
            &theirs::PubMessage { subject: text("s"), reply_to: reply_to.clone(), body: vec![255] },
        );
        check(
            &messaging::SubMessage { subject: text("s"), reply_to: reply_to.clone(), body: vec![255] },
            &theirs::SubMessage { subject: text("s"), reply_to: reply_to.clone(), body: vec![255] },
        );
        check(
            &messaging::ReplyMessage { subject: text("s"), reply_to: reply_to.clone(), body: vec![] },
            &theirs::ReplyMessage { subject: text("s"), reply_to, body: vec![] },
        );
    }
    check(
        &messaging::RequestMessage { subject: text("s"), body: vec![1], timeout_ms: 2_000 },
        &theirs::RequestMessage { subject: text("s"), body: vec![1], timeout_ms: 2_000 },
    );
}
