//! Whether a JSON Schema takes a value, for the keywords that contracts use; any other is an error of the test.

use serde_json::{Map, Value};

/// Whether `schema` takes `value`.
pub(crate) fn takes(schema: &Value, value: &Value) -> bool {
    let words = match schema {
        Value::Bool(all) => return *all,
        Value::Object(words) => words,
        other => panic!("{other} is no schema"),
    };
    words.iter().all(|(word, said)| holds(words, word, said, value))
}

fn holds(words: &Map<String, Value>, word: &str, said: &Value, value: &Value) -> bool {
    match word {
        "type" => list_or_one(said).iter().any(|name| is_of(name.as_str().expect("a type's name"), value)),
        "const" => said == value,
        "minimum" => at_least(value, said),
        "maximum" => at_least(said, value),
        "anyOf" => schemas(said).iter().any(|schema| takes(schema, value)),
        "oneOf" => schemas(said).iter().filter(|schema| takes(schema, value)).count() == 1,
        "items" => value.as_array().is_none_or(|items| items.iter().all(|item| takes(said, item))),
        "required" => value.as_object().is_none_or(|fields| {
            schemas(said).iter().all(|name| fields.contains_key(name.as_str().expect("a field's name")))
        }),
        "properties" => value.as_object().is_none_or(|fields| {
            let known = said.as_object().expect("schemas by name");
            fields.iter().all(|(name, value)| known.get(name).is_none_or(|schema| takes(schema, value)))
        }),
        "additionalProperties" => value.as_object().is_none_or(|fields| {
            let known = words.get("properties");
            let mut others = fields.iter().filter(|(name, _)| known.is_none_or(|known| known.get(name).is_none()));
            others.all(|(_, value)| takes(said, value))
        }),
        "default" => takes(&Value::Object(without_default(words)), said),
        "description" | "contentEncoding" => said.is_string(),
        unknown => panic!("{unknown} is not known here"),
    }
}

/// A default must be a value of its own schema.
fn without_default(words: &Map<String, Value>) -> Map<String, Value> {
    words.clone().into_iter().filter(|(word, _)| word != "default").collect()
}

fn is_of(name: &str, value: &Value) -> bool {
    match name {
        "null" => value.is_null(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        "string" => value.is_string(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        unknown => panic!("{unknown} is no type"),
    }
}

/// Whether a number is not below another; what is no number is not bounded.
fn at_least(value: &Value, bound: &Value) -> bool {
    match (number(value), number(bound)) {
        (Some(value), Some(bound)) => value >= bound,
        _ => true,
    }
}

fn number(value: &Value) -> Option<i128> {
    value.as_u64().map(i128::from).or_else(|| value.as_i64().map(i128::from))
}

fn list_or_one(said: &Value) -> &[Value] {
    said.as_array().map_or(std::slice::from_ref(said), Vec::as_slice)
}

fn schemas(said: &Value) -> &[Value] {
    said.as_array().expect("a list")
}
