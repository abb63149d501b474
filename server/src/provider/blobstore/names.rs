//! What containers and objects may be called, so that no name leads anywhere else, and every store takes the same ones.

use wisteria_contracts::blobstore::ContainerObject;
use wisteria_core::provider::ProviderError;

/// Longest name of a container.
const MAX_CONTAINER: usize = 64;

/// Longest name of an object, in bytes.
const MAX_OBJECT: usize = 512;

/// Whether a container may be called that.
pub(super) fn check_container(name: &str) -> Result<(), ProviderError> {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_-.".contains(&byte);
    match (1..=MAX_CONTAINER).contains(&name.len()) && !name.starts_with('.') && name.bytes().all(is_plain) {
        true => Ok(()),
        false => Err(ProviderError::Failed(format!(
            "{name:?} is no name of a container; use 1 to {MAX_CONTAINER} letters, digits, '_', '-' and '.', the first \
             of which is no '.'"
        ))),
    }
}

/// Whether an object and its container may be called that.
pub(super) fn check_object(place: &ContainerObject) -> Result<(), ProviderError> {
    check_container(&place.container_id)?;
    let name = &place.object_id;
    let is_part = |part: &str| !matches!(part, "" | "." | "..");
    match name.len() <= MAX_OBJECT && !name.chars().any(char::is_control) && name.split('/').all(is_part) {
        true => Ok(()),
        false => Err(ProviderError::Failed(format!(
            "{name:?} is no name of an object; use 1 to {MAX_OBJECT} bytes without control characters, whose parts \
             between '/' are neither empty nor '.' or '..'"
        ))),
    }
}

/// The error of an operation on a container that is not there.
pub(super) fn no_container(name: &str) -> ProviderError {
    ProviderError::Failed(format!("there is no container \"{name}\"; make it with Blobstore.CreateContainer first"))
}

/// The words for an object that is not there.
pub(super) fn no_object(place: &ContainerObject) -> String {
    format!("there is no object \"{}\" in container \"{}\"", place.object_id, place.container_id)
}
