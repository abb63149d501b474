//! Policies: from a file, at a server and its page, from a service; and how they are tried out.

use std::{
    fs,
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    thread,
};

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::program::{ECHO_ISSUER, Ended, Server, published_echo, run, sample};

const RULES: &str = r#"{
  "default": "allow",
  "rules": [
    { "id": "no-upper", "deny": "invoke", "when": { "operation": "upper" }, "because": "it shouts" },
    { "id": "vouched", "deny": "start-actor", "when": { "labels": { "zone": "inner" } }, "unless": { "issuer": "ISSUER" } }
  ],
  "tests": [
    { "ask": { "action": "invoke", "subject": "M1", "target": "M2", "operation": "upper" }, "expect": "deny", "rule": "no-upper" },
    { "ask": { "action": "start-actor", "issuer": "ISSUER", "labels": { "zone": "inner" } }, "expect": "allow" }
  ]
}"#;

fn write(text: &str) -> (TempDir, String) {
    let dir = TempDir::new().expect("a temporary directory");
    let path = dir.path().join("policy.json");
    fs::write(&path, text.replace("ISSUER", ECHO_ISSUER)).expect("written");
    let path = path.to_str().expect("UTF-8").to_owned();
    (dir, path)
}

fn test(file: &str, options: &[&str]) -> Ended {
    run(&[&["policy", "test", file][..], options].concat(), b"")
}

#[test]
fn a_server_and_its_page_obey_the_file() {
    let (_dir, file) = write(RULES);
    let server =
        Server::start(&["--allow-unsigned", "--trust", ECHO_ISSUER, "--label", "zone=inner", "--policy", &file]);
    let start = |file: &std::path::Path| server.run(&["start", "actor", file.to_str().expect("UTF-8")]);
    let refused = start(&sample("wapc_upper.wasm"));
    assert!(refused.failure().contains("\"vouched\""), "{refused:?}");
    let echo = start(&published_echo()).text().to_owned();
    let call =
        |operation: &str| server.run(&["call", &echo, operation, r#"{"subject":"in","body":{"base64":"aGk="}}"#]);
    assert_eq!(call("MessageSubscriber.HandleMessage").json(), Value::Null);
    let denied = call("upper");
    for words in ["\"no-upper\" (it shouts)", "invoke", &echo, "--policy"] {
        assert!(denied.failure().contains(words), "{words} in {denied:?}");
    }

    let mut stream = TcpStream::connect(server.address()).expect("it listens");
    let request = format!("GET /api/config HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n\r\n", server.address());
    stream.write_all(request.as_bytes()).expect("it reads");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("text");
    let config: Value = serde_json::from_str(answer.split_once("\r\n\r\n").expect("a body").1).expect("JSON");
    assert_eq!(config["policy"]["rules"][0]["id"], "no-upper");
    assert_eq!(config["policy"].get("tests"), None);
}

#[test]
fn a_file_with_a_mistake_keeps_the_server_from_starting() {
    let data = TempDir::new().expect("a temporary directory");
    let data = data.path().to_str().expect("UTF-8");
    let up = |file: &str| run(&["up", "--listen", "127.0.0.1:0", "--data-dir", data, "--policy", file], b"");
    for (mistake, words) in [
        (RULES.replace("\"invoke\"", "\"evoke\""), &["rule \"no-upper\"", "\"evoke\" is no action", "line 4"][..]),
        (RULES.replace("\"unless\"", "\"except\""), &["except", "unless", "line 5"]),
        (RULES.replace("\"expect\": \"allow\"", "\"expect\": \"perhaps\""), &["perhaps", "line 9"]),
        (RULES.replace("ISSUER\" } }\n", "me\" } }\n"), &["\"me\" is not a key", "line 5"]),
        (RULES.replace("  ],\n  \"tests\"", "  \"tests\""), &["line 6"]),
        (RULES.replace("vouched", "no-upper"), &["two rules", "no-upper", "line 5"]),
    ] {
        let (_dir, file) = write(&mistake);
        let ended = up(&file);
        for word in words.iter().chain([&&*file, &"policy test"]) {
            assert!(ended.failure().contains(word), "{word} in {ended:?}");
        }
        assert_eq!(test(&file, &[]).failure(), ended.failure());
    }
    assert!(up("/nowhere/policy.json").failure().contains("/nowhere/policy.json"));
}

#[test]
fn a_policy_is_tried_by_its_own_tests() {
    let (_dir, file) = write(RULES);
    let met = test(&file, &[]);
    let lines: Vec<&str> = met.text().lines().collect();
    assert_eq!(lines.len(), 3);
    assert!(
        lines[1].contains("subject=M1 target=M2 operation=upper") && lines[1].contains("deny    no-upper"),
        "{met:?}"
    );
    assert!(lines[2].contains("zone=inner") && lines[2].contains("allow   the default  as expected"), "{met:?}");

    let (_dir, file) = write(&RULES.replace("\"rule\": \"no-upper\"", "\"rule\": \"vouched\""));
    let unmet = test(&file, &[]);
    assert!(unmet.failure().contains("1 of 2 expectations"), "{unmet:?}");
    assert!(unmet.stdout.contains("NOT deny by vouched"), "{unmet:?}");
    let unmet = test(&file, &["-o", "json"]);
    let tested: Value = serde_json::from_str(&unmet.stdout).expect("JSON");
    assert_eq!((unmet.code, &tested[0]["met"], &tested[1]["met"]), (1, &json!(false), &json!(true)));

    let (_dir, file) = write(r#"{"default": "deny"}"#);
    assert!(test(&file, &[]).failure().contains("--action"), "nothing was tried");
}

#[test]
fn one_question_is_answered_on_the_command_line() {
    let (_dir, file) = write(RULES);
    let ask = |options: &[&str]| test(&file, options);
    assert_eq!(ask(&["--action", "invoke", "--operation", "upper"]).text(), "deny by no-upper: it shouts");
    assert_eq!(ask(&["--action", "link", "--subject", "M1", "--target", "V1"]).text(), "allow by the default");
    let start = ["--action", "start-actor", "--label", "zone=inner"];
    assert_eq!(ask(&start).text(), "deny by vouched");
    assert_eq!(ask(&[&start[..], &["--issuer", ECHO_ISSUER]].concat()).text(), "allow by the default");
    let json = ask(&[&start[..], &["-o", "json"]].concat()).json();
    assert_eq!(json, json!({ "allowed": false, "rule": "vouched", "because": null }));
    let wrong = ask(&["--action", "fly"]);
    assert!(wrong.code == 2 && wrong.stderr.contains("start-provider"), "{wrong:?}");
    assert_eq!(ask(&["--subject", "M1"]).code, 2);
}

/// Answers at `policy.evaluator` as a client by TCP: starts are permitted, calls are not.
fn serve_policy(address: &str) {
    let mut stream = TcpStream::connect(address).expect("it listens");
    let mut lines = BufReader::new(stream.try_clone().expect("a second handle"));
    stream.write_all(b"CONNECT {\"verbose\":false}\r\nSUB policy.evaluator 1\r\nPING\r\n").expect("it reads");
    let mut next = move || {
        let mut line = String::new();
        lines.read_line(&mut line).map(|_| line.trim_end().to_owned())
    };
    while next().expect("it answers") != "PONG" {}
    thread::spawn(move || {
        while let Ok(line) = next() {
            let words: Vec<&str> = line.split(' ').collect();
            match words[..] {
                ["MSG", _, _, reply, _] => {
                    let request: Value = serde_json::from_str(&next().expect("a payload")).expect("JSON");
                    let permitted = request["action"] != "perform_invocation";
                    let id = &request["requestId"];
                    let body = json!({ "requestId": id, "permitted": permitted, "message": "closed today" });
                    let body = body.to_string();
                    let answer = format!("PUB {reply} {}\r\n{body}\r\n", body.len());
                    stream.write_all(answer.as_bytes()).expect("it reads");
                }
                ["PING"] => stream.write_all(b"PONG\r\n").expect("it reads"),
                [""] => return,
                _ => {}
            }
        }
    });
}

#[test]
fn a_service_is_asked_about_starts_and_calls() {
    let options =
        ["--open", "--allow-unsigned", "--nats-listen", "127.0.0.1:0", "--policy-service", "policy.evaluator"];
    let mut server = Server::start(&options);
    let line = server.next_line();
    let address = line.strip_prefix("NATS clients join at nats://").expect("an address").to_owned();
    let file = sample("wapc_upper.wasm");
    let start = ["start", "actor", file.to_str().expect("UTF-8")];
    let unanswered = server.run(&start);
    assert!(unanswered.failure().contains("nobody listens at policy.evaluator"), "{unanswered:?}");
    serve_policy(&address);
    let actor = server.run(&start).text().to_owned();
    let denied = server.run(&["call", &actor, "upper", "a", "--raw-input"]);
    assert!(denied.failure().contains("\"policy-service\" (closed today)"), "{denied:?}");

    let lenient = Server::start(&[&options[..], &["--policy-service-default", "allow"]].concat());
    let actor = lenient.run(&start).text().to_owned();
    assert_eq!(lenient.run(&["call", &actor, "upper", "a", "--raw", "--raw-input"]).text(), "A");
    assert_eq!(run(&["up", "--policy-service-default", "allow"], b"").code, 2);
}
