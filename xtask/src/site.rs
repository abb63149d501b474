//! `cargo xtask site`: the page as a folder of files, for hosts of files such as GitHub Pages. It needs no server of ours: this
//! browser's tabs are the lattice.

use crate::repository::at;
use crate::{actors, alone, host_wasm, page, setup};
use anyhow::{Context, Result};
use std::fs;
use std::path::Path;

type Step = fn() -> Result<()>;

/// Where the site goes.
const FOLDER: &str = "target/site";
/// The page as servers carry it.
const PAGE: &str = "playground/dist";
/// What the site's page says of itself in its head, as nobody sends headers with it.
const HEAD: &str = "playground/site-head.html";
/// After which the head goes on.
const CHARSET: &str = "<meta charset=\"utf-8\" />\n";

/// Builds the site and prints what it weighs.
pub(crate) fn build() -> Result<()> {
    let _alone = alone::alone()?;
    let steps: [(&str, Step); 4] = [
        ("setup", setup::ready),
        ("sample actors", actors::build),
        ("tab host", host_wasm::build),
        ("page", page::build),
    ];
    for (name, step) in steps {
        println!("==> {name}");
        step()?;
    }
    println!("==> site");
    let (files, bytes) = make(&at(PAGE), &at(FOLDER), &at(HEAD))?;
    println!("    {FOLDER}: {files} files, {:.1} KB; any host of files serves it, from any path", kilobytes(bytes));
    Ok(())
}

#[expect(clippy::cast_precision_loss, reason = "people read it")]
fn kilobytes(bytes: u64) -> f64 {
    bytes as f64 / 1000.0
}

/// Makes the folder anew; returns how many files it has, and their bytes.
fn make(page: &Path, folder: &Path, head: &Path) -> Result<(usize, u64)> {
    if folder.exists() {
        fs::remove_dir_all(folder).with_context(|| format!("removing {}", folder.display()))?;
    }
    let copied = copy(page, folder)?;
    let index = folder.join("index.html");
    let head = fs::read_to_string(head).with_context(|| format!("reading {}", head.display()))?;
    let html = fs::read_to_string(&index).with_context(|| format!("reading {}", index.display()))?;
    fs::write(&index, with_head(&html, &head)?).with_context(|| format!("writing {}", index.display()))?;
    Ok(copied)
}

/// The page with more in its head, before anything that it loads.
fn with_head(html: &str, head: &str) -> Result<String> {
    let (before, after) = html.split_once(CHARSET).context("the page's head does not name its charset")?;
    Ok([before, CHARSET, head, after].concat())
}

fn copy(from: &Path, to: &Path) -> Result<(usize, u64)> {
    let (mut files, mut bytes) = (0, 0);
    fs::create_dir_all(to).with_context(|| format!("making {}", to.display()))?;
    for entry in fs::read_dir(from).with_context(|| format!("reading {}", from.display()))? {
        let entry = entry?;
        let (path, target) = (entry.path(), to.join(entry.file_name()));
        // Servers of ours send these; a host of files compresses by itself.
        if path.extension().is_some_and(|extension| extension == "br") {
            continue;
        }
        if entry.file_type()?.is_dir() {
            let (more, of_these) = copy(&path, &target)?;
            files += more;
            bytes += of_these;
        } else {
            bytes += fs::copy(&path, &target).with_context(|| format!("copying {}", path.display()))?;
            files += 1;
        }
    }
    Ok((files, bytes))
}

#[cfg(test)]
mod tests {
    use super::{HEAD, make, with_head};
    use crate::repository::at;
    use std::fs;

    #[test]
    fn the_head_stands_before_all_that_the_page_loads() {
        let html = "<head>\n    <meta charset=\"utf-8\" />\n    <script src=\"a.js\"></script></head>";
        let made = with_head(html, "    <meta name=\"bridge\" />\n").unwrap();
        assert!(made.find("bridge").unwrap() < made.find("<script").unwrap());
        assert!(with_head("<head></head>", "").is_err());
    }

    #[test]
    fn a_site_has_all_files_of_the_page_and_nothing_of_a_site_before() {
        let folder = std::env::temp_dir().join(format!("wisteria-site-{}", std::process::id()));
        let (page, site) = (folder.join("page"), folder.join("site"));
        fs::create_dir_all(page.join("assets")).unwrap();
        fs::create_dir_all(&site).unwrap();
        fs::write(site.join("old.js"), "").unwrap();
        fs::write(page.join("index.html"), "<head>\n<meta charset=\"utf-8\" />\n</head>").unwrap();
        fs::write(page.join("assets/a.js"), "a").unwrap();
        fs::write(page.join("assets/a.js.br"), "b").unwrap();
        let made = make(&page, &site, &at(HEAD)).unwrap();
        let html = fs::read_to_string(site.join("index.html")).unwrap();
        let has = |name: &str| site.join(name).exists();
        let found = (
            made.0,
            has("assets/a.js"),
            has("assets/a.js.br") || has("old.js"),
            html.contains("content-security-policy"),
        );
        fs::remove_dir_all(&folder).unwrap();
        assert_eq!(found, (2, true, false, true));
    }
}
