//! What links may not do, and what becomes of what is begun and never ended.

use std::{fs, sync::Arc, time::Duration};

use serde_json::{Value, json};
use wisteria_contracts::blobstore::{PutChunkRequest, PutObjectRequest, PutObjectResponse, operation};

use super::chunks::{ask, chunk};
use crate::{
    hosted::Hosted,
    linked::{SetTime, call, link},
};

async fn linked(values: &[(&str, &str)], clock: Arc<SetTime>) -> Hosted {
    let hosted = Hosted::start("blobstore-fs", clock).await;
    link(&*hosted.provider, values, true).await.expect("linked");
    ask::<()>(&hosted, operation::CREATE_CONTAINER, &"large").await.expect("made");
    hosted
}

async fn begin(hosted: &Hosted, name: &str) -> Result<String, String> {
    let request = PutObjectRequest { chunk: chunk(name, 0, b"abc", false), ..PutObjectRequest::default() };
    let begun: PutObjectResponse = ask(hosted, operation::PUT_OBJECT, &request).await?;
    Ok(begun.stream_id.expect("it goes on"))
}

async fn go_on(hosted: &Hosted, name: &str, stream: &str, offset: usize, bytes: &[u8]) -> Result<(), String> {
    let chunk = chunk(name, offset, bytes, false);
    let request = PutChunkRequest { chunk, stream_id: Some(stream.to_owned()), cancel_and_remove: false };
    ask(hosted, operation::PUT_CHUNK, &request).await
}

/// How many files the folder has.
fn files(hosted: &Hosted) -> usize {
    fs::read_dir(hosted.data_dir().join("blobstore/blobs/objects")).expect("a folder").count()
}

#[tokio::test]
async fn an_object_that_nobody_goes_on_with_is_forgotten_and_leaves_no_file() {
    let clock = SetTime::new();
    let hosted = linked(&[], clock.clone()).await;
    let (left, used) = (begin(&hosted, "left").await.expect("begun"), begin(&hosted, "used").await.expect("begun"));
    assert_eq!(files(&hosted), 2);
    clock.pass(Duration::from_secs(50));
    go_on(&hosted, "used", &used, 3, b"def").await.expect("written");
    clock.pass(Duration::from_secs(11));
    let mut each = tokio::time::interval(Duration::from_millis(5));
    let gone = async {
        while files(&hosted) > 1 {
            each.tick().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), gone).await.expect("what was left is gone");
    let failure = go_on(&hosted, "left", &left, 3, b"def").await.expect_err("forgotten");
    assert!(failure.contains("no such stream") && failure.contains("60 s"), "{failure}");
    go_on(&hosted, "used", &used, 6, b"ghi").await.expect("it was used in time");
}

#[tokio::test]
async fn a_link_writes_so_many_objects_at_a_time_and_none_above_its_size() {
    let hosted = linked(&[("MAX_OBJECT", "8")], SetTime::new()).await;
    let mut streams = Vec::new();
    for number in 0..8 {
        streams.push(begin(&hosted, &number.to_string()).await.expect("begun"));
    }
    let failure = begin(&hosted, "one too many").await.expect_err("refused");
    assert!(failure.contains("8 objects are being written"), "{failure}");

    let failure = go_on(&hosted, "0", &streams[0], 3, b"defghi").await.expect_err("it would have 9 bytes");
    assert!(failure.contains("larger than 8 bytes"), "{failure}");
    let failure = go_on(&hosted, "0", &streams[0], 3, b"d").await.expect_err("it has ended");
    assert!(failure.contains("no such stream"), "{failure}");
    begin(&hosted, "in its place").await.expect("there is room again");
    // Whole ones wait for each other, and for nobody else.
    let names: Vec<_> = (0..40).map(|number| format!("whole-{number}")).collect();
    let provider = &*hosted.provider;
    let whole = names.iter().map(|name| async move {
        let object = json!({ "chunk": {
            "containerId": "large", "objectId": name, "bytes": { "base64": "MTIz" }, "offset": 0, "isLast": true,
        }});
        call(provider, operation::PUT_OBJECT, &object).await.expect("written")
    });
    futures::future::join_all(whole).await;
    let all = json!({ "containerId": "large", "objects": names });
    assert_eq!(call(&*hosted.provider, operation::REMOVE_OBJECTS, &all).await.expect("removed"), json!([]));

    let whole = json!({ "chunk": {
        "containerId": "large", "objectId": "w", "bytes": { "base64": "MTIzNDU2Nzg5" }, "offset": 0, "isLast": true,
    }});
    let failure = call(&*hosted.provider, operation::PUT_OBJECT, &whole).await.expect_err("refused");
    assert!(failure.contains("larger than 8 bytes"), "{failure}");
    assert_eq!(files(&hosted), 8, "what ended left nothing behind");

    // Another link, as this one is put again: what was being written has ended.
    link(&*hosted.provider, &[], true).await.expect("linked");
    assert_eq!(files(&hosted), 0);
}

#[tokio::test]
async fn a_root_has_a_plain_name_and_nobody_else_may_read_it() {
    let hosted = Hosted::start("blobstore-fs", SetTime::new()).await;
    for name in ["../metadata", "a/b", "/etc", "..", "a.b", "ä", &"x".repeat(65)] {
        let refused = link(&*hosted.provider, &[("ROOT", name)], true).await.expect_err("refused").to_string();
        assert!(refused.contains("is no name of a folder"), "{refused}");
    }
    link(&*hosted.provider, &[("ROOT", "pictures")], true).await.expect("linked");
    let create = call(&*hosted.provider, operation::CREATE_CONTAINER, &json!("c")).await;
    assert_eq!(create, Ok(Value::Null));
    let object = json!({ "chunk": {
        "containerId": "c", "objectId": "a/../b", "bytes": { "base64": "" }, "offset": 0, "isLast": true,
    }});
    let failure = call(&*hosted.provider, operation::PUT_OBJECT, &object).await.expect_err("it leads out");
    assert!(failure.contains("is no name of an object"), "{failure}");
    let root = hosted.data_dir().join("blobstore/pictures");
    for path in [root.clone(), root.join("objects"), root.join("index.redb")] {
        let mode = std::os::unix::fs::PermissionsExt::mode(&fs::metadata(&path).expect("it is there").permissions());
        assert_eq!(mode & 0o077, 0, "{}", path.display());
    }
}
