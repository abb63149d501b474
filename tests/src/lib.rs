//! Conformance suites that every engine and host must pass.
