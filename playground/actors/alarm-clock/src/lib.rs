//! Notes each tick of its schedules, as `NAME SCHEDULED_TIME MISSED`.

use wisteria_actor::{
    contracts::cron::{operation, Tick},
    handlers, keyvalue, Result,
};

handlers! {
    operation::HANDLE_TICK => note,
    "Clock.Ticks" => ticks,
}

fn note(tick: Tick) -> Result<()> {
    let line = format!("{} {} {}", tick.name, tick.scheduled_time, tick.missed);
    keyvalue::default().list_add("ticks", &line).map(drop)
}

/// All that were noted, in order.
fn ticks(_: ()) -> Result<Vec<String>> {
    keyvalue::default().list_range("ticks", 0, -1)
}
