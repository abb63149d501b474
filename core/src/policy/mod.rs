//! Who may do what: rules in the order of a file, asked by each host before it acts.
//!
//! Deny beats allow, whatever the order; where no rule says anything, the policy's default does. Knows nothing of hosts:
//! they put the questions, and remember the answers.

mod patterns;
mod question;
mod read;
mod rules;
mod service;

pub use patterns::Patterns;
pub use question::{Action, Question};
pub use read::PolicyError;
pub use rules::{Decision, Policy};
pub(crate) use service::Advise;
pub use service::{Answer, PolicyService, SERVICE_LIMIT, Service};
