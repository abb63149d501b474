//! Reading a JSON value field by field, so that an error names the place and what may stand there.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

/// Why a manifest cannot be read: the place, what is wrong with it, and what to write instead.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{place} {problem}")]
pub struct ManifestError {
    /// Where: `spec.components[0].properties.image`.
    pub place: String,
    /// What is wrong, and the remedy.
    pub problem: String,
}

impl ManifestError {
    pub(super) fn new(place: &str, problem: impl Into<String>) -> Self {
        let place = if place.is_empty() { "the manifest" } else { place };
        Self { place: place.to_owned(), problem: problem.into() }
    }
}

/// An object of which every field is to be known.
pub(super) struct Fields<'a> {
    place: String,
    object: &'a Map<String, Value>,
    known: Vec<&'static str>,
}

impl<'a> Fields<'a> {
    pub(super) fn of(place: String, value: &'a Value) -> Result<Self, ManifestError> {
        match value {
            Value::Object(object) => Ok(Self { place, object, known: Vec::new() }),
            other => Err(ManifestError::new(&place, format!("is {}; it is to be a mapping", kind(other)))),
        }
    }

    /// The place of a field.
    pub(super) fn at(&self, name: &str) -> String {
        match self.place.is_empty() {
            true => name.to_owned(),
            false => format!("{}.{name}", self.place),
        }
    }

    /// A field that may be missing, or null.
    pub(super) fn get(&mut self, name: &'static str) -> Option<&'a Value> {
        self.known.push(name);
        self.object.get(name).filter(|value| !value.is_null())
    }

    /// An object that may be missing.
    pub(super) fn fields(&mut self, name: &'static str) -> Result<Option<Self>, ManifestError> {
        let place = self.at(name);
        self.get(name).map(|value| Self::of(place, value)).transpose()
    }

    /// An object that has to be there.
    pub(super) fn needed_fields(&mut self, name: &'static str) -> Result<Self, ManifestError> {
        let place = self.at(name);
        self.fields(name)?.ok_or_else(|| ManifestError::new(&place, "is missing"))
    }

    /// A text that may be missing.
    pub(super) fn text(&mut self, name: &'static str) -> Result<Option<String>, ManifestError> {
        let place = self.at(name);
        self.get(name).map(|value| text(&place, value)).transpose()
    }

    /// A text that has to be there, and says something.
    pub(super) fn needed_text(&mut self, name: &'static str, example: &str) -> Result<String, ManifestError> {
        let place = self.at(name);
        match self.text(name)? {
            Some(text) if !text.trim().is_empty() => Ok(text),
            Some(_) => Err(ManifestError::new(&place, format!("is empty; write {name}: {example}"))),
            None => Err(ManifestError::new(&place, format!("is missing; write {name}: {example}"))),
        }
    }

    /// A whole number that may be missing.
    pub(super) fn number(&mut self, name: &'static str) -> Result<Option<u32>, ManifestError> {
        let place = self.at(name);
        let Some(value) = self.get(name) else {
            return Ok(None);
        };
        match value.as_u64().and_then(|number| u32::try_from(number).ok()) {
            Some(number) => Ok(Some(number)),
            None => Err(ManifestError::new(&place, format!("is {value}; it is to be a whole number from 0 on"))),
        }
    }

    /// Texts by their names; none where they are missing. Numbers and truth values are texts to whoever reads them.
    pub(super) fn texts(&mut self, name: &'static str) -> Result<BTreeMap<String, String>, ManifestError> {
        let place = self.at(name);
        let Some(object) = self.fields(name)? else {
            return Ok(BTreeMap::new());
        };
        let mut texts = BTreeMap::new();
        for (key, value) in object.object {
            texts.insert(key.clone(), text(&format!("{place}.{key}"), value)?);
        }
        Ok(texts)
    }

    /// The elements of a list, each with its place; none where it is missing.
    pub(super) fn list(&mut self, name: &'static str) -> Result<Vec<(String, &'a Value)>, ManifestError> {
        let place = self.at(name);
        match self.get(name) {
            None => Ok(Vec::new()),
            Some(Value::Array(elements)) => {
                Ok(elements.iter().enumerate().map(|(at, element)| (format!("{place}[{at}]"), element)).collect())
            }
            Some(other) => Err(ManifestError::new(&place, format!("is {}; it is to be a list", kind(other)))),
        }
    }

    /// Refuses what nobody has read: a word that is misspelt is not passed over.
    pub(super) fn end(self) -> Result<(), ManifestError> {
        match self.object.keys().find(|name| !self.known.contains(&name.as_str())) {
            None => Ok(()),
            Some(name) => {
                let problem = format!("is not known; known here: {}", self.known.join(", "));
                Err(ManifestError::new(&self.at(name), problem))
            }
        }
    }
}

fn text(place: &str, value: &Value) -> Result<String, ManifestError> {
    match value {
        Value::String(text) => Ok(text.clone()),
        Value::Number(number) => Ok(number.to_string()),
        Value::Bool(truth) => Ok(truth.to_string()),
        other => Err(ManifestError::new(place, format!("is {}; it is to be a text", kind(other)))),
    }
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "empty",
        Value::Bool(_) => "a truth value",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "a mapping",
    }
}
