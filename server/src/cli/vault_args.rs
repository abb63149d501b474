//! The options of `up` that say which Vault holds its secrets.

use std::path::PathBuf;

use clap::Args;

use crate::secrets::{VaultAddress, VaultOptions, VaultPath};

/// Where secrets are kept that are neither in the environment nor in a directory.
#[derive(Debug, Args)]
#[command(next_help_heading = "Secrets in a Vault")]
pub(super) struct VaultArgs {
    /// Look secrets up in the Vault or OpenBao at this address, too, such as https://vault.example.org:8200
    #[arg(long, value_name = "URL", env = "VAULT_ADDR")]
    vault_addr: Option<VaultAddress>,
    /// The file with the token that reads them, read again at each lookup; by default the token is VAULT_TOKEN in the
    /// environment
    #[arg(long, value_name = "FILE", requires = "vault_addr")]
    vault_token_file: Option<PathBuf>,
    /// Where its key-value engine is mounted, which has version 2
    #[arg(long, value_name = "PATH", default_value = "secret")]
    vault_mount: VaultPath,
    /// Where in the engine the secrets are
    #[arg(long, value_name = "PATH", default_value = "wisteria")]
    vault_path: VaultPath,
    /// Its namespace, where it has any
    #[arg(long, value_name = "PATH", env = "VAULT_NAMESPACE")]
    vault_namespace: Option<VaultPath>,
}

impl VaultArgs {
    /// Whether there is one.
    pub(super) fn is_given(&self) -> bool {
        self.vault_addr.is_some()
    }

    /// Whether others could read token and secrets on their way.
    pub(super) fn is_open_to_others(&self) -> bool {
        self.vault_addr.as_ref().is_some_and(VaultAddress::is_open_to_others)
    }

    /// The options; TLS trusts the authorities in `tls_ca`, too.
    pub(super) fn options(self, tls_ca: Option<PathBuf>) -> Option<VaultOptions> {
        Some(VaultOptions {
            address: self.vault_addr?,
            token_file: self.vault_token_file,
            mount: self.vault_mount,
            path: self.vault_path,
            namespace: self.vault_namespace,
            tls_ca,
        })
    }
}
