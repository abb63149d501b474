//! The names under which hosts, actors and providers are found on the bus.

use crate::{
    bus::{Subject, SubjectError, SubjectPattern},
    call::DEFAULT_LINK_NAME,
    identity::PublicKey,
};

/// Where a broker tells that the connection of a host ended without a farewell; the last token is the host's key.
pub(crate) fn lost_hosts() -> SubjectPattern {
    SubjectPattern::new("wisteria.lost.*").expect("a pattern")
}

/// Builds the subjects of one lattice.
#[derive(Debug, Clone)]
pub struct Subjects {
    lattice: String,
}

impl Subjects {
    /// The subjects of the lattice of that name. The name is one token: letters, digits, `-` and `_`.
    pub fn new(lattice: &str) -> Result<Self, SubjectError> {
        let token = Subject::new(lattice)?;
        if token.as_str().contains('.') {
            return Err(SubjectError::NotOneToken(lattice.to_owned()));
        }
        Ok(Self { lattice: lattice.to_owned() })
    }

    /// The lattice's name.
    pub fn lattice(&self) -> &str {
        &self.lattice
    }

    /// Where calls to an actor go; also the name of its queue group.
    pub fn actor(&self, actor: PublicKey) -> Subject {
        self.rpc(format_args!("{actor}"))
    }

    /// Where calls to a provider go under a link name.
    pub fn provider(&self, provider: PublicKey, link_name: &str) -> Result<Subject, SubjectError> {
        Subject::new(format!("wasmbus.rpc.{}.{provider}.{link_name}", self.lattice))
    }

    /// All link names of a provider.
    pub fn provider_calls(&self, provider: PublicKey) -> SubjectPattern {
        self.pattern(format_args!("wasmbus.rpc.{}.{provider}.*", self.lattice))
    }

    /// Where a provider is told of its links, under all link names.
    pub fn provider_links(&self, provider: PublicKey) -> SubjectPattern {
        self.pattern(format_args!("wasmbus.rpc.{}.{provider}.*.linkdefs.*", self.lattice))
    }

    /// What else a provider is asked, under all link names: `health`, `values` or `shutdown`.
    pub fn provider_requests(&self, provider: PublicKey, verb: &str) -> SubjectPattern {
        self.pattern(format_args!("wasmbus.rpc.{}.{provider}.*.{verb}", self.lattice))
    }

    /// Where a provider tells what the values of its links mean.
    pub fn provider_values(&self, provider: PublicKey) -> Subject {
        self.rpc(format_args!("{provider}.{DEFAULT_LINK_NAME}.values"))
    }

    /// Where a provider is told of one link; `verb` is `put`, `del`, `hold`, `release`, `export` or `import`.
    pub fn provider_link(&self, provider: PublicKey, link_name: &str, verb: &str) -> Result<Subject, SubjectError> {
        Subject::new(format!("wasmbus.rpc.{}.{provider}.{link_name}.linkdefs.{verb}", self.lattice))
    }

    /// A control subject by its suffix, `ping.hosts`.
    pub fn control(&self, suffix: &str) -> Subject {
        self.subject(format_args!("wasmbus.ctl.{}.{suffix}", self.lattice))
    }

    /// Where a host gives its inventory.
    pub fn inventory(&self, host: PublicKey) -> Subject {
        self.control(&format!("get.{host}.inv"))
    }

    /// A command to one host, `scale`.
    pub fn command(&self, host: PublicKey, verb: &str) -> Subject {
        self.control(&format!("cmd.{host}.{verb}"))
    }

    /// All commands to one host.
    pub fn commands(&self, host: PublicKey) -> SubjectPattern {
        self.pattern(format_args!("wasmbus.ctl.{}.cmd.{host}.*", self.lattice))
    }

    /// All events, whatever their kind.
    pub fn events(&self) -> Subject {
        self.subject(format_args!("wasmbus.evt.{}", self.lattice))
    }

    /// All events, each under its kind.
    pub fn event_kinds(&self) -> SubjectPattern {
        self.pattern(format_args!("wasmbus.evt.{}.*", self.lattice))
    }

    /// Events of one kind.
    pub fn event(&self, kind: &str) -> Subject {
        self.subject(format_args!("wasmbus.evt.{}.{kind}", self.lattice))
    }

    /// Where hosts tell of the calls they handled.
    pub fn invocation_events(&self) -> Subject {
        self.subject(format_args!("wasmbus.rpcevt.{}", self.lattice))
    }

    /// Where a host tells those who watch of the calls that it handles.
    pub fn observations(&self, host: PublicKey) -> Subject {
        self.subject(format_args!("wisteria.calls.{}.{host}", self.lattice))
    }

    /// Where a host is told of its labels; `verb` is `put` or `del`.
    pub fn labels(&self, host: PublicKey, verb: &str) -> Subject {
        self.control(&format!("labels.{host}.{verb}"))
    }

    /// Where the bytes of a module are offered, under its hash or the key of an actor that runs it.
    pub fn module(&self, hash: &str) -> Subject {
        self.subject(format_args!("wisteria.modules.{}.{hash}", self.lattice))
    }

    /// Wisteria's own questions about metadata, `hosts`.
    pub(crate) fn metadata(&self, suffix: &str) -> Subject {
        self.subject(format_args!("wisteria.meta.{}.{suffix}", self.lattice))
    }

    /// Where a keeper gives its records to other keepers.
    pub(crate) fn records(&self, host: PublicKey) -> Subject {
        self.metadata(&format!("{host}.records"))
    }

    fn rpc(&self, target: std::fmt::Arguments<'_>) -> Subject {
        self.subject(format_args!("wasmbus.rpc.{}.{target}", self.lattice))
    }

    fn subject(&self, text: std::fmt::Arguments<'_>) -> Subject {
        Subject::new(text.to_string()).expect("keys, hashes and the lattice's name are single tokens")
    }

    fn pattern(&self, text: std::fmt::Arguments<'_>) -> SubjectPattern {
        SubjectPattern::new(text.to_string()).expect("keys and the lattice's name are single tokens")
    }
}
