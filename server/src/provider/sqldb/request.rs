//! The operations of the contract and their replies, as types.

use bytes::Bytes;
use wisteria_contracts::{
    codec,
    sqldb::{Column, ExecuteResult, QueryResult, Statement, operation},
};
use wisteria_core::provider::{ProviderCall, ProviderError, argument_with_bytes};

use super::{
    failure::{Code, Failure},
    rows::Rows,
    value::SqlValue,
    words,
};

/// Largest text of a statement, in bytes.
pub(super) const MAX_SQL: usize = 1 << 20;

/// Most parameters of a statement.
const MAX_PARAMETERS: usize = 32_766;

/// What is asked of a statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wanted {
    /// How many rows it changes.
    Changes,
    /// The rows that it finds.
    Rows,
}

/// A statement to carry out.
#[derive(Debug)]
pub(super) struct Request {
    pub(super) wanted: Wanted,
    pub(super) sql: String,
    pub(super) parameters: Vec<SqlValue>,
}

/// What came of it.
#[derive(Debug)]
pub(super) struct Outcome {
    pub(super) rows_affected: u64,
    pub(super) columns: Vec<Column>,
    pub(super) rows: Rows,
}

impl Request {
    /// Whether its rows are wanted.
    pub(super) fn wants_rows(&self) -> bool {
        self.wanted == Wanted::Rows
    }
}

/// Reads a call of the provider of that name, has it carried out on the database of that name, and encodes what came of it.
pub(super) async fn answer(
    provider: &'static str,
    database: &str,
    call: &ProviderCall,
    carry_out: impl AsyncFnOnce(Request) -> Result<Outcome, Failure>,
) -> Result<Bytes, ProviderError> {
    let wanted = match &*call.operation {
        operation::EXECUTE => Wanted::Changes,
        operation::QUERY => Wanted::Rows,
        _ => return Err(ProviderError::unknown(provider, call, &[operation::EXECUTE, operation::QUERY])),
    };
    let statement: Statement = argument_with_bytes(call)?;
    let outcome = match read(wanted, statement, database) {
        Ok(request) => carry_out(request).await,
        Err(failure) => Err(failure),
    };
    reply(wanted, outcome)
}

fn read(wanted: Wanted, statement: Statement, database: &str) -> Result<Request, Failure> {
    if let Some(named) = statement.database.filter(|named| named != database) {
        return Err(Failure::new(
            Code::UnknownDatabase,
            format!(
                "this link leads to the database {database:?} alone, not to {named:?}; leave `database` out, or link \
                 the other one under another link name"
            ),
        ));
    }
    if statement.sql.len() > MAX_SQL {
        return Err(Failure::new(
            Code::TooLarge,
            format!("the statement has more than {MAX_SQL} bytes; give large values as parameters"),
        ));
    }
    if statement.sql.contains('\0') {
        return Err(Failure::new(
            Code::InvalidSql,
            "there is a NUL in the statement; give what has one as a parameter",
        ));
    }
    let given = statement.parameters.unwrap_or_default();
    if given.len() > MAX_PARAMETERS {
        return Err(Failure::new(Code::TooLarge, format!("there are more than {MAX_PARAMETERS} parameters")));
    }
    words::check(&statement.sql)?;
    let parameters = given.iter().enumerate().map(|(index, cbor)| SqlValue::read(index + 1, cbor));
    Ok(Request { wanted, parameters: parameters.collect::<Result<_, _>>()?, sql: statement.sql })
}

fn reply(wanted: Wanted, outcome: Result<Outcome, Failure>) -> Result<Bytes, ProviderError> {
    let (outcome, error) = match outcome {
        Ok(outcome) => (outcome, None),
        Err(Failure::Said(error)) => {
            (Outcome { rows_affected: 0, columns: Vec::new(), rows: Rows::new() }, Some(error))
        }
        Err(Failure::Call(error)) => return Err(error),
    };
    let encoded = match wanted {
        Wanted::Changes => codec::encode(&ExecuteResult { rows_affected: outcome.rows_affected, error }),
        Wanted::Rows => {
            let (num_rows, rows) = outcome.rows.finish();
            codec::encode(&QueryResult { num_rows, columns: outcome.columns, rows, error })
        }
    };
    Ok(encoded.into())
}
