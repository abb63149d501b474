//! The tab host: Rust to WebAssembly, its JavaScript by wasm-bindgen, made small by wasm-opt.

use crate::command::{cargo, command, run};
use crate::fresh::is_fresh;
use crate::repository::at;
use crate::sizes;
use anyhow::{Context, Result, bail};
use std::fs;
use std::path::Path;
use wasm_bindgen_cli_support::Bindgen;
use wasmparser::{Parser, Payload};

/// What both builds are called: `host.js` and `host_bg.wasm`.
const OUT_NAME: &str = "host";
/// What Rust uses of WebAssembly beyond its first version; every engine that we test in has it.
const WASM_FEATURES: [&str; 6] = [
    "--enable-bulk-memory",
    "--enable-multivalue",
    "--enable-mutable-globals",
    "--enable-nontrapping-float-to-int",
    "--enable-reference-types",
    "--enable-sign-ext",
];

/// One build of the tab host.
struct Variant {
    /// The folder below `www/dist`.
    folder: &'static str,
    /// The cargo features that it has.
    features: &'static [&'static str],
    /// Where cargo builds it. Each has a folder of its own: cargo gives the module the same name whatever its features,
    /// and would take one for the other.
    target: &'static str,
}

/// The second loads only where the tab's own WebAssembly cannot suspend.
const VARIANTS: [Variant; 2] = [
    Variant { folder: "host", features: &[], target: "target" },
    Variant { folder: "host-wasmi", features: &["wasmi"], target: "target/wasmi" },
];

/// Builds both variants into `www/dist` and prints the sizes of those that are new.
pub(crate) fn build() -> Result<()> {
    let mut built = Vec::new();
    for variant in &VARIANTS {
        if build_variant(variant).with_context(|| format!("building {}", variant.folder))? {
            built.push(at("www/dist").join(variant.folder).join("host_bg.wasm"));
        }
    }
    sizes::print(&built)
}

/// Builds one variant unless it is as new as its sources; tells whether it did.
fn build_variant(variant: &Variant) -> Result<bool> {
    let features = variant.features.join(",");
    let arguments =
        ["build", "--quiet", "-p", "wisteria-browser", "--target", "wasm32-unknown-unknown", "--profile", "wasm"];
    let target = at(variant.target);
    cargo(&[&arguments[..], &["--features", &features, "--target-dir", &target.to_string_lossy()]].concat())?;

    let compiled = target.join("wasm32-unknown-unknown/wasm/wisteria_browser.wasm");
    let destination = at("www/dist").join(variant.folder);
    let results = ["host.js", "host_bg.wasm"].map(|name| destination.join(name));
    if is_fresh(&results, &[compiled.clone(), std::env::current_exe()?]) {
        return Ok(false);
    }

    // Made aside and moved as a whole: a build that was interrupted leaves nothing that looks done.
    let staging = at("target/web").join(variant.folder);
    remove_folder(&staging)?;
    bind(&compiled, &staging, OUT_NAME)?;
    optimise(&staging.join("host_bg.wasm"))?;
    refuse_env_imports(&staging.join("host_bg.wasm"))?;
    remove_folder(&destination)?;
    fs::create_dir_all(at("www/dist"))?;
    fs::rename(&staging, &destination).with_context(|| format!("moving the build to {}", destination.display()))?;
    Ok(true)
}

/// Writes a compiled module and its JavaScript to a folder, as `{name}_bg.wasm` and `{name}.js`.
pub(crate) fn bind(compiled: &Path, folder: &Path, name: &str) -> Result<()> {
    let mut bindgen = Bindgen::new();
    bindgen
        .input_path(compiled)
        .out_name(name)
        .typescript(false)
        .omit_default_module_path(false)
        .remove_producers_section(true);
    bindgen.web(true)?;
    bindgen.generate(folder).with_context(|| format!("writing the JavaScript of {name}"))
}

fn optimise(wasm: &Path) -> Result<()> {
    let program = at("node_modules/.bin/wasm-opt");
    let mut wasm_opt = command(&program.to_string_lossy(), ["-Oz"]);
    run(wasm_opt.args(WASM_FEATURES).arg(wasm).arg("-o").arg(wasm))
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
    use super::env_imports;

    #[test]
    fn imports_of_env_are_found_by_name() {
        // (module (type (func)) (import "env" "f" (func (type 0))) (import "wbg" "g" (func (type 0))))
        let mut module = b"\0asm\x01\0\0\0\x01\x04\x01\x60\0\0\x02\x11\x02".to_vec();
        module.extend_from_slice(b"\x03env\x01f\0\0\x03wbg\x01g\0\0");
        assert_eq!(env_imports(&module).unwrap(), ["f"]);
    }
}
