//! Suites that every engine must pass, on servers and in tabs, from one source.

pub mod browser;
pub mod ends;
pub mod engine_suite;
pub mod hostile;
