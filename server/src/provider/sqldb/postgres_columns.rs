//! Values of Postgres' types, as they come, and what they are in a row.

use chrono::{DateTime, Days, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta};
use sqlx::{
    Column as _, Row, TypeInfo, ValueRef,
    postgres::{PgColumn, PgRow, PgTypeInfo, PgTypeKind},
};
use wisteria_contracts::sqldb::Column;

use super::{
    failure::{Code, Failure},
    postgres_numeric,
    rows::Cell,
};

/// What the columns of a statement are.
pub(super) fn describe(columns: &[PgColumn]) -> Vec<Column> {
    let each = columns.iter().zip(0..).map(|(column, ordinal)| Column {
        ordinal,
        name: column.name().to_owned(),
        db_type: column.type_info().name().to_lowercase(),
    });
    each.collect()
}

/// The value of a row in a column.
pub(super) fn cell<'a>(row: &'a PgRow, column: &PgColumn) -> Result<Cell<'a>, Failure> {
    let unreadable = || {
        let (name, db_type) = (column.name(), column.type_info().name().to_lowercase());
        Failure::new(
            Code::UnsupportedType,
            format!("column {name:?} holds a {db_type} that cannot be read; cast it: {name}::text"),
        )
    };
    let value = row.try_get_raw(column.ordinal()).map_err(|_| unreadable())?;
    if value.is_null() {
        return Ok(Cell::Null);
    }
    let bytes = value.as_bytes().map_err(|_| unreadable())?;
    let info = base(column.type_info());
    if let PgTypeKind::Enum(_) = info.kind() {
        return text(bytes).map(Cell::Text).ok_or_else(unreadable);
    }
    let cell = match info.name() {
        "BOOL" => bytes.first().map(|byte| Cell::Boolean(*byte != 0)),
        "INT2" => bytes.try_into().ok().map(|bytes| Cell::Integer(i16::from_be_bytes(bytes).into())),
        "INT4" => bytes.try_into().ok().map(|bytes| Cell::Integer(i32::from_be_bytes(bytes).into())),
        "INT8" => eight(bytes).map(Cell::Integer),
        "OID" => bytes.try_into().ok().map(|bytes| Cell::Integer(u32::from_be_bytes(bytes).into())),
        "FLOAT4" => bytes.try_into().ok().map(|bytes| Cell::Single(f32::from_be_bytes(bytes))),
        "FLOAT8" => bytes.try_into().ok().map(|bytes| Cell::Double(f64::from_be_bytes(bytes))),
        "TEXT" | "VARCHAR" | "CHAR" | "\"CHAR\"" | "NAME" | "UNKNOWN" | "JSON" | "citext" => {
            text(bytes).map(Cell::Text)
        }
        "JSONB" => match bytes.split_first() {
            Some((1, json)) => text(json).map(Cell::Text),
            _ => None,
        },
        "BYTEA" => Some(Cell::Bytes(bytes)),
        "UUID" => bytes.try_into().ok().map(|bytes| Cell::Owned(sqlx::types::Uuid::from_bytes(bytes).to_string())),
        "NUMERIC" => postgres_numeric::text(bytes).map(Cell::Owned),
        "DATE" => date(bytes).map(Cell::Owned),
        "TIME" => time(bytes).map(Cell::Owned),
        "TIMESTAMP" => moment(bytes, "").map(Cell::Owned),
        "TIMESTAMPTZ" => moment(bytes, "Z").map(Cell::Owned),
        "VOID" => Some(Cell::Null),
        other => {
            let (name, db_type) = (column.name(), other.to_lowercase());
            return Err(Failure::new(
                Code::UnsupportedType,
                format!("column {name:?} has the type {db_type}, which is not carried; cast it: {name}::text"),
            ));
        }
    };
    cell.ok_or_else(unreadable)
}

/// What a domain is made of, or the type itself.
pub(super) fn base(info: &PgTypeInfo) -> &PgTypeInfo {
    let mut info = info;
    while let PgTypeKind::Domain(inner) = info.kind() {
        info = inner;
    }
    info
}

fn text(bytes: &[u8]) -> Option<&str> {
    std::str::from_utf8(bytes).ok()
}

fn eight(bytes: &[u8]) -> Option<i64> {
    bytes.try_into().ok().map(i64::from_be_bytes)
}

/// The day from which Postgres counts.
fn epoch() -> NaiveDate {
    NaiveDate::from_ymd_opt(2000, 1, 1).expect("it is a day")
}

/// Days since 2000.
fn date(bytes: &[u8]) -> Option<String> {
    let days = i32::from_be_bytes(bytes.try_into().ok()?);
    let date = match days {
        i32::MAX => return Some("infinity".to_owned()),
        i32::MIN => return Some("-infinity".to_owned()),
        0.. => epoch().checked_add_days(Days::new(days.unsigned_abs().into()))?,
        _ => epoch().checked_sub_days(Days::new(days.unsigned_abs().into()))?,
    };
    Some(date.to_string())
}

/// Microseconds since midnight.
fn time(bytes: &[u8]) -> Option<String> {
    let micros = eight(bytes)?;
    if micros == 86_400_000_000 {
        return Some("24:00:00".to_owned());
    }
    let seconds = u32::try_from(micros / 1_000_000).ok()?;
    let nanos = u32::try_from(micros % 1_000_000).ok()? * 1_000;
    let time = NaiveTime::from_num_seconds_from_midnight_opt(seconds, nanos)?;
    Some(time.format("%H:%M:%S%.f").to_string())
}

/// Microseconds since 2000, with what is to stand at its end.
fn moment(bytes: &[u8], end: &str) -> Option<String> {
    let moment: NaiveDateTime = match eight(bytes)? {
        i64::MAX => return Some("infinity".to_owned()),
        i64::MIN => return Some("-infinity".to_owned()),
        micros => epoch().and_time(NaiveTime::MIN).checked_add_signed(TimeDelta::microseconds(micros))?,
    };
    Some(format!("{}{end}", moment.format("%Y-%m-%dT%H:%M:%S%.f")))
}

/// A moment as text says it: RFC 3339, or ISO 8601 without a zone, which is UTC.
pub(super) fn read_moment(text: &str) -> Option<NaiveDateTime> {
    if let Ok(moment) = DateTime::parse_from_rfc3339(text) {
        return Some(moment.naive_utc());
    }
    let plain = |format| NaiveDateTime::parse_from_str(text, format).ok();
    plain("%Y-%m-%dT%H:%M:%S%.f").or_else(|| plain("%Y-%m-%d %H:%M:%S%.f"))
}
