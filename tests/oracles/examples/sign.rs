//! Signs modules as the revisions 1, 2, … of one new actor: `sign NAME CAPABILITY,… MODULE SIGNED…`, with pairs of a
//! module and where the signed one goes. Prints the actor's key and that of the account.

use std::{env, fs};

use nkeys_03::KeyPair;
use wascap::wasm::sign_buffer_with_claims;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [name, capabilities, files @ ..] = &arguments[..] else {
        return Err("usage: sign NAME CAPABILITY,… MODULE SIGNED…".into());
    };
    let (actor, account) = (KeyPair::new_module(), KeyPair::new_account());
    for (revision, pair) in (1..).zip(files.chunks(2)) {
        let [module, signed] = pair else {
            return Err(format!("where does the signed module of {} go?", pair[0]).into());
        };
        let bytes = sign_buffer_with_claims(
            name.clone(),
            fs::read(module)?,
            &actor,
            &account,
            None,
            None,
            capabilities.split(',').map(str::to_owned).collect(),
            Vec::new(),
            false,
            Some(revision),
            Some(format!("0.{revision}.0")),
            None,
        )?;
        fs::write(signed, bytes)?;
    }
    println!("{} {}", actor.public_key(), account.public_key());
    Ok(())
}
