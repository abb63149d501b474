//! Stores behind actors, used over HTTP: what they keep, and that nothing acknowledged is missing after a kill at any
//! moment. `WISTERIA_TEST_KILLS` says how many kills there are.

use std::{
    env,
    io::{Read, Write},
    net::{TcpListener, TcpStream},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use crate::{
    postgres_server::PostgresServer,
    program::{Server, sample},
    s3_server::{BUCKET, S3Server},
};

/// How many kills the suite has; more by hand.
const KILLS: usize = 3;

/// How many clients write at once.
const WRITERS: usize = 4;

/// An actor that is served over HTTP, linked to a store.
struct Served {
    server: Server,
    module: &'static str,
    actor: String,
    port: u16,
}

impl Served {
    fn start(module: &'static str, contract: &str, provider: &str, values: &[&str], server: Server) -> Self {
        // A port that is free now.
        let port = TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("an address").port();
        let mut served = Self { server, module, actor: String::new(), port };
        served.start_actor();
        let put = ["link", "put", &served.actor, provider, contract];
        served.server.run(&[&put[..], values].concat()).text();
        let address = format!("address=127.0.0.1:{port}");
        served.server.run(&["link", "put", &served.actor, "httpserver", "wasmcloud:httpserver", &address]).text();
        served
    }

    fn start_actor(&mut self) {
        let file = sample(self.module);
        self.actor = self.server.run(&["start", "actor", file.to_str().expect("UTF-8")]).text().to_owned();
    }

    /// Waits until its links are there again after a start.
    fn until_it_answers(&self) {
        let began = Instant::now();
        while http(self.port, "GET", "/nobody", "").is_none_or(|(status, _)| status >= 500) {
            assert!(began.elapsed() < Duration::from_secs(60), "it does not answer after a start");
            std::thread::yield_now();
        }
    }

    /// Sends a request; the status and the body of the answer.
    #[track_caller]
    fn http(&self, method: &str, path: &str, body: &str) -> (u16, String) {
        http(self.port, method, path, body).expect("it answers")
    }
}

/// A request of its own connection. `None` where there is no whole answer.
fn http(port: u16, method: &str, path: &str, body: &str) -> Option<(u16, String)> {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).ok()?;
    stream.set_read_timeout(Some(Duration::from_secs(60))).ok()?;
    let length = body.len();
    let request = format!(
        "{method} {path} HTTP/1.1\r\nhost: a\r\nconnection: close\r\ncontent-type: text/x-note\r\ncontent-length: {length}\r\n\r\n{body}"
    );
    stream.write_all(request.as_bytes()).ok()?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).ok()?;
    let (head, body) = answer.split_once("\r\n\r\n")?;
    let status = head.get(9..12)?.parse().ok()?;
    Some((status, body.to_owned()))
}

fn unsigned() -> Server {
    Server::start(&["--allow-unsigned"])
}

/// Writes, reads, lists and removes notes.
fn keep_notes(served: &Served) {
    assert_eq!(served.http("GET", "/a", "").0, 404);
    assert_eq!(served.http("PUT", "/a", "first").0, 201);
    assert_eq!(served.http("PUT", "/a", "then").0, 201);
    assert_eq!(served.http("PUT", "/b/c", "another").0, 201);
    assert_eq!(served.http("GET", "/a", ""), (200, "then".to_owned()));
    assert_eq!(served.http("GET", "/", "").1, r#"{"all":true,"notes":["a","b/c"]}"#);
    assert_eq!(served.http("DELETE", "/a", "").0, 200);
    assert_eq!(served.http("GET", "/a", "").0, 404);
    assert_eq!(served.http("GET", "/b/c", ""), (200, "another".to_owned()));
}

const BLOBSTORE: &str = "wasmcloud:blobstore";

#[test]
fn notes_are_kept_in_a_folder_and_in_s3_by_the_same_actor() {
    let served = Served::start("blob_notes.wasm", BLOBSTORE, "blobstore-fs", &["ROOT=notes"], unsigned());
    keep_notes(&served);
    assert!(served.server.data_dir().join("blobstore/notes/index.redb").is_file());

    let s3 = S3Server::start(&[]);
    let server = Server::start_as(&["--allow-unsigned"], |command| {
        command.env("WISTERIA_SECRET_KEY_ID", "ada").env("WISTERIA_SECRET_KEY", "lovelace");
    });
    let (bucket, endpoint) = (format!("BUCKET={BUCKET}"), format!("ENDPOINT=http://127.0.0.1:{}", s3.port()));
    let values = [&*bucket, &*endpoint, "ACCESS_KEY_ID=secret:KEY_ID", "SECRET_ACCESS_KEY=secret:KEY"];
    let served = Served::start("blob_notes.wasm", BLOBSTORE, "blobstore-s3", &values, server);
    keep_notes(&served);
    assert!(s3.ask(&format!("GET /{BUCKET}/notes/b/c HTTP/1.1")).ends_with("another"));
    assert!(!served.server.run(&["get", "links", "-o", "json"]).text().contains("lovelace"));
}

/// Writes, counts, reads, lists and removes notes, and hears what the database says of a statement that cannot be.
fn keep_notes_by_sql(served: &Served) {
    assert_eq!(served.http("GET", "/", ""), (200, r#"{"notes":[]}"#.to_owned()));
    assert_eq!(served.http("GET", "/a", "").0, 404);
    assert_eq!(served.http("PUT", "/a", "first").0, 201);
    assert_eq!(served.http("PUT", "/a", "then").0, 201);
    assert_eq!(served.http("PUT", "/b';DROP", "another, which is longer").0, 201);
    assert_eq!(served.http("GET", "/a", ""), (200, "then\n".to_owned()));
    let listed = r#"{"notes":[["a",2,false],["b';DROP",1,true]]}"#;
    assert_eq!(served.http("GET", "/", "").1, listed);
    let (status, said) = served.http("POST", "/", "");
    assert!(status == 500 && said.contains(r#""code":"constraint""#) && said.contains("text"), "{said}");
    assert_eq!(served.http("DELETE", "/a", "").0, 200);
    assert_eq!(served.http("DELETE", "/a", "").0, 404);
}

const SQLDB: &str = "wasmcloud:sqldb";

#[test]
fn notes_are_kept_in_sqlite_and_in_postgres_by_the_same_actor() {
    let served = Served::start("sql_notes.wasm", SQLDB, "sqldb-sqlite", &["FILE=notes"], unsigned());
    keep_notes_by_sql(&served);
    assert!(served.server.data_dir().join("sqldb/notes.sqlite").is_file());

    let postgres = PostgresServer::start();
    let url = postgres.url();
    let server = Server::start_as(&["--allow-unsigned"], |command| {
        command.env("WISTERIA_SECRET_DATABASE", &url);
    });
    let served = Served::start("sql_notes.wasm", SQLDB, "sqldb-postgres", &["URL=secret:DATABASE"], server);
    keep_notes_by_sql(&served);
    assert!(!served.server.run(&["get", "links", "-o", "json"]).text().contains("lovelace"));
}

/// How many kills there are.
pub(crate) fn kills() -> usize {
    env::var("WISTERIA_TEST_KILLS").map_or(KILLS, |kills| kills.parse().expect("a number of kills"))
}

/// Kills the server while it is written to, and sees after each start that what was acknowledged is there.
fn kill_and_look(
    mut served: Served,
    write: impl Fn(u16, &str) -> bool + Send + Sync + 'static,
    look: fn(&Served, &str),
) {
    let write = Arc::new(write);
    for round in 0..kills() {
        let (acknowledged, killed) = (Arc::new(Mutex::new(Vec::new())), Arc::new(AtomicBool::new(false)));
        let writers: Vec<_> = (0..WRITERS)
            .map(|writer| {
                let (acknowledged, killed, write) = (acknowledged.clone(), killed.clone(), write.clone());
                let port = served.port;
                std::thread::spawn(move || {
                    for number in 0.. {
                        let path = format!("/r{round}-w{writer}-{number}");
                        if killed.load(Ordering::SeqCst) {
                            return;
                        }
                        if write(port, &path) {
                            acknowledged.lock().expect("a list").push(path);
                        }
                    }
                })
            })
            .collect();
        // Another moment in each round; the writers are in the middle of whatever they have come to.
        let mut random = [0];
        getrandom::fill(&mut random).expect("random bytes");
        while acknowledged.lock().expect("a list").len() < 1 + usize::from(random[0] % 32) {
            std::thread::yield_now();
        }
        served.server.crash();
        killed.store(true, Ordering::SeqCst);
        writers.into_iter().for_each(|writer| writer.join().expect("it ran"));
        served.server.restart();
        served.start_actor();
        served.until_it_answers();
        let acknowledged = acknowledged.lock().expect("a list");
        assert!(!acknowledged.is_empty());
        acknowledged.iter().for_each(|path| look(&served, path));
    }
}

#[test]
fn no_note_that_was_acknowledged_is_missing_in_a_folder_after_a_kill_at_any_moment() {
    let served = Served::start("blob_notes.wasm", BLOBSTORE, "blobstore-fs", &[], unsigned());
    let write = |port, path: &str| matches!(http(port, "PUT", path, &path.repeat(500)), Some((201, _)));
    kill_and_look(served, write, |served, path| {
        assert_eq!(served.http("GET", path, ""), (200, path.repeat(500)), "{path} was acknowledged");
    });
}

#[test]
fn no_count_that_was_acknowledged_is_missing_in_redb_after_a_kill_at_any_moment() {
    let served = Served::start("kv_counter.wasm", "wasmcloud:keyvalue", "keyvalue-redb", &[], unsigned());
    let write = |port, path: &str| matches!(http(port, "GET", path, ""), Some((200, _)));
    kill_and_look(served, write, |served, path| {
        let (status, body) = served.http("GET", path, "");
        assert!(status == 200 && body.contains(r#""counter":2"#), "{path} was counted once before: {body}");
    });
}

#[test]
fn no_note_that_was_acknowledged_is_missing_in_sqlite_after_a_kill_at_any_moment() {
    let served = Served::start("sql_notes.wasm", SQLDB, "sqldb-sqlite", &[], unsigned());
    let write = |port, path: &str| matches!(http(port, "PUT", path, &path.repeat(100)), Some((201, _)));
    kill_and_look(served, write, |served, path| {
        assert_eq!(served.http("GET", path, ""), (200, path.repeat(100) + "\n"), "{path} was acknowledged");
    });
}
