//! `cargo xtask test`: build, then every part of the suite, and a summary.

mod part;
mod run;
mod step;

pub(crate) use part::Part;
pub(crate) use run::run;
