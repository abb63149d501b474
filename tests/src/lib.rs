//! Suites that every engine must pass, on servers and in tabs, from one source.

mod browser;
pub mod engine_suite;
