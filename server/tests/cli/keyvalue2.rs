//! Keys with transactions as a user has them: an actor that moves amounts between accounts.

use serde_json::{Value, json};

use crate::{
    nats_server::NatsServer,
    program::{Server, run, sample},
    redis_server::RedisServer,
};

const CONTRACT: &str = "wisteria:keyvalue2";

#[track_caller]
fn ask(server: &Server, actor: &str, operation: &str, argument: &Value) -> Value {
    server.run(&["call", actor, operation, &argument.to_string()]).json()
}

fn start(server: &Server) -> String {
    let file = sample("accounts.wasm");
    server.run(&["start", "actor", file.to_str().expect("UTF-8")]).text().to_owned()
}

#[test]
fn transfers_of_an_actor_are_whole_with_each_provider_and_kept_by_all_but_memory() {
    let redis = RedisServer::start(&[]);
    let url = format!("URL={}", redis.url());
    let nats = NatsServer::start("");
    let nats_url = format!("URL={}", nats.url());
    let mut server = Server::start(&["--allow-unsigned"]);
    let actor = start(&server);
    let providers: [(&str, &[&str]); 4] = [
        ("keyvalue2-memory", &[]),
        ("keyvalue2-redb", &["FILE=accounts"]),
        ("keyvalue2-redis", &[&url]),
        ("keyvalue2-jetstream", &[&nats_url, "BUCKET=accounts"]),
    ];
    for (provider, values) in providers {
        let put = ["link", "put", &actor, provider, CONTRACT];
        server.run(&[&put[..], values].concat()).text();
        for name in ["a", "b"] {
            assert_eq!(ask(&server, &actor, "Accounts.Open", &json!([name, 100])), true, "{provider}");
        }
        assert_eq!(ask(&server, &actor, "Accounts.Open", &json!(["a", 1])), false, "{provider}");
        let way = server.way();
        let transfers = (0..4).map(|number| {
            let (way, actor) = (way.clone(), actor.clone());
            let transfer = json!(["a", "b", number + 1]).to_string();
            std::thread::spawn(move || {
                let call = ["call", &actor, "Accounts.Transfer", &transfer];
                let ended = run(&call.into_iter().chain(way.iter().map(String::as_str)).collect::<Vec<_>>(), b"");
                assert_eq!(ended.json(), true);
            })
        });
        for ended in transfers.collect::<Vec<_>>() {
            ended.join().expect("it was done");
        }
        assert_eq!(ask(&server, &actor, "Accounts.Transfer", &json!(["a", "b", 91])), false, "{provider}");
        let balances = |server: &Server| ["a", "b"].map(|name| ask(server, &actor, "Accounts.Balance", &json!(name)));
        assert_eq!(balances(&server), [90, 110], "{provider}");

        server.crash_and_restart();
        start(&server);
        match provider {
            "keyvalue2-memory" => assert_eq!(ask(&server, &actor, "Accounts.Names", &Value::Null), json!([])),
            _ => assert_eq!(balances(&server), [90, 110], "{provider}"),
        }
    }
}
