//! The WebAssembly that the npm package carries: the tab host in two builds, the broker of tabs, and what reads manifests.

use crate::sizes;
use crate::tab_module::TabModule;
use anyhow::Result;
use std::path::PathBuf;

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
        is_packed: true,
        stamp: Some((STAMP, "jspi")),
    },
    TabModule {
        package: "wisteria-browser",
        features: &["wasmi"],
        target: "target/wasmi",
        folder: "www/dist/host-wasmi",
        name: "host",
        is_packed: true,
        stamp: Some((STAMP, "wasmi")),
    },
];

/// Loads only where manifests are used.
const MANIFESTS: TabModule = TabModule {
    package: "wisteria-manifests",
    features: &[],
    target: "target",
    folder: "www/dist/manifests",
    name: "manifests",
    is_packed: true,
    stamp: None,
};

/// Loads only in the tab that carries the lattice of tabs without a server.
const BROKER: TabModule = TabModule {
    package: "wisteria-browser-broker",
    features: &[],
    target: "target",
    folder: "www/dist/broker",
    name: "broker",
    is_packed: true,
    stamp: None,
};

/// What the compiler made of the tab host, with the names of its functions.
pub(crate) fn compiled() -> PathBuf {
    BUILDS[0].compiled()
}

/// Builds all of it and prints the sizes of what is new.
pub(crate) fn build() -> Result<()> {
    let mut built = Vec::new();
    for module in BUILDS.iter().chain([&BROKER, &MANIFESTS]) {
        if module.build()? {
            built.push(module.wasm());
        }
    }
    sizes::print(&built)
}
