//! Whole hosts on one bus.

mod calls;
mod claims;
mod common;
mod control;
mod metadata;
mod payloads;
