//! How long a statement may take, and how many are carried out at a time.

use futures::{FutureExt, future::join_all};
use tempfile::TempDir;
use wisteria_core::provider::Provider;
use wisteria_server::provider::SqliteSqlDb;

use super::backends::{execute, failure, postgres, query};
use crate::{linked::link, postgres_server::PostgresServer};

/// Never ends.
const ENDLESS: &str = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n";

/// Never ends, and would change something.
const ENDLESS_WRITE: &str =
    "INSERT INTO t WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT 1 FROM n";

async fn ends_what_takes_too_long(provider: &dyn Provider) {
    execute(provider, "CREATE TABLE t (id INTEGER)").await;
    for sql in [ENDLESS, ENDLESS_WRITE] {
        let ended = failure(provider, sql).await;
        assert_eq!(ended, "timeout: the statement took longer than TIMEOUT=300ms and was ended; nothing is changed");
    }
    assert_eq!(query(provider, "SELECT count(*) FROM t").await, serde_json::json!([[0]]));
}

/// Far more than may wait are sent at once.
async fn refuses_what_cannot_wait(provider: &dyn Provider) {
    let asked = serde_json::json!({ "sql": ENDLESS });
    let calls = (0..300).map(|_| super::backends::call(provider, "SqlDb.Query", &asked));
    let ended = join_all(calls).await;
    let refused = ended.iter().filter_map(|ended| ended.as_ref().err()).collect::<Vec<_>>();
    // A turn may not be free yet, as what was before is still tidied up.
    assert!((300 - 2 - 256..=300 - 256).contains(&refused.len()), "{}", refused.len());
    assert!(refused[0].starts_with("overloaded: 256 statements of this link wait already"), "{}", refused[0]);
    let waited = ended.iter().flatten().map(|reply| reply["error"]["message"].as_str().expect("words"));
    let in_vain = waited.filter(|words| words.starts_with("2 statements of this link took all of TIMEOUT=300ms"));
    assert!(in_vain.count() > 200);
}

async fn has_its_bounds(provider: &dyn Provider) {
    ends_what_takes_too_long(provider).await;
    refuses_what_cannot_wait(provider).await;
    // It goes on.
    assert_eq!(execute(provider, "INSERT INTO t VALUES (1)").await, 1);
}

#[tokio::test]
async fn a_statement_of_sqlite_that_takes_too_long_is_ended_and_waiting_has_an_end() {
    let dir = TempDir::new().expect("a temporary directory");
    let provider = SqliteSqlDb::new(Some(dir.path().to_owned()));
    link(&provider, &[("TIMEOUT", "300ms"), ("CONNECTIONS", "2")], true).await.expect("linked");
    has_its_bounds(&provider).await;
}

#[tokio::test]
async fn a_statement_of_postgres_that_takes_too_long_is_ended_and_waiting_has_an_end() {
    let server = PostgresServer::start();
    let provider = postgres();
    let values = [("URL", &*server.url()), ("TIMEOUT", "300ms"), ("CONNECTIONS", "2")];
    link(&provider, &values, true).await.expect("linked");
    has_its_bounds(&provider).await;
}

#[tokio::test]
async fn a_statement_that_nobody_waits_for_any_more_is_seen_through() {
    let dir = TempDir::new().expect("a temporary directory");
    let provider = SqliteSqlDb::new(Some(dir.path().to_owned()));
    link(&provider, &[("CONNECTIONS", "1")], true).await.expect("linked");
    execute(&provider, "CREATE TABLE t (id INTEGER)").await;
    let many = "INSERT INTO t WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 50000) SELECT i FROM n";
    assert!(execute(&provider, many).now_or_never().is_none(), "its caller leaves at once");
    assert_eq!(
        query(&provider, "SELECT count(*) FROM t").await,
        serde_json::json!([[50_000]]),
        "it waited for its turn"
    );
}

#[tokio::test]
async fn a_database_of_sqlite_grows_no_larger_than_its_link_says() {
    let dir = TempDir::new().expect("a temporary directory");
    let provider = SqliteSqlDb::new(Some(dir.path().to_owned()));
    link(&provider, &[("MAX_SIZE", "1Mi")], true).await.expect("linked");
    execute(&provider, "CREATE TABLE t (bytes BLOB)").await;
    execute(&provider, "INSERT INTO t VALUES (zeroblob(500000))").await;
    let full = failure(&provider, "INSERT INTO t VALUES (zeroblob(600000))").await;
    assert!(full.starts_with("dbError: ") && full.contains("MAX_SIZE is reached"), "{full}");
    let large = failure(&provider, "SELECT zeroblob(20000000)").await;
    assert!(large.starts_with("invalidData: "), "{large}");
    assert_eq!(query(&provider, "SELECT count(*) FROM t").await, serde_json::json!([[1]]));
    execute(&provider, "DELETE FROM t").await;
    execute(&provider, "INSERT INTO t VALUES (zeroblob(600000))").await;
    let refused = link(&provider, &[("MAX_SIZE", "4096")], true).await.expect_err("refused").to_string();
    assert!(refused.contains("`MAX_SIZE=4096` is less than 1Mi"), "{refused}");
}
