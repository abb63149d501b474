//! Writes texts to the stream `journal`, and follows it: what it handled is in the stream `handled`. It fails at an event of
//! the type `twice` until that comes again.

use wisteria_actor::{
    eventstreams::{self, Delivery},
    handlers, Error, Result,
};

handlers! {
    "Journal.Write" => write,
    "Journal.WriteTwice" => write_twice,
    "Journal.Follow" => follow,
    "Journal.Handled" => handled,
    "EventSubscriber.HandleEvent" => handle,
}

fn write(text: String) -> Result<u64> {
    eventstreams::default().append("journal", "text", text.as_bytes())
}

fn write_twice(text: String) -> Result<u64> {
    eventstreams::default().append("journal", "twice", text.as_bytes())
}

/// From the beginning; whether it did not follow yet.
fn follow(_: ()) -> Result<bool> {
    Ok(eventstreams::default().subscribe("journal", "", Some(0))?.created)
}

fn handled(_: ()) -> Result<Vec<String>> {
    let events = eventstreams::default().read("handled", 0, 1_000)?.events;
    let texts = events.into_iter().map(|event| String::from_utf8(event.data).map_err(|error| error.to_string().into()));
    texts.collect()
}

fn handle(delivery: Delivery) -> Result<()> {
    let Delivery { event, redeliveries, .. } = delivery;
    if event.event_type == "twice" && redeliveries == 0 {
        return Err(Error::Failed("this one is to come again".to_owned()));
    }
    eventstreams::default().append("handled", &event.event_type, &event.data).map(drop)
}
