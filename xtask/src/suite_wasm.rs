//! The engines' suite, as tabs run it.

use crate::alone::alone;
use crate::tab_module::TabModule;
use anyhow::Result;

/// It shares what it stands on with the tab host that carries the interpreter.
const SUITE: TabModule = TabModule {
    package: "wisteria-tests",
    features: &[],
    target: "target/wasmi",
    folder: "target/web/tests",
    name: "suite",
};

/// Builds the suite.
pub(crate) fn build() -> Result<()> {
    let _alone = alone()?;
    SUITE.build()?;
    Ok(())
}
