//! The client against the broker, over connections within the process.

mod common;

use std::{sync::Arc, time::Duration};

use common::{InProcess, TestPlatform, message_of_size, pattern, reply, text};
use futures::StreamExt;
use wisteria_bridge::{BridgeBus, BridgeOptions, Broker, ConnectionState};
use wisteria_core::{
    bus::{Bus, BusError, LocalBus, Router, SUBSCRIPTION_BOUND, Subscription},
    platform::Platform,
};

struct Lattice {
    platform: Arc<dyn Platform>,
    router: Arc<Router>,
    broker: Broker,
    local: LocalBus,
}

fn lattice() -> Lattice {
    let platform = TestPlatform::shared();
    let router = Arc::new(Router::new());
    Lattice {
        broker: Broker::new(router.clone(), platform.clone()),
        local: LocalBus::new(router.clone(), platform.clone()),
        platform,
        router,
    }
}

impl Lattice {
    async fn join(&self) -> (BridgeBus, InProcess) {
        let wire = InProcess::new(self.broker.clone());
        let bus = BridgeBus::connect(wire.clone(), self.platform.clone(), BridgeOptions::default()).await;
        (bus.expect("the broker is there"), wire)
    }

    /// A client that answers a subject's requests with its name.
    async fn serve(&self, at: &str, name: &'static str) -> (BridgeBus, InProcess) {
        let (bus, wire) = self.join().await;
        let requests = bus.subscribe(pattern(at), Some(at)).expect("a subscription");
        bus.flush().await.expect("connected");
        tokio::spawn(answer(bus.clone(), requests, name));
        (bus, wire)
    }
}

async fn answer(bus: BridgeBus, mut requests: Subscription, name: &'static str) {
    while let Some(request) = requests.next().await {
        bus.publish(reply(&request, name)).expect("connected");
    }
}

async fn ask(bus: &impl Bus, whom: &str) -> Result<String, BusError> {
    let reply = bus.request(text(whom, "?"), MINUTE).await?;
    Ok(String::from_utf8_lossy(&reply.payload).into_owned())
}

const MINUTE: Duration = Duration::from_secs(60);

#[tokio::test(start_paused = true)]
async fn requests_cross_the_bridge_in_both_directions() {
    let lattice = lattice();
    let (tab, _wire) = lattice.serve("tab", "tab").await;
    assert_eq!(ask(&lattice.local, "tab").await.as_deref(), Ok("tab"));
    let (other, _wire) = lattice.serve("other", "other").await;
    assert_eq!(ask(&tab, "other").await.as_deref(), Ok("other"));
    assert_eq!(ask(&other, "tab").await.as_deref(), Ok("tab"));
}

#[tokio::test(start_paused = true)]
async fn headers_and_large_payloads_arrive_whole() {
    let lattice = lattice();
    let (bus, _wire) = lattice.join().await;
    let mut received = bus.subscribe(pattern("a"), None).expect("a subscription");
    let mut sent = message_of_size("a", bus.max_payload() - 100);
    sent.headers.insert("traceparent", "00-1-2-03");
    bus.publish(sent.clone()).expect("connected");
    assert_eq!(received.next().await, Some(sent));
    let too_large = bus.publish(message_of_size("a", bus.max_payload() + 1));
    assert!(matches!(too_large, Err(BusError::PayloadTooLarge { .. })), "{too_large:?}");
}

#[tokio::test(start_paused = true)]
async fn the_members_of_a_group_take_turns() {
    let lattice = lattice();
    let _one = lattice.serve("a", "one").await;
    let _other = lattice.serve("a", "other").await;
    let (asks, _wire) = lattice.join().await;
    let mut answers = Vec::new();
    for _ in 0..10 {
        answers.push(ask(&asks, "a").await.expect("an answer"));
    }
    assert_eq!(answers.iter().filter(|name| *name == "one").count(), 5, "{answers:?}");
}

#[tokio::test(start_paused = true)]
async fn a_request_that_nobody_takes_fails_at_once() {
    let lattice = lattice();
    let (bus, _wire) = lattice.join().await;
    let before = lattice.platform.now();
    assert_eq!(ask(&bus, "nobody").await, Err(BusError::NoResponders("nobody".to_owned())));
    assert_eq!(lattice.platform.now(), before);
}

#[tokio::test(start_paused = true)]
async fn a_request_that_is_not_answered_ends_with_its_time() {
    let lattice = lattice();
    let (bus, _wire) = lattice.join().await;
    let _silent = bus.subscribe(pattern("a"), None).expect("a subscription");
    assert!(matches!(ask(&bus, "a").await, Err(BusError::Timeout { .. })));
}

#[tokio::test(start_paused = true)]
async fn the_loss_of_the_host_that_serves_fails_a_request_at_once() {
    let lattice = lattice();
    let (host, wire) = lattice.join().await;
    let (asks, _wire) = lattice.join().await;
    let mut requests = host.subscribe(pattern("a"), Some("a")).expect("a subscription");
    host.flush().await.expect("connected");
    let lose = async {
        requests.next().await.expect("a request");
        wire.refuse(true);
        wire.cut();
    };
    let before = lattice.platform.now();
    let (outcome, ()) = futures::join!(ask(&asks, "a"), lose);
    assert_eq!(outcome, Err(BusError::HostLost("a".to_owned())));
    assert_eq!(ask(&asks, "a").await, Err(BusError::NoResponders("a".to_owned())));
    assert_eq!(lattice.platform.now(), before);
}

#[tokio::test(start_paused = true)]
async fn a_lost_connection_fails_what_waits_and_comes_back_with_its_subscriptions() {
    let lattice = lattice();
    let (bus, wire) = lattice.serve("served", "still here").await;
    let mut states = Box::pin(bus.states());
    assert_eq!(states.next().await, Some(ConnectionState::Connected));
    let mut silent = lattice.local.subscribe(pattern("silent"), None).expect("a subscription");
    let lose = async {
        silent.next().await.expect("a request");
        wire.refuse(true);
        wire.cut();
    };
    let (waiting, ()) = futures::join!(ask(&bus, "silent"), lose);
    assert!(matches!(waiting, Err(BusError::Closed(_))), "{waiting:?}");
    assert!(matches!(states.next().await, Some(ConnectionState::Reconnecting { .. })));
    assert!(matches!(bus.publish(text("a", "")), Err(BusError::Closed(_))));
    assert!(!lattice.router.has_receiver("served"));

    // Subscribed while there is no connection: made on the next one.
    let mut late = bus.subscribe(pattern("late"), None).expect("a subscription");
    wire.refuse(false);
    while bus.state() != ConnectionState::Connected {
        states.next().await;
    }
    bus.flush().await.expect("connected");
    assert_eq!(ask(&lattice.local, "served").await.as_deref(), Ok("still here"));
    lattice.local.publish(text("late", "hi")).expect("local");
    assert_eq!(late.next().await, Some(text("late", "hi")));
}

#[tokio::test(start_paused = true)]
async fn who_is_cut_off_says_what_it_had_to_say_and_is_back_no_sooner_than_it_was_told_to() {
    let lattice = lattice();
    let (bus, _wire) = lattice.serve("served", "still here").await;
    let mut heard = lattice.local.subscribe(pattern("last"), None).expect("a subscription");
    let mut states = Box::pin(bus.states());
    assert_eq!(states.next().await, Some(ConnectionState::Connected));
    let before = lattice.platform.now();
    assert!(bus.can_be_cut_off() && !lattice.local.can_be_cut_off());
    // Twice at once is once.
    bus.cut_off(MINUTE);
    bus.cut_off(MINUTE);
    bus.publish(text("last", "words")).expect("connected");
    assert_eq!(heard.next().await, Some(text("last", "words")));
    assert!(matches!(states.next().await, Some(ConnectionState::Reconnecting { .. })));
    assert!(!lattice.router.has_receiver("served"));
    // Nothing is left to cut; the connection that comes stays.
    bus.cut_off(MINUTE);
    while bus.state() != ConnectionState::Connected {
        states.next().await;
    }
    let away = lattice.platform.now() - before;
    assert!(away >= MINUTE && away < MINUTE + Duration::from_secs(1), "{away:?}");
    assert_eq!(ask(&lattice.local, "served").await.as_deref(), Ok("still here"));
}

#[tokio::test(start_paused = true)]
async fn closing_sends_what_waits_and_ends_everything() {
    let lattice = lattice();
    let (bus, _wire) = lattice.join().await;
    let mut heard = lattice.local.subscribe(pattern("a"), None).expect("a subscription");
    let mut own = bus.subscribe(pattern("b"), None).expect("a subscription");
    bus.publish(text("a", "last")).expect("connected");
    bus.close().await;
    assert_eq!(heard.next().await, Some(text("a", "last")));
    assert_eq!(own.next().await, None);
    assert_eq!(bus.state(), ConnectionState::Closed);
    assert!(matches!(bus.publish(text("a", "")), Err(BusError::Closed(_))));
    assert!(bus.subscribe(pattern("c"), None).expect("a subscription").next().await.is_none());
}

#[tokio::test(start_paused = true)]
async fn a_dropped_bus_and_a_dropped_subscription_leave_the_broker() {
    let lattice = lattice();
    let (bus, _wire) = lattice.join().await;
    let kept = bus.subscribe(pattern("kept"), None).expect("a subscription");
    drop(bus.subscribe(pattern("dropped"), None).expect("a subscription"));
    bus.flush().await.expect("connected");
    assert!(lattice.router.has_receiver("kept"));
    assert!(!lattice.router.has_receiver("dropped"));
    drop(bus);
    while lattice.router.has_receiver("kept") {
        tokio::task::yield_now().await;
    }
    drop(kept);
}

#[tokio::test(start_paused = true)]
async fn a_first_connection_that_cannot_be_made_is_an_error_with_its_cause() {
    let lattice = lattice();
    let wire = InProcess::new(lattice.broker.clone());
    wire.refuse(true);
    let outcome = BridgeBus::connect(wire, lattice.platform.clone(), BridgeOptions::default()).await;
    assert_eq!(outcome.expect_err("refused"), BusError::Closed("refused".to_owned()));
}

#[tokio::test(start_paused = true)]
async fn a_burst_of_requests_loses_no_reply() {
    let lattice = lattice();
    let _server = lattice.serve("a", "yes").await;
    let (asks, _wire) = lattice.join().await;
    let burst = (0..SUBSCRIPTION_BOUND / 2).map(|_| ask(&asks, "a"));
    let answers = futures::future::join_all(burst).await;
    assert!(answers.iter().all(|answer| answer.as_deref() == Ok("yes")), "{:?}", answers.iter().find(|a| a.is_err()));
}
