//! Where one is in JSON source that comes piece by piece: in which string, under which path, and whether a schema
//! leaves that place free.

use covenant_formats::json::{Json, Path};

/// Follows JSON source character by character. What is not JSON it follows as well as it can; it never fails.
#[derive(Default)]
pub(crate) struct Cursor {
    open: Vec<Open>,
    string: Option<StringIs>,
    escaped: bool,
    key: String,
}

enum Open {
    Object {
        key: Option<String>,
        expects_key: bool,
    },
    Array {
        index: usize,
    },
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum StringIs {
    Key,
    Value,
}

/// The longest key that is remembered for a path.
const KEY_BYTES: usize = 128;

impl Cursor {
    /// Takes the next piece of source.
    pub(crate) fn push(&mut self, text: &str) {
        text.chars().for_each(|char| self.take(char));
    }

    /// Says whether the next character lies in a string that is a value.
    pub(crate) fn in_value_string(&self) -> bool {
        self.string == Some(StringIs::Value)
    }

    /// Returns the path of where one is.
    pub(crate) fn path(&self) -> Path {
        let mut path = Path::root();
        for open in &self.open {
            match open {
                Open::Object { key, .. } => {
                    if let Some(key) = key {
                        path.push_key(key.clone());
                    }
                }
                Open::Array { index } => path.push_index(*index),
            }
        }
        path
    }

    fn take(&mut self, char: char) {
        if let Some(string) = self.string {
            return self.take_in_string(string, char);
        }
        match char {
            '"' => {
                let key = matches!(
                    self.open.last(),
                    Some(Open::Object {
                        expects_key: true,
                        ..
                    })
                );
                self.key.clear();
                self.string = Some(if key { StringIs::Key } else { StringIs::Value });
            }
            '{' => self.open.push(Open::Object {
                key: None,
                expects_key: true,
            }),
            '[' => self.open.push(Open::Array { index: 0 }),
            '}' | ']' => {
                self.open.pop();
            }
            ',' => match self.open.last_mut() {
                Some(Open::Object { key, expects_key }) => (*key, *expects_key) = (None, true),
                Some(Open::Array { index }) => *index += 1,
                None => {}
            },
            _ => {}
        }
    }

    fn take_in_string(&mut self, string: StringIs, char: char) {
        if std::mem::take(&mut self.escaped) {
            self.remember(string, char);
        } else if char == '\\' {
            self.escaped = true;
        } else if char == '"' {
            self.string = None;
            if let (StringIs::Key, Some(Open::Object { key, expects_key })) =
                (string, self.open.last_mut())
            {
                (*key, *expects_key) = (Some(std::mem::take(&mut self.key)), false);
            }
        } else {
            self.remember(string, char);
        }
    }

    fn remember(&mut self, string: StringIs, char: char) {
        if string == StringIs::Key && self.key.len() < KEY_BYTES {
            self.key.push(char);
        }
    }
}

/// The JSON Schema an answer was asked to keep to.
#[derive(Clone, Debug)]
pub(crate) struct Constraint {
    schema: Json,
}

/// How many references a look-up follows.
const MOST_REFERENCES: usize = 16;

impl Constraint {
    /// Keeps the schema; `null` where any JSON will do.
    pub(crate) fn new(schema: Json) -> Constraint {
        Constraint { schema }
    }

    /// Says whether a string at `path` may hold any text.
    pub(crate) fn leaves_free(&self, path: &Path) -> bool {
        let mut places = vec![&self.schema];
        for step in path.steps() {
            places = places
                .into_iter()
                .flat_map(|place| self.resolve(place))
                .filter_map(|place| beneath(place, step))
                .collect();
        }
        places
            .into_iter()
            .flat_map(|place| self.resolve(place))
            .all(|place| !is_typed(place))
    }

    /// Returns a schema and every alternative in it, references followed.
    fn resolve<'a>(&'a self, schema: &'a Json) -> Vec<&'a Json> {
        let mut found = Vec::new();
        let mut open = vec![schema];
        let mut followed = 0;
        while let Some(place) = open.pop() {
            found.push(place);
            if let Some(reference) = place
                .get("$ref")
                .and_then(Json::as_str)
                .filter(|_| followed < MOST_REFERENCES)
            {
                followed += 1;
                open.extend(self.referenced(reference));
            }
            for word in ["anyOf", "oneOf", "allOf"] {
                open.extend(place.get(word).and_then(Json::as_array).unwrap_or_default());
            }
        }
        found
    }

    fn referenced(&self, reference: &str) -> Option<&Json> {
        reference
            .strip_prefix('#')?
            .split('/')
            .skip(1)
            .try_fold(&self.schema, |place, key| place.get(key))
    }
}

fn beneath<'a>(schema: &'a Json, step: &covenant_formats::json::Step) -> Option<&'a Json> {
    use covenant_formats::json::Step;
    match step {
        Step::Index(_) => schema.get("items"),
        Step::Key(key) => schema
            .get("properties")
            .and_then(|properties| properties.get(key))
            .or_else(|| schema.get("additionalProperties")),
    }
}

fn is_typed(schema: &Json) -> bool {
    ["enum", "const", "pattern", "format", "maxLength"]
        .iter()
        .any(|word| schema.get(word).is_some())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;
    use covenant_formats::json::{Limits, parse};

    #[test]
    fn the_cursor_knows_where_it_is() {
        let mut cursor = Cursor::default();
        for (piece, path, in_string) in [
            ("{\"a\": [1, {\"b\\\"c\": \"x", "a[1].*", true),
            (" y\\\"", "a[1].*", true),
            ("\"", "a[1].*", false),
            ("}, 2], \"d", "(whole document)", false),
            ("\":\"", "d", true),
            ("z\", \"e\": 12", "e", false),
        ] {
            cursor.push(piece);
            assert_eq!(
                (cursor.path().to_string().as_str(), cursor.in_value_string()),
                (path, in_string),
                "{piece}"
            );
        }
    }

    #[test]
    fn a_schema_says_which_strings_are_free() {
        let schema = r##"{"type":"object","properties":{"note":{"type":"string"},"kind":{"enum":["a"]},
            "list":{"type":"array","items":{"$ref":"#/$defs/item"}},"either":{"anyOf":[{"type":"null"},{"type":"string","format":"date"}]}},
            "$defs":{"item":{"properties":{"id":{"pattern":"^x"},"text":{"type":"string"}}}}}"##;
        let constraint = Constraint::new(parse(schema.as_bytes(), Limits::default()).unwrap());
        let path = |keys: &[&str]| {
            let mut path = Path::root();
            for key in keys {
                match key.parse() {
                    Ok(index) => path.push_index(index),
                    Err(_) => path.push_key(*key),
                }
            }
            path
        };
        for free in [&["note"][..], &["list", "3", "text"], &["unknown"]] {
            assert!(constraint.leaves_free(&path(free)), "{free:?}");
        }
        for typed in [&["kind"][..], &["list", "3", "id"], &["either"]] {
            assert!(!constraint.leaves_free(&path(typed)), "{typed:?}");
        }
        assert!(Constraint::new(Json::Null).leaves_free(&path(&["any"])));
    }
}
