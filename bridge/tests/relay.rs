//! The relay between clients and a broker.

mod common;

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use bytes::Bytes;
use common::{InProcess, TestPlatform, pattern, reply, text};
use futures::{SinkExt, StreamExt, channel::mpsc};
use wisteria_bridge::{
    BridgeBus, BridgeOptions, Broker, ConnectionState, Connector, Credentials, Pipe, Relay, TransportError,
    relay::{RelayEnded, RelayLimits},
};
use wisteria_core::{
    bus::{Bus, BusError, Router},
    platform::BoxFuture,
};

const PATIENCE: Duration = Duration::from_secs(5);

/// Connects through a relay, and tells how its connections ended.
#[derive(Debug, Clone)]
struct Relayed {
    relay: Relay,
    ended: mpsc::UnboundedSender<RelayEnded>,
    open: Arc<Mutex<Option<mpsc::Sender<Bytes>>>>,
}

impl Connector for Relayed {
    fn connect(&self) -> BoxFuture<'_, Result<Pipe, TransportError>> {
        let (to_relay, from_client) = mpsc::channel(16);
        let (to_client, from_relay) = mpsc::channel(16);
        *self.open.lock().expect("no panic") = Some(to_relay.clone());
        let (relay, ended) = (self.relay.clone(), self.ended.clone());
        tokio::spawn(async move { ended.unbounded_send(relay.serve(from_client, to_client).await) });
        let outgoing = Box::pin(to_relay.sink_map_err(|error| TransportError(error.to_string())));
        Box::pin(async { Ok(Pipe { incoming: from_relay.boxed(), outgoing }) })
    }
}

/// A broker, the way to it, and the way to it through a relay.
fn lattice() -> (InProcess, Relayed, mpsc::UnboundedReceiver<RelayEnded>) {
    let platform = TestPlatform::shared();
    let direct = InProcess::new(Broker::new(Arc::new(Router::new()), platform.clone()));
    let relay = Relay::new(Arc::new(direct.clone()), Credentials::None, platform);
    let (ended, ends) = mpsc::unbounded();
    (direct, Relayed { relay, ended, open: Arc::default() }, ends)
}

async fn join(connector: impl Connector, name: &str) -> BridgeBus {
    let options = BridgeOptions { name: name.to_owned(), ..BridgeOptions::default() };
    BridgeBus::connect(connector, TestPlatform::shared(), options).await.expect("the broker is there")
}

#[tokio::test(start_paused = true)]
async fn a_relayed_client_asks_and_answers_as_any_other() {
    let (direct, relayed, mut ends) = lattice();
    let (near, far) = (join(relayed, "near").await, join(direct, "far").await);
    let mut requests = near.subscribe(pattern("a.*"), Some("q")).expect("a subscription");
    near.flush().await.expect("connected");
    let serve = async {
        let mut request = requests.next().await.expect("a request");
        assert_eq!(request.headers.get("Name"), Some("value"));
        request.headers = std::iter::empty::<(&str, &str)>().collect();
        near.publish(reply(&request, "answer")).expect("connected");
    };
    let mut question = text("a.b", "question");
    question.headers.insert("Name", "value");
    let (answer, ()) = futures::join!(far.request(question, PATIENCE), serve);
    assert_eq!(answer.expect("an answer").payload, "answer");
    let nobody = near.request(text("nobody", "?"), PATIENCE).await;
    assert_eq!(nobody, Err(BusError::NoResponders("nobody".to_owned())));
    near.close().await;
    assert_eq!(ends.next().await, Some(RelayEnded::Left));
}

#[tokio::test(start_paused = true)]
async fn what_a_client_took_and_left_unanswered_fails_at_once() {
    let (direct, relayed, mut ends) = lattice();
    let (near, far) = (join(relayed.clone(), "near").await, join(direct, "far").await);
    let mut requests = near.subscribe(pattern("a"), Some("q")).expect("a subscription");
    near.flush().await.expect("connected");
    let leave = async {
        requests.next().await.expect("a request");
        relayed.open.lock().expect("no panic").take().expect("a connection").close_channel();
    };
    let (outcome, ()) = futures::join!(far.request(text("a", "?"), PATIENCE), leave);
    assert_eq!(outcome, Err(BusError::HostLost("a".to_owned())));
    assert_eq!(ends.next().await, Some(RelayEnded::Left));
}

#[tokio::test(start_paused = true)]
async fn when_the_broker_goes_so_does_the_client_which_comes_again() {
    let (direct, relayed, mut ends) = lattice();
    let near = join(relayed, "near").await;
    let mut states = Box::pin(near.states());
    assert_eq!(states.next().await, Some(ConnectionState::Connected));
    direct.refuse(true);
    direct.cut();
    assert!(matches!(ends.next().await, Some(RelayEnded::Upstream(_))));
    assert!(matches!(ends.next().await, Some(RelayEnded::Unreachable(cause)) if cause == "refused"));
    assert!(matches!(near.state(), ConnectionState::Reconnecting { cause } if !cause.is_empty()));
    direct.refuse(false);
    while states.next().await.expect("not closed") != ConnectionState::Connected {}
    near.flush().await.expect("connected");
}

#[tokio::test(start_paused = true)]
async fn a_client_without_a_sign_of_life_is_given_up() {
    let (direct, relayed, _) = lattice();
    let limits = RelayLimits { ping: Duration::from_secs(1), ..RelayLimits::default() };
    let relay = relayed.relay.with_limits(limits);
    let far = join(direct, "far").await;
    let (to_relay, from_client) = mpsc::channel(16);
    let (to_client, from_relay) = mpsc::channel(16);
    let hears = from_relay.collect::<Vec<_>>();
    let (ended, heard) = futures::join!(relay.serve(from_client, to_client), hears);
    drop((to_relay, far));
    assert_eq!(ended, RelayEnded::Stale);
    let heard = String::from_utf8(heard.concat()).expect("text");
    assert_eq!(heard.matches("PING\r\n").count(), 2, "{heard}");
    assert!(heard.ends_with("-ERR 'the client gave no sign of life'\r\n"), "{heard}");
}
