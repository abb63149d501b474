//! How contracts describe themselves: what goes into each operation and comes out of it, as JSON Schema, draft 2020-12.
//!
//! The JSON is that which `wisteria call` and pages turn into MessagePack: bytes are text or `{"base64": "…"}`. A schema
//! takes what the type takes; fields that may be left out have their default. Bounds that only a provider knows stand in
//! descriptions.

use schemars::{
    JsonSchema, SchemaGenerator,
    generate::SchemaSettings,
    json_schema,
    transform::{Transform, transform_subschemas},
};
use serde::Serialize;
use serde_json::{Value, json};

pub use schemars::Schema;

use crate::{
    actor, blobstore, cron, eventstreams, httpclient, httpserver, keyvalue, keyvalue2, logging, messaging, numbergen,
    secrets, sqldb, telnet, ui,
};

/// Every contract there is.
pub fn contracts() -> Vec<Contract> {
    vec![
        actor::describe(),
        blobstore::describe(),
        httpclient::describe(),
        httpserver::describe(),
        keyvalue::describe(),
        messaging::describe(),
        sqldb::describe(),
        logging::describe(),
        numbergen::describe(),
        cron::describe(),
        eventstreams::describe(),
        keyvalue2::describe(),
        secrets::describe(),
        telnet::describe(),
        ui::describe(),
    ]
}

/// What a contract is for, and what it offers.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Contract {
    /// Its name, as claims and links have it.
    pub id: &'static str,
    /// What it is for, in a few words.
    pub title: &'static str,
    /// Its operations.
    pub operations: Vec<Operation>,
}

/// What an operation takes and gives.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Operation {
    /// Its name, `Service.Method`.
    pub name: &'static str,
    /// Who calls whom.
    pub direction: Direction,
    /// What it does, in a sentence.
    pub summary: &'static str,
    /// What goes in.
    pub input: Schema,
    /// What comes out.
    pub output: Schema,
}

/// Who calls whom.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Direction {
    /// An actor calls a provider.
    FromActor,
    /// A provider, or whoever else may, calls an actor.
    ToActor,
}

impl Contract {
    /// One without operations.
    pub(crate) fn new(id: &'static str, title: &'static str) -> Self {
        Self { id, title, operations: Vec::new() }
    }

    /// Adds an operation that actors call.
    pub(crate) fn by_actor<In: JsonSchema, Out: JsonSchema>(self, name: &'static str, summary: &'static str) -> Self {
        self.with::<In, Out>(Direction::FromActor, name, summary)
    }

    /// Adds an operation by which actors are called.
    pub(crate) fn by_provider<In: JsonSchema, Out: JsonSchema>(
        self,
        name: &'static str,
        summary: &'static str,
    ) -> Self {
        self.with::<In, Out>(Direction::ToActor, name, summary)
    }

    fn with<In: JsonSchema, Out: JsonSchema>(
        mut self,
        direction: Direction,
        name: &'static str,
        summary: &'static str,
    ) -> Self {
        let operation = Operation { name, direction, summary, input: schema_of::<In>(), output: schema_of::<Out>() };
        self.operations.push(operation);
        self
    }
}

/// What a type takes, in one piece.
fn schema_of<T: JsonSchema>() -> Schema {
    let settings = SchemaSettings::draft2020_12().with(|settings| {
        settings.inline_subschemas = true;
        settings.meta_schema = None;
    });
    let mut schema = settings.with_transform(Tidy).into_generator().into_root_schema_for::<T>();
    // A name of Rust's, `Array_of_string`.
    schema.remove("title");
    schema
}

/// Bytes, as they stand in JSON.
pub(crate) enum Bytes {}

impl JsonSchema for Bytes {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Bytes".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "anyOf": [
                { "type": "string" },
                {
                    "type": "object",
                    "properties": { "base64": { "type": "string", "contentEncoding": "base64" } },
                    "required": ["base64"],
                    "additionalProperties": false,
                },
            ]
        })
    }
}

/// Says the bounds of numbers in the standard's own words, joins the lines of descriptions, and leaves out what only Rust
/// understands.
#[derive(Debug, Clone)]
struct Tidy;

impl Transform for Tidy {
    fn transform(&mut self, schema: &mut Schema) {
        let format = schema.get("format").and_then(Value::as_str);
        if let Some((least, most)) = format.and_then(bounds) {
            schema.insert("minimum".to_owned(), least);
            schema.insert("maximum".to_owned(), most);
            schema.remove("format");
        }
        // The default of bytes is written as an array of numbers, which is not how they stand in JSON.
        if schema.pointer("/anyOf/1/properties/base64").is_some() {
            schema.remove("default");
        }
        if let Some(Value::String(text)) = schema.get_mut("description") {
            *text = text.replace('\n', " ");
        }
        transform_subschemas(self, schema);
    }
}

fn bounds(format: &str) -> Option<(Value, Value)> {
    Some(match format {
        "uint8" => (json!(0), json!(u8::MAX)),
        "uint16" => (json!(0), json!(u16::MAX)),
        "uint32" => (json!(0), json!(u32::MAX)),
        "uint64" => (json!(0), json!(u64::MAX)),
        "int32" => (json!(i32::MIN), json!(i32::MAX)),
        "int64" => (json!(i64::MIN), json!(i64::MAX)),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_contract_and_every_operation_of_one_has_a_name_of_its_own() {
        let contracts = contracts();
        let ids = contracts.iter().map(|contract| contract.id).collect::<BTreeSet<_>>();
        assert_eq!(ids.len(), contracts.len());
        for Contract { id, operations, .. } in &contracts {
            let names = operations.iter().map(|operation| operation.name).collect::<BTreeSet<_>>();
            assert_eq!(names.len(), operations.len(), "{id}");
            assert!(!names.is_empty() && names.iter().all(|name| name.split('.').count() == 2), "{names:?}");
        }
    }

    #[test]
    fn a_schema_says_types_bounds_defaults_and_how_bytes_stand_in_json() {
        let schema = schema_of::<cron::Tick>();
        assert_eq!(schema.pointer("/properties/missed/maximum"), Some(&json!(u32::MAX)));
        assert_eq!(schema.pointer("/properties/missed/default"), Some(&json!(0)));
        assert_eq!(schema.get("required"), Some(&json!(["name", "scheduledTime", "sentTime"])));
        let body = schema_of::<httpserver::HttpRequest>().pointer("/properties/body").cloned();
        let bytes = body.expect("a request has a body");
        assert_eq!(bytes["anyOf"][0], json!({ "type": "string" }));
        assert_eq!(bytes["anyOf"][1]["required"], json!(["base64"]));
        assert_eq!(bytes.get("default"), None);
    }

    #[test]
    fn nothing_is_null_and_a_schema_stands_by_itself() {
        assert_eq!(schema_of::<()>().as_value(), &json!({ "type": "null" }));
        let all = serde_json::to_string(&contracts()).expect("schemas are JSON");
        for word in ["$ref", "$defs", "\\n", "uint"] {
            assert!(!all.contains(word), "{word}");
        }
    }
}
