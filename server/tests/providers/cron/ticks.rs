//! What becomes of ticks when actors are slow, fail or are not there, and when the provider is not.

use std::time::Duration;

use wisteria_contracts::cron::Tick;
use wisteria_core::{
    bus::Message,
    provider::{LinkValues, ProviderLink},
};

use super::clock::{BEGIN, Clock, shown};
use crate::linked::{actor, health};

const EVERY_SECOND: [(&str, &str); 1] = [("schedule.a", "every 1s")];

fn a(at: u64, missed: u32) -> (String, u64, u32) {
    ("a".to_owned(), at, missed)
}

#[tokio::test]
async fn a_tick_says_when_it_was_due_and_when_it_was_sent() {
    let clock = Clock::start().await;
    clock.link(&[("schedule.a", "every 1s")]).await.expect("linked");
    clock.time.pass(Duration::from_millis(2_300));
    let (tick, message) = clock.next().await;
    assert_eq!((tick.scheduled_time, tick.sent_time, tick.missed), (BEGIN + 2_000, BEGIN + 2_300, 1));
    clock.answer(message, None).await;
    clock.stop().await;
}

#[tokio::test]
async fn one_tick_of_a_schedule_comes_at_a_time_and_those_that_were_due_meanwhile_are_counted() {
    let clock = Clock::start().await;
    clock.link(&[("schedule.a", "every 1s"), ("schedule.b", "every 4s")]).await.expect("linked");
    clock.pass(1);
    let (first, slow) = clock.next().await;
    assert_eq!(shown(&first), a(1, 0));
    clock.pass(4);
    assert_eq!(clock.tick().await, ("b".to_owned(), 4, 0), "another schedule does not wait");
    assert!(clock.is_silent().await, "the first is being handled");
    clock.answer(slow, None).await;
    assert_eq!(clock.tick().await, a(5, 3));
    clock.pass(1);
    assert_eq!(clock.tick().await, a(6, 0));
    clock.stop().await;
}

#[tokio::test]
async fn a_tick_that_the_actor_fails_or_takes_too_long_for_does_not_come_again() {
    let clock = Clock::start().await;
    clock.link(&[("schedule.a", "every 1s"), ("TIMEOUT", "3s")]).await.expect("linked");
    for code in ["guest-failed", "timeout", "not-permitted"] {
        clock.pass(1);
        let (_, message) = clock.next().await;
        clock.answer(message, Some(code)).await;
    }
    clock.pass(1);
    let (tick, _never_answered) = clock.next().await;
    assert_eq!(shown(&tick), a(4, 0), "none of those before came again, and none counts as missed");
    clock.pass(4);
    assert_eq!(clock.tick().await, a(8, 3));
    clock.stop().await;
}

#[tokio::test]
async fn a_tick_for_which_nobody_is_there_counts_as_missed_when_the_actor_is() {
    let clock = Clock::start().await;
    clock.link(&EVERY_SECOND).await.expect("linked");
    for code in ["no-responders", "overloaded", "unreachable"] {
        let (_, message) = until_next(&clock).await;
        clock.answer(message, Some(code)).await;
    }
    let (name, at, missed) = until_tick(&clock).await;
    assert_eq!((name.as_str(), u64::from(missed) + 1), ("a", at), "all since the beginning are told of");
    // What was told of is told of once, over a restart as well.
    clock.restart(&EVERY_SECOND).await;
    let (_, next, missed) = until_tick(&clock).await;
    assert_eq!(u64::from(missed) + 1, next - at);
    clock.stop().await;
}

/// Lets seconds pass until a tick comes, which is handled.
async fn until_tick(clock: &Clock) -> (String, u64, u32) {
    let (tick, message) = until_next(clock).await;
    clock.answer(message, None).await;
    shown(&tick)
}

/// Lets seconds pass until a tick comes.
async fn until_next(clock: &Clock) -> (Tick, Message) {
    let mut each = tokio::time::interval(Duration::from_millis(20));
    let next = clock.next();
    tokio::pin!(next);
    loop {
        tokio::select! {
            next = &mut next => return next,
            _ = each.tick() => clock.pass(1),
        }
    }
}

#[tokio::test]
async fn after_a_restart_one_tick_says_how_many_were_due() {
    let clock = Clock::start().await;
    clock.link(&EVERY_SECOND).await.expect("linked");
    clock.pass(1);
    assert_eq!(clock.tick().await, a(1, 0));
    clock.stop().await;
    clock.pass(100);
    clock.restart(&EVERY_SECOND).await;
    assert_eq!(clock.tick().await, a(101, 99));
    clock.pass(1);
    assert_eq!(clock.tick().await, a(102, 0));
    // Nothing was due this time.
    clock.restart(&EVERY_SECOND).await;
    clock.pass(1);
    assert_eq!(clock.tick().await, a(103, 0));
    clock.stop().await;
}

#[tokio::test]
async fn a_tick_that_was_under_way_when_the_provider_stopped_does_not_come_again() {
    let clock = Clock::start().await;
    clock.link(&EVERY_SECOND).await.expect("linked");
    clock.pass(1);
    let (first, never_answered) = clock.next().await;
    assert_eq!(shown(&first), a(1, 0));
    clock.stop().await;
    clock.answer(never_answered, None).await;
    clock.restart(&EVERY_SECOND).await;
    clock.pass(1);
    assert_eq!(clock.tick().await, a(2, 0));
    clock.stop().await;
}

#[tokio::test]
async fn a_link_that_is_put_again_keeps_its_place_and_one_that_is_deleted_does_not() {
    let clock = Clock::start().await;
    let hourly = [("schedule.a", "0 * * * *")];
    clock.link(&hourly).await.expect("linked");
    clock.pass(2_000);
    clock.link(&hourly).await.expect("linked again");
    clock.pass(2_000);
    // 23:00.
    assert_eq!(clock.tick().await, a(2_800, 0));
    clock.stop().await;
    // 01:40.
    clock.pass(8_400);
    clock.forget().await;
    clock.link(&hourly).await.expect("linked");
    clock.pass(3_600);
    assert_eq!(clock.tick().await, a(13_600, 0), "of 00:00 and 01:00 nothing is known");
    // Another schedule of that name is another.
    clock.stop().await;
    clock.pass(36_000);
    clock.link(&[("schedule.a", "0 */2 * * *")]).await.expect("linked");
    clock.pass(7_200);
    assert_eq!(clock.tick().await.2, 0);
    clock.stop().await;
}

#[tokio::test]
async fn a_link_that_is_put_again_waits_for_the_tick_under_way() {
    let clock = Clock::start().await;
    clock.link(&EVERY_SECOND).await.expect("linked");
    clock.pass(1);
    let (_, slow) = clock.next().await;
    clock.link(&[("schedule.a", "every 2s"), ("schedule.b", "every 1s")]).await.expect("linked again");
    clock.pass(1);
    assert_eq!(clock.tick().await.0, "b", "what has no tick under way goes on");
    assert!(clock.is_silent().await);
    clock.answer(slow, None).await;
    assert_eq!(clock.tick().await, a(2, 0));
    clock.stop().await;
}

#[tokio::test]
async fn a_refused_link_leaves_the_one_before_as_it_was() {
    let clock = Clock::start().await;
    clock.link(&EVERY_SECOND).await.expect("linked");
    for (values, words) in [
        (
            vec![("schedule.a", "every 1d")],
            "`schedule.a=every 1d` is no schedule: `1d` is no whole number of s, m or h",
        ),
        (vec![("schedule.a b", "every 1s")], "`a b` is no name of a schedule"),
        (vec![("schedule.a", "every 1s"), ("TIMEOUT", "2h")], "at most 1h; write it as TIMEOUT=1m"),
        (vec![("schedule.a", "every 1s"), ("TIMEOUT", "0s")], "more than 0"),
    ] {
        let refused = clock.link(&values).await.expect_err("refused");
        assert!(refused.contains(words), "{words} in {refused}");
    }
    let names: Vec<String> = (0..=100).map(|number| format!("schedule.{number}")).collect();
    let many: Vec<_> = names.iter().map(|name| (name.as_str(), "every 1s")).collect();
    let refused = clock.link(&many).await.expect_err("too many");
    assert!(refused.contains("it has 101 schedules, and a link may have 100"), "{refused}");
    clock.pass(1);
    assert_eq!(clock.tick().await, a(1, 0));
    clock.stop().await;
}

#[tokio::test]
async fn links_of_two_names_do_not_know_each_other() {
    let clock = Clock::start().await;
    clock.link(&[("schedule.a", "every 1h")]).await.expect("linked");
    let values = [("schedule.a".to_owned(), "every 10s".to_owned())].into();
    let values = LinkValues::new(clock.hosted.provider.describe().values, values).expect("good");
    let second = ProviderLink { actor: actor(), link_name: "second".into(), values, is_new: true };
    clock.hosted.provider.link(second).await.expect("linked");
    clock.pass(10);
    assert_eq!(clock.tick().await, a(10, 0));
    clock.hosted.provider.forget(actor(), "second".into()).await;
    // 23:00.
    clock.pass(2_790);
    assert_eq!(clock.tick().await, a(2_800, 0), "the end of the other is not its own");
    clock.stop().await;
}

#[tokio::test]
async fn a_clock_that_is_set_back_repeats_nothing_unless_it_is_by_more_than_an_hour() {
    let clock = Clock::start().await;
    let minutely = [("schedule.a", "* * * * *")];
    clock.link(&minutely).await.expect("linked");
    clock.pass(6_000);
    // 23:53.
    assert_eq!(clock.tick().await, a(5_980, 99));
    clock.stop().await;
    clock.time.set(Duration::from_millis(BEGIN) + Duration::from_secs(5_000));
    clock.restart(&minutely).await;
    clock.pass(1_040);
    assert_eq!(clock.tick().await, a(6_040, 0), "what was sent before does not come again");
    clock.stop().await;
    clock.time.set(Duration::from_millis(BEGIN));
    clock.restart(&minutely).await;
    let (name, at, missed) = until_tick(&clock).await;
    assert_eq!((name.as_str(), missed), ("a", 0));
    assert!(at < 200, "{at}");
    clock.stop().await;
}

#[tokio::test]
async fn a_link_whose_place_cannot_be_kept_is_refused() {
    let clock = Clock::start().await;
    std::fs::create_dir(clock.hosted.data_dir().join("cron.redb")).expect("made");
    let refused = clock.link(&EVERY_SECOND).await.expect_err("refused");
    assert!(refused.contains("cron.redb") && refused.contains("see that the disk has room"), "{refused}");
    assert_eq!(health(&*clock.hosted.provider).await, Ok(()));
}
