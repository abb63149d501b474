//! No host: an actor's own logic can be tested natively, its calls fail by name.

pub(crate) fn request(_operation_length: usize, _argument_length: usize) -> (Vec<u8>, Vec<u8>) {
    (Vec::new(), Vec::new())
}

pub(crate) fn respond(_reply: &[u8]) {}

pub(crate) fn fail(_error: &str) {}

pub(crate) fn host_call(_: &str, namespace: &str, operation: &str, _: &[u8]) -> Result<Vec<u8>, String> {
    Err(format!(
        "{operation} of {namespace} needs a host; build the actor for wasm32-unknown-unknown and start it on one"
    ))
}
