//! Guests that mean harm, on both engines of a server: each ends with an error of its own, the host goes on, and its
//! memory stays as it is.

#[path = "../hosts/common.rs"]
#[allow(dead_code, reason = "the tests of hosts use all of it")]
mod common;

use std::{fs, time::Duration};

use common::Lattice;
use futures::future;
use wisteria_core::{
    call::Target,
    error::LatticeError,
    host::{Host, HostConfig},
    identity::PublicKey,
};
use wisteria_tests::hostile::{FUEL, Hostile, calls_as_it_starts, guests, unstartable};

/// Hostile calls and starts in a row, on each engine.
const ATTACKS: usize = 10_000;

/// After so many of them a process has what it needs.
const WARM: usize = 2_000;

/// Bytes that a process may then grow by. Those that leak one instance each would be far above.
const GROWTH: usize = 24 << 20;

/// The modules and instances of one host that mean harm, beside one that does not.
struct Siege {
    host: Host,
    guests: Vec<(Hostile, PublicKey)>,
    neighbour: PublicKey,
}

impl Siege {
    async fn new(host: Host) -> Self {
        let mut started = Vec::new();
        for guest in guests().into_iter().chain([calls_as_it_starts()]) {
            let key = start(&host, &guest.text, 4).await.unwrap_or_else(|error| panic!("{}: {error}", guest.name));
            started.push((guest, key));
        }
        let neighbour = start(&host, common::UPPER, 1).await.expect("started");
        Self { host, guests: started, neighbour }
    }

    /// One attack of each kind. Returns how many that were.
    async fn round(&self) -> usize {
        for (guest, key) in &self.guests {
            let error = call(&self.host, *key, &key.to_string()).await.expect_err(guest.name);
            assert_eq!(error.code.as_str(), guest.code, "{}: {error}", guest.name);
            assert!(error.message.contains(guest.words), "{}: {error}", guest.name);
            // One that cannot start never answers.
            if guest.name != calls_as_it_starts().name {
                call(&self.host, *key, "").await.unwrap_or_else(|error| panic!("after {}: {error}", guest.name));
            }
            call(&self.host, self.neighbour, "x").await.unwrap_or_else(|error| panic!("by {}: {error}", guest.name));
        }
        let modules = unstartable();
        for module in &modules {
            let error = start(&self.host, &module.text, 1).await.expect_err(module.name);
            assert_eq!(error.code.as_str(), module.code, "{}: {error}", module.name);
        }
        self.guests.len() + modules.len()
    }

    /// At least so many attacks.
    async fn endures(self, attacks: usize) -> Self {
        let mut endured = 0;
        while endured < attacks {
            endured += self.round().await;
        }
        self
    }
}

fn limits(config: &mut HostConfig) {
    config.limits.fuel = FUEL;
}

async fn start(host: &Host, text: &str, instances: usize) -> Result<PublicKey, LatticeError> {
    let module = wat::parse_str(text).expect("WAT");
    host.start_actor(module.into(), Some(instances)).await
}

async fn call(host: &Host, actor: PublicKey, payload: &str) -> Result<(), LatticeError> {
    let payload = payload.as_bytes().to_vec().into();
    host.call(Target::Actor(actor), "Op", payload, Some(Duration::from_secs(30))).await.map(drop)
}

/// What the process holds in memory.
fn resident_bytes() -> usize {
    let pages = fs::read_to_string("/proc/self/statm").expect("Linux tells");
    let pages: usize = pages.split(' ').nth(1).and_then(|pages| pages.parse().ok()).expect("a number");
    pages * 4096
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_thousand_guests_that_mean_harm_end_one_by_one_and_leave_either_engine_and_memory_as_they_were() {
    let lattice = Lattice::new();
    let sieges = [lattice.server_with(limits).await, lattice.keeper_with(limits).await].map(Siege::new);
    let sieges = future::join_all(sieges).await;
    let sieges = endure(sieges, WARM).await;
    let before = resident_bytes();
    endure(sieges, ATTACKS - WARM).await;
    let after = resident_bytes();
    assert!(after < before + GROWTH, "{before} bytes have become {after}");
}

/// At least so many attacks on each, at the same time.
async fn endure(sieges: Vec<Siege>, attacks: usize) -> Vec<Siege> {
    let running = sieges.into_iter().map(|siege| tokio::spawn(siege.endures(attacks)));
    let endured = future::join_all(running.collect::<Vec<_>>()).await;
    endured.into_iter().map(|siege| siege.expect("it endured")).collect()
}
