//! Guest SDK for actors in Rust.
