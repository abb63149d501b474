//! Whole hosts on one bus.

mod calls;
mod claims;
mod common;
mod control;
mod limits;
mod metadata;
mod observing;
mod payloads;
mod policy;
mod revocations;
mod secrets;
