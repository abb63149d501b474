//! Actors that hear and say messages, and clients of NATS that meet them.

use std::{path::Path, time::Duration};

use async_nats::{Client, ConnectOptions};
use futures::StreamExt;
use tokio::{runtime::Runtime, time::timeout};
use wisteria_bridge::Credentials;

use crate::{
    nats_server::NatsServer,
    program::{ECHO_ISSUER, Server, published_echo, sample},
};

const CONTRACT: &str = "wasmcloud:messaging";

/// How long a message may take.
const PATIENCE: Duration = Duration::from_secs(20);

fn start(server: &Server, file: &Path) -> String {
    server.run(&["start", "actor", file.to_str().expect("UTF-8")]).text().to_owned()
}

/// Where NATS clients join a server that was started with `--nats-listen`.
fn nats_address(server: &mut Server) -> String {
    let line = server.next_line();
    line.strip_prefix("NATS clients join at ").unwrap_or_else(|| panic!("{line:?}")).to_owned()
}

async fn ask(client: &Client, subject: &'static str, body: &'static str) -> Result<String, String> {
    let asked = timeout(PATIENCE, client.request(subject, body.into())).await.expect("it is answered or fails");
    let reply = asked.map_err(|error| error.to_string())?;
    Ok(String::from_utf8(reply.payload.to_vec()).expect("text"))
}

#[test]
fn a_nats_client_meets_a_published_actor_on_the_lattice() {
    let mut server = Server::start(&["--open", "--trust", ECHO_ISSUER, "--nats-listen", "127.0.0.1:0"]);
    let address = nats_address(&mut server);
    let actor = start(&server, &published_echo());
    let put = |subscription: &str| {
        server.run(&["link", "put", &actor, "messaging-lattice", CONTRACT, &format!("SUBSCRIPTION={subscription}")])
    };
    let refused = put("wasmbus.>");
    assert!(refused.failure().contains("stands for subjects of the lattice itself"), "{refused:?}");
    put("greetings.>").text();
    Runtime::new().expect("a runtime").block_on(async {
        let client = async_nats::connect(&address).await.expect("it joins");
        assert_eq!(ask(&client, "greetings.hello", "hello").await.as_deref(), Ok("reply: hello"));
        assert!(ask(&client, "elsewhere", "").await.is_err(), "nobody hears it");
        server.run(&["link", "del", &actor, CONTRACT]).text();
        assert!(ask(&client, "greetings.hello", "hello").await.is_err(), "nobody hears it any more");
    });
}

#[test]
fn a_joined_server_carries_what_users_say_and_an_operator_meets_its_actor() {
    let mut first = Server::start(&["--allow-unsigned", "--nats-listen", "127.0.0.1:0"]);
    let address = nats_address(&mut first);
    let second = Server::join(&first, &["--trust", ECHO_ISSUER, "--label", "zone=b"]);
    let echo = published_echo();
    let file = echo.to_str().expect("UTF-8");
    let actor = first.run(&["start", "actor", file, "--label", "zone=b"]).text().to_owned();
    let hosts = first.run(&["get", "hosts", "-o", "json"]).json();
    let zone_b =
        hosts.as_array().expect("hosts").iter().find(|host| host["labels"]["zone"] == "b").expect("it is there");
    let host = zone_b["id"].as_str().expect("a key");
    let inventory = second.run(&["get", "inventory", host, "-o", "json"]).json();
    let mut providers = inventory["providers"].as_array().expect("providers").iter();
    let provider = providers.find(|provider| provider["name"] == "messaging-lattice").expect("it runs there");
    let provider = provider["id"].as_str().expect("a key");
    first.run(&["link", "put", &actor, provider, CONTRACT, "SUBSCRIPTION=greetings.>"]).text();

    let creds = std::fs::read_to_string(first.data_dir().join("operator.creds")).expect("it is there");
    let key = Credentials::from_creds(&creds).expect("credentials").key().expect("a user");
    Runtime::new().expect("a runtime").block_on(async {
        let options = ConnectOptions::with_credentials(&creds).expect("credentials");
        let options = options.custom_inbox_prefix(format!("_INBOX.{key}"));
        let client = options.connect(&address).await.expect("it joins");
        assert_eq!(ask(&client, "greetings.hello", "hello").await.as_deref(), Ok("reply: hello"));
    });
}

#[test]
fn an_actor_bridges_two_nats_servers_that_do_not_know_each_other() {
    let (inside, outside) = (NatsServer::start(""), NatsServer::start("authorization { token: lovelace }"));
    let server = Server::start_as(&["--allow-unsigned"], |command| {
        command.env("WISTERIA_SECRET_OUTSIDE", "lovelace");
    });
    let actor = start(&server, &sample("message_bridge.wasm"));
    let put = |values: &[&str]| {
        server.run(&[&["link", "put", &actor, "messaging-nats", CONTRACT][..], values].concat()).text();
    };
    let url = |server: &NatsServer| format!("URL=nats://{}", server.address);
    put(&[&url(&inside), "SUBSCRIPTION=orders.>"]);
    put(&[&url(&outside), "TOKEN=secret:OUTSIDE", "--link-name", "outside"]);
    Runtime::new().expect("a runtime").block_on(async {
        let client = async_nats::connect(&inside.address).await.expect("it is there");
        let options = ConnectOptions::with_token("lovelace".to_owned());
        let other = options.connect(&outside.address).await.expect("it is there");
        let mut bridged = other.subscribe("bridged.>").await.expect("subscribed");
        // What it hears of itself shows that the server has its subscription.
        other.publish("bridged.ready", "".into()).await.expect("it is on its way");
        timeout(PATIENCE, bridged.next()).await.expect("in time").expect("a message");
        assert_eq!(ask(&client, "orders.new", "book").await.as_deref(), Ok("book"), "who wants an answer gets it");
        client.publish("orders.new", "book".into()).await.expect("it is on its way");
        let message = timeout(PATIENCE, bridged.next()).await.expect("in time").expect("a message");
        assert_eq!((message.subject.as_str(), &*message.payload), ("bridged.orders.new", &b"book"[..]));
    });
    let links = server.run(&["get", "links", "-o", "json"]);
    assert!(links.text().contains("secret:OUTSIDE") && !links.text().contains("lovelace"), "{links:?}");
}
