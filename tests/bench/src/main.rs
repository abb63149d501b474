//! Our embedded broker and a NATS server, measured in turns with the same clients:
//! `lattice PATH_OF_WISTERIA PATH_OF_NATS_SERVER ROUNDS`.

mod figures;
mod idle;
mod plain;
mod process;
mod published_client;
mod workload;

use anyhow::{Context, Result, bail};
use figures::Table;
use process::{Program, Server};
use std::path::Path;
use workload::Workload;

#[tokio::main]
async fn main() -> Result<()> {
    let arguments = std::env::args().skip(1).collect::<Vec<_>>();
    let [ours, theirs, rounds] = &arguments[..] else {
        bail!("usage: lattice PATH_OF_WISTERIA PATH_OF_NATS_SERVER ROUNDS");
    };
    let rounds: usize = rounds.parse().context("ROUNDS is a number")?;
    let programs = [Program::Wisteria(Path::new(ours)), Program::Nats(Path::new(theirs))];
    process::allow_open_files(idle::OPEN_FILES)?;
    let mut table = Table::default();
    for round in 0..rounds {
        eprintln!("round {} of {rounds}", round + 1);
        // Who goes first changes with each round.
        let order = if round % 2 == 0 { [0, 1] } else { [1, 0] };
        let servers = [Server::start(&programs[0])?, Server::start(&programs[1])?];
        for workload in Workload::ALL {
            for which in order {
                let server = &servers[which];
                let before = server.processor_time()?;
                let outcome = workload.run(server.address()).await.with_context(|| {
                    format!("{} with {}, {}", programs[which].name(), workload.name(), workload.client())
                })?;
                let spent = server.processor_time()?.saturating_sub(before);
                table.add(which, workload, &outcome, spent);
            }
        }
        drop(servers);
        for which in order {
            // A fresh one, as what the load before has left behind is not asked for.
            let server = Server::start(&programs[which])?;
            table.add_memory(which, idle::memory(&server).await?);
        }
    }
    table.print(programs.map(|program| program.name()));
    Ok(())
}
