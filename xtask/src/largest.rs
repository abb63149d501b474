//! The largest functions of a WebAssembly module, by name.

use anyhow::{Context, Result};
use std::collections::HashMap;
use std::fs;
use std::path::Path;
use wasmparser::{KnownCustom, Name, Parser, Payload, TypeRef};

/// A function with the bytes that its code takes.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Function {
    /// Its name, or its number where it has none.
    pub(crate) name: String,
    /// Bytes of its code.
    pub(crate) bytes: u64,
}

/// The `most` largest functions of a module's file, largest first, and the bytes of all code.
pub(crate) fn of_file(wasm: &Path, most: usize) -> Result<(Vec<Function>, u64)> {
    let module = fs::read(wasm).with_context(|| format!("reading {}", wasm.display()))?;
    largest(&module, most).with_context(|| format!("parsing {}", wasm.display()))
}

fn largest(module: &[u8], most: usize) -> Result<(Vec<Function>, u64)> {
    let mut imported = 0;
    let mut sizes = Vec::new();
    let mut names = HashMap::new();
    for payload in Parser::new(0).parse_all(module) {
        match payload? {
            Payload::ImportSection(section) => {
                for import in section.into_imports() {
                    imported += u32::from(matches!(import?.ty, TypeRef::Func(_)));
                }
            }
            Payload::CodeSectionEntry(body) => sizes.push(body.range().end - body.range().start),
            Payload::CustomSection(section) => {
                let KnownCustom::Name(subsections) = section.as_known() else { continue };
                for subsection in subsections {
                    let Name::Function(map) = subsection? else { continue };
                    for naming in map {
                        let naming = naming?;
                        names.insert(naming.index, format!("{:#}", rustc_demangle::demangle(naming.name)));
                    }
                }
            }
            _ => {}
        }
    }
    let total = sizes.iter().sum();
    let mut functions: Vec<_> = (imported..)
        .zip(sizes)
        .map(|(index, bytes)| Function {
            name: names.remove(&index).unwrap_or_else(|| format!("function {index}")),
            bytes,
        })
        .collect();
    functions.sort_by(|one, other| other.bytes.cmp(&one.bytes).then_with(|| one.name.cmp(&other.name)));
    functions.truncate(most);
    Ok((functions, total))
}

#[cfg(test)]
mod tests {
    use super::{Function, largest};

    #[test]
    fn functions_are_named_by_the_name_section_and_counted_after_the_imports() {
        // (module (import "m" "f" (func)) (func $small) (func (drop (i32.const 0)))), with a name for the second of three.
        let mut module = b"\0asm\x01\0\0\0\x01\x04\x01\x60\0\0\x02\x07\x01\x01m\x01f\0\0\x03\x03\x02\0\0".to_vec();
        module.extend_from_slice(b"\x0a\x0a\x02\x02\0\x0b\x05\0\x41\0\x1a\x0b");
        module.extend_from_slice(b"\0\x0f\x04name\x01\x08\x01\x01\x05small");
        let (functions, total) = largest(&module, 2).unwrap();
        let named = |name: &str, bytes| Function { name: name.to_owned(), bytes };
        assert_eq!(functions, [named("function 2", 5), named("small", 2)]);
        assert_eq!(total, 7);
        assert_eq!(largest(&module, 1).unwrap().0.len(), 1);
    }
}
