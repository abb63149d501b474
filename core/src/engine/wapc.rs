//! The host's side of waPC for engines written in Rust: what one guest asked for and what it gets.
//!
//! Neither side allocates for the other: each only copies into places that the other names. Places outside of the
//! guest's memory are an [`OutOfBounds`], which the engine turns into a trap.

use bytes::Bytes;
use thiserror::Error;

use super::{GuestCall, GuestError, HostCall};
use crate::platform::BoxFuture;

/// The state of one guest; of its current call, while there is one.
#[derive(Debug, Default)]
pub struct GuestState {
    current: Option<GuestCall>,
    reply: Option<Bytes>,
    error: Option<String>,
    host_reply: Bytes,
    host_error: String,
}

/// The guest named a place outside of its memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("the guest named {length} bytes at {start}, outside of its memory")]
pub struct OutOfBounds {
    /// The address.
    pub start: u32,
    /// How many bytes.
    pub length: u32,
}

/// What the guest put into `__host_call`, addresses and lengths.
#[derive(Debug, Clone, Copy)]
pub struct HostCallArguments {
    /// The link name.
    pub binding: (u32, u32),
    /// The contract, or the actor.
    pub namespace: (u32, u32),
    /// The operation.
    pub operation: (u32, u32),
    /// The argument.
    pub payload: (u32, u32),
}

impl GuestState {
    /// Starts a call and gives the lengths that `__guest_call` takes.
    pub fn begin(&mut self, call: GuestCall) -> (u32, u32) {
        let lengths = (length(call.operation.as_bytes()), length(&call.payload));
        *self = Self { current: Some(call), ..Self::default() };
        lengths
    }

    /// Ends the call: the reply, if `__guest_call` returned anything but 0.
    pub fn finish(&mut self, returned: i32) -> Result<Bytes, GuestError> {
        let ended = std::mem::take(self);
        match returned {
            0 => Err(GuestError::Failed(ended.error.unwrap_or_else(|| "it gave no reason".to_owned()))),
            _ => Ok(ended.reply.unwrap_or_default()),
        }
    }

    /// `__guest_request`.
    pub fn guest_request(&self, memory: &mut [u8], operation: u32, payload: u32) -> Result<(), OutOfBounds> {
        let Some(call) = &self.current else {
            return Ok(());
        };
        write(memory, operation, call.operation.as_bytes())?;
        write(memory, payload, &call.payload)
    }

    /// `__guest_response`.
    pub fn guest_response(&mut self, memory: &[u8], start: u32, length: u32) -> Result<(), OutOfBounds> {
        self.reply = Some(Bytes::copy_from_slice(read(memory, start, length)?));
        Ok(())
    }

    /// `__guest_error`.
    pub fn guest_error(&mut self, memory: &[u8], start: u32, length: u32) -> Result<(), OutOfBounds> {
        self.error = Some(text(memory, start, length)?);
        Ok(())
    }

    /// `__host_call`, up to where it waits; [`GuestState::host_replied`] ends it.
    pub fn host_call(
        &self,
        memory: &[u8],
        arguments: HostCallArguments,
    ) -> Result<BoxFuture<'static, Result<Bytes, String>>, OutOfBounds> {
        let call = HostCall {
            binding: text(memory, arguments.binding.0, arguments.binding.1)?,
            namespace: text(memory, arguments.namespace.0, arguments.namespace.1)?,
            operation: text(memory, arguments.operation.0, arguments.operation.1)?,
            payload: Bytes::copy_from_slice(read(memory, arguments.payload.0, arguments.payload.1)?),
        };
        Ok(match &self.current {
            Some(current) => current.host.call(call),
            None => Box::pin(async { Err(NOT_CALLED.to_owned()) }),
        })
    }

    /// Keeps what a host call brought, and gives what the guest's `__host_call` returns.
    pub fn host_replied(&mut self, outcome: Result<Bytes, String>) -> i32 {
        match outcome {
            Ok(reply) => {
                self.host_reply = reply;
                1
            }
            Err(error) => {
                self.host_error = error;
                0
            }
        }
    }

    /// `__host_response_len`.
    pub fn host_response_len(&self) -> u32 {
        length(&self.host_reply)
    }

    /// `__host_response`.
    pub fn host_response(&self, memory: &mut [u8], start: u32) -> Result<(), OutOfBounds> {
        write(memory, start, &self.host_reply)
    }

    /// `__host_error_len`.
    pub fn host_error_len(&self) -> u32 {
        length(self.host_error.as_bytes())
    }

    /// `__host_error`.
    pub fn host_error(&self, memory: &mut [u8], start: u32) -> Result<(), OutOfBounds> {
        write(memory, start, self.host_error.as_bytes())
    }

    /// `__console_log`. What a guest says while it starts is nobody's.
    pub fn console_log(&self, memory: &[u8], start: u32, length: u32) -> Result<(), OutOfBounds> {
        let text = text(memory, start, length)?;
        if let Some(call) = &self.current {
            call.host.log(&text);
        }
        Ok(())
    }

    /// Whether the guest is being called, and so may call.
    pub fn is_called(&self) -> bool {
        self.current.is_some()
    }
}

/// What a guest reads that calls while it starts.
pub const NOT_CALLED: &str = "a guest may call only while it is being called, not while it starts";

/// The error of a guest that did not end well: out of fuel if its fuel is negative, else what the engine says.
pub fn trap(fuel_left: i64, fuel: u64, cause: impl std::fmt::Display) -> GuestError {
    match fuel_left < 0 {
        true => GuestError::OutOfFuel { fuel },
        false => GuestError::Trap(cause.to_string()),
    }
}

fn length(bytes: &[u8]) -> u32 {
    u32::try_from(bytes.len()).expect("a payload is below 4 GiB")
}

fn read(memory: &[u8], start: u32, length: u32) -> Result<&[u8], OutOfBounds> {
    let from = start as usize;
    memory.get(from..from.saturating_add(length as usize)).ok_or(OutOfBounds { start, length })
}

fn write(memory: &mut [u8], start: u32, bytes: &[u8]) -> Result<(), OutOfBounds> {
    let from = start as usize;
    let place =
        memory.get_mut(from..from.saturating_add(bytes.len())).ok_or(OutOfBounds { start, length: length(bytes) })?;
    place.copy_from_slice(bytes);
    Ok(())
}

fn text(memory: &[u8], start: u32, length: u32) -> Result<String, OutOfBounds> {
    read(memory, start, length).map(|bytes| String::from_utf8_lossy(bytes).into_owned())
}
