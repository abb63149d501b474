//! Whole hosts on one bus.

mod calls;
mod claims;
mod common;
mod control;
mod limits;
mod link_values;
mod metadata;
mod observing;
mod payloads;
mod policy;
mod revocations;
mod secrets;
