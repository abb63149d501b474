//! Claims that come to their end, or have not begun, while their actor runs.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use wisteria_core::{
    call::Target,
    error::{ErrorCode, LatticeError},
    host::Host,
    identity::{ActorClaims, KeyKind, KeyPair, PublicKey, sign_module},
    platform::{BoxFuture, Platform},
};
use wisteria_server::platform::NativePlatform;

use crate::common::{Lattice, UPPER};

/// A platform whose wall clock stands where it was set.
#[derive(Debug)]
struct SetClock {
    native: NativePlatform,
    seconds: AtomicU64,
}

impl SetClock {
    fn at(seconds: u64) -> Arc<Self> {
        Arc::new(Self { native: NativePlatform::current(), seconds: AtomicU64::new(seconds) })
    }

    fn set(&self, seconds: u64) {
        self.seconds.store(seconds, Ordering::SeqCst);
    }
}

impl Platform for SetClock {
    fn now(&self) -> Duration {
        self.native.now()
    }

    fn unix_time(&self) -> Duration {
        Duration::from_secs(self.seconds.load(Ordering::SeqCst))
    }

    fn sleep(&self, duration: Duration) -> BoxFuture<'static, ()> {
        self.native.sleep(duration)
    }

    fn spawn(&self, task: BoxFuture<'static, ()>) {
        self.native.spawn(task);
    }

    fn random(&self, buffer: &mut [u8]) {
        self.native.random(buffer);
    }
}

const START: u64 = 1_800_000_000;
const END: u64 = START + 7_200;

/// Guest text, signed for the time from `START` until `END`.
fn limited(text: &str) -> bytes::Bytes {
    let account = KeyPair::from_raw(KeyKind::Account, [1; 32]);
    let actor = KeyPair::from_raw(KeyKind::Module, [2; 32]).public_key();
    let claims = ActorClaims {
        not_before: Some(Duration::from_secs(START)),
        expires: Some(Duration::from_secs(END)),
        ..ActorClaims::new(account.public_key(), actor, "id".to_owned(), Duration::from_secs(START))
    };
    sign_module(&wat::parse_str(text).expect("WAT"), &claims, &account).expect("signed").into()
}

async fn call(host: &Host, actor: PublicKey) -> Result<(), LatticeError> {
    host.call(Target::Actor(actor), "Op", "x".into(), Some(Duration::from_secs(5))).await.map(drop)
}

#[tokio::test]
async fn claims_that_end_while_the_actor_runs_end_its_calls_whoever_makes_them() {
    let lattice = Lattice::new();
    let clock = SetClock::at(END - 1);
    let (host, far) = (lattice.keeper_at(clock.clone()).await, lattice.host().await);
    let actor = host.start_actor(limited(UPPER), None).await.expect("started");
    call(&host, actor).await.expect("it still holds");
    call(&far, actor).await.expect("it still holds");

    clock.set(END + 7_300);
    for caller in [&host, &far] {
        let error = call(caller, actor).await.expect_err("refused");
        assert_eq!(error.code, ErrorCode::ClaimsExpired);
        assert!(error.message.contains("expired 2 hours ago"), "{error}");
    }
    let error = lattice.client().call(actor, "Op", "x".into(), Duration::from_secs(5)).await.expect_err("refused");
    assert_eq!(error.code, ErrorCode::ClaimsExpired, "{error}");
    let error = host.start_actor(limited(UPPER), None).await.expect_err("refused");
    assert_eq!(error.code, ErrorCode::ClaimsExpired, "{error}");

    // A clock that was set back.
    clock.set(START - 60);
    let error = call(&far, actor).await.expect_err("refused");
    assert_eq!(error.code, ErrorCode::ClaimsNotYetValid);
    assert!(error.message.contains("count only in 1 minute"), "{error}");
    clock.set(START);
    call(&far, actor).await.expect("it holds again");
}

/// Calls the gate twice, and answers with the error of the second call.
const CALLS_TWICE: &str = r#"(module
    (import "wapc" "__host_call" (func $host_call (param i32 i32 i32 i32 i32 i32 i32 i32) (result i32)))
    (import "wapc" "__host_error_len" (func $host_error_len (result i32)))
    (import "wapc" "__host_error" (func $host_error (param i32)))
    (import "wapc" "__guest_error" (func $error (param i32 i32)))
    (memory (export "memory") 1)
    (data (i32.const 0) "MAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAABEO2")
    (func $gate (result i32)
        (call $host_call (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 56)
            (i32.const 0) (i32.const 1) (i32.const 0) (i32.const 0)))
    (func (export "__guest_call") (param i32 i32) (result i32)
        (if (i32.eqz (call $gate)) (then (unreachable)))
        (if (call $gate) (then (return (i32.const 1))))
        (call $host_error (i32.const 1024))
        (call $error (i32.const 1024) (call $host_error_len))
        (i32.const 0)))"#;

#[tokio::test]
async fn claims_that_end_during_a_call_end_the_calls_that_the_actor_makes() {
    let lattice = Lattice::new();
    let clock = SetClock::at(END - 1);
    let host = lattice.keeper_at(clock.clone()).await;
    let actor = host.start_actor(limited(CALLS_TWICE), None).await.expect("started");
    let caller = host.clone();
    let calling = tokio::spawn(async move { call(&caller, actor).await });
    lattice.gate.waiting(1).await;
    clock.set(END);
    lattice.gate.open();
    let error = calling.await.expect("it ends").expect_err("its second call is refused");
    assert_eq!(error.code, ErrorCode::GuestFailed);
    assert!(error.message.contains("expired"), "{error}");
}
