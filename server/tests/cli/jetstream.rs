//! What actors keep in JetStream, on a NATS server that their lattice knows nothing of.

use crate::{
    nats_server::NatsServer,
    program::{Server, run, sample},
    providers::{REQUEST, count},
};

fn start(server: &Server, name: &str) -> String {
    let file = sample(name);
    server.run(&["start", "actor", file.to_str().expect("UTF-8")]).text().to_owned()
}

#[test]
fn the_counter_counts_in_jetstream_beyond_the_end_of_its_server_and_says_when_nats_is_away() {
    let mut nats = NatsServer::start("authorization { token: lovelace }");
    let mut server = Server::start_as(&["--allow-unsigned"], |command| {
        command.env("WISTERIA_SECRET_TOKEN", "lovelace");
    });
    let actor = start(&server, "kv_counter.wasm");
    let url = format!("URL={}", nats.url());
    let put = ["link", "put", &actor, "keyvalue-jetstream", "wasmcloud:keyvalue", &url];
    let refused = server.run(&put);
    assert!(refused.failure().contains("does not let the link in"), "{refused:?}");
    server.run(&[&put[..], &["TOKEN=secret:TOKEN", "BUCKET=visits"]].concat()).text();
    assert_eq!([count(&server, &actor), count(&server, &actor)], [1, 2]);
    let links = server.run(&["get", "links"]);
    assert!(links.text().contains("active") && !links.text().contains("lovelace"), "{links:?}");

    nats.crash();
    let failed = server.run(&["call", &actor, "HttpServer.HandleRequest", REQUEST]);
    let said = format!("{}{}", failed.stdout, failed.stderr);
    assert!(said.contains("cannot be reached"), "{failed:?}");
    let links = || server.run(&["get", "links"]).text().to_owned();
    let mut asked = std::iter::repeat_with(links).take(200);
    asked.find(|links| links.contains("refused: NATS at nats://127.0.0.1:")).expect("the link says so");
    nats.restart();
    let mut asked = std::iter::repeat_with(links).take(200);
    asked.find(|links| links.contains("active")).expect("it is well again by itself");
    assert_eq!(count(&server, &actor), 3);

    server.crash_and_restart();
    start(&server, "kv_counter.wasm");
    // The secret is not in the environment of the server that was started again.
    server.run(&[&put[..], &["TOKEN=lovelace", "BUCKET=visits"]].concat()).text();
    assert_eq!(count(&server, &actor), 4);
    let page = run(&["provider", "describe", "keyvalue-jetstream"], b"");
    for words in ["Key-value in JetStream", "BUCKET", "wisteria-keyvalue", "wisteria link put ACTOR keyvalue-jetstream"]
    {
        assert!(page.text().contains(words), "{words} in {page:?}");
    }
}
