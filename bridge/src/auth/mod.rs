//! Who may join, and as what: NATS user claims signed by an account, roles, and the gate that reads both.

mod gate;
mod refusal;
mod role;
mod user;

pub use gate::{AccountGate, BOUND_TOKENS};
pub use refusal::Refusal;
pub use role::{Grant, Role, RoleError};
pub use user::{UserClaims, creds_file};
