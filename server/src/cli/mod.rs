//! The command line: `up` runs a server, everything else is a client of a lattice that runs.

mod app;
mod args;
mod call;
mod claims;
mod connect;
mod contracts;
mod edge;
mod get;
mod input;
mod inspect;
mod json;
mod key_args;
mod keys;
mod label;
mod limits;
mod link;
mod link_values;
mod logging;
mod output;
mod pairs;
mod policy;
mod policy_args;
mod provider;
mod resolve;
mod revoke;
mod run;
mod source;
mod span;
mod start;
mod stop;
mod table;
mod token;
mod up;
mod update;
mod vault_args;

pub use run::run;
