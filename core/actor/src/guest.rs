//! Finds the handler of an operation and speaks waPC for it.

use serde::{Serialize, de::DeserializeOwned};
use wisteria_contracts::{actor, codec};

use crate::{Error, Result, ffi};

/// An operation with what handles it: takes the encoded argument, returns the encoded reply.
pub type Handler = (&'static str, fn(&[u8]) -> Result<Vec<u8>>);

/// Decodes the argument for a handler and encodes its reply. Used by [`handlers!`](crate::handlers).
///
/// # Errors
/// The argument has another shape, or the handler failed.
pub fn handler<A: DeserializeOwned, R: Serialize>(handle: fn(A) -> Result<R>, argument: &[u8]) -> Result<Vec<u8>> {
    handle(codec::decode(argument)?).map(|reply| codec::encode(&reply))
}

/// Answers one `__guest_call`: 1 if a handler succeeded, else 0. Used by [`handlers!`](crate::handlers).
pub fn answer(handlers: &[Handler], operation_length: usize, argument_length: usize) -> i32 {
    let (operation, argument) = ffi::request(operation_length, argument_length);
    match dispatch(handlers, &String::from_utf8_lossy(&operation), &argument) {
        Ok(reply) => {
            ffi::respond(&reply);
            1
        }
        Err(error) => {
            ffi::fail(&error.to_string());
            0
        }
    }
}

fn dispatch(handlers: &[Handler], operation: &str, argument: &[u8]) -> Result<Vec<u8>> {
    if let Some((_, handle)) = handlers.iter().find(|(known, _)| *known == operation) {
        return handle(argument);
    }
    if operation == actor::operation::HEALTH_REQUEST {
        return Ok(codec::encode(&actor::HealthCheckResponse { healthy: true, message: None }));
    }
    let known: Vec<&str> = handlers.iter().map(|(known, _)| *known).collect();
    Err(Error::UnknownOperation { operation: operation.to_owned(), known: known.join(", ") })
}

/// Makes a module an actor: names the operations it handles, each with a function from argument to reply. Health
/// requests are answered without being named. An operation is a text, or one of the constants in
/// [`contracts`](crate::contracts).
#[macro_export]
macro_rules! handlers {
    ($($operation:expr => $handle:path),+ $(,)?) => {
        const _: () = {
            const HANDLERS: &[$crate::Handler] = &[
                $(($operation, |argument| $crate::handler($handle, argument)),)+
            ];

            #[unsafe(no_mangle)]
            extern "C" fn __guest_call(operation_length: usize, argument_length: usize) -> i32 {
                $crate::answer(HANDLERS, operation_length, argument_length)
            }
        };
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    const HANDLERS: &[Handler] = &[("Twice", |argument| handler(|n: i32| Ok(n * 2), argument))];

    #[test]
    fn an_operation_reaches_its_handler() {
        let reply = dispatch(HANDLERS, "Twice", &codec::encode(&21)).expect("handled");
        assert_eq!(codec::decode::<i32>(&reply), Ok(42));
    }

    #[test]
    fn what_cannot_be_handled_is_named() {
        let check = |operation, argument: &[u8], part: &str| {
            let error = dispatch(HANDLERS, operation, argument).expect_err("refused").to_string();
            assert!(error.contains(part), "{error}");
        };
        check("Thrice", &[], "it has: Twice");
        check("Twice", &codec::encode("text"), "expected");
    }

    #[test]
    fn health_is_answered_by_itself() {
        let reply = dispatch(HANDLERS, "Actor.HealthRequest", &[]).expect("answered");
        let health: actor::HealthCheckResponse = codec::decode(&reply).expect("decodes");
        assert!(health.healthy);
    }
}
