//! The walls around a database of SQLite: its file is the only one that statements reach.

use std::fs;

use serde_json::json;
use tempfile::TempDir;
use wisteria_contracts::sqldb::operation;
use wisteria_server::provider::SqliteSqlDb;

use super::backends::{call, execute, failure, query};
use crate::linked::link;

#[tokio::test]
async fn no_statement_reaches_a_file_or_changes_how_the_database_is_kept() {
    let dir = TempDir::new().expect("a temporary directory");
    let provider = SqliteSqlDb::new(Some(dir.path().join("data")));
    link(&provider, &[], true).await.expect("linked");
    execute(&provider, "CREATE TABLE t (id INTEGER)").await;
    let outside = dir.path().join("outside");
    let file = outside.display();
    for sql in [
        // What the first word does not tell is stopped by SQLite.
        format!("ATTACH '{file}' AS other"),
        format!("EXPLAIN ATTACH '{file}' AS other"),
        format!("EXPLAIN ATTACH 'file:{file}?mode=rwc' AS other"),
        format!("VACUUM INTO '{file}'"),
        format!("/* /* */ VACUUM INTO '{file}' --*/ SELECT 1"),
        "VACUUM".to_owned(),
        "DETACH main".to_owned(),
        format!("SELECT load_extension('{file}')"),
        format!("SELECT readfile('{file}')"),
        format!("SELECT writefile('{file}', 'a')"),
        "SELECT edit('a')".to_owned(),
        "SELECT fts3_tokenizer('simple', x'0000000000000000')".to_owned(),
        format!("PRAGMA temp_store_directory = '{file}'"),
        "PRAGMA database_list".to_owned(),
        "SELECT * FROM pragma_database_list".to_owned(),
        "PRAGMA journal_mode = DELETE".to_owned(),
        "PRAGMA journal_mode".to_owned(),
        "PRAGMA synchronous = OFF".to_owned(),
        "PRAGMA main.synchronous = OFF".to_owned(),
        "PRAGMA writable_schema = ON".to_owned(),
        "PRAGMA max_page_count = 4294967294".to_owned(),
        "PRAGMA locking_mode = EXCLUSIVE".to_owned(),
        "PRAGMA hard_heap_limit = 1".to_owned(),
        "PRAGMA mmap_size = 1000000000".to_owned(),
        "PRAGMA wal_checkpoint".to_owned(),
        "PRAGMA foreign_keys = OFF".to_owned(),
        "UPDATE sqlite_schema SET sql = 'CREATE TABLE t (a, b)'".to_owned(),
        "INSERT INTO sqlite_master VALUES ('table', 'u', 'u', 0, 'CREATE TABLE u (a)')".to_owned(),
        "DROP TABLE sqlite_schema".to_owned(),
        "CREATE TEMP TABLE u (a)".to_owned(),
        "CREATE TEMP VIEW u AS SELECT 1".to_owned(),
        "CREATE TEMP TRIGGER u AFTER INSERT ON t BEGIN SELECT 1; END".to_owned(),
        format!("CREATE VIRTUAL TABLE u USING csv('{file}')"),
        format!("CREATE VIRTUAL TABLE u USING fts3tokenize('{file}')"),
        "CREATE VIRTUAL TABLE u USING dbstat".to_owned(),
        "EXPLAIN BEGIN".to_owned(),
        "EXPLAIN SAVEPOINT a".to_owned(),
        "EXPLAIN COMMIT".to_owned(),
    ] {
        let refused = failure(&provider, &sql).await;
        let is_told = ["denied: ", "invalidSql: ", "invalidData: "].iter().any(|code| refused.starts_with(code));
        assert!(is_told, "{sql}: {refused}");
        assert!(!refused.contains("data/sqldb"), "where it is kept is nobody's business: {refused}");
    }
    assert!(!outside.exists());
    let files = fs::read_dir(dir.path().join("data/sqldb")).expect("a folder");
    let mut names: Vec<_> = files.map(|file| file.expect("a file").file_name().into_string().expect("UTF-8")).collect();
    names.sort();
    assert_eq!(names, ["sqldb.sqlite", "sqldb.sqlite-shm", "sqldb.sqlite-wal"]);
    let denied = failure(&provider, "PRAGMA journal_mode = DELETE").await;
    assert_eq!(
        denied,
        "denied: not authorized; an actor has the tables of its link's database, and no other file or setting"
    );
    // What concerns the tables goes.
    assert_eq!(query(&provider, "SELECT name, type FROM pragma_table_info('t')").await, json!([["id", "INTEGER"]]));
    assert_eq!(query(&provider, "PRAGMA integrity_check").await, json!([["ok"]]));
    execute(&provider, "CREATE TRIGGER two AFTER INSERT ON t BEGIN DELETE FROM t WHERE id = 1; SELECT 2; END").await;
    assert_eq!(execute(&provider, "INSERT INTO t VALUES (1), (2)").await, 2);
    execute(&provider, "ALTER TABLE t RENAME COLUMN id TO number").await;
    execute(&provider, "CREATE INDEX i ON t (number)").await;
    execute(&provider, "CREATE VIEW v AS SELECT number FROM t").await;
    execute(&provider, "ANALYZE").await;
    execute(&provider, "REINDEX").await;
    assert_eq!(query(&provider, "SELECT number FROM v").await, json!([[2]]));
    execute(&provider, "CREATE VIRTUAL TABLE words USING fts5 (text)").await;
    execute(&provider, "INSERT INTO words VALUES ('wisteria is a climber')").await;
    assert_eq!(query(&provider, "SELECT rowid FROM words WHERE words MATCH 'climber'").await, json!([[1]]));
    assert_eq!(query(&provider, "SELECT json_extract('{\"a\": [1, 2]}', '$.a[1]')").await, json!([[2]]));
}

#[tokio::test]
async fn a_long_row_of_statements_is_refused_and_not_worked_through() {
    let dir = TempDir::new().expect("a temporary directory");
    let provider = SqliteSqlDb::new(Some(dir.path().to_owned()));
    link(&provider, &[], true).await.expect("linked");
    for sql in ["SELECT 1;".repeat(100_000), format!("SELECT 1{}", ";SELECT".repeat(100_000))] {
        assert_eq!(failure(&provider, &sql).await, "invalidSql: there are several statements; send each by itself");
    }
    assert_eq!(query(&provider, &format!("SELECT 1{}", ";".repeat(500_000))).await, json!([[1]]));
    let deep = failure(&provider, &format!("SELECT {}1", "~ ".repeat(100_000))).await;
    assert!(deep.starts_with("invalidSql: "), "{deep}");
    let long = failure(&provider, &format!("SELECT '{}'", "a".repeat(1 << 20))).await;
    assert!(long.starts_with("tooLarge: the statement has more than 1048576 bytes"), "{long}");
}

#[tokio::test]
async fn a_database_has_a_plain_name_and_is_shared_by_whom_names_it() {
    let dir = TempDir::new().expect("a temporary directory");
    let provider = || SqliteSqlDb::new(Some(dir.path().to_owned()));
    let (first, second) = (provider(), provider());
    for name in ["../metadata", "a/b", "/etc/passwd", "..", "a.sqlite", "file:a", "ä", &"x".repeat(65)] {
        let refused = link(&first, &[("FILE", name)], true).await.expect_err("refused").to_string();
        assert!(refused.contains("is no name of a database"), "{refused}");
    }
    link(&first, &[("FILE", "notes")], true).await.expect("linked");
    link(&second, &[("FILE", "notes")], true).await.expect("linked to the same");
    execute(&first, "CREATE TABLE t (id INTEGER)").await;
    assert_eq!(execute(&second, "INSERT INTO t VALUES (1)").await, 1);
    assert_eq!(query(&first, "SELECT id FROM t").await, json!([[1]]));
    let named = json!({ "sql": "SELECT id FROM t", "database": "notes" });
    assert_eq!(call(&first, operation::QUERY, &named).await.expect("answered")["rows"], json!([[1]]));
    let named = json!({ "sql": "SELECT id FROM t", "database": "sqldb" });
    let refused = call(&first, operation::QUERY, &named).await.expect("answered");
    let words = "this link leads to the database \"notes\" alone, not to \"sqldb\"; leave `database` out, or link the other \
                 one under another link name";
    assert_eq!(refused, json!({ "error": { "code": "unknownDatabase", "message": words } }));
    link(&second, &[], true).await.expect("linked to another");
    assert!(failure(&second, "SELECT id FROM t").await.starts_with("invalidSql: "));

    let nowhere = SqliteSqlDb::new(None);
    assert!(link(&nowhere, &[], true).await.expect_err("refused").to_string().contains("nothing on disk"));
    fs::write(dir.path().join("sqldb/broken.sqlite"), "no database, but a text that is long enough").expect("written");
    let refused = link(&first, &[("FILE", "broken")], true).await.expect_err("refused").to_string();
    assert!(refused.contains("broken.sqlite: file is not a database"), "{refused}");
}

#[tokio::test]
async fn many_write_at_once_and_each_of_them_is_counted() {
    let dir = TempDir::new().expect("a temporary directory");
    let provider = SqliteSqlDb::new(Some(dir.path().to_owned()));
    link(&provider, &[("CONNECTIONS", "8"), ("TIMEOUT", "60s")], true).await.expect("linked");
    execute(&provider, "CREATE TABLE t (n INTEGER)").await;
    execute(&provider, "INSERT INTO t VALUES (0)").await;
    let counts = (0..50).map(|_| execute(&provider, "UPDATE t SET n = n + 1"));
    assert_eq!(futures::future::join_all(counts).await, [1; 50]);
    assert_eq!(query(&provider, "SELECT n FROM t").await, json!([[50]]));
}
