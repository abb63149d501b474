//! `wasmcloud:keyvalue` as every provider of it must do it: each case in `cases/` against each of them.
//!
//! A line of a case is an operation, its argument, and what comes of it, a reply or a code with the words of the error,
//! in which `*` stands for anything. `until` repeats the operation, while time passes, for as long as something else does.

mod backends;
mod cases;
mod loss;
mod redis_server;
