//! The engines' suite, as tabs run it.

use crate::alone::alone;
use crate::tab_module::TabModule;
use anyhow::Result;

/// It has a folder of its own: it stands on the tab host, whose module it would else write over.
const SUITE: TabModule = TabModule {
    package: "wisteria-tests",
    features: &[],
    target: "target/suite",
    folder: "target/web/tests",
    name: "suite",
};

/// Builds the suite.
pub(crate) fn build() -> Result<()> {
    let _alone = alone()?;
    SUITE.build()?;
    Ok(())
}
