//! Ends the connections of those who no longer count.

use wisteria_core::{
    bus::{Bus, BusError, SubjectPattern},
    host::Host,
    lattice::Event,
    metadata::Revocation,
};

use crate::source::Entrance;

/// Has a server's entrance follow what the lattice says, as long as the bus is open.
pub(crate) fn end_connections(host: &Host, entrance: Entrance, bus: &dyn Bus, lattice: &str) -> Result<(), BusError> {
    // Listened for before it is asked what was said so far, so that nothing falls between the two.
    let pattern = SubjectPattern::new(format!("wasmbus.evt.{lattice}.revocation_set"))?;
    let mut events = bus.subscribe(pattern, None)?;
    for revocation in host.revocations() {
        apply(&entrance, &revocation);
    }
    tokio::spawn(async move {
        while let Some(message) = events.next().await {
            let event = Event::read(&message.payload);
            if let Some(revocation) = event.and_then(|event| serde_json::from_value(event.data).ok()) {
                apply(&entrance, &revocation);
            }
        }
    });
    Ok(())
}

fn apply(entrance: &Entrance, revocation: &Revocation) {
    match revocation.revoked {
        true => entrance.revoke(&revocation.subject),
        false => entrance.unrevoke(&revocation.subject),
    }
}
