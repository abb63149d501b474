//! The rules, one value each: where a rule looks, what it forbids and why.

/// Text that must not stand in some files.
pub(super) struct Rule {
    /// Names the rule in the report.
    pub(super) name: &'static str,
    /// Whether the rule looks at the file of this path.
    pub(super) applies: fn(path: &str) -> bool,
    /// What must not stand in a line.
    pub(super) forbidden: &'static [&'static str],
    /// What makes up for it: told the line and those after it.
    pub(super) unless: fn(lines: &[&str]) -> bool,
    /// Whether it also holds in the tests that stand in the same file.
    pub(super) in_tests: bool,
    /// Whether it also holds in comments.
    pub(super) in_comments: bool,
    /// What to do instead.
    pub(super) remedy: &'static str,
}

/// A file longer than this has more than one subject.
pub(super) const MAX_LINES: usize = 600;

/// Every rule about a single line.
pub(super) const RULES: [Rule; 5] = [
    Rule {
        name: "cfg",
        applies: |path| {
            is_rust(path) && !is_tidy(path) && !["platform.rs", "native.rs", "browser.rs"].contains(&file_name(path))
        },
        forbidden: &["cfg(target_", "cfg(not(target_", "cfg(any(target_", "cfg(all(target_", "cfg_attr(target_"],
        unless: |_| false,
        in_tests: true,
        in_comments: false,
        remedy: "move it to a file named platform.rs, native.rs or browser.rs",
    },
    Rule {
        name: "core",
        applies: |path| is_rust(path) && path.starts_with("core/src/") && file_name(path) != "tests.rs",
        forbidden: &[
            "tokio::",
            "wasmtime::",
            "web_sys",
            "js_sys",
            "std::fs",
            "std::net",
            "std::thread",
            "Instant::now",
            "SystemTime::now",
        ],
        unless: |_| false,
        in_tests: false,
        in_comments: false,
        remedy: "core runs everywhere: ask the Platform, Engine or Bus for it",
    },
    Rule {
        name: "sleep",
        applies: |path| is_test(path) && !is_tidy(path),
        forbidden: &["sleep(", "waitForTimeout("],
        unless: |lines| !waits(lines[0]),
        in_tests: true,
        in_comments: false,
        remedy: "wait for the event, or use virtual time",
    },
    Rule {
        name: "allow",
        applies: |path| is_rust(path) && !is_tidy(path),
        forbidden: &["#[allow(", "#![allow("],
        unless: has_reason,
        in_tests: true,
        in_comments: false,
        remedy: "say why: `reason = \"…\"`",
    },
    Rule {
        name: "machine",
        applies: |_| true,
        // In pieces: this file has no such path in it either.
        forbidden: &[concat!("/ho", "me/"), concat!("/Us", "ers/"), concat!("/wo", "rk/"), concat!("/ro", "ot/")],
        unless: |_| false,
        in_tests: true,
        in_comments: true,
        remedy: "nobody else has this folder: give the path from the repository, or ask the system for it",
    },
];

/// Whether the line waits for the sleep that it mentions; a test's own `Platform` must offer one.
fn waits(line: &str) -> bool {
    ["await", "thread::", "waitForTimeout"].iter().any(|word| line.contains(word))
}

/// Whether the attribute that begins in the first of `lines` says why.
fn has_reason(lines: &[&str]) -> bool {
    let mut attribute = lines.iter().scan(false, |ended, line| {
        let more = !*ended;
        *ended = line.trim_end().ends_with(")]");
        more.then_some(*line)
    });
    attribute.any(|line| line.contains("reason ="))
}

/// Whether the file's length is of its author's making.
pub(super) fn is_written_by_hand(path: &str) -> bool {
    !matches!(file_name(path), "Cargo.lock" | "package-lock.json" | "LICENSE")
}

/// The rules themselves name what they forbid.
fn is_tidy(path: &str) -> bool {
    path.starts_with("xtask/src/tidy/")
}

fn is_rust(path: &str) -> bool {
    path.ends_with(".rs")
}

fn is_test(path: &str) -> bool {
    path.starts_with("tests/") || path.contains("/tests/") || path.contains(".test.") || file_name(path) == "tests.rs"
}

fn file_name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}
