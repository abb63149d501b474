//! The `wisteria` program.

use std::process::ExitCode;

#[tokio::main]
async fn main() -> ExitCode {
    wisteria_server::cli::run().await
}
