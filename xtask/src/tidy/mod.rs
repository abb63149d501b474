//! Checks of what compilers cannot see: invariants of ARCHITECTURE.md that are visible in the text of a file.

mod check;
mod report;
mod rules;
mod sources;

pub(crate) use report::report;
