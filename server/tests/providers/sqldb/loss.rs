//! What becomes of links when Postgres goes away, or was never there.

use std::net::TcpListener;

use serde_json::json;
use wisteria_core::provider::Provider;

use super::backends::{call, execute, failure, postgres, query};
use crate::{
    linked::{health, link, until_well},
    postgres_server::PostgresServer,
};

async fn insert(provider: &dyn Provider, number: u64) -> Result<serde_json::Value, String> {
    let asked = json!({ "sql": "INSERT INTO t VALUES ($1)", "parameters": [number] });
    call(provider, "SqlDb.Execute", &asked).await
}

#[tokio::test]
async fn a_lost_postgres_is_told_at_once_and_nothing_acknowledged_is_missing_when_it_is_back() {
    let mut server = PostgresServer::start();
    let provider = postgres();
    link(&provider, &[("URL", &server.url())], true).await.expect("linked");
    execute(&provider, "CREATE TABLE t (id INTEGER PRIMARY KEY)").await;
    for number in 1..=20 {
        assert_eq!(insert(&provider, number).await, Ok(json!({ "rowsAffected": 1 })));
    }
    assert_eq!(health(&provider).await, Ok(()));

    server.crash();
    // The first call may be the one that finds out, the second knows.
    for _ in 0..2 {
        let failure = insert(&provider, 21).await.expect_err("it is gone");
        assert!(failure.starts_with("provider-unavailable: Postgres at 127.0.0.1:"), "{failure}");
        assert!(failure.contains("cannot be reached") && !failure.contains("lovelace"), "{failure}");
    }
    assert!(health(&provider).await.expect_err("it is sick").contains("cannot be reached"));

    server.restart();
    until_well(&provider).await;
    assert_eq!(query(&provider, "SELECT count(*), max(id) FROM t").await, json!([[20, 20]]));
    assert_eq!(insert(&provider, 21).await, Ok(json!({ "rowsAffected": 1 })));
}

#[tokio::test]
async fn a_new_link_to_a_postgres_that_is_not_there_is_refused_and_an_old_one_waits_for_it() {
    let port = TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("an address").port();
    let url = format!("postgres://ada:lovelace@127.0.0.1:{port}/notes");
    let refused = link(&postgres(), &[("URL", &url)], true).await.expect_err("refused").to_string();
    assert!(refused.contains(&format!("Postgres at 127.0.0.1:{port}/notes cannot be reached")), "{refused}");
    assert!(!refused.contains("lovelace"), "{refused}");

    let mut server = PostgresServer::start();
    server.crash();
    let provider = postgres();
    link(&provider, &[("URL", &server.url())], false).await.expect("taken, as it was acknowledged before");
    let away = insert(&provider, 1).await.expect_err("it is not there");
    assert!(away.starts_with("provider-unavailable: "), "{away}");
    server.restart();
    until_well(&provider).await;
    assert_eq!(query(&provider, "SELECT 1").await, json!([[1]]));
}

#[tokio::test]
async fn a_postgres_that_stands_still_is_as_one_that_is_away() {
    let server = PostgresServer::start();
    let provider = postgres();
    link(&provider, &[("URL", &server.url()), ("TIMEOUT", "500ms")], true).await.expect("linked");
    server.stand_still(true);
    let silent = call(&provider, "SqlDb.Query", &json!({ "sql": "SELECT 1" })).await.expect_err("it says nothing");
    assert!(silent.starts_with("provider-unavailable: ") && silent.contains("within TIMEOUT=500ms"), "{silent}");
    server.stand_still(false);
    until_well(&provider).await;
    assert_eq!(query(&provider, "SELECT 1").await, json!([[1]]));
}

#[tokio::test]
async fn a_session_that_is_ended_by_others_is_followed_by_a_new_one() {
    let server = PostgresServer::start();
    let (provider, other) = (postgres(), postgres());
    link(&provider, &[("URL", &server.url()), ("CONNECTIONS", "1")], true).await.expect("linked");
    link(&other, &[("URL", &server.url())], true).await.expect("linked");
    let session = query(&provider, "SELECT pg_backend_pid()").await;
    assert_eq!(query(&other, &format!("SELECT pg_terminate_backend({}, 10000)", session[0][0])).await, json!([[true]]));
    let lost = call(&provider, "SqlDb.Query", &json!({ "sql": "SELECT 1" })).await.expect_err("it was ended");
    assert!(lost.starts_with("provider-unavailable: "), "{lost}");
    until_well(&provider).await;
    assert_ne!(query(&provider, "SELECT pg_backend_pid()").await, session);
    // One that ends itself as well.
    let ended =
        call(&provider, "SqlDb.Query", &json!({ "sql": "SELECT pg_terminate_backend(pg_backend_pid())" })).await;
    assert!(ended.is_err_and(|words| words.starts_with("provider-unavailable: ")));
    until_well(&provider).await;
    assert!(failure(&provider, "SELECT 1 / 0").await.starts_with("invalidData: "));
}
