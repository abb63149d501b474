//! The command line, run as a user runs it: the real program against a real server.

mod program;
mod session;
mod usage;
