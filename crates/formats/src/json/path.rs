//! Where in a document a value stands.

use std::fmt;

/// The longest key a path shows.
const SHOWN_KEY_BYTES: usize = 40;
/// The most digits a shown key may hold: enough for `sha256` and `address_2`, too few for a record number.
const SHOWN_KEY_DIGITS: usize = 3;

/// One step from a value to a value in it.
#[derive(Clone, PartialEq, Eq)]
pub enum Step {
    /// To the value of an object's key.
    Key(String),
    /// To an array's element, from 0.
    Index(usize),
}

/// The steps from the whole document to one value.
///
/// Keys can be data ("Jane Roe": …), so `Display` and `Debug` show a key only where it is written as names in
/// schemas are: at most 40 of `[A-Za-z0-9_]` (or a `$` in front), not starting with a digit, with at most three
/// digits. Any other key is shown as `*`.
///
/// ```
/// use covenant_formats::json::Path;
///
/// let mut path = Path::root();
/// path.push_key("messages");
/// path.push_index(0);
/// path.push_key("content");
/// assert_eq!(path.to_string(), "messages[0].content");
/// path.push_key("Jane Roe");
/// assert_eq!(path.to_string(), "messages[0].content.*");
/// ```
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Path {
    steps: Vec<Step>,
}

impl Path {
    /// Returns the path of the whole document.
    pub fn root() -> Path {
        Path::default()
    }

    /// Builds a path from its steps, outermost first.
    pub fn from_steps(steps: Vec<Step>) -> Path {
        Path { steps }
    }

    /// Goes on to the value of a key.
    pub fn push_key(&mut self, key: impl Into<String>) {
        self.steps.push(Step::Key(key.into()));
    }

    /// Goes on to an element of an array.
    pub fn push_index(&mut self, index: usize) {
        self.steps.push(Step::Index(index));
    }

    /// Goes back one step; at the root nothing happens.
    pub fn pop(&mut self) -> Option<Step> {
        self.steps.pop()
    }

    /// Returns the steps, outermost first.
    pub fn steps(&self) -> &[Step] {
        &self.steps
    }

    /// Tells whether this is the path of the whole document.
    pub fn is_root(&self) -> bool {
        self.steps.is_empty()
    }
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_root() {
            return f.write_str("(whole document)");
        }
        for (position, step) in self.steps.iter().enumerate() {
            match step {
                Step::Index(index) => write!(f, "[{index}]")?,
                Step::Key(key) => {
                    let dot = if position == 0 { "" } else { "." };
                    write!(f, "{dot}{}", shown(key))?;
                }
            }
        }
        Ok(())
    }
}

impl fmt::Debug for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Path({self})")
    }
}

impl fmt::Debug for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Step::Key(key) => write!(f, "Key({})", shown(key)),
            Step::Index(index) => write!(f, "Index({index})"),
        }
    }
}

/// Returns the key where it reads as a name in a schema, else `*`.
fn shown(key: &str) -> &str {
    let name = key.strip_prefix('$').unwrap_or(key);
    let word = name
        .bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    let digits = name.bytes().filter(u8::is_ascii_digit).count();
    let starts_well = name
        .bytes()
        .next()
        .is_some_and(|byte| !byte.is_ascii_digit());
    if word && starts_well && name.len() <= SHOWN_KEY_BYTES && digits <= SHOWN_KEY_DIGITS {
        key
    } else {
        "*"
    }
}
