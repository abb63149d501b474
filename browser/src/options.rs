//! What `TabHost.start` takes.

use std::{collections::BTreeMap, fmt};

use js_sys::{Function, JSON, Reflect};
use serde::Deserialize;
use serde_json::Value;
use wasm_bindgen::{JsCast, JsValue};
use wisteria_core::{
    encoding, error::LatticeError, identity::PublicKey, lattice::control::ActorLimits, secret::Secret,
};

use crate::error::{bad_request, text_of};

/// The options that are plain data.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Options {
    /// The address of the lattice, `ws://…/lattice`, with the credentials that a NATS server asks for, or one of another
    /// kind for which there is `openSocket`.
    pub(crate) bridge: Secret,
    /// The lattice's name.
    #[serde(default = "default_lattice")]
    pub(crate) lattice: String,
    /// The join token, where the lattice asks for one.
    pub(crate) token: Option<Secret>,
    /// Labels beside `kind=browser`.
    #[serde(default)]
    pub(crate) labels: BTreeMap<String, String>,
    /// Whether modules without claims may run.
    #[serde(default)]
    pub(crate) allow_unsigned: bool,
    /// The accounts whose signed modules may run.
    #[serde(default)]
    pub(crate) trusted_issuers: Vec<PublicKey>,
    /// What may be done here of all that could be.
    #[serde(skip)]
    pub(crate) policy: Option<Value>,
    /// Bounds.
    #[serde(default)]
    pub(crate) limits: Limits,
    /// The secret bytes of the host's key, in hexadecimal, where it is to have the same as another before it.
    pub(crate) host_seed: Option<Secret>,
    /// Names that get the keys of providers before others, in this order, as they did in a host of the same key.
    #[serde(default)]
    pub(crate) provider_names: Vec<String>,
    /// The keys of providers that are to have the same in each host.
    #[serde(default)]
    pub(crate) provider_seeds: Seeds,
}

/// Keys of providers by their names, each 32 secret bytes in hexadecimal. Debug does not show them.
#[derive(Default, Deserialize)]
pub(crate) struct Seeds(pub(crate) BTreeMap<String, String>);

impl fmt::Debug for Seeds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} seeds", self.0.len())
    }
}

/// 32 secret bytes in hexadecimal.
pub(crate) fn read_seed(text: &str) -> Option<[u8; 32]> {
    let byte = |index: usize| u8::from_str_radix(text.get(2 * index..2 * index + 2)?, 16).ok();
    let seed: Option<Vec<u8>> = (0..32).map(byte).collect();
    seed?.try_into().ok()
}

/// The bounds that a page may change: what all of its actors have, and what starters may ask for at most.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Limits {
    /// Instances alive at once.
    pub(crate) instances: Option<usize>,
    /// Calls that may wait for one actor.
    pub(crate) mailbox: Option<usize>,
    /// Fuel per call.
    pub(crate) fuel: Option<u64>,
    /// What a starter may ask for at most.
    #[serde(default)]
    pub(crate) most: ActorLimits,
}

fn default_lattice() -> String {
    "default".to_owned()
}

/// The functions by which a page is told things.
#[derive(Debug, Default)]
pub(crate) struct Callbacks {
    pub(crate) on_log: Option<Function>,
    pub(crate) on_connection: Option<Function>,
    /// Brings what is used as a WebSocket where the address is of none.
    pub(crate) open_socket: Option<Function>,
    /// Makes what answers for a store of keys and values in memory.
    pub(crate) new_store: Option<Function>,
}

/// Reads the options.
pub(crate) fn read(options: &JsValue) -> Result<(Options, Callbacks), LatticeError> {
    // Functions do not survive this, so they are read apart.
    let json = JSON::stringify(options)
        .ok()
        .and_then(|json| json.as_string())
        .ok_or_else(|| bad_request("the options of the host are no object"))?;
    let plain = read_plain(json.as_bytes())
        .map_err(|error| bad_request(format!("the options of the host cannot be read: {error}")))?;
    let callbacks = Callbacks {
        on_log: function(options, "onLog")?,
        on_connection: function(options, "onConnection")?,
        open_socket: function(options, "openSocket")?,
        new_store: function(options, "newStore")?,
    };
    Ok((plain, callbacks))
}

fn read_plain(json: &[u8]) -> Result<Options, String> {
    let mut options = encoding::value(json)?;
    // The policy has a reader of its own.
    let policy = options.as_object_mut().and_then(|options| options.remove("policy"));
    let plain: Options = encoding::from_value(options)?;
    Ok(Options { policy: policy.filter(|policy| !policy.is_null()), ..plain })
}

fn function(options: &JsValue, name: &str) -> Result<Option<Function>, LatticeError> {
    let value = Reflect::get(options, &name.into()).map_err(|error| bad_request(text_of(&error)))?;
    match value.is_undefined() || value.is_null() {
        true => Ok(None),
        false => value.dyn_into().map(Some).map_err(|_| bad_request(format!("the option {name} is not a function"))),
    }
}
