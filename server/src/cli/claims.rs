//! `wisteria claims`: signs modules and says what signed ones claim. Needs no lattice.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use clap::{Args, Subcommand};
use serde_json::json;
use wisteria_core::identity::{
    ActorClaims, ClaimsError, KeyKind, KeyPair, WantedClaims, is_contract, sign_module, sign_token,
};

use super::{
    input, inspect,
    key_args::{KeysDir, made, named},
    output::Output,
    run::CommandError,
    span::span,
};
use crate::{
    keys::{DEVELOPMENT, KeyStore, KeyStoreError},
    platform::NativePlatform,
};

/// What to do with claims.
#[derive(Debug, Subcommand)]
pub(super) enum ClaimsCommand {
    /// Sign a module and write the signed one beside it
    Sign(SignModule),
    /// Say what a signed module claims, and whether it holds
    Inspect(inspect::InspectModule),
    /// Print a signed token of claims without a module, for tools that embed it or look at it
    Token(MakeToken),
}

/// Who signs, and what is claimed.
#[derive(Debug, Args)]
struct ClaimsArgs {
    /// The account that vouches: a name among the keys, or a file with a seed (with a slash: ./my.seed); the
    /// development account is made where it is missing
    #[arg(long, value_name = "NAME|FILE", default_value = DEVELOPMENT)]
    issuer: String,
    /// What people call the actor
    #[arg(long)]
    name: Option<String>,
    /// A contract that it may use, wasmcloud:keyvalue; may be given several times
    #[arg(long = "cap", value_name = "CONTRACT", value_parser = contract)]
    caps: Vec<String>,
    /// A free word; may be given several times
    #[arg(long = "tag", value_name = "TAG")]
    tags: Vec<String>,
    /// Counts up from build to build
    #[arg(long, value_name = "N", allow_hyphen_values = true)]
    rev: Option<i32>,
    /// The version for people
    #[arg(long, value_name = "VERSION")]
    ver: Option<String>,
    /// The name by which other actors may call it
    #[arg(long, value_name = "ALIAS")]
    call_alias: Option<String>,
    /// How long the claims hold: 30d, 12h; without, for ever
    #[arg(long, value_name = "SPAN", value_parser = span)]
    expires_in: Option<Duration>,
    /// After which time they begin to hold; without, at once
    #[arg(long, value_name = "SPAN", value_parser = span)]
    not_before_in: Option<Duration>,
    #[command(flatten)]
    keys: KeysDir,
}

/// Signs a module.
#[derive(Debug, Args)]
pub(super) struct SignModule {
    /// The module, a .wasm file; claims that it has are replaced
    file: PathBuf,
    /// Where the signed module goes [default: FILE with _s before its ending]
    #[arg(short = 'O', long = "out", value_name = "OUT")]
    out: Option<PathBuf>,
    /// The actor's own key: a name among the keys, or a file with a seed [default: the name of FILE, made where it is
    /// missing]
    #[arg(long, value_name = "NAME|FILE")]
    subject: Option<String>,
    #[command(flatten)]
    claims: ClaimsArgs,
}

/// Makes a token.
#[derive(Debug, Args)]
pub(super) struct MakeToken {
    /// The actor's own key: a name among the keys, or a file with a seed
    #[arg(long, value_name = "NAME|FILE")]
    subject: String,
    /// The hash of the module that it is for, as `claims inspect` shows it; without, it is for none
    #[arg(long, value_name = "HEX", value_parser = hash, default_value = "", hide_default_value = true)]
    hash: String,
    #[command(flatten)]
    claims: ClaimsArgs,
}

impl ClaimsCommand {
    pub(super) fn run(self, output: Output) -> Result<(), CommandError> {
        match self {
            Self::Sign(args) => args.run(output),
            Self::Inspect(args) => args.run(output),
            Self::Token(args) => args.run(output),
        }
    }
}

impl ClaimsArgs {
    fn issuer(&self, store: &KeyStore) -> Result<KeyPair, KeyStoreError> {
        match self.issuer == DEVELOPMENT {
            true => made(store, DEVELOPMENT, KeyKind::Account),
            false => named(store, &self.issuer, KeyKind::Account),
        }
    }

    fn into_claims(self, issuer: &KeyPair, subject: &KeyPair) -> Result<ActorClaims, CommandError> {
        let wanted = WantedClaims {
            name: self.name,
            caps: self.caps,
            tags: self.tags,
            revision: self.rev,
            version: self.ver,
            call_alias: self.call_alias,
            expires_in: self.expires_in,
            not_before_in: self.not_before_in,
        };
        Ok(wanted.into_claims(issuer.public_key(), subject.public_key(), &NativePlatform::current())?)
    }
}

impl SignModule {
    fn run(self, output: Output) -> Result<(), CommandError> {
        let module = input::file(&self.file)?;
        let stem = self.file.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        // Nothing is kept for what can never be signed.
        wisteria_core::identity::module_hash(&module).map_err(|error| not_signed(&self.file, error.into()))?;
        let store = self.claims.keys.clone().open()?;
        let issuer = self.claims.issuer(&store)?;
        let subject = match &self.subject {
            Some(text) => named(&store, text, KeyKind::Module)?,
            None => made(&store, &stem, KeyKind::Module)?,
        };
        let mut claims = self.claims.into_claims(&issuer, &subject)?;
        claims.name.get_or_insert_with(|| stem.clone());
        let signed = sign_module(&module, &claims, &issuer).map_err(|error| not_signed(&self.file, error))?;
        let out = self.out.unwrap_or_else(|| self.file.with_file_name(format!("{stem}_s.wasm")));
        std::fs::write(&out, signed).map_err(|cause| CommandError::Written { path: out.clone(), cause })?;
        let (file, actor, account) = (out.display().to_string(), subject.public_key(), issuer.public_key());
        Ok(output.print(&json!({ "file": file, "actor_id": actor, "issuer": account }), |_| {
            format!("signed {file}\nactor  {actor}\nissuer {account}")
        })?)
    }
}

impl MakeToken {
    fn run(self, output: Output) -> Result<(), CommandError> {
        let store = self.claims.keys.clone().open()?;
        let issuer = self.claims.issuer(&store)?;
        let subject = named(&store, &self.subject, KeyKind::Module)?;
        let claims = ActorClaims { hash: self.hash, ..self.claims.into_claims(&issuer, &subject)? };
        let token = sign_token(&claims, &issuer).expect("the claims name the issuer that signs");
        Ok(output.print(&json!({ "token": token }), |_| token.clone())?)
    }
}

pub(super) fn not_signed(path: &Path, cause: ClaimsError) -> CommandError {
    CommandError::Claims { path: path.to_owned(), cause }
}

fn contract(text: &str) -> Result<String, &'static str> {
    match is_contract(text) {
        true => Ok(text.to_owned()),
        false => Err("a contract such as wasmcloud:keyvalue is needed; give --cap once for each"),
    }
}

fn hash(text: &str) -> Result<String, &'static str> {
    match text.is_empty() || text.len() == 64 && text.chars().all(|digit| matches!(digit, '0'..='9' | 'A'..='F')) {
        true => Ok(text.to_owned()),
        false => Err("a SHA-256 of 64 digits in upper-case hex is needed"),
    }
}
