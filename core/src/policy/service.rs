//! Someone on the lattice who is asked after the rules.

use std::{
    collections::HashMap,
    fmt,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use futures::{
    FutureExt,
    future::{Shared, WeakShared},
};

use super::{question::Question, rules::Decision};
use crate::{
    error::{ErrorCode, LatticeError},
    identity::PublicKey,
    platform::{BoxFuture, MaybeSend, MaybeSync, Platform, timeout},
};

/// How long a service may take to answer.
pub const SERVICE_LIMIT: Duration = Duration::from_secs(1);

/// How long the answer of a service is remembered.
const ANSWER_KEPT: Duration = Duration::from_secs(60);

/// How long it is remembered that a service gave none.
const SILENCE_KEPT: Duration = Duration::from_secs(1);

/// Calls that may wait for a service at once.
const MOST_WAITING: usize = 1024;

/// What stands for a service where rules are named.
const SERVICE: &str = "policy-service";

/// Answers questions from beside the host.
pub trait PolicyService: fmt::Debug + MaybeSend + MaybeSync + 'static {
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

/// Decides what rules allow. A host asks it and knows no more of it, so that hosts without one do not carry the code.
pub(crate) trait Advise: fmt::Debug + MaybeSend + MaybeSync + 'static {
    /// A decision, and how long it is to be remembered.
    ///
    /// # Errors
    /// Too many wait for one.
    fn advise(&self, question: Question) -> BoxFuture<'static, Result<(Arc<Decision>, Duration), LatticeError>>;

    /// The actor that decides, if it is one.
    fn actor(&self) -> Option<PublicKey>;
}

/// A service, and what holds without its answer.
#[derive(Debug, Clone)]
pub struct Service(Arc<dyn Advise>);

impl Service {
    /// Has a service asked within its time. `permits_without_answer` says whether that may be done to which it gives no
    /// answer.
    pub fn new(platform: Arc<dyn Platform>, service: Arc<dyn PolicyService>, permits_without_answer: bool) -> Self {
        let (asking, waiting) = (Mutex::default(), Arc::default());
        Self(Arc::new(Advisor { platform, service, permits_without_answer, asking, waiting }))
    }

    /// What a host asks.
    pub(crate) fn advisor(&self) -> &dyn Advise {
        &*self.0
    }
}

type Asking = BoxFuture<'static, (Arc<Decision>, Duration)>;

struct Advisor {
    platform: Arc<dyn Platform>,
    service: Arc<dyn PolicyService>,
    permits_without_answer: bool,
    /// All who have the same question wait for one answer.
    asking: Mutex<HashMap<Question, WeakShared<Asking>>>,
    waiting: Arc<AtomicUsize>,
}

/// A place among those who wait for a service, free again when this is dropped.
struct Place(Arc<AtomicUsize>);

impl Drop for Place {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Advise for Advisor {
    fn advise(&self, question: Question) -> BoxFuture<'static, Result<(Arc<Decision>, Duration), LatticeError>> {
        let place = Place(self.waiting.clone());
        if self.waiting.fetch_add(1, Ordering::Relaxed) >= MOST_WAITING {
            return Box::pin(async move {
                drop(place);
                Err(LatticeError::new(
                    ErrorCode::Overloaded,
                    format!("{MOST_WAITING} calls wait for the policy service already; call again later"),
                ))
            });
        }
        let asked = self.answer_to(question);
        Box::pin(async move {
            let answer = asked.await;
            drop(place);
            Ok(answer)
        })
    }

    fn actor(&self) -> Option<PublicKey> {
        self.service.actor()
    }
}

impl Advisor {
    fn answer_to(&self, question: Question) -> Shared<Asking> {
        let mut asking = self.asking.lock().expect("nothing panics under this lock");
        if let Some(asked) = asking.get(&question).and_then(WeakShared::upgrade) {
            return asked;
        }
        asking.retain(|_, asked| asked.upgrade().is_some());
        let asked = self.ask(question.clone()).shared();
        asking.extend(asked.downgrade().map(|weak| (question, weak)));
        asked
    }

    fn ask(&self, question: Question) -> Asking {
        let (platform, allowed) = (self.platform.clone(), self.permits_without_answer);
        let answer = self.service.ask(question);
        Box::pin(async move {
            let rule = Some(SERVICE.to_owned());
            let cause = match timeout(&*platform, SERVICE_LIMIT, answer).await {
                Some(Ok(Answer { permitted: allowed, message: because })) => {
                    return (Arc::new(Decision { allowed, rule, because }), ANSWER_KEPT);
                }
                Some(Err(cause)) => cause,
                None => format!("it did not answer within {} s", SERVICE_LIMIT.as_secs()),
            };
            tracing::warn!(cause, "the policy service gave no answer");
            (Arc::new(Decision { allowed, rule, because: Some(cause) }), SILENCE_KEPT)
        })
    }
}

impl fmt::Debug for Advisor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Advisor").field(&self.service).finish()
    }
}
