//! The word that a statement begins with, and which of them make no sense where each statement stands for itself. This is
//! about good answers: what keeps a statement in its bounds does not depend on it.

use super::failure::{Code, Failure};

/// Refuses what has no meaning here, in words.
pub(super) fn check(sql: &str) -> Result<(), Failure> {
    let why = match &*first(sql) {
        "" => return Err(Failure::new(Code::InvalidSql, "there is no statement")),
        "begin" | "start" | "commit" | "end" | "rollback" | "abort" | "savepoint" | "release" => {
            "each statement is a transaction of its own; write what belongs together as one statement"
        }
        "set" | "reset" | "discard" | "prepare" | "execute" | "deallocate" | "declare" | "fetch" | "move" | "close"
        | "listen" | "unlisten" | "lock" => "no statement leaves anything to the next one but what is in the tables",
        "attach" | "detach" | "vacuum" => "an actor has the database of its link, and no other file or upkeep",
        "copy" => "data is not streamed; use INSERT and SELECT",
        _ => return Ok(()),
    };
    Err(Failure::new(Code::Denied, format!("{} is not for actors: {why}", first(sql).to_uppercase())))
}

/// Whether it only answers rows, as far as its first word says.
pub(super) fn only_reads(sql: &str) -> bool {
    matches!(&*first(sql), "select" | "values" | "table" | "show" | "explain")
}

/// The first word, in small letters; none where there is no statement.
fn first(sql: &str) -> String {
    let mut rest = sql;
    loop {
        rest = rest.trim_start_matches(|character: char| character.is_whitespace() || "(;\u{feff}".contains(character));
        rest = if let Some(comment) = rest.strip_prefix("--") {
            comment.split_once('\n').map_or("", |(_, after)| after)
        } else if let Some(comment) = rest.strip_prefix("/*") {
            after_comment(comment)
        } else {
            break;
        };
    }
    let end = rest.find(|character: char| !character.is_ascii_alphabetic()).unwrap_or(rest.len());
    match end {
        0 => rest.chars().take(1).collect(),
        _ => rest[..end].to_ascii_lowercase(),
    }
}

/// What follows a comment that has begun, in which others may stand.
fn after_comment(text: &str) -> &str {
    let mut depth = 1;
    let bytes = text.as_bytes();
    let mut at = 0;
    while at + 1 < bytes.len() {
        match &bytes[at..at + 2] {
            b"*/" => depth -= 1,
            b"/*" => depth += 1,
            _ => {
                at += 1;
                continue;
            }
        }
        at += 2;
        if depth == 0 {
            return &text[at..];
        }
    }
    ""
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_word_is_found_behind_comments() {
        for (sql, word) in [
            ("select 1", "select"),
            ("  SELECT 1", "select"),
            ("-- a\n--b\nBegin", "begin"),
            ("/* a /* b */ c */ ; (Values (1))", "values"),
            ("/* never ends", ""),
            ("-- never ends", ""),
            (" ;; ", ""),
            ("/**/", ""),
            ("/*ä*/ß", "ß"),
            ("1", "1"),
            ("update_all", "update"),
        ] {
            assert_eq!(first(sql), word, "{sql}");
        }
    }

    #[test]
    fn what_needs_a_session_is_refused_and_what_is_plain_is_not() {
        for sql in ["BEGIN", "/**/ commit", "Set a = 1", "ATTACH 'a' AS b", "copy t from stdin", "", ";"] {
            assert!(check(sql).is_err(), "{sql}");
        }
        for sql in ["SELECT 1", "insert into t values (1)", "WITH a AS (SELECT 1) SELECT * FROM a", "explain select 1"]
        {
            assert!(check(sql).is_ok(), "{sql}");
        }
    }
}
