//! What hosts tell of calls while somebody watches: MessagePack maps on [`super::Subjects::observations`].

use serde::Serialize;

/// A tenth of a second of one host.
#[derive(Debug, Serialize)]
pub(crate) struct Observation {
    /// Who tells.
    pub(crate) host: String,
    /// When it ended, in milliseconds since the Unix epoch.
    pub(crate) at: f64,
    /// How long it was, in milliseconds.
    pub(crate) window: u32,
    /// Its calls, counted.
    pub(crate) edges: Vec<ObservedEdge>,
    /// Some of its calls.
    pub(crate) calls: Vec<ObservedCall>,
    /// How many calls are not among `calls`.
    pub(crate) dropped: u32,
    /// How busy its actors are.
    pub(crate) actors: Vec<ObservedActor>,
    /// What its actors wrote.
    pub(crate) logs: Vec<ObservedLine>,
}

/// Who called whom.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub(crate) struct Edge {
    pub(crate) origin: String,
    pub(crate) target: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) contract: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) link_name: Option<String>,
}

/// The calls from one to another. Times are in milliseconds.
#[derive(Debug, Serialize)]
pub(crate) struct ObservedEdge {
    #[serde(flatten)]
    pub(crate) edge: Edge,
    pub(crate) count: u32,
    pub(crate) failed: u32,
    /// The sum.
    pub(crate) took: f64,
    pub(crate) slowest: f64,
    /// The median.
    pub(crate) p50: f64,
}

/// One call.
#[derive(Debug, Serialize)]
pub(crate) struct ObservedCall {
    /// What belongs together, 32 hexadecimal digits.
    pub(crate) trace: String,
    /// This call, 16 hexadecimal digits.
    pub(crate) span: String,
    /// The call within which it was made.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) parent: Option<String>,
    #[serde(flatten)]
    pub(crate) edge: Edge,
    pub(crate) operation: String,
    /// Milliseconds since the Unix epoch.
    pub(crate) began: f64,
    /// Milliseconds until its turn came.
    pub(crate) waited: f64,
    /// Milliseconds in all.
    pub(crate) took: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) fuel: Option<u64>,
    /// Bytes of the instance's memory afterwards.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) memory: Option<u64>,
    pub(crate) bytes_in: u32,
    pub(crate) bytes_out: u32,
    /// Where it is short enough.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) input: Option<serde_bytes::ByteBuf>,
    /// Where it is short enough.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) output: Option<serde_bytes::ByteBuf>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) error: Option<ObservedError>,
}

/// Why a call failed.
#[derive(Debug, Serialize)]
pub(crate) struct ObservedError {
    pub(crate) code: String,
    pub(crate) message: String,
}

/// How busy an actor is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub(crate) struct Load {
    /// Calls in its mailbox.
    pub(crate) waiting: u32,
    /// Instances that handle calls.
    pub(crate) busy: u32,
    /// Instances in all.
    pub(crate) instances: u32,
}

/// The same with the actor's key.
#[derive(Debug, Serialize)]
pub(crate) struct ObservedActor {
    pub(crate) actor: String,
    #[serde(flatten)]
    pub(crate) load: Load,
}

/// A line that an actor wrote.
#[derive(Debug, Serialize)]
pub(crate) struct ObservedLine {
    pub(crate) actor: String,
    pub(crate) level: &'static str,
    pub(crate) text: String,
    /// Milliseconds since the Unix epoch.
    pub(crate) at: f64,
}
