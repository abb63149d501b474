//! Whether a result is as new as what it was made from.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// Whether every one of `results` exists and none is older than the newest of `sources`.
pub(crate) fn is_fresh(results: &[PathBuf], sources: &[PathBuf]) -> bool {
    let oldest_result = results.iter().map(|path| modified(path)).min().flatten();
    let newest_source = sources.iter().filter_map(|path| modified(path)).max();
    matches!((oldest_result, newest_source), (Some(result), Some(source)) if result >= source)
}

fn modified(path: &Path) -> Option<SystemTime> {
    fs::metadata(path).and_then(|metadata| metadata.modified()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn file(folder: &Path, name: &str, seconds: u64) -> PathBuf {
        let path = folder.join(name);
        let file = fs::File::create(&path).unwrap();
        file.set_modified(SystemTime::UNIX_EPOCH + Duration::from_secs(seconds)).unwrap();
        path
    }

    #[test]
    fn one_old_or_missing_result_is_enough_to_make_all_anew() {
        let folder = tempfile::tempdir().unwrap();
        let source = file(folder.path(), "source", 10);
        let old = file(folder.path(), "old", 9);
        let new = file(folder.path(), "new", 11);
        let sources = [source];
        assert!(is_fresh(std::slice::from_ref(&new), &sources));
        assert!(!is_fresh(&[new.clone(), old], &sources));
        assert!(!is_fresh(&[new, folder.path().join("missing")], &sources));
    }
}
