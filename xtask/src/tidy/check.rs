//! Applying the rules to one file.

use super::rules::{MAX_LINES, RULES, Rule, is_written_by_hand};
use super::sources::Source;

/// Every breach in `source`, as `path:line: rule: what and remedy`.
pub(super) fn check(source: &Source) -> Vec<String> {
    let lines: Vec<&str> = source.text.lines().collect();
    let rules = RULES.iter().filter(|rule| (rule.applies)(&source.path));
    let mut breaches: Vec<String> = rules.flat_map(|rule| breaches(rule, &source.path, &lines)).collect();
    if lines.len() > MAX_LINES && is_written_by_hand(&source.path) {
        breaches.push(format!(
            "{}:{}: size: longer than {MAX_LINES} lines: split it by subject",
            source.path,
            lines.len()
        ));
    }
    breaches
}

fn breaches(rule: &Rule, path: &str, lines: &[&str]) -> Vec<String> {
    let mut found = Vec::new();
    let end = if rule.in_tests { lines.len() } else { tests_begin(lines) };
    for (index, line) in lines[..end].iter().enumerate() {
        let code = line.trim_start();
        if code.starts_with("//") && !rule.in_comments {
            continue;
        }
        let Some(text) = rule.forbidden.iter().find(|text| mentions(code, text)) else {
            continue;
        };
        if (rule.unless)(&lines[index..]) {
            continue;
        }
        found.push(format!("{path}:{}: {}: `{text}` may not stand here: {}", index + 1, rule.name, rule.remedy));
    }
    found
}

/// The line at which the file's own tests begin, or the end; they stand last in a file.
fn tests_begin(lines: &[&str]) -> usize {
    let mut pairs = lines.windows(2);
    pairs
        .position(|pair| pair[0] == "#[cfg(test)]" && pair[1].starts_with("mod ") && pair[1].ends_with('{'))
        .unwrap_or(lines.len())
}

/// Whether `text` begins in `code` where a word or an absolute path can, so that `abort_sleep(` is not `sleep(`.
fn mentions(code: &str, text: &str) -> bool {
    let is_word = |character: char| character.is_alphanumeric() || character == '_';
    let is_inside = |before: &str| match text.chars().next() {
        Some('/') => before.ends_with(|character: char| is_word(character) || ".-}".contains(character)),
        Some(first) if is_word(first) => before.ends_with(is_word),
        _ => false,
    };
    code.match_indices(text).any(|(at, _)| !is_inside(&code[..at]))
}

#[cfg(test)]
mod tests {
    use super::{Source, check};

    fn expect(path: &str, text: &str, expected: &[&str]) {
        let breaches = check(&Source { path: path.to_owned(), text: text.to_owned() });
        let places: Vec<&str> = breaches.iter().map(|breach| breach.split(": `").next().unwrap()).collect();
        assert_eq!(places, expected, "{breaches:?}");
    }

    #[test]
    fn cfg_of_a_target_stands_only_in_files_made_for_it() {
        let text = "\n#[cfg(target_arch = \"wasm32\")]\nfn f() {}\n";
        expect("bridge/src/session.rs", text, &["bridge/src/session.rs:2: cfg"]);
        expect("bridge/src/transport.rs", "#[cfg(not(target_os = \"linux\"))]", &["bridge/src/transport.rs:1: cfg"]);
        expect("bridge/src/platform.rs", text, &[]);
    }

    #[test]
    fn core_asks_its_platform() {
        expect("core/src/host/mod.rs", "let now = Instant::now();", &["core/src/host/mod.rs:1: core"]);
        expect("core/src/host/mod.rs", "use tokio::sync::mpsc;", &["core/src/host/mod.rs:1: core"]);
        expect("core/src/host/mod.rs", "// Not Instant::now(): see Platform.", &[]);
        expect("server/src/platform.rs", "let now = Instant::now();", &[]);
        expect("core/src/bus.rs", "#[cfg(test)]\nmod tests {\n    #[tokio::test]\n}", &[]);
        expect("core/src/bus.rs", "#[cfg(test)]\nmod tests;\nuse tokio::spawn;", &["core/src/bus.rs:3: core"]);
    }

    #[test]
    fn tests_do_not_sleep() {
        expect("server/tests/cli/main.rs", "thread::sleep(SECOND);", &["server/tests/cli/main.rs:1: sleep"]);
        expect("tests/browser/until.mjs", "await sleep(10);", &["tests/browser/until.mjs:1: sleep"]);
        expect("server/tests/cli/main.rs", "cancel_sleep().await;", &[]);
        expect("bridge/tests/common/mod.rs", "Box::pin(tokio::time::sleep(duration))", &[]);
        expect("server/src/platform.rs", "tokio::time::sleep(duration).await", &[]);
    }

    #[test]
    fn an_allowed_lint_has_a_reason() {
        expect("core/src/a.rs", "#[allow(dead_code)]\nfn reason() {}", &["core/src/a.rs:1: allow"]);
        expect("core/src/a.rs", "#[allow(dead_code, reason = \"kept\")]", &[]);
        expect("core/src/a.rs", "#[allow(\n    dead_code,\n    reason = \"kept\"\n)]\nfn f() {}", &[]);
    }

    #[test]
    fn a_folder_of_one_machine_is_named_nowhere() {
        let folder = concat!("/ho", "me/");
        expect("README.md", &format!("cd {folder}me/wisteria"), &["README.md:1: machine"]);
        expect("core/src/a.rs", &format!("// See {folder}me/notes."), &["core/src/a.rs:1: machine"]);
        expect("www/src/a.ts", &format!("\nconst path = \"file://{folder}me\";"), &["www/src/a.ts:2: machine"]);
        expect("www/src/a.ts", &format!("import page from \"./pages{folder}page.js\";"), &[]);
    }

    #[test]
    fn a_file_has_600_lines_at_most() {
        expect("www/src/a.ts", &"x\n".repeat(600), &[]);
        expect("Cargo.lock", &"x\n".repeat(601), &[]);
        let breaches = check(&Source { path: "www/src/a.ts".to_owned(), text: "x\n".repeat(601) });
        assert_eq!(breaches, ["www/src/a.ts:601: size: longer than 600 lines: split it by subject"]);
    }
}
