//! Asks the policy about those who prove who they are.

use std::sync::Arc;

use wisteria_bridge::{
    auth::Refusal,
    broker::{Admission, Gatekeeper},
    protocol::ConnectOptions,
};
use wisteria_core::policy::{Action, Policy, Question};

/// Lets in whom another gate lets in and the policy does not deny.
#[derive(Debug)]
pub(super) struct PolicyGate<G> {
    pub(super) inner: G,
    pub(super) policy: Arc<Policy>,
    pub(super) lattice: String,
}

impl<G: Gatekeeper> Gatekeeper for PolicyGate<G> {
    fn admit(&self, options: &ConnectOptions, nonce: &str) -> Result<Admission, Refusal> {
        let admission = self.inner.admit(options, nonce)?;
        let subject = admission.key.map(|key| key.to_string()).unwrap_or_default();
        let question = Question {
            issuer: admission.issuer.map(|issuer| issuer.to_string()),
            tags: admission.role.iter().map(ToString::to_string).collect(),
            ..Question::new(Action::Join, subject, self.lattice.as_str())
        };
        let decision = self.policy.decide(&question);
        match decision.allowed {
            true => Ok(admission),
            false => Err(Refusal::Policy {
                rule: decision.rule.unwrap_or_else(|| "default".to_owned()),
                because: decision.because,
            }),
        }
    }
}
