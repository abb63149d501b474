//! Guests that mean harm, and how each of them must end, whatever engine runs it.
//!
//! Each is called with its own key as the payload, which lets it loose; without a payload it answers like any other.

/// A guest that means harm.
#[derive(Debug, Clone)]
pub struct Hostile {
    /// What it does.
    pub name: &'static str,
    /// Its module, as text.
    pub text: String,
    /// The code of the error that its caller gets.
    pub code: &'static str,
    /// Words of that error.
    pub words: &'static str,
}

/// A module that must not start.
#[derive(Debug, Clone)]
pub struct Unstartable {
    /// What it would do.
    pub name: &'static str,
    /// Its module, as text.
    pub text: String,
    /// The code of the refusal.
    pub code: &'static str,
}

/// The fuel with which these guests are called. A recursion overflows any stack before it is used up.
pub const FUEL: u64 = 1_000_000;

/// What a guest is made of: its name, definitions, what it does when it is called, and the error.
type Parts = (&'static str, &'static str, &'static str, (&'static str, &'static str));

const GUESTS: [Parts; 12] = [
    ("an endless loop", "", "(loop (br 0))", ("out-of-fuel", "fuel")),
    (
        "an endless loop of bulk operations",
        "",
        "(loop (memory.fill (i32.const 4096) (i32.const 1) (i32.const 60000)) (br 0))",
        ("out-of-fuel", "fuel"),
    ),
    (
        "endless recursion",
        "(func $deeper (param i64 i64 i64 i64 i64 i64 i64 i64) (result i64)
            (i64.add (local.get 0) (call $deeper (local.get 1) (local.get 2) (local.get 3) (local.get 4) (local.get 5)
                (local.get 6) (local.get 7) (local.get 0))))",
        "(drop (call $deeper (i64.const 1) (i64.const 2) (i64.const 3) (i64.const 4) (i64.const 5) (i64.const 6)
            (i64.const 7) (i64.const 8)))",
        ("guest-trapped", ""),
    ),
    (
        "a memory bomb",
        r#"(memory (export "memory") 1000)"#,
        // Once it gets no more it writes to where more would have been.
        "(loop (br_if 0 (i32.ne (memory.grow (i32.const 16)) (i32.const -1))))
         (i32.store (i32.shl (memory.size) (i32.const 16)) (i32.const 1))",
        ("guest-trapped", "bounds"),
    ),
    (
        "a table bomb",
        "",
        "(loop (br_if 0 (i32.ne (table.grow $table (ref.func $never) (i32.const 10000)) (i32.const -1))))
         (table.set $table (table.size $table) (ref.null func))",
        ("guest-trapped", "bounds"),
    ),
    (
        "a host call of more than is allowed",
        r#"(memory (export "memory") 260)"#,
        "(drop (call $host_call (i32.const 0) (i32.const 0) (i32.const 1024) (i32.const 56) (i32.const 0) (i32.const 2)
            (i32.const 4096) (i32.const 16777217)))
         (return (call $complain))",
        ("guest-failed", "16777216"),
    ),
    (
        "a host call of more than there is",
        "",
        "(drop (call $host_call (i32.const 0) (i32.const 0) (i32.const 1024) (i32.const 56) (i32.const 0) (i32.const 2)
            (i32.const 4096) (i32.const -1)))",
        ("guest-trapped", "outside of its memory"),
    ),
    (
        "a storm of host calls",
        "",
        "(loop (call $random) (memory.fill (i32.const 4096) (i32.const 1) (i32.const 60000)) (br 0))",
        ("out-of-fuel", "fuel"),
    ),
    (
        "a storm of lines for the log",
        "",
        "(loop (call $console_log (i32.const 4096) (i32.const 1000))
            (memory.fill (i32.const 4096) (i32.const 97) (i32.const 60000)) (br 0))",
        ("out-of-fuel", "fuel"),
    ),
    (
        "an error larger than its memory",
        "",
        "(call $error (i32.const 0) (i32.const -1)) (return (i32.const 0))",
        ("guest-trapped", "outside of its memory"),
    ),
    (
        "an answer larger than its memory",
        "",
        "(call $response (i32.const 65535) (i32.const 2))",
        ("guest-trapped", "outside of its memory"),
    ),
    (
        "a flood of calls to itself",
        "",
        // Each tries twice, and passes on why it failed.
        "(drop (call $again)) (drop (call $again)) (return (call $complain))",
        ("guest-failed", "whose instances are all busy"),
    ),
];

/// All guests.
pub fn guests() -> Vec<Hostile> {
    let guest = |(name, definitions, attack, (code, words)): Parts| {
        let text = module(definitions, &format!("(if (local.get $len) (then {attack}))"));
        Hostile { name, text, code, words }
    };
    GUESTS.into_iter().map(guest).collect()
}

/// A guest whose start calls the host. Its call fails, which traps it.
pub fn calls_as_it_starts() -> Hostile {
    let definitions = r#"(func (export "_start")
        (if (i32.eqz (call $host_call (i32.const 0) (i32.const 0) (i32.const 2) (i32.const 27) (i32.const 29)
            (i32.const 18) (i32.const 0) (i32.const 0))) (then (unreachable))))"#;
    let name = "a host call as it starts";
    Hostile { name, text: module(definitions, ""), code: "guest-trapped", words: "start failed" }
}

/// Modules that claim too much.
pub fn unstartable() -> Vec<Unstartable> {
    let with = |definitions: &str| {
        format!(r#"(module {definitions} (func (export "__guest_call") (param i32 i32) (result i32) (i32.const 1)))"#)
    };
    let memory = r#"(memory (export "memory") 1)"#;
    vec![
        Unstartable {
            name: "a memory that is too large from the start",
            text: with(r#"(memory (export "memory") 1025)"#),
            code: "module-limit",
        },
        Unstartable {
            name: "a table that is too large from the start",
            text: with(&format!("{memory} (table 100001 funcref)")),
            code: "module-limit",
        },
        Unstartable {
            name: "a thousand tables",
            text: with(&format!("{memory} {}", "(table 100000 funcref)".repeat(1_000))),
            code: "module-limit",
        },
    ]
}

/// At 0 is the operation, at 2 and 28 the names of what gives random numbers, at 1024 the payload.
fn module(definitions: &str, attack: &str) -> String {
    let memory = match definitions.contains("(memory ") {
        true => "",
        false => r#"(memory (export "memory") 1)"#,
    };
    format!(
        r#"(module
    (import "wapc" "__guest_request" (func $request (param i32 i32)))
    (import "wapc" "__guest_response" (func $response (param i32 i32)))
    (import "wapc" "__guest_error" (func $error (param i32 i32)))
    (import "wapc" "__host_call" (func $host_call (param i32 i32 i32 i32 i32 i32 i32 i32) (result i32)))
    (import "wapc" "__host_error_len" (func $host_error_len (result i32)))
    (import "wapc" "__host_error" (func $host_error (param i32)))
    (import "wapc" "__console_log" (func $console_log (param i32 i32)))
    {memory}
    (table $table 1 funcref)
    (elem declare func $never)
    (data (i32.const 0) "Opwasmcloud:builtin:numbergenNumberGen.Random32")
    {definitions}
    (func $never)
    (func $again (result i32)
        (call $host_call (i32.const 0) (i32.const 0) (i32.const 1024) (i32.const 56) (i32.const 0) (i32.const 2)
            (i32.const 1024) (i32.const 56)))
    (func $random
        (if (i32.eqz (call $host_call (i32.const 0) (i32.const 0) (i32.const 2) (i32.const 27) (i32.const 29)
            (i32.const 18) (i32.const 0) (i32.const 0))) (then (unreachable))))
    (func $complain (result i32)
        (call $host_error (i32.const 8192))
        (call $error (i32.const 8192) (call $host_error_len))
        (i32.const 0))
    (func (export "__guest_call") (param $op_len i32) (param $len i32) (result i32)
        (call $request (i32.const 0) (i32.const 1024))
        {attack}
        (call $response (i32.const 0) (i32.const 2))
        (i32.const 1)))"#
    )
}
