//! Guests for hosts to endure: prints as JSON those that mean harm, with the error that each must end with.

#[path = "../../src/hostile.rs"]
#[allow(dead_code, reason = "tests use what is left")]
mod hostile;

use std::error::Error;

use data_encoding::BASE64;
use serde_json::json;

fn main() -> Result<(), Box<dyn Error>> {
    let guest = |guest: hostile::Hostile| {
        let module = BASE64.encode(&wat::parse_str(&guest.text)?);
        Ok(json!({ "name": guest.name, "module": module, "code": guest.code, "words": guest.words }))
    };
    let unstartable = |module: hostile::Unstartable| {
        Ok(json!({ "name": module.name, "module": BASE64.encode(&wat::parse_str(&module.text)?), "code": module.code }))
    };
    let all = json!({
        "fuel": hostile::FUEL,
        "guests": hostile::guests().into_iter().map(guest).collect::<Result<Vec<_>, wat::Error>>()?,
        "startsBadly": guest(hostile::calls_as_it_starts())?,
        "unstartable": hostile::unstartable().into_iter().map(unstartable).collect::<Result<Vec<_>, wat::Error>>()?,
    });
    println!("{all}");
    Ok(())
}
