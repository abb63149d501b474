//! Guests for hosts to endure: `guests COUNT` prints as JSON those that mean harm, with the error that each must end
//! with, and as many that wasm-smith makes up.

#[path = "../../src/hostile.rs"]
#[allow(dead_code, reason = "tests use what is left")]
mod hostile;
#[path = "../../tests/metering/smith.rs"]
#[allow(dead_code, reason = "tests use what is left")]
mod smith;

use std::{env, error::Error};

use data_encoding::BASE64;
use serde_json::json;

fn main() -> Result<(), Box<dyn Error>> {
    let count: u64 = env::args().nth(1).ok_or("usage: guests COUNT")?.parse()?;
    let guest = |guest: hostile::Hostile| {
        let module = BASE64.encode(&wat::parse_str(&guest.text)?);
        Ok(json!({ "name": guest.name, "module": module, "code": guest.code, "words": guest.words }))
    };
    let unstartable = |module: hostile::Unstartable| {
        Ok(json!({ "name": module.name, "module": BASE64.encode(&wat::parse_str(&module.text)?), "code": module.code }))
    };
    let smith = smith::Smith::new();
    let all = json!({
        "fuel": hostile::FUEL,
        "guests": hostile::guests().into_iter().map(guest).collect::<Result<Vec<_>, wat::Error>>()?,
        "startsBadly": guest(hostile::calls_as_it_starts())?,
        "unstartable": hostile::unstartable().into_iter().map(unstartable).collect::<Result<Vec<_>, wat::Error>>()?,
        "madeUp": (0..count).map(|seed| BASE64.encode(&smith.ending(seed))).collect::<Vec<_>>(),
    });
    println!("{all}");
    Ok(())
}
