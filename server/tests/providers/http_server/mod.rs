//! The HTTP server over real TCP. The actor is the test itself, answering on the bus as one on another host would.

mod cors;
mod harness;
mod requests;
mod sharing;
mod tls;
mod websocket;
