//! What a host tells of the calls that it handles while somebody watches: counted, with samples and log lines, in one
//! message for each tenth of a second. Nothing is noted, and no timer runs, while nobody does.

use std::{
    fmt,
    sync::{
        Arc, Mutex, MutexGuard,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use bytes::Bytes;
use litemap::LiteMap;

use super::audience::Audience;
use crate::{
    bus::{Bus, Subject, message},
    call::{Call, CallContext, Target},
    error::{ErrorCode, LatticeError},
    identity::PublicKey,
    lattice::observation::{
        Edge, Load, Observation, ObservedActor, ObservedCall, ObservedEdge, ObservedError, ObservedLine,
    },
    order,
    platform::Platform,
    provider::{LogLine, LogSink},
    text::HEX_LOWER,
};

/// What one message covers.
const WINDOW: Duration = Duration::from_millis(100);
/// Edges that are told apart in a window.
const EDGES: usize = 256;
/// Calls that are told one by one in a window.
const CALLS: usize = 32;
/// Durations of an edge from which its median is taken.
const DURATIONS: usize = 64;
/// Lines of logs that are told in a window.
const LINES: usize = 64;
/// Longer payloads are left out, in bytes.
const PAYLOAD: usize = 4096;
/// Longer lines, operations and words of failures are cut, in bytes.
const LINE: usize = 1024;

/// Gathers what happens, and tells it.
pub(super) struct Observing {
    platform: Arc<dyn Platform>,
    bus: Arc<dyn Bus>,
    host: PublicKey,
    subject: Subject,
    pub(super) audience: Audience,
    /// Whether the window will be told.
    is_open: AtomicBool,
    window: Mutex<Window>,
}

/// Debug shows only whose it is: whatever holds a host's log can be shown, and what all of this looks like would be a part
/// of every tab host.
impl fmt::Debug for Observing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Observing").field("host", &self.host).finish_non_exhaustive()
    }
}

/// What happened since the last message.
#[derive(Default)]
struct Window {
    edges: LiteMap<Edge, Counted>,
    calls: Vec<ObservedCall>,
    dropped: u32,
    actors: LiteMap<PublicKey, Load>,
    logs: Vec<ObservedLine>,
}

#[derive(Default)]
struct Counted {
    count: u32,
    failed: u32,
    took: f64,
    slowest: f64,
    durations: Vec<f64>,
}

impl Observing {
    pub(super) fn new(platform: Arc<dyn Platform>, bus: Arc<dyn Bus>, host: PublicKey, subject: Subject) -> Self {
        let audience = Audience::new(bus.new_inbox());
        Self { platform, bus, host, subject, audience, is_open: AtomicBool::new(false), window: Mutex::default() }
    }

    /// Watches a call to `target` from now on; nothing where nobody looks.
    pub(super) fn begin(self: &Arc<Self>, call: &Call, target: PublicKey) -> Option<Watched> {
        let now = self.platform.now();
        if !self.notes(now) {
            return None;
        }
        let mut random = [0; 24];
        self.platform.random(&mut random);
        let (trace, parent) = match call.context.trace.as_deref().and_then(read_trace) {
            Some((trace, parent)) => (trace.to_owned(), Some(parent.to_owned())),
            None => (HEX_LOWER.encode(&random[8..]), None),
        };
        let (contract, link_name) = match &call.target {
            Target::Provider { contract, link_name } => (Some(contract.to_string()), Some(link_name.to_string())),
            Target::Actor(_) | Target::Alias(_) => (None, None),
        };
        Some(Watched {
            observing: self.clone(),
            told: false,
            is_heard: self.audience.has_listeners(),
            trace,
            span: HEX_LOWER.encode(&random[..8]),
            parent,
            edge: Edge { origin: call.origin.to_string(), target: target.to_string(), contract, link_name },
            operation: call.operation.clone(),
            input: call.payload.clone(),
            began: now,
            began_unix: self.platform.unix_time(),
            waited: Duration::ZERO,
            fuel: None,
            memory: None,
        })
    }

    /// Whether what happens now is noted: somebody listens, or it is the one thing by which that is found out.
    fn notes(&self, now: Duration) -> bool {
        self.audience.is_wanted(now) && (self.audience.has_listeners() || !self.is_open.load(Ordering::Relaxed))
    }

    fn line(self: &Arc<Self>, line: &LogLine) {
        if !self.notes(self.platform.now()) {
            return;
        }
        let mut window = self.open();
        if window.logs.len() < LINES {
            window.logs.push(ObservedLine {
                actor: line.actor.to_string(),
                level: line.level.as_str(),
                text: cut(&line.text),
                at: millis(self.platform.unix_time()),
            });
        }
    }

    /// The window, which is told a moment later.
    fn open(self: &Arc<Self>) -> MutexGuard<'_, Window> {
        let window = self.window();
        if !self.is_open.swap(true, Ordering::Relaxed) {
            let observing = self.clone();
            self.platform.spawn(Box::pin(async move {
                observing.platform.sleep(WINDOW).await;
                observing.tell();
            }));
        }
        window
    }

    fn tell(&self) {
        let window = {
            let mut window = self.window();
            self.is_open.store(false, Ordering::Relaxed);
            std::mem::take(&mut *window)
        };
        let Some(asks) = self.audience.turn(self.platform.now()) else {
            return;
        };
        let mut told = message(self.subject.clone(), self.observation(window).encode());
        told.reply = asks.then(|| self.audience.answers_to.clone());
        if let Err(error) = self.bus.publish(told) {
            tracing::debug!(%error, "what was observed was not published");
        }
    }

    fn observation(&self, window: Window) -> Observation {
        Observation {
            host: self.host.to_string(),
            at: millis(self.platform.unix_time()),
            window: WINDOW.as_millis() as u32,
            edges: window.edges.into_iter().map(|(edge, counted)| counted.of(edge)).collect(),
            calls: window.calls,
            dropped: window.dropped,
            actors: window
                .actors
                .into_iter()
                .map(|(actor, load)| ObservedActor { actor: actor.to_string(), load })
                .collect(),
            logs: window.logs,
        }
    }

    fn window(&self) -> MutexGuard<'_, Window> {
        self.window.lock().expect("nothing panics under this lock")
    }
}

impl Window {
    fn add(&mut self, call: ObservedCall) {
        let has_room = self.edges.len() < EDGES;
        if has_room || self.edges.contains_key(&call.edge) {
            let counted = self.edges.entry(call.edge.clone()).or_default();
            counted.count += 1;
            counted.failed += u32::from(call.error.is_some());
            counted.took += call.took;
            counted.slowest = counted.slowest.max(call.took);
            if counted.durations.len() < DURATIONS {
                counted.durations.push(call.took);
            }
        }
        match self.calls.len() < CALLS {
            true => self.calls.push(call),
            false => self.dropped += 1,
        }
    }
}

impl Counted {
    fn of(mut self, edge: Edge) -> ObservedEdge {
        order::sort_by(&mut self.durations, |a, b| a < b);
        let p50 = self.durations.get(self.durations.len() / 2).copied().unwrap_or_default();
        ObservedEdge { edge, count: self.count, failed: self.failed, took: self.took, slowest: self.slowest, p50 }
    }
}

/// A call under way. Dropped before it has ended it counts as one that was given up.
#[derive(Debug)]
pub(super) struct Watched {
    observing: Arc<Observing>,
    told: bool,
    /// Whether somebody was known to watch when it began.
    is_heard: bool,
    trace: String,
    span: String,
    parent: Option<String>,
    edge: Edge,
    operation: Arc<str>,
    input: Bytes,
    began: Duration,
    began_unix: Duration,
    waited: Duration,
    fuel: Option<u64>,
    /// Bytes of its actor's memory afterwards.
    memory: Option<u64>,
}

impl Watched {
    /// The context of the calls that are made within this one. Where nobody is known to watch, traces stay as their callers
    /// made them.
    pub(super) fn within(&self, context: CallContext) -> CallContext {
        if !self.is_heard {
            return context;
        }
        CallContext { trace: Some(format!("00-{}-{}-01", self.trace, self.span).into()), ..context }
    }

    /// Its turn has come.
    pub(super) fn entered(&mut self) {
        self.waited = self.observing.platform.now().saturating_sub(self.began);
    }

    /// It cost so much fuel, and left so many bytes of memory.
    pub(super) fn cost(&mut self, fuel: u64, memory: u64) {
        (self.fuel, self.memory) = (Some(fuel), Some(memory));
    }

    /// It has ended.
    pub(super) fn ended(mut self, outcome: Result<&Bytes, &LatticeError>) {
        self.tell(outcome);
    }

    /// How busy its actor is.
    pub(super) fn load(&self, actor: PublicKey, load: Load) {
        self.observing.open().actors.insert(actor, load);
    }

    fn tell(&mut self, outcome: Result<&Bytes, &LatticeError>) {
        self.told = true;
        let took = self.observing.platform.now().saturating_sub(self.began);
        let call = ObservedCall {
            trace: std::mem::take(&mut self.trace),
            span: std::mem::take(&mut self.span),
            parent: self.parent.take(),
            edge: self.edge.clone(),
            operation: cut(&self.operation),
            began: millis(self.began_unix),
            waited: millis(self.waited),
            took: millis(took),
            fuel: self.fuel,
            memory: self.memory,
            bytes_in: length(&self.input),
            bytes_out: outcome.map(length).unwrap_or_default(),
            input: short(&self.input),
            output: outcome.ok().and_then(short),
            error: outcome.err().map(|error| ObservedError { code: error.code.as_str(), message: cut(&error.message) }),
        };
        self.observing.open().add(call);
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        if !self.told {
            let given_up = LatticeError::new(ErrorCode::Timeout, "it was given up before it was answered");
            self.tell(Err(&given_up));
        }
    }
}

/// Hands lines on, and tells those who watch.
#[derive(Debug)]
pub(super) struct ObservedLog {
    pub(super) log: Arc<dyn LogSink>,
    pub(super) observing: Arc<Observing>,
}

impl LogSink for ObservedLog {
    fn line(&self, line: LogLine) {
        self.observing.line(&line);
        self.log.line(line);
    }
}

/// Trace and span of a W3C `traceparent`.
fn read_trace(text: &str) -> Option<(&str, &str)> {
    let mut parts = text.split('-').skip(1);
    let (trace, span) = (parts.next()?, parts.next()?);
    let is_hex = |text: &str, length| text.len() == length && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    (is_hex(trace, 32) && is_hex(span, 16)).then_some((trace, span))
}

fn cut(text: &str) -> String {
    text[..text.floor_char_boundary(LINE)].to_owned()
}

fn short(payload: &Bytes) -> Option<Bytes> {
    (payload.len() <= PAYLOAD).then(|| payload.clone())
}

fn length(payload: &Bytes) -> u32 {
    u32::try_from(payload.len()).unwrap_or(u32::MAX)
}

fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call(target: usize) -> ObservedCall {
        ObservedCall {
            trace: String::new(),
            span: String::new(),
            parent: None,
            edge: Edge { origin: "N".to_owned(), target: format!("M{target}"), contract: None, link_name: None },
            operation: "Op".to_owned(),
            began: 0.0,
            waited: 0.0,
            took: target as f64,
            fuel: None,
            memory: None,
            bytes_in: 0,
            bytes_out: 0,
            input: None,
            output: None,
            error: None,
        }
    }

    #[test]
    fn a_window_counts_all_calls_of_its_edges_and_keeps_some() {
        let mut window = Window::default();
        for target in 0..EDGES + 10 {
            window.add(call(target));
        }
        for took in 1..=5 {
            window.add(ObservedCall { took: f64::from(took), ..call(0) });
        }
        assert_eq!((window.edges.len(), window.calls.len()), (EDGES, CALLS));
        assert_eq!(window.dropped as usize, EDGES + 15 - CALLS);
        let (edge, counted) = window.edges.into_iter().next().expect("there are some");
        let told = counted.of(edge);
        assert_eq!((told.count, told.took, told.slowest, told.p50), (6, 15.0, 5.0, 3.0));
    }

    #[test]
    fn only_a_whole_trace_is_continued() {
        let whole = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
        assert_eq!(read_trace(whole), Some(("0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331")));
        assert_eq!(read_trace("00-1-2-01"), None);
        assert_eq!(read_trace(""), None);
    }
}
