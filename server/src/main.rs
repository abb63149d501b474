//! The `wisteria` program.

use std::process::ExitCode;

use mimalloc::MiMalloc;

/// Buffers of messages come and go by the thousands; the system's allocator gives their pages back each time.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

#[tokio::main]
async fn main() -> ExitCode {
    wisteria_server::cli::run().await
}
