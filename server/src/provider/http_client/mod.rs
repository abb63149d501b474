//! `wasmcloud:httpclient`: requests that actors send to the addresses which their links allow.

mod addresses;
mod allow;
mod client;
mod credentials;
mod exchange;
mod headers;

pub use client::HttpClient;
