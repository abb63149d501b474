//! Someone on the lattice who is asked after the rules.

use std::{fmt::Debug, sync::Arc, time::Duration};

use super::question::Question;
use crate::{
    identity::PublicKey,
    platform::{BoxFuture, MaybeSend, MaybeSync},
};

/// How long a service may take to answer.
pub const SERVICE_LIMIT: Duration = Duration::from_secs(1);

/// Answers questions from beside the host.
pub trait PolicyService: Debug + MaybeSend + MaybeSync + 'static {
    /// Asks. The future is dropped after [`SERVICE_LIMIT`].
    ///
    /// # Errors
    /// Why there is no answer that can be understood.
    fn ask(&self, question: Question) -> BoxFuture<'static, Result<Answer, String>>;

    /// The actor that answers, if it is one: what it does itself it is not asked about.
    fn actor(&self) -> Option<PublicKey>;
}

/// What a service says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// Whether it may be done.
    pub permitted: bool,
    /// Why, in the service's words.
    pub message: Option<String>,
}

/// A service, and what holds without its answer.
#[derive(Debug, Clone)]
pub struct Service {
    /// Who is asked.
    pub service: Arc<dyn PolicyService>,
    /// Whether what it gives no answer to may be done.
    pub permits_without_answer: bool,
}
