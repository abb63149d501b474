//! The command line: `up` runs a server, everything else is a client of a lattice that runs.

mod args;
mod call;
mod connect;
mod get;
mod input;
mod json;
mod label;
mod link;
mod logging;
mod output;
mod pairs;
mod resolve;
mod run;
mod source;
mod start;
mod stop;
mod table;
mod token;
mod up;
mod update;

pub use run::run;
