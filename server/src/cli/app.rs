//! `wisteria app`: applications by their manifests.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use bytes::Bytes;
use clap::{Args, Subcommand};
use serde_json::Value;
use thiserror::Error;
use wisteria_core::{
    identity::{KeyKind, PublicKey, examine, module_key_of_hash},
    lattice::{Client, control::LinkDefinition},
    manifest::{Application, Component, ComponentKind, Impossible, ManifestError, Plan, Running, Step},
};

use super::{fetch, input, output::Output, resolve, run::CommandError};

/// What to do with an application.
#[derive(Debug, Subcommand)]
pub(super) enum AppCommand {
    /// Start and link what a manifest names, as far as it does not run yet
    Apply(Manifest),
    /// Say what applying a manifest would do
    Plan(Manifest),
    /// Print the manifest of what runs
    Export {
        /// The name of the application
        name: String,
    },
}

/// Which manifest.
#[derive(Debug, Args)]
pub(super) struct Manifest {
    /// An Open Application Model manifest in YAML or JSON, core.oam.dev/v1beta1; - for standard input
    file: PathBuf,
}

/// Why a manifest is not applied.
#[derive(Debug, Error)]
pub(super) enum AppError {
    #[error("{file}: {cause}")]
    Yaml { file: String, cause: String },
    #[error("{file}: {cause}")]
    Manifest { file: String, cause: ManifestError },
    #[error(transparent)]
    Impossible(#[from] Impossible),
    #[error("{component}: {cause}")]
    Module { component: String, cause: String },
    #[error("{done}{step}: {cause}; mend that and apply the manifest again, which goes on from here")]
    Step { done: String, step: String, cause: String },
}

impl AppCommand {
    /// Modules at addresses of the web are fetched with trust in the authorities in `tls_ca`, too.
    pub(super) async fn run(self, client: &Client, tls_ca: Option<&Path>, output: Output) -> Result<(), CommandError> {
        match self {
            Self::Apply(manifest) => manifest.apply(client, tls_ca, output).await,
            Self::Plan(manifest) => {
                let (application, modules) = manifest.read(tls_ca).await?;
                let running = running(client, &modules).await?;
                let plan = Plan::new(&application, &running).map_err(AppError::from)?;
                let line = |step: &Step| in_words(step);
                Ok(output.print(&plan.steps, |steps| lines(steps.iter().map(line)))?)
            }
            Self::Export { name } => {
                let running = running(client, &BTreeMap::new()).await?;
                let manifest = Application::of(&name, &running).write();
                Ok(output.print(&manifest, |manifest| serde_saphyr::to_string(manifest).expect("it is plain data"))?)
            }
        }
    }
}

/// Where an actor's module comes from.
enum Module {
    Bytes {
        key: PublicKey,
        revision: Option<i32>,
        bytes: Bytes,
    },
    /// Hosts know it, by an actor's key or by a reference of their own.
    Known(String),
}

impl Manifest {
    /// The application, and its actors' modules by component.
    async fn read(&self, tls_ca: Option<&Path>) -> Result<(Application, BTreeMap<String, Module>), CommandError> {
        let file = self.file.display().to_string();
        let text = match file.as_str() {
            "-" => input::argument("-")?,
            _ => input::file(&self.file)?,
        };
        let text = String::from_utf8_lossy(&text);
        let value: Value = serde_saphyr::from_str(&text)
            .map_err(|error| AppError::Yaml { file: file.clone(), cause: error.to_string() })?;
        let application = Application::read(&value).map_err(|cause| AppError::Manifest { file, cause })?;
        let folder = self.file.parent().unwrap_or(Path::new("."));
        let mut modules = BTreeMap::new();
        for component in &application.components {
            if let ComponentKind::Actor { image, .. } = &component.kind {
                modules.insert(component.name.clone(), module(component, image, folder, tls_ca).await?);
            }
        }
        Ok((application, modules))
    }

    async fn apply(&self, client: &Client, tls_ca: Option<&Path>, output: Output) -> Result<(), CommandError> {
        let (application, modules) = self.read(tls_ca).await?;
        let running = running(client, &modules).await?;
        let mut applying = Applying { client, application, modules, running, done: Vec::new() };
        let plan = Plan::new(&applying.application, &applying.running).map_err(AppError::from)?;
        for step in &plan.steps {
            let result = applying.take(step).await.map_err(|error| AppError::Step {
                done: applying
                    .done
                    .iter()
                    .map(|done| format!("{}; then ", done["done"].as_str().unwrap_or_default()))
                    .collect(),
                step: in_words(step),
                cause: error.to_string(),
            })?;
            let mut done = serde_json::to_value(step).expect("it is plain data");
            done["done"] = result.into();
            applying.done.push(done);
        }
        let line = |done: &Value| done["done"].as_str().unwrap_or_default().to_owned();
        Ok(output.print(&applying.done, |done| lines(done.iter().map(line)))?)
    }
}

/// An application on its way.
struct Applying<'a> {
    client: &'a Client,
    application: Application,
    modules: BTreeMap<String, Module>,
    running: Running,
    done: Vec<Value>,
}

impl Applying<'_> {
    /// Takes a step, and says in words what it did.
    async fn take(&mut self, step: &Step) -> Result<String, CommandError> {
        let client = self.client;
        match step {
            Step::StartProvider { component, host, name, link_name, is_shared } => {
                let reference = match (is_shared, self.provider(component)) {
                    (true, Some(key)) => format!("{name}@{key}"),
                    _ => name.clone(),
                };
                let key = client.start_provider(resolve::host(client, host).await?, &reference, link_name).await?;
                // The next ones share its key, and links lead to it.
                self.running.hosts = resolve::inventories(client).await?;
                Ok(format!("started {component}, provider {name} {key}, on {host}"))
            }
            Step::UpdateActor { component, hosts, revision } => {
                let Some(Module::Bytes { key, bytes, .. }) = self.modules.get(component) else {
                    unreachable!("the revision was read of its bytes");
                };
                for host in hosts {
                    client.update_actor(resolve::host(client, host).await?, *key, bytes.clone()).await?;
                }
                Ok(format!("updated {component}, actor {key}, to revision {revision} on {}", hosts.join(", ")))
            }
            Step::StartActor { component, host, max_instances } => {
                let target = resolve::host(client, host).await?;
                let started = match self.modules.get(component).expect("each actor has one") {
                    Module::Bytes { bytes, .. } => {
                        client.start_actor(target, bytes.clone(), Some(*max_instances), None).await?
                    }
                    Module::Known(reference) => {
                        client.start_reference(target, reference, Some(*max_instances), None).await?
                    }
                };
                let key = started.actor_id;
                let text = format!("started {component}, actor {key}, on {host} for {max_instances} calls at once");
                self.running.actors.insert(component.clone(), key);
                Ok(text)
            }
            Step::PutLink { actor, provider, contract, link_name, values } => {
                let link = LinkDefinition {
                    actor_id: self.running.actors.get(actor).cloned().unwrap_or_default(),
                    provider_id: self.provider(provider).unwrap_or_default(),
                    contract_id: contract.clone(),
                    link_name: link_name.clone(),
                    values: values.clone(),
                    ..LinkDefinition::default()
                };
                client.put_link(&link).await?;
                Ok(format!("linked {actor} to {provider} for {contract} as {link_name:?}"))
            }
        }
    }

    fn provider(&self, component: &str) -> Option<String> {
        let Component { kind, scaling, .. } = self.application.component(component)?;
        match kind {
            ComponentKind::Capability(capability) => self.running.provider(scaling, capability).map(str::to_owned),
            ComponentKind::Actor { .. } => None,
        }
    }
}

async fn module(
    component: &Component,
    image: &str,
    folder: &Path,
    tls_ca: Option<&Path>,
) -> Result<Module, CommandError> {
    let failed = |cause: String| AppError::Module { component: component.name.clone(), cause };
    let bytes = if fetch::is_address(image) {
        fetch::fetch(image, tls_ca).await.map_err(|error| failed(error.to_string()))?
    } else if image.contains("://") || image.parse::<PublicKey>().is_ok() {
        return Ok(Module::Known(image.to_owned()));
    } else {
        input::file(&folder.join(image)).map_err(|error| {
            failed(format!("{error}; image is a file beside the manifest, an address https://…, or an actor's key M…"))
        })?
    };
    let examined = examine(&bytes).map_err(|error| failed(format!("its image: {error}")))?;
    let (key, revision) = match examined {
        Some(examined) => (examined.claims.subject, examined.claims.revision),
        None => (module_key_of_hash(&bytes), None),
    };
    Ok(Module::Bytes { key, revision, bytes: bytes.into() })
}

/// What runs, and the keys and revisions of the manifest's actors as far as they are known before they start.
async fn running(client: &Client, modules: &BTreeMap<String, Module>) -> Result<Running, CommandError> {
    let mut running =
        Running { hosts: resolve::inventories(client).await?, links: client.links().await?, ..Running::default() };
    let key = |module: &Module| match module {
        Module::Bytes { key, .. } => Some(key.to_string()),
        Module::Known(text) => match text.parse::<PublicKey>() {
            Ok(key) if key.kind() == KeyKind::Module => Some(key.to_string()),
            _ => running.actor_from(text).map(str::to_owned),
        },
    };
    let actors = modules.iter().filter_map(|(component, module)| Some((component.clone(), key(module)?))).collect();
    running.actors = actors;
    let revision = |module: &Module| match module {
        Module::Bytes { revision, .. } => *revision,
        Module::Known(_) => None,
    };
    let revisions = modules.iter().filter_map(|(component, module)| Some((component.clone(), revision(module)?)));
    running.revisions = revisions.collect();
    Ok(running)
}

fn in_words(step: &Step) -> String {
    match step {
        Step::StartProvider { component, host, name, .. } => format!("start {component}, provider {name}, on {host}"),
        Step::UpdateActor { component, hosts, revision } => {
            format!("update {component} to revision {revision} on {}", hosts.join(", "))
        }
        Step::StartActor { component, host, max_instances } => {
            format!("start {component} on {host} for {max_instances} calls at once")
        }
        Step::PutLink { actor, provider, contract, link_name, .. } => {
            format!("link {actor} to {provider} for {contract} as {link_name:?}")
        }
    }
}

fn lines(lines: impl Iterator<Item = String>) -> String {
    let lines: Vec<_> = lines.collect();
    match lines.is_empty() {
        true => "all of it runs already".to_owned(),
        false => lines.join("\n"),
    }
}
