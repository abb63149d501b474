//! What can be made of a value by one change: a part is left out, added, or replaced by something else.

use rmpv::Value;

/// Every value that one change makes.
pub(crate) fn changes(value: &Value) -> Vec<Value> {
    let mut changed = replacements(value);
    match value {
        Value::Array(items) => {
            for (place, item) in items.iter().enumerate() {
                changed.extend(changes(item).into_iter().map(|other| {
                    let mut items = items.clone();
                    items[place] = other;
                    Value::Array(items)
                }));
            }
        }
        Value::Map(fields) => {
            let mut more = fields.clone();
            more.push(("notOfThisShape".into(), true.into()));
            changed.push(Value::Map(more));
            for (place, (name, item)) in fields.iter().enumerate() {
                let mut fewer = fields.clone();
                fewer.remove(place);
                changed.push(Value::Map(fewer));
                changed.extend(changes(item).into_iter().map(|other| {
                    let mut fields = fields.clone();
                    fields[place] = (name.clone(), other);
                    Value::Map(fields)
                }));
            }
        }
        _ => {}
    }
    changed
}

/// What may stand there instead. Left out is what MessagePack's reader takes and no contract promises: lists for structs
/// and bytes, small numbers for the words of a choice.
fn replacements(value: &Value) -> Vec<Value> {
    let mut others = vec![Value::Nil, true.into(), 1.5.into(), "other".into(), Value::Map(Vec::new())];
    if !value.is_map() && !value.is_bin() {
        others.push(Value::Array(Vec::new()));
    }
    others.extend([(-1).into(), 70_000.into(), u64::MAX.into(), i64::MIN.into()]);
    others
}
