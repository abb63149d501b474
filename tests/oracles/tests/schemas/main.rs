//! What contracts say of themselves is what their types take: schemas and the types' own readers judge the same values,
//! right and wrong ones, alike.

mod change;
mod samples;
mod validate;

use std::collections::BTreeSet;

use data_encoding::BASE64;
use rmpv::Value as Packed;
use serde_json::{Value as Json, json};
use wisteria_contracts::schema::{Contract, Operation, Schema, contracts};

use crate::samples::{Sample, Side, samples};

#[test]
fn schemas_and_types_judge_samples_and_what_is_made_of_them_alike() {
    let contracts = contracts();
    let mut wrong = Vec::new();
    for (sample, operation) in samples().iter().map(|sample| (sample, find(&contracts, sample))) {
        for (side, schema) in [(&sample.input, &operation.input), (&sample.output, &operation.output)] {
            wrong.extend(judge(side, schema).into_iter().map(|line| format!("{}: {line}", operation.name)));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// On what a schema and a type disagree.
fn judge(side: &Side, schema: &Schema) -> Vec<String> {
    let taken = |value: &Packed| (validate::takes(schema.as_value(), &to_json(value)), (side.reads)(&bytes_of(value)));
    let mut wrong = Vec::new();
    if taken(&side.value) != (true, true) {
        wrong.push(format!("{} is refused", side.value));
    }
    let mut refused = 0;
    for changed in change::changes(&side.value) {
        let (by_schema, by_type) = taken(&changed);
        refused += usize::from(!by_type);
        if by_schema != by_type {
            wrong.push(format!("{changed} is taken by the schema: {by_schema}, by the type: {by_type}"));
        }
    }
    if refused == 0 {
        wrong.push(format!("nothing made of {} is refused", side.value));
    }
    wrong
}

fn find<'a>(contracts: &'a [Contract], sample: &Sample) -> &'a Operation {
    let contract = contracts.iter().find(|contract| contract.id == sample.contract).expect("a contract of this name");
    let found = contract.operations.iter().find(|operation| operation.name == sample.operation);
    found.unwrap_or_else(|| panic!("{} has no {}", sample.contract, sample.operation))
}

#[test]
fn every_operation_has_a_sample() {
    let sampled = samples().iter().map(|sample| (sample.contract, sample.operation)).collect::<BTreeSet<_>>();
    for contract in contracts() {
        for operation in &contract.operations {
            assert!(sampled.contains(&(contract.id, operation.name)), "{} {}", contract.id, operation.name);
        }
    }
}

#[test]
fn the_page_on_contracts_names_every_contract_and_operation() {
    let page = include_str!("../../../../docs/contracts.md");
    for contract in contracts() {
        let heading = format!("## `{}`", contract.id);
        let (_, rest) = page.split_once(&heading).unwrap_or_else(|| panic!("no heading {heading}"));
        let section = rest.split("\n## ").next().expect("a split has a first part");
        for operation in &contract.operations {
            assert!(section.contains(&format!("| `{}` |", operation.name)), "{} {}", contract.id, operation.name);
        }
    }
}

/// As `wisteria call` shows it.
fn to_json(value: &Packed) -> Json {
    match value {
        Packed::Binary(bytes) => json!({ "base64": BASE64.encode(bytes) }),
        Packed::Array(items) => items.iter().map(to_json).collect(),
        Packed::Map(fields) => {
            let fields = fields.iter().map(|(name, value)| (name.as_str().expect("a name").to_owned(), to_json(value)));
            Json::Object(fields.collect())
        }
        Packed::Nil => Json::Null,
        Packed::Boolean(value) => json!(value),
        Packed::Integer(number) => number.as_u64().map_or_else(|| json!(number.as_i64()), |number| json!(number)),
        Packed::F64(number) => json!(number),
        Packed::String(text) => json!(text.as_str()),
        other => panic!("no sample holds {other}"),
    }
}

fn bytes_of(value: &Packed) -> Vec<u8> {
    let mut bytes = Vec::new();
    rmpv::encode::write_value(&mut bytes, value).expect("memory takes all bytes");
    bytes
}
