//! Manifests: what an application consists of, as Open Application Model applications in the form that wadm reads
//! (`core.oam.dev/v1beta1`, <https://wasmcloud.com/docs/0.82/ecosystem/wadm/model>), and what is to be done so that a
//! lattice runs one.
//!
//! Text and its YAML are the affair of whoever reads a file; here a manifest is a JSON value.

mod application;
mod export;
mod fields;
mod images;
mod place;
mod plan;
mod read;
#[cfg(test)]
mod tests;
mod write;

pub use application::{
    Annotations, Application, Capability, Component, ComponentKind, LinkTrait, Scaling, Share, Values,
};
pub use fields::ManifestError;
pub use plan::{Impossible, Plan, Running, Step};
