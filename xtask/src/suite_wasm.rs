//! The engines' suite, as tabs run it, and the programs that tell tabs what servers do.

use crate::alone::alone;
use crate::command::cargo;
use crate::server::TAB;
use crate::tab_module::TabModule;
use anyhow::Result;

/// It has a folder of its own: it stands on the tab host, whose module it would else write over.
const SUITE: TabModule = TabModule {
    package: "wisteria-tests",
    features: &[],
    target: "target/suite",
    folder: "target/web/tests",
    name: "suite",
    is_packed: false,
    stamp: None,
};

/// Builds the suite and the programs.
pub(crate) fn build() -> Result<()> {
    let _alone = alone()?;
    SUITE.build()?;
    cargo(&["build", "--quiet", "--workspace", "--exclude", TAB, "--examples"])
}
