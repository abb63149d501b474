//! Keeps notes in a relational database: `PUT /NAME` writes one, or one more version of it, `GET /NAME` reads the last,
//! `DELETE /NAME` removes it, and `GET /` lists all with how many versions and bytes there are. The same statements do on
//! SQLite and Postgres.

use serde_json::json;
use wasmbus_rpc::actor::prelude::*;
use wasmcloud_interface_httpserver::{HttpRequest, HttpResponse, HttpServer, HttpServerReceiver};
use wasmcloud_interface_sqldb::{
    minicbor::{self, bytes::ByteVec, decode, to_vec, Decode},
    SqlDb, SqlDbError, SqlDbSender, Statement,
};

const TABLE: &str = "CREATE TABLE IF NOT EXISTS notes (
    name TEXT PRIMARY KEY,
    text TEXT NOT NULL,
    versions BIGINT NOT NULL,
    is_long BOOLEAN NOT NULL,
    bytes BYTEA
)";

const WRITE: &str = "INSERT INTO notes (name, text, versions, is_long, bytes) VALUES ($1, $2, 1, $3, $4)
    ON CONFLICT (name) DO UPDATE
    SET text = excluded.text, versions = notes.versions + 1, is_long = excluded.is_long, bytes = excluded.bytes";

/// A note in the list of all, as its columns come.
#[derive(Decode)]
struct Listed {
    #[n(0)]
    name: String,
    #[n(1)]
    versions: i64,
    #[n(2)]
    is_long: bool,
}

#[derive(Debug, Default, Actor, HealthResponder)]
#[services(Actor, HttpServer)]
struct SqlNotes {}

#[async_trait]
impl HttpServer for SqlNotes {
    async fn handle_request(&self, ctx: &Context, request: &HttpRequest) -> RpcResult<HttpResponse> {
        match answer(ctx, request).await {
            Ok(response) => Ok(response),
            // What the database says of the statement itself.
            Err(error) if error.code == "rpc" => Err(error.into()),
            Err(error) => HttpResponse::json(json!({ "code": error.code, "message": error.message }), 500),
        }
    }
}

async fn answer(ctx: &Context, request: &HttpRequest) -> Result<HttpResponse, SqlDbError> {
    let name = request.path.trim_start_matches('/').to_string();
    execute(ctx, TABLE, vec![]).await?;
    match (request.method.as_str(), name.as_str()) {
        ("GET", "") => {
            let rows = query(ctx, "SELECT name, versions, is_long FROM notes ORDER BY name", vec![]).await?;
            let notes: Vec<Listed> = decode(&rows)?;
            let notes: Vec<_> = notes.iter().map(|note| json!([note.name, note.versions, note.is_long])).collect();
            Ok(HttpResponse::json(json!({ "notes": notes }), 200)?)
        }
        ("GET", _) => {
            let rows = query(ctx, "SELECT text FROM notes WHERE name = $1", vec![text(&name)]).await?;
            let found: Vec<(String,)> = decode(&rows)?;
            Ok(found.first().map_or_else(|| reply(404, "there is no such note"), |(text,)| reply(200, text)))
        }
        ("PUT", _) => {
            let body = String::from_utf8_lossy(&request.body);
            let is_long = to_vec(body.len() > 20).expect("a vector takes all");
            let bytes = to_vec(ByteVec::from(request.body.clone()));
            let parameters = vec![text(&name), text(&body), is_long, bytes.expect("a vector takes all")];
            execute(ctx, WRITE, parameters).await?;
            Ok(reply(201, "written"))
        }
        ("DELETE", _) => match execute(ctx, "DELETE FROM notes WHERE name = $1", vec![text(&name)]).await? {
            0 => Ok(reply(404, "there is no such note")),
            _ => Ok(reply(200, "removed")),
        },
        // A statement that no database takes.
        ("POST", _) => {
            execute(ctx, "INSERT INTO notes (name) VALUES ('no text')", vec![]).await?;
            Ok(reply(201, "written"))
        }
        _ => Ok(reply(405, "use GET, PUT or DELETE")),
    }
}

/// How many rows a statement changes.
async fn execute(ctx: &Context, sql: &str, parameters: Vec<Vec<u8>>) -> Result<u64, SqlDbError> {
    let statement = Statement { database: None, parameters: Some(parameters), sql: sql.to_string() };
    let done = SqlDbSender::new().execute(ctx, &statement).await?;
    done.error.map_or(Ok(done.rows_affected), Err)
}

/// The rows that a query finds, in CBOR.
async fn query(ctx: &Context, sql: &str, parameters: Vec<Vec<u8>>) -> Result<Vec<u8>, SqlDbError> {
    let statement = Statement { database: None, parameters: Some(parameters), sql: sql.to_string() };
    let found = SqlDbSender::new().query(ctx, &statement).await?;
    found.error.map_or(Ok(found.rows), Err)
}

fn text(value: &str) -> Vec<u8> {
    to_vec(value).expect("a vector takes all")
}

fn reply(status_code: u16, body: &str) -> HttpResponse {
    HttpResponse { status_code, body: format!("{body}\n").into_bytes(), ..HttpResponse::default() }
}
