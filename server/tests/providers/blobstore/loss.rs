//! What becomes of links when S3 goes away, was never there, or lets nobody in.

use std::sync::Arc;

use serde_json::{Value, json};
use wisteria_core::provider::Provider;
use wisteria_server::platform::NativePlatform;

use super::backends::values;
use crate::{
    hosted::Hosted,
    linked::{call, health, link, until_well},
    s3_server::S3Server,
    wire::Wire,
};

async fn put(provider: &dyn Provider, name: &str, is_last: bool) -> Result<Value, String> {
    let chunk = json!({
        "containerId": "c", "objectId": name, "bytes": { "base64": "aGVsbG8=" }, "offset": 0, "isLast": is_last,
    });
    call(provider, "Blobstore.PutObject", &json!({ "chunk": chunk })).await
}

async fn exists(provider: &dyn Provider, name: &str) -> Result<Value, String> {
    call(provider, "Blobstore.ObjectExists", &json!({ "containerId": "c", "objectId": name })).await
}

#[tokio::test]
async fn a_lost_s3_is_told_at_once_and_nothing_acknowledged_is_missing_when_it_is_back() {
    let server = S3Server::start(&[]);
    let mut wire = Wire::to(server.port()).await;
    let endpoint = format!("http://127.0.0.1:{}", wire.port());
    let hosted = Hosted::start("blobstore-s3", Arc::new(NativePlatform::current())).await;
    let provider = &*hosted.provider;
    link(provider, &values(&endpoint), true).await.expect("linked");
    call(provider, "Blobstore.CreateContainer", &json!("c")).await.expect("made");
    put(provider, "kept", true).await.expect("written");
    let begun = put(provider, "begun", false).await.expect("begun");
    assert_eq!(health(provider).await, Ok(()));

    wire.cut().await;
    // The first call finds out, the second knows.
    for _ in 0..2 {
        let failure = exists(provider, "kept").await.expect_err("it is gone");
        assert!(failure.starts_with("provider-unavailable: S3 at http://127.0.0.1:"), "{failure}");
        assert!(failure.contains("cannot be reached"), "{failure}");
    }
    assert!(health(provider).await.expect_err("it is sick").contains("cannot be reached"));
    let last = json!({
        "chunk": { "containerId": "c", "objectId": "begun", "bytes": { "base64": "" }, "offset": 5, "isLast": true },
        "streamId": begun["streamId"],
    });
    let failure = call(provider, "Blobstore.PutChunk", &last).await.expect_err("it is gone");
    assert!(failure.starts_with("provider-unavailable: "), "{failure}");

    // A new link is refused, an old one waits.
    let other = Hosted::start("blobstore-s3", Arc::new(NativePlatform::current())).await;
    let refused = link(&*other.provider, &values(&endpoint), true).await.expect_err("refused").to_string();
    assert!(refused.contains("cannot be reached") && !refused.contains("lovelace"), "{refused}");
    link(&*other.provider, &values(&endpoint), false).await.expect("taken, as it was acknowledged before");
    let failure = exists(&*other.provider, "kept").await.expect_err("it is not there");
    assert!(failure.starts_with("provider-unavailable: "), "{failure}");

    wire.mend().await;
    until_well(provider).await;
    until_well(&*other.provider).await;
    for provider in [provider, &*other.provider] {
        assert_eq!(exists(provider, "kept").await, Ok(true.into()), "what was acknowledged is there");
        assert_eq!(exists(provider, "begun").await, Ok(false.into()), "what was never ended is not");
    }
    let failure = call(provider, "Blobstore.PutChunk", &last).await.expect_err("it has ended");
    assert!(failure.contains("no such stream"), "{failure}");
    put(provider, "later", true).await.expect("written");
    // The container is a note of its own in the bucket, the object the key that other programs see.
    assert!(server.ask("GET /bucket/c/later HTTP/1.1").ends_with("hello"));
    assert!(!format!("{provider:?}").contains("lovelace"), "{provider:?}");
}

#[tokio::test]
async fn an_s3_that_does_not_let_the_link_in_says_so_and_values_that_lead_elsewhere_are_refused() {
    let server = S3Server::start(&[("INITIAL_NO_AUTH_ACTION_COUNT", "1")]);
    let endpoint = format!("http://127.0.0.1:{}", server.port());
    let hosted = Hosted::start("blobstore-s3", Arc::new(NativePlatform::current())).await;
    let provider = &*hosted.provider;
    for is_new in [true, false] {
        let refused = link(provider, &values(&endpoint), is_new).await.expect_err("refused").to_string();
        assert!(refused.contains("403") && refused.contains("lets this server in"), "{refused}");
        assert!(!refused.contains("lovelace"), "{refused}");
    }
    for (value, words) in [
        (("BUCKET", "../other"), "`BUCKET=../other` is no name of a bucket; write it as BUCKET=pictures"),
        (("PREFIX", "../other"), "is no beginning of names"),
        (("PREFIX", ".containers"), "is no beginning of names"),
        (("ENDPOINT", "ftp://127.0.0.1"), "`ENDPOINT` is no address of S3"),
        (("ENDPOINT", "http://ada:byron@127.0.0.1"), "`ENDPOINT` is no address of S3"),
        (("TIMEOUT", "1"), "`TIMEOUT=1` is no duration"),
    ] {
        let mut values = values(&endpoint).to_vec();
        values.retain(|(name, _)| *name != value.0);
        values.push(value);
        let refused = link(provider, &values, true).await.expect_err("refused").to_string();
        assert!(refused.contains(words) && !refused.contains("byron"), "{words} in {refused}");
    }
    let refused = link(provider, &values(&endpoint)[..3], true).await.expect_err("refused").to_string();
    assert!(refused.contains("the value `SECRET_ACCESS_KEY` is missing"), "{refused}");
}
