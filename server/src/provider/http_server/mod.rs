//! `wasmcloud:httpserver`: listens for HTTP and hands each request to the linked actor, wherever it runs.

mod answer;
mod cors;
mod listener;
mod route;
mod server;
mod sessions;
mod values;
mod websocket;

pub use server::HttpServer;
