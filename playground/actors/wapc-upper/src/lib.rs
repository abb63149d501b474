//! A guest of plain waPC: `upper` answers with the text in upper case, `relay` asks another actor for it.

use wapc_guest as wapc;

#[no_mangle]
pub fn wapc_init() {
    wapc::register_function("upper", upper);
    wapc::register_function("relay", relay);
    wapc::register_function("fail", fail);
}

/// Text → the text in upper case.
fn upper(text: &[u8]) -> wapc::CallResult {
    wapc::console_log("upper was called");
    Ok(std::str::from_utf8(text)?.to_uppercase().into_bytes())
}

/// `TARGET TEXT` → what the actor `TARGET` answers to `upper` of the text.
fn relay(request: &[u8]) -> wapc::CallResult {
    let (target, text) =
        std::str::from_utf8(request)?.split_once(' ').ok_or("expected a target, a space and a text")?;
    wapc::host_call("", target, "upper", text.as_bytes())
}

/// Anything → an error with that text.
fn fail(text: &[u8]) -> wapc::CallResult {
    Err(String::from_utf8_lossy(text).into())
}
