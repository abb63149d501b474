//! Ends the connections of those who no longer count.

use std::sync::Arc;

use wisteria_bridge::Broker;
use wisteria_core::{
    bus::{Bus, BusError, SubjectPattern},
    host::Host,
    lattice::Event,
    metadata::Revocation,
};

/// Has a broker follow what the lattice says, as long as the bus is open.
pub(crate) fn end_connections(host: &Host, broker: Arc<Broker>, bus: &dyn Bus, lattice: &str) -> Result<(), BusError> {
    // Listened for before it is asked what was said so far, so that nothing falls between the two.
    let pattern = SubjectPattern::new(format!("wasmbus.evt.{lattice}.revocation_set"))?;
    let mut events = bus.subscribe(pattern, None)?;
    for revocation in host.revocations() {
        apply(&broker, &revocation);
    }
    tokio::spawn(async move {
        while let Some(message) = events.next().await {
            let event = Event::read(&message.payload);
            if let Some(revocation) = event.and_then(|event| serde_json::from_value(event.data).ok()) {
                apply(&broker, &revocation);
            }
        }
    });
    Ok(())
}

fn apply(broker: &Broker, revocation: &Revocation) {
    match revocation.revoked {
        true => broker.revoke(&revocation.subject),
        false => broker.unrevoke(&revocation.subject),
    }
}
