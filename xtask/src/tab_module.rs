//! Rust for tabs: compiled to WebAssembly, its JavaScript made by wasm-bindgen, made small by wasm-opt.

use crate::command::{command, run};
use crate::fresh::is_fresh;
use crate::repository::at;
use anyhow::{Context, Result, bail};
use std::fs;
use std::path::{Path, PathBuf};
use wasm_bindgen_cli_support::Bindgen;
use wasmparser::{Parser, Payload};

/// What Rust uses of WebAssembly beyond its first version; every engine that we test in has it.
const WASM_FEATURES: [&str; 6] = [
    "--enable-bulk-memory",
    "--enable-multivalue",
    "--enable-mutable-globals",
    "--enable-nontrapping-float-to-int",
    "--enable-reference-types",
    "--enable-sign-ext",
];

/// Inlining saves bytes, and costs more of them once compressed. Nothing lies below address 1024: there the stack ends.
const SMALL: [&str; 4] =
    ["-Os", "--always-inline-max-function-size=0", "--one-caller-inline-max-function-size=0", "--low-memory-unused"];

/// Leaves out where in the sources each panic is, and what `{:?}` shows of the fields of what derives it: 3 of 100 bytes.
/// Their text remains, and so does all that people read.
const UNEXPLAINED: &str = "-Zlocation-detail=none -Zfmt-debug=shallow";

/// What makes small what lies between the two languages.
const SHORTENING: &str = "www/scripts/glue.mjs";

/// A crate that runs in tabs, and where its build goes.
pub(crate) struct TabModule {
    /// The package.
    pub(crate) package: &'static str,
    /// The cargo features that it has.
    pub(crate) features: &'static [&'static str],
    /// Where cargo builds it. Builds that hold one package with other features or kinds of library need folders of their
    /// own: cargo gives the module the same name in all of them, and each would write over the others.
    pub(crate) target: &'static str,
    /// The folder that receives `NAME.js` and `NAME_bg.wasm`.
    pub(crate) folder: &'static str,
    /// The name.
    pub(crate) name: &'static str,
    /// Whether it is for the npm package: names between the two and what loads the module are made small, and it has nothing that
    /// explains Rust.
    pub(crate) is_packed: bool,
    /// What the module says of itself in a custom section: the section's name, and the text.
    pub(crate) stamp: Option<(&'static str, &'static str)>,
}

impl TabModule {
    /// The module's file once it is built.
    pub(crate) fn wasm(&self) -> PathBuf {
        at(self.folder).join(format!("{}_bg.wasm", self.name))
    }

    /// What the compiler makes, before it is bound to JavaScript and made small.
    pub(crate) fn compiled(&self) -> PathBuf {
        let file = format!("{}.wasm", self.package.replace('-', "_"));
        at(self.target).join("wasm32-unknown-unknown/wasm").join(file)
    }

    /// Builds it unless it is as new as its sources; tells whether it did.
    pub(crate) fn build(&self) -> Result<bool> {
        self.build_from_sources().with_context(|| format!("building {}", self.folder))
    }

    fn build_from_sources(&self) -> Result<bool> {
        let compiled = self.compile()?;
        let destination = at(self.folder);
        let results = [destination.join(format!("{}.js", self.name)), self.wasm()];
        if is_fresh(&results, &[compiled.clone(), std::env::current_exe()?, at(SHORTENING)]) {
            return Ok(false);
        }

        // Made aside and moved as a whole: a build that was interrupted leaves nothing that looks done.
        let staging = at("target/web").join("staging");
        let wasm = staging.join(format!("{}_bg.wasm", self.name));
        remove_folder(&staging)?;
        self.bind(&compiled, &staging)?;
        optimise(&wasm)?;
        refuse_env_imports(&wasm)?;
        if self.is_packed {
            run(command("node", [SHORTENING]).arg(&staging).arg(self.name))?;
        }
        if let Some((name, text)) = self.stamp {
            append_section(&wasm, name, text)?;
        }
        remove_folder(&destination)?;
        fs::create_dir_all(destination.parent().expect("the folder lies in the repository"))?;
        fs::rename(&staging, &destination).with_context(|| format!("moving the build to {}", destination.display()))?;
        Ok(true)
    }

    fn compile(&self) -> Result<PathBuf> {
        // As a cdylib alone: cargo optimises across crates only where no other kind of library is asked for.
        let arguments = ["rustc", "--quiet", "--target", "wasm32-unknown-unknown", "--profile", "wasm", "--lib"];
        let features = self.features.join(",");
        let target = at(self.target);
        let chosen = ["-p", self.package, "--features", &features, "--target-dir", &target.to_string_lossy()];
        let mut cargo = command("cargo", [&arguments[..], &chosen, &["--crate-type", "cdylib"]].concat());
        if self.is_packed {
            // The flags are none of stable Rust's; what its own configuration gives for this target stays.
            cargo.env("RUSTC_BOOTSTRAP", "1").env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS", UNEXPLAINED);
        }
        run(&mut cargo)?;
        Ok(self.compiled())
    }

    fn bind(&self, compiled: &Path, folder: &Path) -> Result<()> {
        let mut bindgen = Bindgen::new();
        bindgen
            .input_path(compiled)
            .out_name(self.name)
            .typescript(false)
            // Where the module lies is said by who loads it, once: each such place has bundlers carry the file along.
            .omit_default_module_path(true)
            .remove_producers_section(true);
        bindgen.web(true)?;
        bindgen.generate(folder).context("writing the JavaScript")
    }
}

fn optimise(wasm: &Path) -> Result<()> {
    let program = at("node_modules/.bin/wasm-opt");
    let mut wasm_opt = command(&program.to_string_lossy(), SMALL);
    run(wasm_opt.args(WASM_FEATURES).arg(wasm).arg("-o").arg(wasm))
}

/// Adds a custom section at the end of a module.
fn append_section(wasm: &Path, name: &str, text: &str) -> Result<()> {
    let mut bytes = fs::read(wasm).with_context(|| format!("reading {}", wasm.display()))?;
    bytes.extend(custom_section(name, text));
    fs::write(wasm, bytes).with_context(|| format!("writing {}", wasm.display()))
}

/// A custom section whose lengths are below 128, which LEB128 writes as they are.
fn custom_section(name: &str, text: &str) -> Vec<u8> {
    let byte = |length: usize| u8::try_from(length).ok().filter(|length| *length < 128).expect("a stamp is short");
    let content = [&[byte(name.len())], name.as_bytes(), text.as_bytes()].concat();
    [&[0, byte(content.len())], &content[..]].concat()
}

/// An import of `env` means that some crate expects an operating system or C library.
fn refuse_env_imports(wasm: &Path) -> Result<()> {
    let bytes = fs::read(wasm).with_context(|| format!("reading {}", wasm.display()))?;
    let names = env_imports(&bytes)?;
    if !names.is_empty() {
        bail!(
            "{} imports {} of `env`, which no tab has: find the crate that needs it",
            wasm.display(),
            names.join(", ")
        );
    }
    Ok(())
}

fn env_imports(bytes: &[u8]) -> Result<Vec<String>> {
    let mut names = Vec::new();
    for payload in Parser::new(0).parse_all(bytes) {
        let Payload::ImportSection(section) = payload? else {
            continue;
        };
        for import in section.into_imports() {
            let import = import?;
            if import.module == "env" {
                names.push(import.name.to_owned());
            }
        }
    }
    Ok(names)
}

fn remove_folder(folder: &Path) -> Result<()> {
    if folder.exists() {
        fs::remove_dir_all(folder).with_context(|| format!("removing {}", folder.display()))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{custom_section, env_imports};
    use wasmparser::{Parser, Payload};

    #[test]
    fn a_stamp_is_a_custom_section() {
        let module = [b"\0asm\x01\0\0\0", &custom_section("wisteria.host", "jspi")[..]].concat();
        let found = Parser::new(0).parse_all(&module).find_map(|payload| match payload.unwrap() {
            Payload::CustomSection(section) => Some((section.name().to_owned(), section.data().to_vec())),
            _ => None,
        });
        assert_eq!(found, Some(("wisteria.host".to_owned(), b"jspi".to_vec())));
    }

    #[test]
    fn imports_of_env_are_found_by_name() {
        // (module (type (func)) (import "env" "f" (func (type 0))) (import "wbg" "g" (func (type 0))))
        let mut module = b"\0asm\x01\0\0\0\x01\x04\x01\x60\0\0\x02\x11\x02".to_vec();
        module.extend_from_slice(b"\x03env\x01f\0\0\x03wbg\x01g\0\0");
        assert_eq!(env_imports(&module).unwrap(), ["f"]);
    }
}
