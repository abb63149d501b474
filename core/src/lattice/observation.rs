//! What hosts tell of calls while somebody watches: MessagePack maps on [`super::Subjects::observations`].
//!
//! They are written by hand: code that is derived for them would make every tab host some kilobytes larger.

use bytes::Bytes;
use rmp::encode::{write_array_len, write_bin, write_f64, write_map_len, write_str, write_uint};

/// A tenth of a second of one host.
#[derive(Debug)]
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
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Edge {
    pub(crate) origin: String,
    pub(crate) target: String,
    pub(crate) contract: Option<String>,
    pub(crate) link_name: Option<String>,
}

/// The calls from one to another. Times are in milliseconds.
#[derive(Debug)]
pub(crate) struct ObservedEdge {
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
#[derive(Debug)]
pub(crate) struct ObservedCall {
    /// What belongs together, 32 hexadecimal digits.
    pub(crate) trace: String,
    /// This call, 16 hexadecimal digits.
    pub(crate) span: String,
    /// The call within which it was made.
    pub(crate) parent: Option<String>,
    pub(crate) edge: Edge,
    pub(crate) operation: String,
    /// Milliseconds since the Unix epoch.
    pub(crate) began: f64,
    /// Milliseconds until its turn came.
    pub(crate) waited: f64,
    /// Milliseconds in all.
    pub(crate) took: f64,
    pub(crate) fuel: Option<u64>,
    /// Bytes of the instance's memory afterwards.
    pub(crate) memory: Option<u64>,
    pub(crate) bytes_in: u32,
    pub(crate) bytes_out: u32,
    /// Where it is short enough.
    pub(crate) input: Option<Bytes>,
    /// Where it is short enough.
    pub(crate) output: Option<Bytes>,
    pub(crate) error: Option<ObservedError>,
}

/// Why a call failed.
#[derive(Debug)]
pub(crate) struct ObservedError {
    pub(crate) code: &'static str,
    pub(crate) message: String,
}

/// How busy an actor is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Load {
    /// Calls in its mailbox.
    pub(crate) waiting: u32,
    /// Instances that handle calls.
    pub(crate) busy: u32,
    /// Instances in all.
    pub(crate) instances: u32,
}

/// The same with the actor's key.
#[derive(Debug)]
pub(crate) struct ObservedActor {
    pub(crate) actor: String,
    pub(crate) load: Load,
}

/// A line that an actor wrote.
#[derive(Debug)]
pub(crate) struct ObservedLine {
    pub(crate) actor: String,
    pub(crate) level: &'static str,
    pub(crate) text: String,
    /// Milliseconds since the Unix epoch.
    pub(crate) at: f64,
}

impl Observation {
    /// The MessagePack of it.
    pub(crate) fn encode(&self) -> Vec<u8> {
        let mut whole = Fields::default();
        whole.text("host", &self.host);
        whole.float("at", self.at);
        whole.number("window", self.window.into());
        whole.list("edges", self.edges.iter().map(ObservedEdge::fields));
        whole.list("calls", self.calls.iter().map(ObservedCall::fields));
        whole.number("dropped", self.dropped.into());
        whole.list("actors", self.actors.iter().map(ObservedActor::fields));
        whole.list("logs", self.logs.iter().map(ObservedLine::fields));
        whole.map()
    }
}

impl Edge {
    fn add(&self, fields: &mut Fields) {
        fields.text("origin", &self.origin);
        fields.text("target", &self.target);
        fields.text_if("contract", self.contract.as_deref());
        fields.text_if("link_name", self.link_name.as_deref());
    }
}

impl ObservedEdge {
    fn fields(&self) -> Fields {
        let mut fields = Fields::default();
        self.edge.add(&mut fields);
        fields.number("count", self.count.into());
        fields.number("failed", self.failed.into());
        fields.float("took", self.took);
        fields.float("slowest", self.slowest);
        fields.float("p50", self.p50);
        fields
    }
}

impl ObservedCall {
    fn fields(&self) -> Fields {
        let mut fields = Fields::default();
        fields.text("trace", &self.trace);
        fields.text("span", &self.span);
        fields.text_if("parent", self.parent.as_deref());
        self.edge.add(&mut fields);
        fields.text("operation", &self.operation);
        fields.float("began", self.began);
        fields.float("waited", self.waited);
        fields.float("took", self.took);
        fields.number_if("fuel", self.fuel);
        fields.number_if("memory", self.memory);
        fields.number("bytes_in", self.bytes_in.into());
        fields.number("bytes_out", self.bytes_out.into());
        fields.bytes_if("input", self.input.as_deref());
        fields.bytes_if("output", self.output.as_deref());
        if let Some(error) = &self.error {
            let mut of_error = Fields::default();
            of_error.text("code", error.code);
            of_error.text("message", &error.message);
            fields.name("error");
            fields.written.extend(of_error.map());
        }
        fields
    }
}

impl ObservedActor {
    fn fields(&self) -> Fields {
        let mut fields = Fields::default();
        fields.text("actor", &self.actor);
        fields.number("waiting", self.load.waiting.into());
        fields.number("busy", self.load.busy.into());
        fields.number("instances", self.load.instances.into());
        fields
    }
}

impl ObservedLine {
    fn fields(&self) -> Fields {
        let mut fields = Fields::default();
        fields.text("actor", &self.actor);
        fields.text("level", self.level);
        fields.text("text", &self.text);
        fields.float("at", self.at);
        fields
    }
}

/// The fields of a map, as they are written. Writing to memory cannot fail.
#[derive(Default)]
struct Fields {
    count: u32,
    written: Vec<u8>,
}

impl Fields {
    fn name(&mut self, name: &str) {
        self.count += 1;
        write_str(&mut self.written, name).ok();
    }

    fn text(&mut self, name: &str, text: &str) {
        self.name(name);
        write_str(&mut self.written, text).ok();
    }

    fn text_if(&mut self, name: &str, text: Option<&str>) {
        if let Some(text) = text {
            self.text(name, text);
        }
    }

    fn number(&mut self, name: &str, number: u64) {
        self.name(name);
        write_uint(&mut self.written, number).ok();
    }

    fn number_if(&mut self, name: &str, number: Option<u64>) {
        if let Some(number) = number {
            self.number(name, number);
        }
    }

    fn float(&mut self, name: &str, number: f64) {
        self.name(name);
        write_f64(&mut self.written, number).ok();
    }

    fn bytes_if(&mut self, name: &str, bytes: Option<&[u8]>) {
        if let Some(bytes) = bytes {
            self.name(name);
            write_bin(&mut self.written, bytes).ok();
        }
    }

    fn list(&mut self, name: &str, maps: impl ExactSizeIterator<Item = Self>) {
        self.name(name);
        write_array_len(&mut self.written, u32::try_from(maps.len()).unwrap_or(u32::MAX)).ok();
        for map in maps {
            self.written.extend(map.map());
        }
    }

    /// The map of them.
    fn map(self) -> Vec<u8> {
        let mut whole = Vec::with_capacity(self.written.len() + 5);
        write_map_len(&mut whole, self.count).ok();
        whole.extend(self.written);
        whole
    }
}
