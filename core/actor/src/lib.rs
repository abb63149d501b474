//! The SDK for actors in Rust: handlers for operations, and typed calls to capabilities and other actors.
//!
//! Build the actor as a `cdylib` for `wasm32-unknown-unknown`:
//!
//! ```
//! use wisteria_actor::{HttpRequest, HttpResponse, Result, handlers, keyvalue};
//!
//! handlers! {
//!     "HttpServer.HandleRequest" => count,
//! }
//!
//! fn count(request: HttpRequest) -> Result<HttpResponse> {
//!     let count = keyvalue::default().increment(&request.path, 1)?;
//!     Ok(wisteria_actor::http::text(count.to_string()))
//! }
//! ```

mod call;
mod error;
pub mod eventstreams;
mod ffi;
mod guest;
pub mod http;
pub mod keyvalue;
pub mod keyvalue2;
pub mod logging;
pub mod messaging;
pub mod numbergen;
pub mod secrets;
pub mod telnet;
pub mod ui;
pub mod websocket;

pub use call::{call_actor, call_provider};
pub use error::{Error, Result};
pub use guest::{Handler, answer, handler};
pub use wisteria_contracts::{
    self as contracts,
    httpserver::{HttpRequest, HttpResponse},
};
