//! The report of a whole repository.

use super::check::check;
use super::sources;
use anyhow::Result;

/// Prints every breach in the repository; true when there is none.
pub(crate) fn report() -> Result<bool> {
    let sources = sources::all()?;
    let breaches: Vec<String> = sources.iter().flat_map(check).collect();
    for breach in &breaches {
        println!("{breach}");
    }
    println!("tidy: {} files, {} breaches", sources.len(), breaches.len());
    Ok(breaches.is_empty())
}
