//! What a call through an actor costs beside the bare library that its provider stands on: `cargo xtask bench providers`
//! gives it a number of rounds. All are asked in turns, in one process.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a benchmark prints a table, and how far it is")]

mod actor;
mod bare;
mod http;
mod load;
#[path = "../../../server/tests/providers/redis_server.rs"]
mod redis_server;
mod table;

use std::{env, error::Error, net::SocketAddr, path::Path};

use serde_json::json;
use tempfile::TempDir;
use wisteria_contracts::{blobstore, codec, eventstreams, httpclient, keyvalue, keyvalue2};

use self::{
    actor::Linked,
    bare::{Bare, Library},
    load::measured,
    redis_server::RedisServer,
    table::Table,
};

type Failure = Box<dyn Error + Send + Sync>;

/// How many callers there are at a time.
const CALLERS: [usize; 2] = [1, 64];

/// How many operations an actor does in each call where the call itself is to count for little.
const OPERATIONS: u32 = 20;

#[tokio::main]
async fn main() -> Result<(), Failure> {
    // Whoever asks by HTTP wants one, also where nothing is encrypted.
    tokio_rustls::rustls::crypto::ring::default_provider().install_default().map_err(|_| "there is one already")?;
    let rounds: usize = env::args().nth(1).ok_or("usage: providers ROUNDS")?.parse()?;
    let mut redis = RedisServer::start(&["--appendonly", "no"]);
    let folder = TempDir::new()?;
    let site = http::bare().await?;
    let mut table = Table::default();
    for round in 0..rounds {
        eprintln!("round {} of {rounds}", round + 1);
        // An empty one.
        redis.crash();
        redis.restart();
        for case in cases(&redis.url(), site) {
            case.measure(&mut table, round, &redis.url(), folder.path(), site).await?;
        }
        for count in CALLERS {
            let (linked, served) = http::by_actor(folder.path()).await?;
            for column in in_turn(round, [0, 1]) {
                let address = if column == 0 { site } else { served };
                let outcome = measured(http::callers(address, count).await?).await?;
                table.add("httpserver: GET", count, column, &outcome, 1);
            }
            linked.stop().await;
        }
    }
    table.print();
    Ok(())
}

/// Who goes first changes with each round.
fn in_turn<const N: usize>(round: usize, mut columns: [usize; N]) -> [usize; N] {
    if round % 2 == 1 {
        columns.reverse();
    }
    columns
}

/// An operation of a provider, and what does the same without one.
struct Case {
    provider: &'static str,
    contract: &'static str,
    operation: &'static str,
    argument: Vec<u8>,
    values: Vec<(&'static str, String)>,
    library: Library,
}

impl Case {
    async fn measure(
        &self,
        table: &mut Table,
        round: usize,
        redis: &str,
        folder: &Path,
        site: SocketAddr,
    ) -> Result<(), Failure> {
        let linked = Linked::start(self.provider, self.contract, &self.values, folder).await?;
        let name = format!("{}: {}", self.provider, self.operation);
        for count in CALLERS {
            for column in in_turn(round, [0, 1, 2]) {
                let each = if column == 2 { OPERATIONS } else { 1 };
                let outcome = match column {
                    0 => match Bare::callers(self.library, count, redis, folder, site).await? {
                        Some(callers) => measured(callers).await?,
                        None => continue,
                    },
                    _ => measured(vec![linked.asking(self.operation, &self.argument, each); count]).await?,
                };
                table.add(&name, count, column, &outcome, each);
            }
        }
        linked.stop().await;
        Ok(())
    }
}

fn cases(redis: &str, site: SocketAddr) -> Vec<Case> {
    let text = codec::encode(&json!({ "key": "k", "value": "a value of some 30 characters", "expires": 0 }));
    let bytes = codec::encode(&keyvalue2::SetRequest {
        key: "k2".to_owned(),
        value: b"a value of some 30 characters".to_vec(),
        ..keyvalue2::SetRequest::default()
    });
    let event = codec::encode(&eventstreams::AppendRequest {
        stream: "s".to_owned(),
        event_type: "t".to_owned(),
        data: b"an event of some 30 characters".to_vec(),
        ..eventstreams::AppendRequest::default()
    });
    let object = codec::encode(&blobstore::PutObjectRequest {
        chunk: blobstore::Chunk {
            object_id: "o".to_owned(),
            container_id: actor::CONTAINER.to_owned(),
            bytes: vec![7; bare::OBJECT],
            offset: 0,
            is_last: true,
        },
        ..blobstore::PutObjectRequest::default()
    });
    let request = codec::encode(&httpclient::HttpRequest {
        url: format!("http://{site}/"),
        ..httpclient::HttpRequest::default()
    });
    let (kv, kv2, events) = (keyvalue::CONTRACT, keyvalue2::CONTRACT, eventstreams::CONTRACT);
    let (set, set2, append) = (keyvalue::operation::SET, keyvalue2::operation::SET, eventstreams::operation::APPEND);
    let (get, put, ask) = (keyvalue::operation::GET, blobstore::operation::PUT_OBJECT, httpclient::operation::REQUEST);
    let bounded = vec![("MAX_EVENTS", "10000".to_owned())];
    let url = vec![("URL", redis.to_owned())];
    let both = [url.clone(), bounded.clone()].concat();
    let allowed = vec![("ALLOW", format!("http://{site}"))];
    let rows = [
        ("keyvalue-memory", kv, set, text.clone(), vec![], Library::Nothing),
        ("keyvalue-redb", kv, set, text.clone(), vec![], Library::Redb),
        ("keyvalue-redis", kv, set, text, url.clone(), Library::RedisSet),
        ("keyvalue-redis", kv, get, codec::encode(&"k"), url.clone(), Library::RedisGet),
        ("keyvalue2-redb", kv2, set2, bytes.clone(), vec![], Library::Redb),
        ("keyvalue2-redis", kv2, set2, bytes, url, Library::RedisSet),
        ("eventstreams-redb", events, append, event.clone(), bounded, Library::Redb),
        ("eventstreams-redis", events, append, event, both, Library::RedisAdd),
        ("blobstore-fs", blobstore::CONTRACT, put, object, vec![], Library::File),
        ("httpclient", httpclient::CONTRACT, ask, request, allowed, Library::Reqwest),
    ];
    let case = |(provider, contract, operation, argument, values, library)| Case {
        provider,
        contract,
        operation,
        argument,
        values,
        library,
    };
    rows.map(case).into()
}
