//! A value for what goes into each operation and what comes out, with all that may be left out.

use serde::{Serialize, de::DeserializeOwned};
use wisteria_contracts::{
    actor, blobstore, codec, cron, eventstreams, httpclient, httpserver, keyvalue, keyvalue2, logging, messaging,
    numbergen, secrets, sqldb, telnet, ui,
};

/// Values for one operation.
pub(crate) struct Sample {
    pub(crate) contract: &'static str,
    pub(crate) operation: &'static str,
    pub(crate) input: Side,
    pub(crate) output: Side,
}

/// A value, and whether its type reads bytes.
pub(crate) struct Side {
    pub(crate) value: rmpv::Value,
    pub(crate) reads: fn(&[u8]) -> bool,
}

impl Side {
    fn new<T: Serialize + DeserializeOwned>(value: T) -> Self {
        let bytes = codec::encode(&value);
        let value = rmpv::decode::read_value(&mut &bytes[..]).expect("it was just written");
        Self { value, reads: |bytes| codec::decode::<T>(bytes).is_ok() }
    }
}

struct Samples(&'static str, Vec<Sample>);

impl Samples {
    fn of(contract: &'static str) -> Self {
        Self(contract, Vec::new())
    }

    fn add<In, Out>(mut self, operation: &'static str, input: In, output: Out) -> Self
    where
        In: Serialize + DeserializeOwned,
        Out: Serialize + DeserializeOwned,
    {
        let (input, output) = (Side::new(input), Side::new(output));
        self.1.push(Sample { contract: self.0, operation, input, output });
        self
    }
}

pub(crate) fn samples() -> Vec<Sample> {
    [
        blobs(),
        cron_ticks(),
        event_streams(),
        health(),
        http(),
        key_value(),
        key_value_2(),
        log_lines(),
        messages(),
        numbers(),
        page(),
        secret_values(),
        sql(),
        telnet_sessions(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn text(text: &str) -> String {
    text.to_owned()
}

fn some(words: &str) -> Option<String> {
    Some(text(words))
}

fn health() -> Vec<Sample> {
    let healthy = actor::HealthCheckResponse { healthy: true, message: some("well") };
    Samples::of(actor::CONTRACT).add(actor::operation::HEALTH_REQUEST, actor::HealthCheckRequest {}, healthy).1
}

fn blobs() -> Vec<Sample> {
    use blobstore::*;
    let time = Some(Timestamp { sec: -5, nsec: 999_999_999 });
    let chunk =
        Chunk { object_id: text("o"), container_id: text("c"), bytes: vec![0, 255], offset: u64::MAX, is_last: true };
    let container = ContainerMetadata { container_id: text("c"), created_at: time };
    let object = ContainerObject { container_id: text("c"), object_id: text("o") };
    let metadata = ObjectMetadata {
        object_id: text("o"),
        container_id: text("c"),
        content_length: 70_000,
        last_modified: time,
        content_type: some("text/plain"),
        content_encoding: some("gzip"),
    };
    let result = ItemResult { key: text("k"), success: false, error: some("why") };
    let list = ListObjectsRequest {
        container_id: text("c"),
        start_with: some("a"),
        continuation: some("b"),
        end_with: some("c"),
        end_before: some("d"),
        max_items: Some(10),
    };
    let listed = ListObjectsResponse { objects: vec![metadata.clone()], is_last: true, continuation: some("b") };
    let put = PutObjectRequest { chunk: chunk.clone(), content_type: some("t"), content_encoding: some("e") };
    let put_chunk = PutChunkRequest { chunk: chunk.clone(), stream_id: some("s"), cancel_and_remove: true };
    let get = GetObjectRequest {
        object_id: text("o"),
        container_id: text("c"),
        range_start: Some(0),
        range_end: Some(u64::MAX),
    };
    let got = GetObjectResponse {
        success: true,
        error: some("why"),
        initial_chunk: Some(chunk.clone()),
        content_length: 2,
        content_type: some("t"),
        content_encoding: some("e"),
    };
    let remove = RemoveObjectsRequest { container_id: text("c"), objects: vec![text("o")] };
    Samples::of(CONTRACT)
        .add(operation::CONTAINER_EXISTS, text("c"), true)
        .add(operation::CREATE_CONTAINER, text("c"), ())
        .add(operation::GET_CONTAINER_INFO, text("c"), container.clone())
        .add(operation::LIST_CONTAINERS, (), vec![container])
        .add(operation::REMOVE_CONTAINERS, vec![text("c")], vec![result.clone()])
        .add(operation::OBJECT_EXISTS, object.clone(), true)
        .add(operation::GET_OBJECT_INFO, object, metadata)
        .add(operation::LIST_OBJECTS, list, listed)
        .add(operation::REMOVE_OBJECTS, remove, vec![result])
        .add(operation::PUT_OBJECT, put, PutObjectResponse { stream_id: some("s") })
        .add(operation::PUT_CHUNK, put_chunk, ())
        .add(operation::GET_OBJECT, get, got)
        .add(operation::RECEIVE_CHUNK, chunk, ChunkResponse { cancel_download: true })
        .1
}

fn cron_ticks() -> Vec<Sample> {
    let tick = cron::Tick { name: text("n"), scheduled_time: 1, sent_time: u64::MAX, missed: 3 };
    Samples::of(cron::CONTRACT).add(cron::operation::HANDLE_TICK, tick, ()).1
}

fn event_streams() -> Vec<Sample> {
    use eventstreams::*;
    let append = AppendRequest {
        stream: text("s"),
        event_type: text("t"),
        data: vec![0, 255],
        expected_position: Some(u64::MAX),
    };
    let event = Event { position: 7, time: 8, event_type: text("t"), data: vec![0, 255] };
    let read = ReadRequest { stream: text("s"), after: 6, limit: 10 };
    let subscribe = SubscribeRequest { stream: text("s"), subscription: text("n"), after: Some(0) };
    let subscription = Subscription { stream: text("s"), subscription: text("n") };
    let delivery = Delivery { stream: text("s"), subscription: text("n"), event: event.clone(), redeliveries: 1 };
    Samples::of(CONTRACT)
        .add(operation::APPEND, append, AppendResponse { appended: true, position: 7 })
        .add(operation::READ, read, ReadResponse { events: vec![event], is_last: true })
        .add(operation::GET_INFO, text("s"), StreamInfo { first_position: 1, last_position: 7 })
        .add(operation::SUBSCRIBE, subscribe, SubscribeResponse { created: true, position: 6 })
        .add(operation::UNSUBSCRIBE, subscription, true)
        .add(operation::HANDLE_EVENT, delivery, ())
        .1
}

fn http() -> Vec<Sample> {
    let headers: httpserver::Headers = [(text("accept"), vec![text("a"), text("b")])].into();
    let handled = httpserver::HttpRequest {
        method: text("POST"),
        path: text("/"),
        query_string: text("q"),
        header: headers.clone(),
        body: vec![0, 255],
    };
    let sent = httpclient::HttpRequest {
        method: text("POST"),
        url: text("https://example.org"),
        headers: headers.clone(),
        body: vec![0, 255],
    };
    let response = httpserver::HttpResponse { status_code: 404, header: headers, body: vec![255] };
    let opened = httpserver::WebSocketOpened {
        session: text("s"),
        path: text("/"),
        query_string: text("q"),
        header: handled.header.clone(),
    };
    let message = httpserver::WebSocketMessage { session: text("s"), text: some("t"), bytes: None };
    let binary = httpserver::WebSocketMessage { session: text("s"), text: None, bytes: Some(vec![0, 255]) };
    let close = httpserver::WebSocketClose { session: text("s"), code: Some(1_000), reason: text("r") };
    let mut all = Samples::of(httpserver::CONTRACT)
        .add(httpserver::operation::HANDLE_REQUEST, handled, response.clone())
        .add(httpserver::operation::WEBSOCKET_OPENED, opened, true)
        .add(httpserver::operation::WEBSOCKET_RECEIVED, message, ())
        .add(httpserver::operation::WEBSOCKET_CLOSED, text("s"), ())
        .add(httpserver::operation::WEBSOCKET_SEND, binary, true)
        .add(httpserver::operation::WEBSOCKET_CLOSE, close, true)
        .1;
    all.extend(Samples::of(httpclient::CONTRACT).add(httpclient::operation::REQUEST, sent, response).1);
    all
}

fn key_value() -> Vec<Sample> {
    use keyvalue::*;
    Samples::of(CONTRACT)
        .add(operation::INCREMENT, IncrementRequest { key: text("k"), value: -70_000 }, 5_i32)
        .add(operation::CONTAINS, text("k"), true)
        .add(operation::DEL, text("k"), true)
        .add(operation::GET, text("k"), GetResponse { value: text("v"), exists: true })
        .add(operation::SET, SetRequest { key: text("k"), value: text("v"), expires: 1 }, ())
        .add(operation::LIST_ADD, ListAddRequest { list_name: text("l"), value: text("v") }, 1_u32)
        .add(operation::LIST_CLEAR, text("l"), true)
        .add(operation::LIST_DEL, ListDelRequest { list_name: text("l"), value: text("v") }, true)
        .add(operation::LIST_RANGE, ListRangeRequest { list_name: text("l"), start: 0, stop: -1 }, vec![text("v")])
        .add(operation::SET_ADD, SetAddRequest { set_name: text("s"), value: text("v") }, 1_u32)
        .add(operation::SET_DEL, SetDelRequest { set_name: text("s"), value: text("v") }, 1_u32)
        .add(operation::SET_INTERSECTION, vec![text("s")], vec![text("v")])
        .add(operation::SET_QUERY, text("s"), vec![text("v")])
        .add(operation::SET_UNION, vec![text("s")], vec![text("v")])
        .add(operation::SET_CLEAR, text("s"), true)
        .1
}

fn key_value_2() -> Vec<Sample> {
    use keyvalue2::*;
    let entry = Entry { value: vec![0, 255], etag: text("e"), ttl_ms: Some(u64::MAX) };
    let set = SetRequest {
        key: text("k"),
        value: vec![0, 255],
        concurrency: Concurrency::FirstWrite,
        etag: some("e"),
        ttl_ms: Some(1),
    };
    let delete = DeleteRequest { key: text("k"), concurrency: Concurrency::LastWrite, etag: some("e") };
    let compare = CompareAndSetRequest { key: text("k"), expected: Some(vec![1]), value: vec![2], ttl_ms: Some(1) };
    let written = WriteResponse { applied: true, etag: some("e") };
    let check = Step::Check(CheckRequest { key: text("k"), etag: some("e") });
    let steps = vec![check, Step::Set(set.clone()), Step::Delete(delete.clone())];
    let transacted = TransactResponse { applied: false, etags: vec![some("e"), None], failed: Some(1) };
    let list = ListRequest { prefix: text("p"), cursor: some("c"), limit: 1 };
    Samples::of(CONTRACT)
        .add(operation::GET, text("k"), Some(entry))
        .add(operation::GET, text("k"), None::<Entry>)
        .add(operation::SET, set, written.clone())
        .add(operation::DELETE, delete, written.clone())
        .add(operation::COMPARE_AND_SET, compare, written)
        .add(operation::TRANSACT, TransactRequest { steps }, transacted)
        .add(operation::LIST, list, ListResponse { keys: vec![text("k")], cursor: some("c") })
        .1
}

fn log_lines() -> Vec<Sample> {
    let entry = logging::LogEntry { level: text("info"), text: text("t") };
    Samples::of(logging::CONTRACT).add(logging::operation::WRITE_LOG, entry, ()).1
}

fn messages() -> Vec<Sample> {
    use messaging::*;
    let publish = PubMessage { subject: text("s"), reply_to: some("r"), body: vec![255] };
    let received = SubMessage { subject: text("s"), reply_to: some("r"), body: vec![255] };
    let request = RequestMessage { subject: text("s"), body: vec![255], timeout_ms: 5 };
    Samples::of(CONTRACT)
        .add(operation::PUBLISH, publish, ())
        .add(operation::REQUEST, request, received.clone())
        .add(operation::HANDLE_MESSAGE, received, ())
        .1
}

fn numbers() -> Vec<Sample> {
    use numbergen::*;
    Samples::of(CONTRACT)
        .add(operation::GENERATE_GUID, (), text("6f1f9b1e-6b1c-4f0e-8a5c-0d9d8e7f6a5b"))
        .add(operation::RANDOM_IN_RANGE, RangeLimit { min: 1, max: u32::MAX }, 5_u32)
        .add(operation::RANDOM_32, (), u32::MAX)
        .1
}

fn page() -> Vec<Sample> {
    use ui::*;
    let show = ShowTextRequest { name: text("n"), text: text("t"), append: true };
    let notify = NotifyRequest { text: text("t"), level: NotifyLevel::Warning };
    let canvas = ShowCanvasRequest { name: text("n"), width: 1, height: 2 };
    let draw = DrawRequest { canvas: text("n"), x: -1, y: i32::MIN, width: 1, height: 1, pixels: vec![0, 0, 0, 255] };
    let input = ShowInputRequest { name: text("n"), kind: InputKind::Checkbox, label: text("l"), value: some("true") };
    let event = UiEvent { name: text("n"), kind: UiEventKind::PointerDown, value: text("v"), x: 1, y: -1 };
    let inputs: Inputs = [(text("n"), text("v"))].into();
    Samples::of(CONTRACT)
        .add(operation::SHOW_TEXT, show, ())
        .add(operation::NOTIFY, notify, ())
        .add(operation::SHOW_CANVAS, canvas, ())
        .add(operation::DRAW, draw, ())
        .add(operation::SHOW_INPUT, input, ())
        .add(operation::READ_INPUTS, vec![text("n")], inputs)
        .add(operation::REMOVE, text("n"), true)
        .add(operation::HANDLE_EVENT, event, ())
        .1
}

fn secret_values() -> Vec<Sample> {
    let secret = secrets::GetResponse { value: vec![255], exists: true, version: some("1") };
    Samples::of(secrets::CONTRACT).add(secrets::operation::GET, text("n"), secret).1
}

fn sql() -> Vec<Sample> {
    use sqldb::*;
    let statement = Statement { database: some("d"), parameters: Some(vec![vec![0x18, 255]]), sql: text("SELECT ?") };
    let error = Some(SqlDbError { code: text("c"), message: text("m") });
    let column = Column { ordinal: 0, name: text("n"), db_type: text("INT4") };
    let result = QueryResult { num_rows: 1, columns: vec![column], rows: vec![0x81, 0x81, 1], error: error.clone() };
    Samples::of(CONTRACT)
        .add(operation::EXECUTE, statement.clone(), ExecuteResult { rows_affected: 1, error })
        .add(operation::QUERY, statement, result)
        .1
}

fn telnet_sessions() -> Vec<Sample> {
    use telnet::*;
    let line = SessionText { session: text("s"), text: text("t") };
    Samples::of(CONTRACT)
        .add(operation::SEND_TEXT, line.clone(), true)
        .add(operation::SESSION_STARTED, text("s"), true)
        .add(operation::RECEIVE_TEXT, line, true)
        .add(operation::SESSION_ENDED, text("s"), ())
        .1
}
