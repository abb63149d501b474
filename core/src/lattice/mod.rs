//! The lattice as it stands on the bus: subjects, wire types, events, and the client that speaks them.
//!
//! Formats are those of wasmCloud 0.82, so that its control clients work; what is Wisteria's own carries its name.

mod client;
pub mod control;
mod event;
mod invocation;
mod limits;
pub mod link_values;
pub(crate) mod module_transfer;
pub(crate) mod observation;
mod reading;
mod subjects;
pub(crate) mod wire;

pub use client::{Client, Events, StartedActor};
pub use event::Event;
pub use subjects::Subjects;
pub(crate) use subjects::lost_hosts;
pub(crate) use wire::TRACE;
pub use wire::origin_of;
