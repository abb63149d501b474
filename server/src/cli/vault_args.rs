//! The options of `up` that say which Vault holds its secrets.

use std::{env, path::PathBuf, str::FromStr};

use clap::Args;

use crate::secrets::{VaultAddress, VaultOptions, VaultPath};

/// Where secrets are kept that are neither in the environment nor in a directory.
#[derive(Debug, Args)]
#[command(next_help_heading = "Secrets in a Vault")]
pub(super) struct VaultArgs {
    /// Look secrets up in the Vault or OpenBao at this address, too, such as https://vault.example.org:8200; by default
    /// it is VAULT_ADDR in the environment
    #[arg(long, value_name = "URL")]
    vault_addr: Option<VaultAddress>,
    /// The file with the token that reads them, read again at each lookup; by default the token is VAULT_TOKEN in the
    /// environment
    #[arg(long, value_name = "FILE")]
    vault_token_file: Option<PathBuf>,
    /// Where its key-value engine is mounted, which has version 2
    #[arg(long, value_name = "PATH", default_value = "secret")]
    vault_mount: VaultPath,
    /// Where in the engine the secrets are
    #[arg(long, value_name = "PATH", default_value = "wisteria")]
    vault_path: VaultPath,
    /// Its namespace, where it has any; by default it is VAULT_NAMESPACE in the environment
    #[arg(long, value_name = "PATH")]
    vault_namespace: Option<VaultPath>,
}

/// The variables of the environment that Vault's own programs read, too. They may be there for others than this server,
/// so what is wrong with them is told where a link needs the Vault, and not at the start.
const ADDRESS: &str = "VAULT_ADDR";
const NAMESPACE: &str = "VAULT_NAMESPACE";

impl VaultArgs {
    /// Whether there is one.
    pub(super) fn is_given(&self) -> bool {
        self.vault_addr.is_some() || env::var_os(ADDRESS).is_some_and(|address| !address.is_empty())
    }

    /// What in them does not go together.
    pub(super) fn conflict(&self, is_insecure: bool) -> Option<&'static str> {
        if self.vault_token_file.is_some() && !self.is_given() {
            return Some("--vault-token-file is for a Vault; say where it is with --vault-addr");
        }
        let is_open = self.vault_addr.as_ref().is_some_and(VaultAddress::is_open_to_others);
        (is_open && !is_insecure).then_some(
            "--vault-addr http://… shows the token and the secrets to the network; name it by https://, or accept the \
             risk with --insecure",
        )
    }

    /// The options; TLS trusts the authorities in `tls_ca`, too.
    ///
    /// # Errors
    /// Why the Vault that the environment names cannot be used.
    pub(super) fn options(self, tls_ca: Option<PathBuf>, is_insecure: bool) -> Result<Option<VaultOptions>, String> {
        let address = match self.vault_addr {
            Some(address) => address,
            None => match of_environment::<VaultAddress>(ADDRESS)? {
                Some(address) if address.is_open_to_others() && !is_insecure => {
                    return Err(format!(
                        "{ADDRESS} {address} would show the token and the secrets to the network; name it by https://, or \
                         accept the risk with --insecure"
                    ));
                }
                Some(address) => address,
                None => return Ok(None),
            },
        };
        let namespace = match self.vault_namespace {
            Some(namespace) => Some(namespace),
            None => of_environment(NAMESPACE)?,
        };
        Ok(Some(VaultOptions {
            address,
            token_file: self.vault_token_file,
            mount: self.vault_mount,
            path: self.vault_path,
            namespace,
            tls_ca,
        }))
    }
}

/// What a variable of the environment holds, if anything.
fn of_environment<T: FromStr<Err = &'static str>>(name: &str) -> Result<Option<T>, String> {
    let text = env::var_os(name).filter(|text| !text.is_empty());
    let read = |text: &str| text.parse().map_err(|why| format!("{name} in the environment cannot be used: {why}"));
    text.map(|text| read(&text.to_string_lossy())).transpose()
}
