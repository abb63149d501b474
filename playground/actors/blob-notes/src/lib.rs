//! Keeps notes in a blob store: `PUT /NAME` writes one, `GET /NAME` reads it, `DELETE /NAME` removes it, and `GET /` lists
//! the names of all.

use serde_json::json;
use wasmbus_rpc::actor::prelude::*;
use wasmcloud_interface_blobstore::{
    Blobstore, BlobstoreSender, Chunk, GetObjectRequest, ListObjectsRequest, PutObjectRequest, RemoveObjectsRequest,
};
use wasmcloud_interface_httpserver::{HttpRequest, HttpResponse, HttpServer, HttpServerReceiver};

const CONTAINER: &str = "notes";

/// The largest note, which goes in one chunk.
const LARGEST: usize = 64 << 10;

#[derive(Debug, Default, Actor, HealthResponder)]
#[services(Actor, HttpServer)]
struct BlobNotes {}

#[async_trait]
impl HttpServer for BlobNotes {
    async fn handle_request(&self, ctx: &Context, request: &HttpRequest) -> RpcResult<HttpResponse> {
        let blobs: BlobstoreSender<_> = BlobstoreSender::new();
        let name = request.path.trim_start_matches('/').to_string();
        match (request.method.as_str(), name.as_str()) {
            ("GET", "") => {
                blobs.create_container(ctx, &CONTAINER.to_string()).await?;
                let all = ListObjectsRequest { container_id: CONTAINER.to_string(), ..ListObjectsRequest::default() };
                let listed = blobs.list_objects(ctx, &all).await?;
                let names: Vec<_> = listed.objects.into_iter().map(|object| object.object_id).collect();
                HttpResponse::json(json!({ "notes": names, "all": listed.is_last }), 200)
            }
            ("GET", _) => {
                let wanted = GetObjectRequest {
                    object_id: name,
                    container_id: CONTAINER.to_string(),
                    ..GetObjectRequest::default()
                };
                let found = blobs.get_object(ctx, &wanted).await?;
                Ok(match found.initial_chunk {
                    Some(chunk) if found.success => {
                        let kind = found.content_type.map(|kind| ("content-type".to_string(), vec![kind]));
                        HttpResponse { status_code: 200, header: kind.into_iter().collect(), body: chunk.bytes }
                    }
                    _ => text(404, &found.error.unwrap_or_default()),
                })
            }
            ("PUT", _) if request.body.len() > LARGEST => Ok(text(413, "a note has 64 KiB at most")),
            ("PUT", _) => {
                blobs.create_container(ctx, &CONTAINER.to_string()).await?;
                let chunk = Chunk {
                    object_id: name,
                    container_id: CONTAINER.to_string(),
                    bytes: request.body.clone(),
                    offset: 0,
                    is_last: true,
                };
                let kind = request.header.get("content-type").and_then(|kinds| kinds.first()).cloned();
                let note = PutObjectRequest { chunk, content_type: kind, content_encoding: None };
                blobs.put_object(ctx, &note).await?;
                Ok(text(201, "written"))
            }
            ("DELETE", _) => {
                let note = RemoveObjectsRequest { container_id: CONTAINER.to_string(), objects: vec![name] };
                match blobs.remove_objects(ctx, &note).await?.first() {
                    None => Ok(text(200, "removed")),
                    Some(failed) => Ok(text(500, failed.error.as_deref().unwrap_or("it was not removed"))),
                }
            }
            _ => Ok(text(405, "use GET, PUT or DELETE")),
        }
    }
}

fn text(status_code: u16, body: &str) -> HttpResponse {
    HttpResponse { status_code, body: format!("{body}\n").into_bytes(), ..HttpResponse::default() }
}
