//! Keys and signed modules at the command line, without a lattice, and what a server makes of them.

use std::{
    fs,
    path::{Path, PathBuf},
};

use tempfile::TempDir;

use crate::program::{Ended, Server, keys_dir, run, sample};

const KEY_VALUE: &str = "wasmcloud:keyvalue";

/// A directory with a copy of a sample in it, and keys of its own.
struct Desk {
    folder: TempDir,
    keys: PathBuf,
}

impl Desk {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a temporary directory");
        fs::copy(sample("kv_counter.wasm"), folder.path().join("visits.wasm")).expect("copied");
        let keys = folder.path().join("keys");
        Self { folder, keys }
    }

    fn path(&self, name: &str) -> String {
        text(&self.folder.path().join(name)).to_owned()
    }

    fn run(&self, arguments: &[&str]) -> Ended {
        // Nobody listens there: these commands need no lattice.
        run(&[arguments, &["--keys", text(&self.keys)], &["--url", "http://127.0.0.1:1"]].concat(), b"")
    }

    fn inspect(&self, name: &str) -> serde_json::Value {
        run(&["claims", "inspect", &self.path(name), "-o", "json"], b"").json()
    }
}

fn text(path: &Path) -> &str {
    path.to_str().expect("a path in UTF-8")
}

#[test]
fn keys_are_made_and_listed_and_their_seeds_shown_on_demand_only() {
    let desk = Desk::new();
    assert_eq!(desk.run(&["keys", "list"]).text(), "no keys");
    let key = desk.run(&["keys", "gen", "account", "--name", "team"]).text().to_owned();
    assert!(key.len() == 56 && key.starts_with('A'), "{key}");
    let seed = fs::read_to_string(desk.keys.join("team.seed")).expect("kept");
    let listed = desk.run(&["keys", "list"]);
    assert!(listed.text().contains(&key) && !listed.stdout.contains(seed.trim()), "{listed:?}");
    let again = desk.run(&["keys", "gen", "account", "--name", "team"]);
    assert!(again.failure().contains(&key) && again.failure().contains("choose another name"), "{again:?}");
    assert_eq!(fs::read_to_string(desk.keys.join("team.seed")).expect("kept"), seed);
    let outside = desk.run(&["keys", "gen", "account", "--name", "../team"]);
    assert!(outside.failure().contains("cannot be the name of a key"), "{outside:?}");
    let shown = desk.run(&["keys", "gen", "user", "--show-seed", "-o", "json"]).json();
    assert!(shown["seed"].as_str().is_some_and(|seed| seed.starts_with("SU")), "{shown}");
}

#[test]
fn a_module_is_signed_and_inspected_without_a_lattice() {
    let desk = Desk::new();
    let module = desk.path("visits.wasm");
    let account = desk.run(&["keys", "gen", "account", "--name", "team"]).text().to_owned();
    let claims = ["--cap", KEY_VALUE, "--tag", "a", "--rev", "3", "--ver", "0.3.0", "--call-alias", "sample/visits"];
    let sign = ["claims", "sign", &module, "--issuer", "team", "--expires-in", "30d", "--name", "Visits"];
    let signed = desk.run(&[&sign[..], &claims[..], &["-o", "json"]].concat()).json();
    assert_eq!(signed["file"], desk.path("visits_s.wasm"));
    let seen = desk.inspect("visits_s.wasm");
    for (claim, value) in [
        ("issuer", serde_json::json!(account)),
        ("subject", signed["actor_id"].clone()),
        ("name", "Visits".into()),
        ("caps", serde_json::json!([KEY_VALUE])),
        ("rev", 3.into()),
        ("call_alias", "sample/visits".into()),
        ("hash_ok", true.into()),
        ("signature_ok", true.into()),
        ("valid_now", true.into()),
        ("validity", "expires in 29 days".into()),
    ] {
        assert_eq!(seen[claim], value, "{claim} of {seen}");
    }
    // The same key the next time, as it is kept under the module's name.
    let again = desk.run(&["claims", "sign", &module, "-O", &desk.path("b.wasm"), "-o", "json"]).json();
    assert_eq!(again["actor_id"], signed["actor_id"]);
    assert_ne!(again["issuer"], account, "the development account signs by default");

    let mut bytes = fs::read(desk.path("visits_s.wasm")).expect("written");
    bytes.extend_from_slice(&[0, 2, 1, b'x']);
    fs::write(desk.path("altered.wasm"), bytes).expect("written");
    let altered = desk.inspect("altered.wasm");
    assert_eq!((&altered["hash_ok"], &altered["signature_ok"]), (&false.into(), &true.into()), "{altered}");
    let unsigned = run(&["claims", "inspect", &module], b"");
    assert!(unsigned.failure().contains("is not signed"), "{unsigned:?}");
    let later = desk.run(&["claims", "sign", &module, "--not-before-in", "1d"]);
    assert_eq!(later.code, 0);
    let later = desk.inspect("visits_s.wasm");
    assert!(later["valid_now"] == false && later["validity"].to_string().contains("count only in"), "{later}");
    let never = desk.run(&["claims", "sign", &module, "--not-before-in", "2d", "--expires-in", "1d"]);
    assert!(never.failure().contains("--expires-in"), "{never:?}");
}

#[test]
fn a_token_is_made_from_claims_alone() {
    let desk = Desk::new();
    desk.run(&["keys", "gen", "module", "--name", "visits"]).text();
    let token = desk.run(&["claims", "token", "--subject", "visits", "--cap", KEY_VALUE]);
    assert_eq!(token.text().split('.').count(), 3, "{token:?}");
    desk.run(&["claims", "sign", &desk.path("visits.wasm")]).text();
    let carried = run(&["claims", "inspect", &desk.path("visits_s.wasm"), "--token"], b"");
    assert!(carried.text().starts_with("eyJ"), "{carried:?}");
    let missing = desk.run(&["claims", "token", "--subject", "nobody"]);
    assert!(missing.failure().contains("wisteria keys gen module --name nobody"), "{missing:?}");
}

#[test]
fn a_server_on_loopback_runs_what_its_development_account_signed_and_nothing_of_others() {
    let desk = Desk::new();
    let server = Server::start(&[]);
    let module = desk.path("visits.wasm");
    run(&["claims", "sign", &module, "--keys", text(keys_dir())], b"").text();
    server.run(&["start", "actor", &desk.path("visits_s.wasm")]).text();

    let other = desk.run(&["claims", "sign", &module, "-O", &desk.path("other.wasm"), "-o", "json"]).json();
    let (issuer, actor) = (other["issuer"].as_str().expect("a key"), other["actor_id"].as_str().expect("a key"));
    let refused = server.run(&["start", "actor", &desk.path("other.wasm")]);
    let line = refused.failure();
    for words in [issuer, actor, "is not trusted", "wisteria up --trust"] {
        assert!(line.contains(words), "{line}");
    }
    let trusting = Server::start(&["--trust", issuer]);
    trusting.run(&["start", "actor", &desk.path("other.wasm")]).text();
    assert!(trusting.run(&["start", "actor", &desk.path("visits_s.wasm")]).failure().contains("is not trusted"));
}
