//! The boundary to the host.

mod platform;

pub(crate) use platform::{fail, host_call, request, respond};
