//! What a statement of Postgres might leave behind in its session, and does not.

use serde_json::json;

use super::backends::{execute, failure, postgres, query};
use crate::{linked::link, postgres_server::PostgresServer};

#[tokio::test]
async fn a_statement_finds_nothing_of_what_another_did_to_its_session() {
    let server = PostgresServer::start();
    let provider = postgres();
    // All of them come one after the other on the same connection.
    link(&provider, &[("URL", &server.url()), ("CONNECTIONS", "1")], true).await.expect("linked");
    let session = query(&provider, "SELECT pg_backend_pid()").await;
    for (leave, look, found) in [
        (
            "SELECT set_config('search_path', 'nowhere', false)",
            "SELECT current_setting('search_path')",
            json!([["\"$user\", public"]]),
        ),
        (
            "SELECT set_config('statement_timeout', '0', false)",
            "SELECT current_setting('statement_timeout')",
            json!([["10s"]]),
        ),
        (
            "DO $$ BEGIN EXECUTE 'SET SESSION AUTHORIZATION pg_monitor'; END $$",
            "SELECT current_user::text",
            json!([["ada"]]),
        ),
        ("DO $$ BEGIN EXECUTE 'SET ROLE pg_monitor'; END $$", "SELECT current_user::text", json!([["ada"]])),
        ("SELECT pg_advisory_lock(7)", "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'", json!([[0]])),
        (
            "CREATE TEMP TABLE left_over (id INTEGER)",
            "SELECT count(*) FROM pg_class WHERE relname = 'left_over'",
            json!([[0]]),
        ),
        ("DO $$ BEGIN EXECUTE 'LISTEN a'; END $$", "SELECT count(*) FROM pg_listening_channels()", json!([[0]])),
    ] {
        execute(&provider, leave).await;
        assert_eq!(query(&provider, look).await, found, "{leave}");
    }
    assert_eq!(query(&provider, "SELECT pg_backend_pid()").await, session, "it was the same session");
    // What is taken for granted of a transaction does not depend on the first word.
    execute(&provider, "CREATE TABLE t (id INTEGER)").await;
    let refused = failure(&provider, "DO $$ BEGIN INSERT INTO t VALUES (1); COMMIT; END $$").await;
    assert!(refused.contains("2D000"), "{refused}");
    assert_eq!(query(&provider, "SELECT count(*) FROM t").await, json!([[0]]));
    let refused = failure(&provider, "REINDEX DATABASE postgres").await;
    assert!(refused.starts_with("denied: ") && refused.contains("25001"), "{refused}");
    for sql in ["PREPARE TRANSACTION 'a'", "LISTEN a", "DECLARE a CURSOR FOR SELECT 1"] {
        assert!(failure(&provider, sql).await.starts_with("denied: "), "{sql}");
    }
}

#[tokio::test]
async fn a_table_that_another_program_changes_is_seen_as_it_is_now() {
    let server = PostgresServer::start();
    let (provider, other) = (postgres(), postgres());
    link(&provider, &[("URL", &server.url()), ("CONNECTIONS", "1")], true).await.expect("linked");
    link(&other, &[("URL", &server.url())], true).await.expect("linked");
    execute(&provider, "CREATE TABLE t (id INTEGER)").await;
    execute(&provider, "INSERT INTO t VALUES (1)").await;
    assert_eq!(query(&provider, "SELECT * FROM t").await, json!([[1]]));
    execute(&other, "ALTER TABLE t ADD COLUMN name TEXT").await;
    assert_eq!(query(&provider, "SELECT * FROM t").await, json!([[1, null]]));
    execute(&other, "ALTER TABLE t ALTER COLUMN id TYPE TEXT").await;
    assert_eq!(query(&provider, "SELECT * FROM t").await, json!([["1", null]]));
}
