//! Whole hosts on one bus.

mod calls;
mod common;
mod control;
mod limits;
mod metadata;
mod payloads;
