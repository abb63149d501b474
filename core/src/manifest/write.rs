//! From an application to JSON.

use serde_json::{Map, Value, json};

use super::{
    application::{Application, Capability, Component, ComponentKind, DEFAULT_WEIGHT, Scaling, Share},
    read::{API_VERSION, KIND},
};
use crate::call::DEFAULT_LINK_NAME;

impl Application {
    /// The manifest of the application; [`Application::read`] makes the same of it. What would be said by default is left
    /// out.
    pub fn write(&self) -> Value {
        let mut metadata = Map::new();
        metadata.insert("name".to_owned(), self.name.clone().into());
        if !self.annotations.is_empty() {
            metadata.insert("annotations".to_owned(), json!(self.annotations));
        }
        let components: Vec<_> = self.components.iter().map(component).collect();
        json!({ "apiVersion": API_VERSION, "kind": KIND, "metadata": metadata, "spec": { "components": components } })
    }
}

fn component(component: &Component) -> Value {
    let mut traits = Vec::new();
    let (kind, properties) = match &component.kind {
        ComponentKind::Actor { image, links } => {
            for link in links {
                let mut properties = Map::new();
                properties.insert("target".to_owned(), link.target.clone().into());
                if !link.values.is_empty() {
                    properties.insert("values".to_owned(), json!(link.values));
                }
                traits.push(json!({ "type": "linkdef", "properties": properties }));
            }
            ("actor", json!({ "image": image }))
        }
        ComponentKind::Capability(Capability { image, contract, link_name }) => {
            let mut properties = json!({ "image": image, "contract": contract });
            if link_name != DEFAULT_LINK_NAME {
                properties["link_name"] = link_name.clone().into();
            }
            ("capability", properties)
        }
    };
    if component.scaling != Scaling::default() {
        traits.push(scaling(&component.scaling));
    }
    let mut written = json!({ "name": component.name, "type": kind, "properties": properties });
    if !traits.is_empty() {
        written["traits"] = traits.into();
    }
    written
}

fn scaling(scaling: &Scaling) -> Value {
    let (kind, replicas, shares) = match scaling {
        Scaling::Spread { replicas, shares } => ("spreadscaler", replicas, shares),
        Scaling::Daemon { replicas, shares } => ("daemonscaler", replicas, shares),
    };
    let mut properties = json!({ "replicas": replicas });
    if !shares.is_empty() {
        properties["spread"] = shares.iter().map(share).collect();
    }
    json!({ "type": kind, "properties": properties })
}

fn share(share: &Share) -> Value {
    let mut written = Map::new();
    if !share.name.is_empty() {
        written.insert("name".to_owned(), share.name.clone().into());
    }
    if !share.requirements.is_empty() {
        written.insert("requirements".to_owned(), json!(share.requirements));
    }
    if share.weight != DEFAULT_WEIGHT {
        written.insert("weight".to_owned(), share.weight.into());
    }
    written.into()
}
