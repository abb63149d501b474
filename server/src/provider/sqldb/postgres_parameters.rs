//! Parameters as the types that Postgres wants in their places.

use std::str::FromStr;

use sqlx::{
    Arguments, Encode, Postgres, Type, TypeInfo,
    error::BoxDynError,
    postgres::{PgArguments, PgTypeInfo, PgTypeKind},
    types::{
        BigDecimal, Uuid,
        chrono::{DateTime, NaiveDate, NaiveTime, Utc},
    },
};

use super::{
    failure::{Code, Failure},
    postgres_columns::{base, read_moment},
    value::{SqlValue, check_count},
};

/// The parameters, each as what its place wants.
pub(super) fn bind(wanted: &[PgTypeInfo], given: &[SqlValue]) -> Result<PgArguments, Failure> {
    check_count(wanted.len(), given.len())?;
    let mut bound = PgArguments::default();
    for (index, (info, value)) in wanted.iter().zip(given).enumerate() {
        let added = add(&mut bound, base(info), value);
        match added {
            Ok(true) => {}
            Ok(false) => {
                let (place, kind) = (index + 1, value.kind());
                let db_type = info.name().to_lowercase();
                return Err(Failure::new(
                    Code::InvalidParameter,
                    format!(
                        "parameter {place} is {kind}, but the statement wants a {db_type} there; give what reads as one, \
                         or say what it is: ${place}::TYPE"
                    ),
                ));
            }
            Err(error) => {
                let place = index + 1;
                return Err(Failure::new(Code::InvalidParameter, format!("parameter {place}: {error}")));
            }
        }
    }
    Ok(bound)
}

/// Adds a value, if it can be what is wanted.
fn add(bound: &mut PgArguments, wanted: &PgTypeInfo, value: &SqlValue) -> Result<bool, BoxDynError> {
    match value {
        SqlValue::Null => some(bound, Some(None::<String>)),
        SqlValue::Boolean(value) => match wanted.name() {
            "BOOL" => some(bound, Some(*value)),
            _ => Ok(false),
        },
        SqlValue::Integer(value) => integer(bound, wanted.name(), *value),
        SqlValue::Float(value) => match wanted.name() {
            #[expect(clippy::cast_possible_truncation, reason = "it is what the column keeps of it")]
            "FLOAT4" => some(bound, Some(*value as f32)),
            "FLOAT8" => some(bound, Some(*value)),
            "NUMERIC" => some(bound, BigDecimal::from_str(&value.to_string()).ok()),
            _ => Ok(false),
        },
        SqlValue::Text(value) => text(bound, wanted, value),
        SqlValue::Bytes(value) => match wanted.name() {
            "BYTEA" => some(bound, Some(value.clone())),
            _ => Ok(false),
        },
    }
}

fn integer(bound: &mut PgArguments, wanted: &str, value: i64) -> Result<bool, BoxDynError> {
    match wanted {
        "INT2" => some(bound, i16::try_from(value).ok()),
        "INT4" => some(bound, i32::try_from(value).ok()),
        "INT8" => some(bound, Some(value)),
        "OID" => some(bound, u32::try_from(value).ok().map(sqlx::postgres::types::Oid)),
        #[expect(clippy::cast_precision_loss, reason = "it is what the column keeps of it")]
        "FLOAT4" => some(bound, Some(value as f32)),
        #[expect(clippy::cast_precision_loss, reason = "it is what the column keeps of it")]
        "FLOAT8" => some(bound, Some(value as f64)),
        "NUMERIC" => some(bound, Some(BigDecimal::from(value))),
        _ => Ok(false),
    }
}

fn text(bound: &mut PgArguments, wanted: &PgTypeInfo, value: &str) -> Result<bool, BoxDynError> {
    if let PgTypeKind::Enum(_) = wanted.kind() {
        return some(bound, Some(value.to_owned()));
    }
    match wanted.name() {
        "TEXT" | "VARCHAR" | "CHAR" | "NAME" | "UNKNOWN" | "JSON" | "citext" => some(bound, Some(value.to_owned())),
        // One byte says the version of what follows.
        "JSONB" => some(bound, Some([b"\x01", value.as_bytes()].concat())),
        "UUID" => some(bound, Uuid::parse_str(value).ok()),
        "NUMERIC" => some(bound, BigDecimal::from_str(value).ok()),
        "DATE" => some(bound, NaiveDate::from_str(value).ok()),
        "TIME" => some(bound, NaiveTime::from_str(value).ok()),
        "TIMESTAMP" => some(bound, read_moment(value)),
        "TIMESTAMPTZ" => {
            let moment = read_moment(value).map(|moment| DateTime::<Utc>::from_naive_utc_and_offset(moment, Utc));
            some(bound, moment)
        }
        _ => Ok(false),
    }
}

/// Adds a value, if there is one.
fn some<'a, T>(bound: &mut PgArguments, value: Option<T>) -> Result<bool, BoxDynError>
where
    T: Encode<'a, Postgres> + Type<Postgres>,
{
    value.map_or(Ok(false), |value| Arguments::add(bound, value).map(|()| true))
}
