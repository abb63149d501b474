//! Accounts with amounts, between which transactions move: nothing is made or lost on the way.

use wisteria_actor::{
    handlers,
    keyvalue2::{self, ListRequest, Step},
    Error, Result,
};

handlers! {
    "Accounts.Open" => open,
    "Accounts.Transfer" => transfer,
    "Accounts.Balance" => balance,
    "Accounts.Names" => names,
}

/// Opens an account with an amount; whether there was none of that name.
fn open((name, amount): (String, u64)) -> Result<bool> {
    let step = Step::set_if(&name, amount.to_string().as_bytes(), None);
    Ok(keyvalue2::default().transact([step])?.applied)
}

/// Moves an amount from one account to another; whether the first had enough.
fn transfer((from, to, amount): (String, String, u64)) -> Result<bool> {
    loop {
        let ((less, from_etag), (more, to_etag)) = (account(&from)?, account(&to)?);
        let Some(less) = less.checked_sub(amount) else {
            return Ok(false);
        };
        let steps = [
            Step::set_if(&from, less.to_string().as_bytes(), Some(from_etag)),
            Step::set_if(&to, (more + amount).to_string().as_bytes(), Some(to_etag)),
        ];
        // Somebody was faster where it was not applied.
        if keyvalue2::default().transact(steps)?.applied {
            return Ok(true);
        }
    }
}

fn balance(name: String) -> Result<u64> {
    Ok(account(&name)?.0)
}

fn names(_: ()) -> Result<Vec<String>> {
    Ok(keyvalue2::default().list(&ListRequest::default())?.keys)
}

/// The amount of an account, and which write it is from.
fn account(name: &str) -> Result<(u64, String)> {
    let entry = keyvalue2::default().get(name)?;
    let entry = entry.ok_or_else(|| Error::Failed(format!("there is no account \"{name}\"")))?;
    let amount = std::str::from_utf8(&entry.value).ok().and_then(|text| text.parse().ok());
    Ok((amount.ok_or_else(|| Error::Failed(format!("\"{name}\" holds no amount")))?, entry.etag))
}
