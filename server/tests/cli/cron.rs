//! Schedules as a user has them: an actor that is called every second, on a server that is killed meanwhile.

use std::time::{Duration, Instant, SystemTime};

use tokio::runtime::Runtime;

use crate::program::{Server, run, sample};

const CONTRACT: &str = "wisteria:cron";

fn start(server: &Server) -> String {
    let file = sample("alarm_clock.wasm");
    server.run(&["start", "actor", file.to_str().expect("UTF-8")]).text().to_owned()
}

/// Seconds since 1970.
fn now() -> u64 {
    SystemTime::UNIX_EPOCH.elapsed().expect("it is after 1970").as_secs()
}

/// A tick that the actor noted: when it was due, in seconds, and how many were missed before.
type Noted = (u64, u64);

/// What the actor has noted, once that fits.
#[track_caller]
fn noted(server: &Server, actor: &str, fits: impl Fn(&[Noted]) -> bool) -> Vec<Noted> {
    let until = Instant::now() + Duration::from_secs(60);
    loop {
        let lines = server.run(&["call", actor, "Clock.Ticks", "null"]).json();
        let lines = lines.as_array().expect("texts").iter().map(|line| line.as_str().expect("a text"));
        let found = lines.map(|line| {
            let [name, due, missed] = line.split(' ').collect::<Vec<_>>()[..] else { panic!("{line}") };
            let due: u64 = due.parse().expect("a time");
            assert_eq!((name, due % 1_000), ("second", 0));
            (due / 1_000, missed.parse().expect("a number"))
        });
        let found: Vec<_> = found.collect();
        if fits(&found) {
            return found;
        }
        assert!(Instant::now() < until, "it has noted only {found:?}");
    }
}

#[test]
fn an_actor_is_called_every_second_and_told_how_many_it_missed_while_its_server_was_down() {
    let mut server = Server::start(&["--allow-unsigned"]);
    let actor = start(&server);
    server.run(&["link", "put", &actor, "keyvalue-redb", "wasmcloud:keyvalue"]).text();
    let put = |server: &Server, schedule: &str| server.run(&["link", "put", &actor, "cron", CONTRACT, schedule]);
    for (schedule, words) in [
        ("schedule.second=every 1 second", "`schedule.second=every 1 second` is no schedule: `1 second` is no whole"),
        ("schedule.second=0 0 0 * * *", "it has 6 fields and not five: minute, hour, day of the month, month"),
        ("schedul.second=every 1s", "it knows no value `schedul.second`; it takes schedule.* (text, required)"),
    ] {
        let refused = put(&server, schedule);
        assert!(refused.failure().contains(words), "{words} in {refused:?}");
    }
    put(&server, "schedule.second=every 1s").text();
    let before = noted(&server, &actor, |found| found.len() >= 3);
    for pair in before.windows(2) {
        assert_eq!(pair[1].0, pair[0].0 + 1 + pair[1].1, "none is left out, none comes twice: {before:?}");
    }
    server.crash();
    let gone = before.last().expect("there are some").0 + 3;
    Runtime::new().expect("a runtime").block_on(async {
        let mut each = tokio::time::interval(Duration::from_millis(50));
        while now() < gone {
            each.tick().await;
        }
    });
    server.restart();
    start(&server);
    let after = noted(&server, &actor, |found| found.len() >= before.len() + 3);
    let first =
        after[before.len() - 1..].windows(2).map(|pair| (pair[1].0 - pair[0].0 - 1, pair[1].1)).collect::<Vec<_>>();
    assert!(first.iter().any(|(_, missed)| *missed >= 1), "those of the time between are counted: {after:?}");
    // The server may have been killed between noting a tick and sending it.
    let lost: u64 = first.iter().map(|(between, missed)| between - missed).sum();
    assert!(lost <= 1, "{after:?}");

    server.run(&["link", "del", &actor, CONTRACT]).text();
    let ended = noted(&server, &actor, |_| true);
    let later = now() + 2;
    let still = noted(&server, &actor, |_| now() > later);
    assert!(still.len() <= ended.len() + 1, "no tick comes after the end of the link: {still:?}");
}

#[test]
fn the_values_of_schedules_are_shown_as_a_user_writes_them() {
    let page = run(&["provider", "describe", "cron"], b"");
    for words in ["schedule.*", "(required)", "wisteria link put ACTOR cron wisteria:cron 'schedule.NAME=*/5 * * * *'"]
    {
        assert!(page.text().contains(words), "{words} in {page:?}");
    }
}
