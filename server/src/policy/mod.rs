//! Where a server's policy comes from: a file, and a service on the lattice.

mod file;
mod options;
mod service;

pub use file::{Case, Expected, PolicyFile, PolicyFileError};
pub use options::{PolicyOptions, ServiceAddress, ServiceAddressError};
pub use service::LatticePolicyService;
