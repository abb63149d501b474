//! `wisteria contracts`: what may be asked of providers and actors. Needs no lattice.

use clap::Args;
use serde_json::{Value, json};
use wisteria_contracts::schema::{Contract, Direction, Operation, contracts};

use super::{output::Output, run::CommandError, table::table};

/// Shows contracts, or one of them with its operations.
#[derive(Debug, Args)]
pub(super) struct ContractsArgs {
    /// The contract, wasmcloud:keyvalue; without, all of them
    contract: Option<String>,
}

impl ContractsArgs {
    pub(super) fn run(self, output: Output) -> Result<(), CommandError> {
        let all = contracts();
        let Some(name) = self.contract else {
            return Ok(output.print(&json!({ "contracts": all }), |_| contracts_text(&all))?);
        };
        let Some(contract) = all.iter().find(|contract| contract.id == name) else {
            let known = all.iter().map(|contract| contract.id).collect::<Vec<_>>().join(", ");
            return Err(CommandError::Contract { name, known });
        };
        Ok(output.print(&json!({ "contracts": [contract] }), |_| contract_text(contract))?)
    }
}

fn contracts_text(contracts: &[Contract]) -> String {
    let row = |contract: &Contract| {
        [contract.id.to_owned(), contract.operations.len().to_string(), contract.title.to_owned()]
    };
    table(["CONTRACT", "OPERATIONS", "WHAT FOR"], &contracts.iter().map(row).collect::<Vec<_>>())
}

fn contract_text(contract: &Contract) -> String {
    let row = |operation: &Operation| {
        let callee = match operation.direction {
            Direction::FromActor => "provider",
            Direction::ToActor => "actor",
        };
        let [input, output] = [&operation.input, &operation.output].map(|schema| shape(schema.as_value()));
        [operation.name.to_owned(), callee.to_owned(), input, output, operation.summary.to_owned()]
    };
    let rows = contract.operations.iter().map(row).collect::<Vec<_>>();
    table(["OPERATION", "ASKS", "INPUT", "OUTPUT", "WHAT IT DOES"], &rows)
}

/// What a schema takes, in a few characters: `{key, value?}` for a struct, whose fields with `?` may be left out.
fn shape(schema: &Value) -> String {
    let kinds = match &schema["type"] {
        Value::String(kind) => vec![kind.as_str()],
        Value::Array(kinds) => kinds.iter().filter_map(Value::as_str).collect(),
        _ => return choice(schema),
    };
    kinds.into_iter().map(|kind| shape_of(kind, schema)).collect::<Vec<_>>().join(" or ")
}

fn shape_of(kind: &str, schema: &Value) -> String {
    match kind {
        "null" => "nothing".to_owned(),
        "string" => schema["const"].as_str().unwrap_or("text").to_owned(),
        "boolean" => "true or false".to_owned(),
        "array" => format!("[{}]", shape(&schema["items"])),
        "object" => fields(schema),
        other => other.to_owned(),
    }
}

fn fields(schema: &Value) -> String {
    let Some(fields) = schema["properties"].as_object() else {
        let values = &schema["additionalProperties"];
        return if values.is_object() { format!("{{name: {}}}", shape(values)) } else { "{}".to_owned() };
    };
    let required = schema["required"].as_array().map_or(&[][..], Vec::as_slice);
    let field = |name: &String| match required.iter().any(|other| other == name) {
        true => name.clone(),
        false => format!("{name}?"),
    };
    format!("{{{}}}", fields.keys().map(field).collect::<Vec<_>>().join(", "))
}

/// One of several schemas.
fn choice(schema: &Value) -> String {
    if schema.pointer("/anyOf/1/properties/base64").is_some() {
        return "bytes".to_owned();
    }
    let schemas = ["anyOf", "oneOf"].into_iter().find_map(|word| schema[word].as_array());
    schemas.map_or_else(|| "anything".to_owned(), |schemas| schemas.iter().map(shape).collect::<Vec<_>>().join(" or "))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shapes(operation: &str) -> (String, String) {
        let operations = contracts().into_iter().flat_map(|contract| contract.operations);
        let found = operations.into_iter().find(|known| known.name == operation).expect("an operation");
        (shape(found.input.as_value()), shape(found.output.as_value()))
    }

    #[track_caller]
    fn check(operation: &str, input: &str, output: &str) {
        assert_eq!(shapes(operation), (input.to_owned(), output.to_owned()));
    }

    #[test]
    fn shapes_are_told_in_a_few_characters() {
        check("KeyValue.Set", "{expires?, key, value}", "nothing");
        check("KeyValue.SetUnion", "[text]", "[text]");
        check("KeyValue.Increment", "{key, value}", "integer");
        check("KeyValue2.Get", "text", "{etag, ttlMs?, value?} or nothing");
        check("Ui.ReadInputs", "[text]", "{name: text}");
        check("Actor.HealthRequest", "{}", "{healthy?, message?}");
        check("Telnet.SendText", "{session, text}", "true or false");
    }

    #[test]
    fn bytes_and_choices_are_told_as_such() {
        let secret = json!({ "anyOf": [{ "type": "string" }, { "properties": { "base64": {} } }] });
        assert_eq!(shape(&secret), "bytes");
        let one = json!({ "oneOf": [{ "type": "string", "const": "a" }, { "type": "string", "const": "b" }] });
        assert_eq!(shape(&one), "a or b");
    }
}
