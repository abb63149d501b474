//! The command line, run as a user runs it: the real program against a real server.

mod auth;
mod join;
mod nats;
mod nats_listen;
mod nats_server;
mod program;
mod restart;
mod session;
mod usage;
