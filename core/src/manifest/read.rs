//! From JSON to an application.

use serde_json::Value;

use super::{
    application::{Application, Capability, Component, ComponentKind, DEFAULT_WEIGHT, LinkTrait, Scaling, Share},
    fields::{Fields, ManifestError},
};
use crate::call::DEFAULT_LINK_NAME;

/// The version of the model.
pub(super) const API_VERSION: &str = "core.oam.dev/v1beta1";
/// The kind of the document.
pub(super) const KIND: &str = "Application";

/// Components of an application at most.
const MOST_COMPONENTS: usize = 1_000;

impl Application {
    /// Reads a manifest. Everything in it has to be known, and each link has to lead to a capability of it.
    ///
    /// # Errors
    /// Names the first place that is wrong, and what may stand there.
    pub fn read(manifest: &Value) -> Result<Self, ManifestError> {
        let mut fields = Fields::of(String::new(), manifest)?;
        for (name, expected) in [("apiVersion", API_VERSION), ("kind", KIND)] {
            let found = fields.needed_text(name, expected)?;
            if found != expected {
                return Err(ManifestError::new(name, format!("is {found}; this reads {expected} alone")));
            }
        }
        let mut metadata = fields.needed_fields("metadata")?;
        let name = metadata.needed_text("name", "my-application")?;
        let annotations = metadata.texts("annotations")?;
        // Of no meaning here, as for wadm.
        metadata.texts("labels")?;
        metadata.end()?;
        let mut spec = fields.needed_fields("spec")?;
        let components = spec.list("components")?;
        if components.len() > MOST_COMPONENTS {
            let problem = format!("has {} components; an application has at most {MOST_COMPONENTS}", components.len());
            return Err(ManifestError::new("spec.components", problem));
        }
        let components = components.iter().map(|(place, value)| component(place, value)).collect::<Result<_, _>>()?;
        spec.end()?;
        fields.end()?;
        let application = Self { name, annotations, components };
        application.check_names()?;
        application.check_links()?;
        Ok(application)
    }

    fn check_names(&self) -> Result<(), ManifestError> {
        for (at, Component { name, .. }) in self.components.iter().enumerate() {
            if self.components[..at].iter().any(|other| other.name == *name) {
                let problem = format!("is {name}, as that of a component before it; give each a name of its own");
                return Err(ManifestError::new(&format!("spec.components[{at}].name"), problem));
            }
        }
        Ok(())
    }

    fn check_links(&self) -> Result<(), ManifestError> {
        for (at, component) in self.components.iter().enumerate() {
            let ComponentKind::Actor { links, .. } = &component.kind else {
                continue;
            };
            for link in links {
                let target = self.component(&link.target).map(|component| &component.kind);
                if !matches!(target, Some(ComponentKind::Capability(_))) {
                    let problem = format!("links to {}, which is {}", link.target, self.instead(target.is_some()));
                    return Err(ManifestError::new(&format!("spec.components[{at}].traits"), problem));
                }
            }
        }
        Ok(())
    }

    fn instead(&self, is_actor: bool) -> String {
        let is_capability = |component: &&Component| matches!(component.kind, ComponentKind::Capability(_));
        let names: Vec<_> = self.components.iter().filter(is_capability).map(|each| each.name.as_str()).collect();
        let what = if is_actor { "an actor" } else { "no component" };
        match names.is_empty() {
            true => format!("{what}; add a component of the type capability"),
            false => format!("{what}; capabilities of this manifest: {}", names.join(", ")),
        }
    }
}

fn component(place: &str, value: &Value) -> Result<Component, ManifestError> {
    let mut fields = Fields::of(place.to_owned(), value)?;
    let name = fields.needed_text("name", "counter")?;
    let kind = fields.needed_text("type", "actor")?;
    let mut properties = fields.needed_fields("properties")?;
    let traits = fields.list("traits")?;
    let (links, scaling) = read_traits(&traits)?;
    let kind = match kind.as_str() {
        "actor" => ComponentKind::Actor { image: properties.needed_text("image", "./counter.wasm")?, links },
        "capability" => {
            if let Some(link) = links.first() {
                let problem = format!("link {name} to {}; links belong to the actor that uses them", link.target);
                return Err(ManifestError::new(&format!("{place}.traits"), problem));
            }
            ComponentKind::Capability(Capability {
                image: properties.needed_text("image", "keyvalue-redis")?,
                contract: properties.needed_text("contract", "wasmcloud:keyvalue")?,
                link_name: properties.text("link_name")?.unwrap_or_else(|| DEFAULT_LINK_NAME.to_owned()),
            })
        }
        other => {
            let problem = format!("is {other}; it is actor or capability");
            return Err(ManifestError::new(&format!("{place}.type"), problem));
        }
    };
    properties.end()?;
    fields.end()?;
    Ok(Component { name, kind, scaling: scaling.unwrap_or_default() })
}

fn read_traits(traits: &[(String, &Value)]) -> Result<(Vec<LinkTrait>, Option<Scaling>), ManifestError> {
    let mut links = Vec::new();
    let mut scaling = None;
    for (place, value) in traits {
        let mut fields = Fields::of(place.clone(), value)?;
        let kind = fields.needed_text("type", "spreadscaler")?;
        let mut properties = fields.needed_fields("properties")?;
        if kind == "linkdef" {
            let target = properties.needed_text("target", "keyvalue")?;
            links.push(LinkTrait { target, values: properties.texts("values")? });
        } else {
            let read = scaling_of(&kind, place, &mut properties)?;
            if scaling.replace(read).is_some() {
                return Err(ManifestError::new(place, "scales the component a second time; keep one of the scalers"));
            }
        }
        properties.end()?;
        fields.end()?;
    }
    Ok((links, scaling))
}

fn scaling_of(kind: &str, place: &str, properties: &mut Fields<'_>) -> Result<Scaling, ManifestError> {
    let (replicas, instances) = (properties.number("replicas")?, properties.number("instances")?);
    let replicas = replicas.or(instances).unwrap_or(1);
    let shares: Vec<Share> =
        properties.list("spread")?.iter().map(|(place, value)| share(place, value)).collect::<Result<_, _>>()?;
    match kind {
        "spreadscaler" => {
            if !shares.is_empty() && shares.iter().all(|share| share.weight == 0) {
                return Err(ManifestError::new(place, "has weights of 0 alone; give one share a weight above 0"));
            }
            Ok(Scaling::Spread { replicas, shares })
        }
        "daemonscaler" => Ok(Scaling::Daemon { replicas, shares }),
        other => {
            let problem = format!("is {other}; it is spreadscaler, daemonscaler or linkdef");
            Err(ManifestError::new(&format!("{place}.type"), problem))
        }
    }
}

fn share(place: &str, value: &Value) -> Result<Share, ManifestError> {
    let mut fields = Fields::of(place.to_owned(), value)?;
    let share = Share {
        name: fields.text("name")?.unwrap_or_default(),
        requirements: fields.texts("requirements")?,
        weight: fields.number("weight")?.unwrap_or(DEFAULT_WEIGHT),
    };
    fields.end()?;
    Ok(share)
}
