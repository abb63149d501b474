//! Whole hosts on one bus.

mod calls;
mod common;
mod control;
mod metadata;
mod payloads;
