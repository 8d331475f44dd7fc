//! JSON (RFC 8259) as a tree that loses nothing: exact number text, keys in their order.
//!
//! Stricter than the grammar where two readers could disagree about what a body says, for then one of them would
//! see an identifier the other did not look at: a key twice in one object, a lone surrogate, a NUL, invalid UTF-8
//! and bytes after the value are refused. Depth and number of values are bounded. Refused was `serde_json`: it
//! keeps the last of two equal keys, rounds numbers, and its errors quote the input.
//!
//! No message, path or `Debug` here shows a value; see [`Path`] for the keys that may be shown.
//!
//! ```
//! use covenant_formats::json::{Limits, parse};
//!
//! let mut body = parse(br#"{"model":"m","n":1.50}"#, Limits::default())?;
//! if let Some(object) = body.as_object_mut() {
//!     object.insert("stream", true.into());
//! }
//! assert_eq!(body.to_string(), r#"{"model":"m","n":1.50,"stream":true}"#);
//! # Ok::<(), covenant_formats::json::JsonError>(())
//! ```

mod error;
mod number;
mod object;
mod parse;
mod path;
mod value;
mod write;

#[cfg(test)]
mod tests;

pub use error::{JsonError, JsonErrorKind};
pub use number::Number;
pub use object::{Object, object};
pub use parse::{Limits, MAX_DEPTH, parse};
pub use path::{Path, Step};
pub use value::Json;
pub use write::escape_into;
