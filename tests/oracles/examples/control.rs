//! The published control client of wasmCloud 0.82 as a program: `control NATS LATTICE COMMAND [ARGUMENT…]`.
//!
//! A command is a method of the client, its arguments are the method's; maps, options and numbers come as JSON. What the client
//! returns is printed as one line of JSON. Where it returns an error, this ends with 1 and the error's words.

use std::{env, time::Duration};

use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;
use wasmcloud_control_interface::{Client, ClientBuilder};

type Failure = Box<dyn std::error::Error + Send + Sync>;

/// How long the client gathers answers where it cannot know how many come.
const GATHERING: Duration = Duration::from_millis(800);
/// How long it waits for the one answer where it expects one.
const PATIENCE: Duration = Duration::from_secs(10);

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Failure> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let [server, lattice, command, arguments @ ..] = &arguments[..] else {
        return Err("usage: control NATS LATTICE COMMAND [ARGUMENT…]".into());
    };
    let nats = async_nats::connect(*server).await?;
    let client =
        ClientBuilder::new(nats.clone()).lattice(*lattice).timeout(PATIENCE).auction_timeout(GATHERING).build();
    if *command == "events_receiver" {
        return follow(&nats, &client, arguments).await;
    }
    println!("{}", carry_out(&client, command, arguments).await?);
    Ok(())
}

async fn carry_out(client: &Client, command: &str, arguments: &[&str]) -> Result<Value, Failure> {
    match (command, arguments) {
        ("get_hosts", []) => json(client.get_hosts().await?),
        ("get_host_inventory", [host]) => json(client.get_host_inventory(host).await?),
        ("get_claims", []) => json(client.get_claims().await?),
        ("query_links", []) => json(client.query_links().await?),
        ("perform_actor_auction", [actor, constraints]) => {
            json(client.perform_actor_auction(actor, read(constraints)?).await?)
        }
        ("perform_provider_auction", [provider, link_name, constraints]) => {
            json(client.perform_provider_auction(provider, link_name, read(constraints)?).await?)
        }
        ("scale_actor", [host, actor, most, annotations]) => {
            json(client.scale_actor(host, actor, read(most)?, read(annotations)?).await?)
        }
        ("update_actor", [host, actor, module, annotations]) => {
            json(client.update_actor(host, actor, module, read(annotations)?).await?)
        }
        ("stop_actor", [host, actor, annotations]) => json(client.stop_actor(host, actor, read(annotations)?).await?),
        ("start_provider", [host, provider, link_name, annotations, configuration]) => {
            let link_name = Some((*link_name).to_owned());
            json(client.start_provider(host, provider, link_name, read(annotations)?, read(configuration)?).await?)
        }
        ("stop_provider", [host, provider, link_name, contract, annotations]) => {
            json(client.stop_provider(host, provider, link_name, contract, read(annotations)?).await?)
        }
        ("advertise_link", [actor, provider, contract, link_name, values]) => {
            json(client.advertise_link(actor, provider, contract, link_name, read(values)?).await?)
        }
        ("remove_link", [actor, contract, link_name]) => json(client.remove_link(actor, contract, link_name).await?),
        ("put_label", [host, key, value]) => json(client.put_label(host, key, value).await?),
        ("delete_label", [host, key]) => json(client.delete_label(host, key).await?),
        ("stop_host", [host, milliseconds]) => json(client.stop_host(host, read(milliseconds)?).await?),
        _ => Err(format!("the client has no {command} with {} arguments", arguments.len()).into()),
    }
}

/// Prints each event of these kinds, after a first line that says that none is missed from now on.
async fn follow(nats: &async_nats::Client, client: &Client, kinds: &[&str]) -> Result<(), Failure> {
    let kinds: Vec<String> = kinds.iter().map(ToString::to_string).collect();
    let mut events = client.events_receiver(kinds.clone()).await?;
    nats.flush().await?;
    println!("{}", serde_json::to_string(&kinds)?);
    while let Some(event) = events.recv().await {
        println!("{}", serde_json::to_string(&event)?);
    }
    Ok(())
}

fn json(value: impl Serialize) -> Result<Value, Failure> {
    Ok(serde_json::to_value(value)?)
}

fn read<T: DeserializeOwned>(argument: &str) -> Result<T, Failure> {
    serde_json::from_str(argument).map_err(|error| format!("{argument} is not the JSON wanted: {error}").into())
}
