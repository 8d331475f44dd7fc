//! The form of ids: what may stand in a command, a URL path and a log line without quoting.

use crate::Error;

/// Refuses an id that is not 1 to 64 of `a-z 0-9 . _ -`, beginning with a letter or digit.
pub(crate) fn check(kind: &'static str, id: &str) -> Result<(), Error> {
    let allowed =
        |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"._-".contains(&byte);
    let begins_well = id
        .bytes()
        .next()
        .is_some_and(|byte| byte.is_ascii_alphanumeric());
    if begins_well && id.len() <= 64 && id.bytes().all(allowed) {
        return Ok(());
    }
    Err(Error::Id {
        kind,
        id: id.chars().take(80).collect(),
    })
}
