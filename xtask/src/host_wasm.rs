//! The tab host, in the two builds that the npm package carries.

use crate::sizes;
use crate::tab_module::TabModule;
use anyhow::Result;

/// The section by which the npm package (`www/src/wasm.ts`) knows its own modules, and which of them it was given.
const STAMP: &str = "wisteria.host";

/// The second loads only where the tab's own WebAssembly cannot suspend.
const BUILDS: [TabModule; 2] = [
    TabModule {
        package: "wisteria-browser",
        features: &[],
        target: "target",
        folder: "www/dist/host",
        name: "host",
        stamp: Some((STAMP, "jspi")),
    },
    TabModule {
        package: "wisteria-browser",
        features: &["wasmi"],
        target: "target/wasmi",
        folder: "www/dist/host-wasmi",
        name: "host",
        stamp: Some((STAMP, "wasmi")),
    },
];

/// Builds both and prints the sizes of those that are new.
pub(crate) fn build() -> Result<()> {
    let mut built = Vec::new();
    for host in &BUILDS {
        if host.build()? {
            built.push(host.wasm());
        }
    }
    sizes::print(&built)
}
