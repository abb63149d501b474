//! What the providers of `wisteria:keyvalue2` have in common, so that actors do not tell them apart: operations become
//! writes with a condition each, and errors have the same words.

use bytes::Bytes;
use wisteria_contracts::{
    codec,
    keyvalue2::{
        CompareAndSetRequest, Concurrency, DEFAULT_LIST_LIMIT, DeleteRequest, ListRequest, MAX_KEY_BYTES,
        MAX_LIST_LIMIT, MAX_STEPS, SetRequest, Step, TransactRequest, TransactResponse, WriteResponse, operation,
    },
};

use super::{ProviderCall, ProviderError, argument, argument_with_bytes};

/// All operations of the contract.
pub const OPERATIONS: [&str; 6] = [
    operation::GET,
    operation::SET,
    operation::DELETE,
    operation::COMPARE_AND_SET,
    operation::TRANSACT,
    operation::LIST,
];

/// An operation, read and checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Request {
    /// What does this key hold?
    Get(String),
    /// One write, answered by itself.
    Write(Write),
    /// Several writes at once, each to a key of its own.
    Transact(Vec<Write>),
    /// Which keys are there?
    List(Listing),
}

/// A write, or none, under a condition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Write {
    /// The key.
    pub key: String,
    /// What must hold.
    pub condition: Condition,
    /// What happens then.
    pub effect: Effect,
}

/// What must hold for a write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Condition {
    /// Nothing.
    None,
    /// The key has this ETag, or there is no such key.
    Etag(Option<String>),
    /// The key holds this value, or there is no such key.
    Value(Option<Vec<u8>>),
}

/// What a write does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    /// Nothing: the condition is only looked at.
    Keep,
    /// Sets the value, for so many milliseconds, or for good.
    Set(Vec<u8>, Option<u64>),
    /// Deletes the key.
    Delete,
}

/// Keys to be listed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listing {
    /// What they start with.
    pub prefix: String,
    /// The key after which the listing goes on.
    pub after: Option<String>,
    /// How many at most, above 0.
    pub limit: usize,
}

impl Request {
    /// Reads what is asked of the provider of that name.
    ///
    /// # Errors
    /// It is no operation of the contract, or its argument is not what that takes.
    pub fn read(provider: &'static str, call: &ProviderCall) -> Result<Self, ProviderError> {
        Ok(match &*call.operation {
            operation::GET => Self::Get(checked(argument(call)?)?),
            operation::SET => Self::Write(argument_with_bytes::<SetRequest>(call)?.try_into()?),
            operation::DELETE => Self::Write(argument::<DeleteRequest>(call)?.try_into()?),
            operation::COMPARE_AND_SET => {
                let CompareAndSetRequest { key, expected, value, ttl_ms } = argument_with_bytes(call)?;
                let (condition, effect) = (Condition::Value(expected), Effect::Set(value, lasting(ttl_ms)?));
                Self::Write(Write { key: checked(key)?, condition, effect })
            }
            operation::TRANSACT => Self::Transact(transaction(argument_with_bytes(call)?)?),
            operation::LIST => Self::List(listing(argument(call)?)?),
            _ => return Err(ProviderError::unknown(provider, call, &OPERATIONS)),
        })
    }
}

impl TryFrom<SetRequest> for Write {
    type Error = ProviderError;

    fn try_from(request: SetRequest) -> Result<Self, ProviderError> {
        let condition = condition(request.concurrency, request.etag);
        Ok(Self { key: checked(request.key)?, condition, effect: Effect::Set(request.value, lasting(request.ttl_ms)?) })
    }
}

impl TryFrom<DeleteRequest> for Write {
    type Error = ProviderError;

    fn try_from(request: DeleteRequest) -> Result<Self, ProviderError> {
        let condition = condition(request.concurrency, request.etag);
        Ok(Self { key: checked(request.key)?, condition, effect: Effect::Delete })
    }
}

impl Condition {
    /// Whether it holds for what a key has: ETag and value, if it is there.
    pub fn holds(&self, found: Option<(&str, &[u8])>) -> bool {
        match self {
            Self::None => true,
            Self::Etag(etag) => found.map(|(etag, _)| etag) == etag.as_deref(),
            Self::Value(value) => found.map(|(_, value)| value) == value.as_deref(),
        }
    }
}

fn condition(concurrency: Concurrency, etag: Option<String>) -> Condition {
    match concurrency {
        Concurrency::LastWrite => Condition::None,
        Concurrency::FirstWrite => Condition::Etag(etag),
    }
}

fn checked(key: String) -> Result<String, ProviderError> {
    match key.len() {
        1..=MAX_KEY_BYTES => Ok(key),
        length => Err(ProviderError::Failed(format!(
            "a key has 1 to {MAX_KEY_BYTES} bytes, this one has {length}; choose another"
        ))),
    }
}

fn lasting(ttl_ms: Option<u64>) -> Result<Option<u64>, ProviderError> {
    match ttl_ms {
        Some(0) => Err(ProviderError::Failed(
            "`ttlMs` is 0; make it 1 or more, or leave it out for a value that never expires".to_owned(),
        )),
        lasting => Ok(lasting),
    }
}

fn transaction(request: TransactRequest) -> Result<Vec<Write>, ProviderError> {
    if !(1..=MAX_STEPS).contains(&request.steps.len()) {
        let steps = request.steps.len();
        return Err(ProviderError::Failed(format!("a transaction has 1 to {MAX_STEPS} steps, this one has {steps}")));
    }
    let mut writes: Vec<Write> = Vec::with_capacity(request.steps.len());
    for step in request.steps {
        let write = match step {
            Step::Check(check) => {
                Write { key: checked(check.key)?, condition: Condition::Etag(check.etag), effect: Effect::Keep }
            }
            Step::Set(set) => set.try_into()?,
            Step::Delete(delete) => delete.try_into()?,
        };
        if writes.iter().any(|before| before.key == write.key) {
            return Err(ProviderError::Failed(format!("\"{}\" is in two steps; name each key once", write.key)));
        }
        writes.push(write);
    }
    Ok(writes)
}

fn listing(request: ListRequest) -> Result<Listing, ProviderError> {
    // A cursor is the last key that was listed.
    if request
        .cursor
        .as_ref()
        .is_some_and(|cursor| cursor.len() > MAX_KEY_BYTES || !cursor.starts_with(&request.prefix))
    {
        return Err(ProviderError::Failed(
            "the cursor is of another listing; go on with the same prefix, or begin without one".to_owned(),
        ));
    }
    let limit = match request.limit {
        0 => DEFAULT_LIST_LIMIT,
        limit => limit.min(MAX_LIST_LIMIT),
    };
    Ok(Listing { prefix: request.prefix, after: request.cursor, limit: limit as usize })
}

/// What became of writes: the ETag that each key has now, and the first whose condition did not hold, if any.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// The ETags, in the order of the writes.
    pub etags: Vec<Option<String>>,
    /// Which write did not hold.
    pub failed: Option<usize>,
}

impl Outcome {
    /// The answer to a single write.
    pub fn of_one(mut self) -> Bytes {
        let applied = self.failed.is_none();
        codec::encode(&WriteResponse { applied, etag: self.etags.pop().flatten() }).into()
    }

    /// The answer to a transaction.
    pub fn of_all(self) -> Bytes {
        let failed = self.failed.and_then(|failed| u32::try_from(failed).ok());
        codec::encode(&TransactResponse { applied: failed.is_none(), etags: self.etags, failed }).into()
    }
}
