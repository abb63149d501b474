//! `wisteria keys`: makes and lists keys. Needs no lattice.

use clap::{Args, Subcommand};
use serde_json::{Value, json};
use wisteria_core::identity::KeyKind;

use super::{
    key_args::{KeysDir, Kind},
    output::Output,
    run::CommandError,
    table::table,
};
use crate::{keys::new_key, platform::NativePlatform};

/// What to do with keys.
#[derive(Debug, Subcommand)]
pub(super) enum KeysCommand {
    /// Make a key, keep its seed, and print its public key
    Gen(GenKey),
    /// List the keys that are kept, without their seeds
    List {
        #[command(flatten)]
        keys: KeysDir,
    },
}

/// Makes a key.
#[derive(Debug, Args)]
pub(super) struct GenKey {
    /// What it stands for
    #[arg(value_name = "KIND")]
    kind: Kind,
    /// Its name among the keys [default: its kind and the first characters of the key]
    #[arg(long)]
    name: Option<String>,
    /// Print the seed, too. Whoever reads it can sign as this key
    #[arg(long)]
    show_seed: bool,
    #[command(flatten)]
    keys: KeysDir,
}

impl KeysCommand {
    pub(super) fn run(self, output: Output) -> Result<(), CommandError> {
        match self {
            Self::Gen(args) => args.run(output),
            Self::List { keys } => {
                let keys = keys.open()?.list()?;
                let list: Vec<Value> = keys
                    .iter()
                    .map(|key| json!({ "name": key.name, "kind": key.key.kind().to_string(), "public_key": key.key }))
                    .collect();
                let row =
                    |key: &crate::keys::NamedKey| [key.name.clone(), key.key.kind().to_string(), key.key.to_string()];
                Ok(output.print(&json!({ "keys": list }), |_| match keys.is_empty() {
                    true => "no keys".to_owned(),
                    false => table(["NAME", "KIND", "KEY"], &keys.iter().map(row).collect::<Vec<_>>()),
                })?)
            }
        }
    }
}

impl GenKey {
    fn run(self, output: Output) -> Result<(), CommandError> {
        let platform = NativePlatform::current();
        let store = self.keys.open()?;
        let kind = KeyKind::from(self.kind);
        let pair = new_key(kind, &platform);
        let key = pair.public_key();
        let name = self.name.unwrap_or_else(|| format!("{kind}-{}", &key.to_string()[..8]));
        let file = store.keep(&name, &pair, &platform)?;
        let seed = self.show_seed.then(|| pair.seed());
        let mut made =
            json!({ "name": name, "kind": kind.to_string(), "public_key": key, "file": file.display().to_string() });
        if let Some(seed) = &seed {
            made["seed"] = json!(seed);
        }
        Ok(output.print(&made, |_| match &seed {
            Some(seed) => format!("{key}\n{seed}"),
            None => key.to_string(),
        })?)
    }
}
