//! The providers that only a server has.

mod http_server;

pub use http_server::HttpServer;
