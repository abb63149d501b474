//! What links let actors say and hear, and what becomes of them when NATS goes away, or was never there.

use std::{net::TcpListener, time::Duration};

use serde_json::json;
use wisteria_core::bus::{Bus, Message, Subject, SubjectPattern, message};

use super::actors::{Actors, publish};
use crate::nats_server::NatsServer;

/// Asks again and again until the link of an actor is well, or is not.
async fn until(actors: &Actors, byte: u8, is_well: bool) {
    let mut each = tokio::time::interval(Duration::from_millis(10));
    let reached = async {
        while actors.health(byte).await.is_ok() != is_well {
            each.tick().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), reached).await.expect("it comes to that");
}

/// What was heard, in the order of the alphabet.
fn subjects(actors: &Actors) -> Vec<String> {
    let mut subjects: Vec<_> = actors.heard().into_iter().map(|message| message.subject).collect();
    subjects.sort();
    subjects
}

#[tokio::test]
async fn a_lost_nats_is_told_at_once_and_all_is_heard_again_when_it_is_back() {
    let mut server = NatsServer::start("");
    let actors = Actors::of_nats().await;
    let url = format!("nats://{}", server.address);
    actors.hears(3);
    actors.link(3, &[("URL", &url), ("SUBSCRIPTION", "heard.>")], true).await.expect("linked");
    actors.link(1, &[("URL", &url)], true).await.expect("linked");
    publish(&*actors.provider, 1, "heard.a", b"1").await.expect("it is on its way");
    actors.until_heard(1).await;

    server.crash();
    until(&actors, 1, false).await;
    let failure = publish(&*actors.provider, 1, "heard.a", b"2").await.expect_err("it is gone");
    assert_eq!(failure.code().as_str(), "provider-unavailable");
    assert!(failure.to_string().starts_with(&format!("NATS at {url} cannot be reached: ")), "{failure}");
    let asked = json!({ "subject": "heard.a", "body": "", "timeoutMs": 60_000 });
    let failure = crate::linked::call(&*actors.provider, "Messaging.Request", &asked).await.expect_err("it is gone");
    assert!(failure.starts_with("provider-unavailable: "), "{failure}");

    server.restart();
    until(&actors, 1, true).await;
    // What the provider failed was not sent later.
    publish(&*actors.provider, 1, "heard.a", b"3").await.expect("it is on its way");
    actors.until_heard(2).await;
    let bodies: Vec<_> = actors.heard().into_iter().map(|message| message.body).collect();
    assert_eq!(bodies, [b"1", b"3"]);
}

#[tokio::test]
async fn of_two_links_the_one_whose_server_is_away_is_sick_and_the_other_goes_on() {
    let (mut away, there) = (NatsServer::start(""), NatsServer::start(""));
    let actors = Actors::of_nats().await;
    for (byte, server) in [(1, &away), (2, &there)] {
        let url = format!("nats://{}", server.address);
        actors.link(byte, &[("URL", &url)], true).await.expect("linked");
    }
    away.crash();
    until(&actors, 1, false).await;
    assert_eq!(actors.health(2).await, Ok(()));
    publish(&*actors.provider, 2, "to.others", b"").await.expect("it is on its way");
}

#[tokio::test]
async fn a_new_link_to_a_nats_that_is_not_there_is_refused_and_an_old_one_waits_for_it() {
    let port = TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("an address").port();
    let actors = Actors::of_nats().await;
    let url = format!("nats://ada:lovelace@127.0.0.1:{port}");
    let refused = actors.link(1, &[("URL", &url)], true).await.expect_err("refused").to_string();
    assert!(refused.contains("cannot be reached") && !refused.contains("lovelace"), "{refused}");

    let mut server = NatsServer::start("");
    server.crash();
    let url = format!("nats://{}", server.address);
    actors.hears(3);
    let values = [("URL", url.as_str()), ("SUBSCRIPTION", "heard.>")];
    actors.link(3, &values, false).await.expect("taken, as it was acknowledged before");
    let failure = publish(&*actors.provider, 3, "heard.a", b"").await.expect_err("it is not there");
    assert_eq!(failure.code().as_str(), "provider-unavailable");
    server.restart();
    until(&actors, 3, true).await;
    publish(&*actors.provider, 3, "heard.a", b"1").await.expect("it is on its way");
    actors.until_heard(1).await;
}

#[tokio::test]
async fn a_nats_lets_in_who_shows_what_it_asks_for_and_nobody_hears_of_it() {
    let server = NatsServer::start("authorization { users: [ { user: ada, password: lovelace } ] }");
    let actors = Actors::of_nats().await;
    for url in [format!("nats://{}", server.address), format!("nats://ada:byron@{}", server.address)] {
        let refused = actors.link(1, &[("URL", &url)], false).await.expect_err("refused").to_string();
        assert!(refused.contains("does not let the link in") && !refused.contains("byron"), "{refused}");
    }
    let url = format!("nats://ada:lovelace@{}", server.address);
    actors.link(1, &[("URL", &url)], true).await.expect("linked");
    publish(&*actors.provider, 1, "a", b"").await.expect("it is on its way");
    assert!(!format!("{:?}", actors.provider).contains("lovelace"), "{:?}", actors.provider);

    let with_token = NatsServer::start("authorization { token: lovelace }");
    let url = format!("nats://{}", with_token.address);
    actors.link(1, &[("URL", &url), ("TOKEN", "lovelace")], true).await.expect("linked");
    for (values, words) in [
        (&[("URL", "http://127.0.0.1")][..], "is no address of NATS; write it as URL=nats://HOST:4222"),
        (&[("URL", "nats://a"), ("CREDS", "lovelace")], "`CREDS` cannot be used: there is no user's JWT in it"),
        (&[("URL", "nats://a"), ("NKEY", "lovelace")], "`NKEY` cannot be used"),
        (&[("URL", "nats://a"), ("TLS_CA", "lovelace")], "`TLS_CA` cannot be used: there is none in it"),
        (&[("URL", "nats://a:b@c"), ("TOKEN", "lovelace")], "there are several proofs"),
        (&[("URL", "nats://a"), ("SUBSCRIPTION", "a..b")], "`SUBSCRIPTION` cannot be used"),
        (&[], "the value `URL` is missing"),
    ] {
        let refused = actors.link(1, values, true).await.expect_err("refused").to_string();
        assert!(refused.contains(words) && !refused.contains("lovelace"), "{words} in {refused}");
    }
}

#[tokio::test]
async fn a_link_that_ends_hears_no_more_and_one_that_is_put_again_hears_what_it_says_now() {
    for actors in [Actors::of_lattice().await, Actors::of_nats().await] {
        let server = NatsServer::start("");
        let url = format!("nats://{}", server.address);
        let is_outside = actors.provider.describe().name == "messaging-nats";
        let put = async |byte: u8, values: &[(&'static str, &'static str)]| {
            let url = is_outside.then_some(("URL", url.as_str()));
            let values: Vec<_> = url.into_iter().chain(values.iter().copied()).collect();
            actors.link(byte, &values, true).await.expect("linked");
        };
        actors.hears(3);
        actors.hears(4);
        put(4, &[("SUBSCRIPTION", "all.>"), ("CONCURRENCY", "1"), ("PUBLISH", "all.>")]).await;
        put(3, &[("SUBSCRIPTION", "all.a")]).await;
        put(3, &[("SUBSCRIPTION", "all.b")]).await;
        // The former subscription ends right after the link was taken.
        let mut each = tokio::time::interval(Duration::from_millis(10));
        let only_what_it_says_now = async {
            loop {
                actors.forget();
                for subject in ["all.a", "all.b"] {
                    publish(&*actors.provider, 4, subject, b"").await.expect("it is on its way");
                }
                actors.until_heard(3).await;
                each.tick().await;
                if subjects(&actors) == ["all.a", "all.b", "all.b"] {
                    return;
                }
            }
        };
        tokio::time::timeout(Duration::from_secs(30), only_what_it_says_now).await.expect("it comes to that");
        actors.forget();
        actors.provider.unlink(super::actors::key(3), "default".into()).await;
        for subject in ["all.b", "all.last"] {
            publish(&*actors.provider, 4, subject, b"").await.expect("it is on its way");
        }
        actors.until_heard(2).await;
        assert_eq!(subjects(&actors), ["all.b", "all.last"]);
        let refused = publish(&*actors.provider, 4, "other", b"").await.expect_err("the link does not let it");
        assert!(refused.to_string().contains("does not let the actor publish to other, only to all.>"), "{refused}");
    }
}

#[tokio::test]
async fn on_the_lattice_nothing_of_its_own_is_heard_and_an_inbox_is_answered_once_by_who_was_asked() {
    let actors = Actors::of_lattice().await;
    for subscription in [">", "*", "*.>", "*.new", "wasmbus.>", "wasmbus.evt.default", "wisteria.meta.>", "$SYS.>"] {
        for name in ["SUBSCRIPTION", "PUBLISH"] {
            let refused = actors.link(3, &[(name, subscription)], true).await.expect_err("refused").to_string();
            assert!(refused.contains("stands for subjects of the lattice itself"), "{refused}");
        }
    }
    let refused = actors.link(3, &[("SUBSCRIPTION", "_INBOX.>")], true).await;
    assert!(refused.is_err(), "it would read what others are answered");

    actors.hears(3);
    actors.link(3, &[("SUBSCRIPTION", "heard")], true).await.expect("linked");
    actors.link(1, &[], true).await.expect("linked");
    let inbox = actors.bus.new_inbox();
    let mut answers = actors.bus.subscribe(SubjectPattern::from(inbox.clone()), None).expect("subscribed");
    let publish_as = async |byte| publish(&*actors.provider, byte, &inbox, b"answer").await;
    assert!(publish_as(3).await.is_err(), "nobody has asked yet");
    let asked = message(Subject::new("heard").expect("a subject"), "");
    actors.bus.publish(Message { reply: Some(inbox.clone()), ..asked.clone() }).expect("published");
    actors.until_heard(1).await;
    assert!(publish_as(1).await.is_err(), "another was asked");
    publish_as(3).await.expect("it was asked");
    assert_eq!(answers.next().await.expect("the answer").payload, "answer");
    assert!(publish_as(3).await.is_err(), "it has answered");

    // Whoever asks with a subject of the system for an inbox has nobody answer there in its stead.
    let control = Subject::new("wasmbus.ctl.default.cmd.N.stop").expect("a subject");
    actors.bus.publish(Message { reply: Some(control.clone()), ..asked }).expect("published");
    actors.until_heard(2).await;
    assert!(publish(&*actors.provider, 3, &control, b"{}").await.is_err());
}
