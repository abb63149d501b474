//! What only Postgres has: its types, its users, and TLS.

use serde_json::{Value, json};
use wisteria_contracts::{
    codec,
    sqldb::{QueryResult, Statement, operation},
};

use super::backends::{call, execute, failure, postgres, query};
use crate::{
    linked::{invoke, link},
    postgres_server::{PASSWORD, PostgresServer},
};

#[tokio::test]
async fn what_other_databases_do_not_have_comes_and_goes_as_text() {
    let server = PostgresServer::start();
    let provider = postgres();
    link(&provider, &[("URL", &server.url())], true).await.expect("linked");
    execute(&provider, "CREATE TYPE mood AS ENUM ('well', 'sick')").await;
    execute(&provider, "CREATE DOMAIN short AS VARCHAR(5)").await;
    let table = "CREATE TABLE t (a SMALLINT, b INTEGER, c REAL, d NUMERIC(40, 10), e UUID, f DATE, g TIME, h TIMESTAMP, \
                 i TIMESTAMPTZ, j JSON, k JSONB, l VARCHAR, m CHAR(3), n mood, o short, p OID)";
    execute(&provider, table).await;
    let given = json!([
        -5,
        7,
        0.5,
        "123456789012345678901234567890.0123456789",
        "6F1B2C3D-0000-4000-8000-00000000000a",
        "2026-02-28",
        "23:59:59.5",
        "1969-12-31T23:59:59.000001",
        "2026-11-27T10:00:00+02:00",
        "{\"a\": 1}",
        "{\"a\": [1,2]}",
        "ä",
        "ab",
        "well",
        "short",
        4294967295_u32
    ]);
    let places: Vec<_> = (1..=16).map(|place| format!("${place}")).collect();
    let insert = json!({ "sql": format!("INSERT INTO t VALUES ({})", places.join(", ")), "parameters": given });
    let done = call(&provider, operation::EXECUTE, &insert).await.expect("answered");
    assert_eq!(done, json!({ "rowsAffected": 1 }));
    let kept = json!([[
        -5,
        7,
        0.5,
        "123456789012345678901234567890.0123456789",
        "6f1b2c3d-0000-4000-8000-00000000000a",
        "2026-02-28",
        "23:59:59.500",
        "1969-12-31T23:59:59.000001",
        "2026-11-27T08:00:00Z",
        "{\"a\": 1}",
        "{\"a\": [1, 2]}",
        "ä",
        "ab ",
        "well",
        "short",
        4294967295_u32
    ]]);
    assert_eq!(query(&provider, "SELECT * FROM t").await, kept);
    // They are what Postgres itself takes them for.
    let same = query(
        &provider,
        "SELECT d::text, e::text, f::text, g::text, h::text, i AT TIME ZONE 'UTC' = '2026-11-27 08:00' FROM t",
    );
    assert_eq!(
        same.await,
        json!([[
            "123456789012345678901234567890.0123456789",
            "6f1b2c3d-0000-4000-8000-00000000000a",
            "2026-02-28",
            "23:59:59.5",
            "1969-12-31 23:59:59.000001",
            true
        ]])
    );
    let odd = "SELECT 1.50::numeric, 'NaN'::numeric, -0.001::numeric, 1e20::numeric, 'infinity'::timestamptz, '-infinity'::date, \
               '24:00'::time, '4713-01-01 BC'::date, pg_sleep(0), NULL::point, 'x'::\"char\", 'y'::name";
    let found = json!([[
        "1.50",
        "NaN",
        "-0.001",
        "100000000000000000000",
        "infinity",
        "-infinity",
        "24:00:00",
        "-4712-01-01",
        null,
        null,
        "x",
        "y"
    ]]);
    assert_eq!(query(&provider, odd).await, found);

    let statement = Statement { sql: "SELECT b, c, d, n FROM t".to_owned(), ..Statement::default() };
    let reply = invoke(&provider, operation::QUERY, codec::encode(&statement)).await.expect("answered");
    let result: QueryResult = codec::decode(&reply).expect("a result");
    let types: Vec<_> = result.columns.iter().map(|column| &*column.db_type).collect();
    assert_eq!(types, ["int4", "float4", "numeric", "mood"]);

    for (sql, words) in [
        (
            "SELECT ARRAY[1] AS a",
            "unsupportedType: column \"a\" has the type int4[], which is not carried; cast it: a::text",
        ),
        ("SELECT '(1,2)'::point AS p", "unsupportedType: column \"p\" has the type point, which is not carried"),
        ("SELECT interval '1 day' AS d", "unsupportedType: column \"d\" has the type interval"),
        ("SELECT 1 / 0", "invalidData: division by zero (SQLSTATE 22012)"),
        ("SELECT 'a'::integer", "invalidData: "),
        ("SELECT 9223372036854775807 + 1", "invalidData: "),
    ] {
        let failure = failure(&provider, sql).await;
        assert!(failure.starts_with(words), "{sql}: {failure}");
    }
    assert_eq!(query(&provider, "SELECT ARRAY[1]::text, interval '1 day'::text").await, json!([["{1}", "1 day"]]));
}

#[tokio::test]
async fn a_parameter_that_is_not_what_a_statement_wants_is_told_with_its_place() {
    let server = PostgresServer::start();
    let provider = postgres();
    link(&provider, &[("URL", &server.url())], true).await.expect("linked");
    execute(&provider, "CREATE TABLE t (a SMALLINT, b UUID, c TIMESTAMP, d POINT)").await;
    let told = async |sql: &str, parameter: Value| {
        let asked = json!({ "sql": sql, "parameters": [parameter] });
        let reply = call(&provider, operation::QUERY, &asked).await.expect("answered");
        match &reply["error"] {
            Value::Null => reply["rows"].to_string(),
            error => {
                format!("{}: {}", error["code"].as_str().expect("a code"), error["message"].as_str().expect("words"))
            }
        }
    };
    let why = "but the statement wants a";
    assert_eq!(
        told("INSERT INTO t (a) VALUES ($1)", json!("x")).await,
        format!(
            "invalidParameter: parameter 1 is text, {why} int2 there; give what reads as one, or say what it is: $1::TYPE"
        )
    );
    for (sql, parameter, words) in [
        ("INSERT INTO t (a) VALUES ($1)", json!(40_000), "parameter 1 is an integer"),
        ("INSERT INTO t (a) VALUES ($1)", json!(1.5), "parameter 1 is a float"),
        ("INSERT INTO t (b) VALUES ($1)", json!("x"), "parameter 1 is text, but the statement wants a uuid"),
        ("INSERT INTO t (c) VALUES ($1)", json!("yesterday"), "wants a timestamp"),
        ("INSERT INTO t (d) VALUES ($1)", json!("(1,2)"), "wants a point"),
        ("SELECT $1", json!(1), "parameter 1 is an integer, but the statement wants a text"),
        ("SELECT 1 WHERE $1", json!(1), "wants a bool"),
        ("SELECT 1 WHERE $1", json!({ "base64": "AA==" }), "parameter 1 is a byte string"),
        ("SELECT $1::text", json!("a\u{0}b"), "invalidData: "),
    ] {
        let failure = told(sql, parameter).await;
        assert!(failure.contains(words), "{sql}: {failure}");
    }
    assert_eq!(told("SELECT $1::bigint + 1", json!(1)).await, "[[2]]");
    assert_eq!(told("INSERT INTO t (d) VALUES ($1::text::point) RETURNING a", json!("(1,2)")).await, "[[null]]");
}

#[tokio::test]
async fn a_link_may_do_what_its_user_may_and_is_let_in_by_its_password() {
    let server = PostgresServer::start();
    let owner = postgres();
    link(&owner, &[("URL", &server.url())], true).await.expect("linked");
    execute(&owner, "CREATE TABLE t (id INTEGER)").await;
    execute(&owner, "CREATE ROLE reader LOGIN PASSWORD 'byron'").await;
    execute(&owner, "GRANT SELECT ON t TO reader").await;

    let reader = postgres();
    let url = server.url().replace("ada:", "reader:");
    let refused = link(&reader, &[("URL", &url)], false).await.expect_err("refused").to_string();
    assert!(refused.contains("28P01") && refused.contains("lets this server in"), "{refused}");
    assert!(!refused.contains(PASSWORD), "{refused}");
    let url = url.replace(PASSWORD, "byron");
    link(&reader, &[("URL", &url)], true).await.expect("linked");
    assert!(!format!("{reader:?}").contains("byron"), "{reader:?}");
    assert_eq!(query(&reader, "SELECT id FROM t").await, json!([]));
    for sql in ["INSERT INTO t VALUES (1)", "DROP TABLE t", "SELECT pg_read_file('/etc/passwd')"] {
        let denied = failure(&reader, sql).await;
        assert!(denied.starts_with("denied: ") && denied.contains("42501"), "{sql}: {denied}");
    }
    let nowhere = server.url() + "_not_there";
    let refused = link(&reader, &[("URL", &nowhere)], true).await.expect_err("refused").to_string();
    assert!(refused.contains("3D000"), "{refused}");
    let named = json!({ "sql": "SELECT id FROM t", "database": "postgres" });
    assert_eq!(call(&reader, operation::QUERY, &named).await.expect("answered")["rows"], json!([]));
}

#[tokio::test]
async fn a_server_that_has_to_prove_its_name_does_so_by_the_links_own_authority() {
    let authority = rcgen::generate_simple_self_signed(["localhost".to_owned()]).expect("a certificate");
    let (certificate, key) = (authority.cert.pem(), authority.signing_key.serialize_pem());
    let files = [("server.crt", &*certificate), ("server.key", &*key)];
    let server = PostgresServer::start_with(&["ssl=on"], &files);
    let url = server.url().replace("127.0.0.1", "localhost") + "?sslmode=verify-full";
    let provider = postgres();
    let values = [("URL", &*url), ("TLS_CA", &*certificate)];
    link(&provider, &values, true).await.expect("linked");
    let secure = "SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()";
    assert_eq!(query(&provider, secure).await, json!([[true]]));

    // By the system's authorities it does not, and no other name is its own.
    let refused = link(&postgres(), &[("URL", &*url)], true).await.expect_err("refused").to_string();
    assert!(refused.contains("certificate") && !refused.contains(PASSWORD), "{refused}");
    let wrong = server.url() + "?sslmode=verify-full";
    let refused = link(&postgres(), &[("URL", &*wrong), ("TLS_CA", &*certificate)], true).await;
    let refused = refused.expect_err("refused").to_string();
    assert!(refused.contains("certificate"), "{refused}");
    let plain = server.url() + "?sslmode=disable";
    let provider = postgres();
    link(&provider, &[("URL", &*plain)], true).await.expect("linked");
    assert_eq!(query(&provider, secure).await, json!([[false]]));
}
