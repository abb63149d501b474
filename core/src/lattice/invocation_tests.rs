//! Calls and answers as others write and read them: by what serde derives, and wrongly.

use std::collections::BTreeMap;

use proptest::prelude::*;
use serde::{Deserialize, Serialize};

use super::*;

/// An [`Entity`] as other clients have it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct TheirEntity {
    public_key: String,
    contract_id: String,
    link_name: String,
}

/// An [`Invocation`] as other clients have it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct TheirInvocation {
    origin: TheirEntity,
    target: TheirEntity,
    operation: String,
    #[serde(with = "serde_bytes")]
    msg: Vec<u8>,
    id: String,
    encoded_claims: String,
    host_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    content_length: Option<u64>,
    #[serde(rename = "traceContext", skip_serializing_if = "Option::is_none")]
    trace_context: Option<BTreeMap<String, String>>,
}

/// An [`InvocationResponse`] as other clients have it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct TheirResponse {
    #[serde(with = "serde_bytes")]
    msg: Vec<u8>,
    invocation_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    content_length: Option<u64>,
}

fn entity() -> impl Strategy<Value = TheirEntity> {
    (".{0,60}", ".{0,40}", ".{0,300}").prop_map(|(public_key, contract_id, link_name)| TheirEntity {
        public_key,
        contract_id,
        link_name,
    })
}

fn payload() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![prop::collection::vec(any::<u8>(), 0..600), (65_530_usize..65_545).prop_map(|length| vec![7; length])]
}

prop_compose! {
    fn invocation()(
        origin in entity(),
        target in entity(),
        texts in [".{0,40}", ".{0,40}", ".{0,40}", ".{0,40}"],
        msg in payload(),
        content_length in any::<Option<u64>>(),
        trace in prop::option::of(".{0,60}"),
    ) -> TheirInvocation {
        let [operation, id, encoded_claims, host_id] = texts;
        let trace_context = trace.map(|trace| [(TRACE.to_owned(), trace)].into());
        TheirInvocation { origin, target, operation, msg, id, encoded_claims, host_id, content_length, trace_context }
    }
}

fn ours(entity: TheirEntity) -> Entity {
    Entity { public_key: entity.public_key, contract_id: entity.contract_id, link_name: entity.link_name }
}

proptest! {
    #[test]
    fn a_call_reads_here_and_there_alike(theirs in invocation()) {
        let expected = Invocation {
            origin: ours(theirs.origin.clone()),
            target: ours(theirs.target.clone()),
            operation: theirs.operation.clone(),
            msg: theirs.msg.clone(),
            id: theirs.id.clone(),
            encoded_claims: theirs.encoded_claims.clone(),
            host_id: theirs.host_id.clone(),
            content_length: theirs.content_length,
            trace: theirs.trace_context.as_ref().map(|trace| trace[TRACE].clone()),
        };
        let written = rmp_serde::to_vec_named(&theirs).unwrap();
        prop_assert_eq!(&expected.encode(), &written);
        prop_assert_eq!(Invocation::read(&written), Ok(expected));
    }

    #[test]
    fn an_answer_reads_here_and_there_alike(
        msg in payload(),
        invocation_id in ".{0,40}",
        error in prop::option::of(".{0,300}"),
        content_length in any::<Option<u64>>(),
    ) {
        let theirs = TheirResponse { msg, invocation_id, error, content_length };
        let expected = InvocationResponse {
            msg: theirs.msg.clone(),
            invocation_id: theirs.invocation_id.clone(),
            error: theirs.error.clone(),
            content_length: theirs.content_length,
        };
        let written = rmp_serde::to_vec_named(&theirs).unwrap();
        prop_assert_eq!(&expected.encode(), &written);
        prop_assert_eq!(InvocationResponse::read(&written), Ok(expected));
    }

    #[test]
    fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        Invocation::read(&bytes).ok();
        InvocationResponse::read(&bytes).ok();
    }

    #[test]
    fn a_call_that_is_cut_is_refused(theirs in invocation(), cut in any::<prop::sample::Index>()) {
        let written = rmp_serde::to_vec_named(&theirs).unwrap();
        let refused = Invocation::read(&written[..cut.index(written.len())]);
        prop_assert_eq!(refused, Err(Unreadable::Ends));
    }
}

/// Reads a call whose fields are the MessagePack of these, in this order.
fn read(fields: &[(&str, &[u8])]) -> Result<Invocation, Unreadable> {
    let mut bytes = Vec::new();
    write_fields(&mut bytes, fields.len() as u32);
    for (name, field) in fields {
        write_text(&mut bytes, name);
        bytes.extend(*field);
    }
    Invocation::read(&bytes)
}

const NOBODY: &[u8] = &[0x80];
const TEXT: &[u8] = &[0xa1, b'x'];

#[test]
fn fields_come_in_any_order_and_unknown_ones_are_passed_over() {
    let deep = [[0x91; 100_000].as_slice(), &[0xc0]].concat();
    let call = read(&[
        ("later", &deep),
        ("id", TEXT),
        ("msg", &[0xc4, 2, 8, 9]),
        ("extension", &[0xc7, 2, 5, 1, 1]),
        ("target", NOBODY),
        ("operation", TEXT),
        ("map", &[0x81, 0x01, 0x92, 0xcb, 0, 0, 0, 0, 0, 0, 0, 0, 0xd6, 1, 2, 3, 4, 5]),
        ("origin", &[0x81, 0xaa, b'p', b'u', b'b', b'l', b'i', b'c', b'_', b'k', b'e', b'y', 0xa1, b'V']),
        ("content_length", &[0xd1, 0x01, 0x00]),
        ("traceContext", &[0xc0]),
    ]);
    let origin = Entity { public_key: "V".to_owned(), ..Entity::default() };
    let (operation, id) = ("x".to_owned(), "x".to_owned());
    let expected =
        Invocation { origin, operation, id, msg: vec![8, 9], content_length: Some(256), ..Invocation::default() };
    assert_eq!(call, Ok(expected));
}

#[test]
fn payloads_and_texts_come_as_bytes_text_or_numbers() {
    let payload = |msg: &[u8]| {
        read(&[("origin", NOBODY), ("target", NOBODY), ("operation", &[0xc4, 1, b'x']), ("msg", msg), ("id", TEXT)])
            .map(|call| (call.operation, call.msg))
    };
    let of = |msg: &[u8]| Ok(("x".to_owned(), msg.to_vec()));
    assert_eq!(payload(&[0xc4, 1, 200]), of(&[200]));
    assert_eq!(payload(&[0xa2, b'h', b'i']), of(b"hi"));
    assert_eq!(payload(&[0xa1, 0xff]), of(&[0xff]));
    assert_eq!(payload(&[0x93, 1, 0xcc, 255, 0xd0, 5]), of(&[1, 255, 5]));
    assert_eq!(payload(&[0x91, 0xcd, 1, 0]), Err(Unreadable::Range));
    assert_eq!(payload(&[0x91, 0xff]), Err(Unreadable::Range));
    assert!(matches!(payload(&[0xc0]), Err(Unreadable::Other { found: "nil", expected: "bytes" })));
}

#[test]
fn fields_may_come_as_a_list_in_their_order() {
    let entity = [0x93, 0xa1, b'k', 0xa0, 0xa0];
    let list = [&[0x95][..], &entity, NOBODY, TEXT, &[0xc4, 0], TEXT].concat();
    let call = Invocation::read(&list).unwrap();
    assert_eq!((&*call.origin.public_key, &*call.operation, &*call.id), ("k", "x", "x"));
    assert_eq!(Invocation::read(&[0x91, 0x80]), Err(Unreadable::Missing("target")));
}

#[test]
fn what_is_no_call_is_named() {
    let check = |fields: &[(&str, &[u8])], words: &str| assert_eq!(read(fields).unwrap_err().to_string(), words);
    check(&[("origin", NOBODY)], "the field \"target\" is missing");
    check(&[("origin", NOBODY), ("origin", NOBODY)], "the field \"origin\" is there twice");
    check(&[("origin", &[0x05])], "there is an integer where a map is expected");
    check(&[("id", &[0xc2])], "there is a boolean where a text is expected");
    check(&[("id", &[0xa1, 0xff])], "a text is not UTF-8");
    check(&[("id", &[0xc1])], "there is an unused code where a value is expected");
    check(&[("later", &[0xdf, 255, 255, 255, 255])], "it ends too early");
    check(&[("msg", &[0xdd, 255, 255, 255, 255])], "it ends too early");
    check(&[("msg", &[0xc6, 255, 255, 255, 255, 0])], "it ends too early");
    check(&[("content_length", &[0xff])], "a number is out of range");
    check(&[("content_length", &[0xca, 0, 0, 0, 0])], "there is a float where an integer is expected");
    check(&[("traceContext", &[0x81, 0xa1, b'x', 0x01])], "there is an integer where a text is expected");
    assert_eq!(Invocation::read(&[]), Err(Unreadable::Ends));
}
