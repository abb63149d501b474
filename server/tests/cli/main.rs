//! The command line, run as a user runs it: the real program against a real server.

mod join;
mod nats_listen;
mod program;
mod restart;
mod session;
mod usage;
