//! Tables of fields: what each value of a request or an answer is, as data.
//!
//! A table is a text, one line a field: a path and a rule. `[]` stands for the elements of an array, `{type=a|b}`
//! for objects whose `type` is one of these (an empty alternative: has none), `*` for any key. What no line
//! speaks of is unknown, and unknown is never passed on.
//!
//! ```text
//! messages[].role                            one-of user|assistant
//! messages[].content                         text
//! messages[].content[]                       joined
//! messages[].content[]{type=text}.text       text
//! messages[].content[]{type=image}           feature images
//! ```
//!
//! What stands in several places is written once: lines whose path begins with `@name` describe a fragment, and
//! the rule `use name` puts it where it is wanted.

mod rule;

use std::collections::BTreeMap;

pub(crate) use rule::{Rule, is_api_id, is_name, is_word};

/// The fields of one request, answer or stream.
#[derive(Debug)]
pub(crate) struct Table {
    root: Node,
}

/// What may stand at one place.
#[derive(Clone, Debug, Default)]
pub(crate) struct Node {
    /// What a value is that has no lines of its own beneath.
    pub(crate) rule: Option<Rule>,
    /// The elements of the array here are adjacent parts of one text.
    pub(crate) joined: bool,
    fields: Vec<(String, Node)>,
    variants: Vec<Variant>,
    items: Option<Box<Node>>,
}

/// Objects told apart by the value of a key.
#[derive(Clone, Debug)]
struct Variant {
    key: String,
    values: Vec<String>,
    node: Node,
}

/// A table that cannot be read: a mistake in the program, found when it starts.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("table {table}, line {line}: {reason}")]
pub struct TableError {
    /// The table.
    pub table: &'static str,
    /// The line, from 1.
    pub line: usize,
    /// What is wrong.
    pub reason: String,
}

impl Table {
    /// Reads a table.
    pub(crate) fn parse(name: &'static str, text: &str) -> Result<Table, TableError> {
        let mut root = Node::default();
        let mut fragments: BTreeMap<&str, Node> = BTreeMap::new();
        for (index, line) in text.lines().enumerate() {
            let line = line.split('#').next().unwrap_or_default().trim();
            if line.is_empty() {
                continue;
            }
            add_line(line, &mut root, &mut fragments).map_err(|reason| TableError {
                table: name,
                line: index + 1,
                reason,
            })?;
        }
        Ok(Table { root })
    }

    /// Returns what may stand at the root.
    pub(crate) fn root(&self) -> &Node {
        &self.root
    }
}

/// Adds one line to the table or to one of its fragments.
fn add_line<'t>(
    line: &'t str,
    root: &mut Node,
    fragments: &mut BTreeMap<&'t str, Node>,
) -> Result<(), String> {
    let (path, rule) = line
        .split_once(char::is_whitespace)
        .ok_or("a rule is missing")?;
    let rule = rule.trim();
    let used = match rule.strip_prefix("use ") {
        Some(name) => Some(
            fragments
                .get(name.trim())
                .ok_or("there is no such fragment before this line")?
                .clone(),
        ),
        None => None,
    };
    let node = match path.strip_prefix('@') {
        Some(path) => {
            let end = path.find(['.', '[', '{']).unwrap_or(path.len());
            let (name, path) = path.split_at(end);
            fragments.entry(name).or_default().reach(path)?
        }
        None => root.reach(path)?,
    };
    match (rule, used) {
        (_, Some(fragment)) => node.merge(fragment),
        ("joined", None) => node.joined = true,
        (rule, None) if node.rule.is_none() => node.rule = Some(Rule::parse(rule)?),
        _ => return Err("the path has a rule already".into()),
    }
    Ok(())
}

impl Node {
    /// Takes over what another node says, beside what this one says.
    fn merge(&mut self, other: Node) {
        self.joined |= other.joined;
        self.rule = self.rule.take().or(other.rule);
        self.fields.extend(other.fields);
        self.variants.extend(other.variants);
        self.items = self.items.take().or(other.items);
    }

    /// Returns the node at the end of a path, making what is not there yet.
    fn reach(&mut self, path: &str) -> Result<&mut Node, String> {
        let mut node = self;
        for step in steps(path)? {
            node = match step {
                PathStep::Items => node.items.get_or_insert_with(Box::default),
                PathStep::Key(key) => node.field_or_new(key),
                PathStep::Variant { key, values } => node.variant_or_new(key, values),
            };
        }
        Ok(node)
    }

    fn field_or_new(&mut self, key: &str) -> &mut Node {
        let at = self
            .fields
            .iter()
            .position(|(name, _)| name == key)
            .unwrap_or_else(|| {
                self.fields.push((key.to_owned(), Node::default()));
                self.fields.len() - 1
            });
        #[expect(clippy::indexing_slicing, reason = "found or just pushed")]
        &mut self.fields[at].1
    }

    fn variant_or_new(&mut self, key: &str, values: Vec<&str>) -> &mut Node {
        let same = |variant: &Variant| variant.key == key && variant.values == values;
        let at = self.variants.iter().position(same).unwrap_or_else(|| {
            let values = values.iter().map(|value| (*value).to_owned()).collect();
            self.variants.push(Variant {
                key: key.to_owned(),
                values,
                node: Node::default(),
            });
            self.variants.len() - 1
        });
        #[expect(clippy::indexing_slicing, reason = "found or just pushed")]
        &mut self.variants[at].node
    }

    /// Returns what the elements of an array here are.
    pub(crate) fn items(&self) -> Option<&Node> {
        self.items.as_deref()
    }

    /// Says whether lines speak of the fields of an object here.
    pub(crate) fn has_fields(&self) -> bool {
        !self.fields.is_empty() || !self.variants.is_empty()
    }

    /// Returns the place of a key among the lines, for reading in the order of the table.
    pub(crate) fn order(&self, key: &str) -> usize {
        self.fields
            .iter()
            .position(|(name, _)| name == key)
            .unwrap_or(usize::MAX)
    }

    /// Tells which variant an object is, by the value it has under each key that tells.
    pub(crate) fn variant<'v>(&self, value_of: impl Fn(&str) -> Option<&'v str>) -> VariantOf<'_> {
        if self.variants.is_empty() {
            return VariantOf::None;
        }
        for variant in &self.variants {
            let value = value_of(&variant.key).unwrap_or_default();
            if variant.values.iter().any(|known| known == value) {
                return VariantOf::Known {
                    key: &variant.key,
                    node: &variant.node,
                };
            }
        }
        VariantOf::Unknown {
            key: self.variants.first().map_or("type", |variant| &variant.key),
        }
    }

    /// Returns what stands under a key, in the variant or in every one.
    pub(crate) fn field<'a>(&'a self, variant: Option<&'a Node>, key: &str) -> Option<Field<'a>> {
        let nodes = [variant, Some(self)];
        let named = |node: &'a Node| {
            node.fields
                .iter()
                .find(|(name, _)| name == key)
                .map(|(_, node)| node)
        };
        let wild = |node: &'a Node| {
            node.fields
                .iter()
                .find(|(name, _)| name == "*")
                .map(|(_, node)| node)
        };
        let exact = nodes
            .into_iter()
            .flatten()
            .find_map(named)
            .map(|node| Field { node, wild: false });
        exact.or_else(|| {
            nodes
                .into_iter()
                .flatten()
                .find_map(wild)
                .map(|node| Field { node, wild: true })
        })
    }
}

/// Which variant an object is.
pub(crate) enum VariantOf<'a> {
    /// The place has no variants.
    None,
    /// One of the table.
    Known { key: &'a str, node: &'a Node },
    /// One the table does not know; the key that would have told.
    Unknown { key: &'a str },
}

/// A field as the table knows it.
pub(crate) struct Field<'a> {
    pub(crate) node: &'a Node,
    /// The key is the caller's own.
    pub(crate) wild: bool,
}

enum PathStep<'a> {
    Key(&'a str),
    Items,
    Variant { key: &'a str, values: Vec<&'a str> },
}

fn steps(path: &str) -> Result<Vec<PathStep<'_>>, String> {
    let mut steps = Vec::new();
    let mut rest = path;
    while !rest.is_empty() {
        if let Some(after) = rest.strip_prefix("[]") {
            steps.push(PathStep::Items);
            rest = after;
        } else if let Some(after) = rest.strip_prefix('{') {
            let (inside, after) = after.split_once('}').ok_or("a brace is not closed")?;
            let (key, values) = inside.split_once('=').ok_or("a variant has no value")?;
            steps.push(PathStep::Variant {
                key,
                values: values.split('|').collect(),
            });
            rest = after;
        } else {
            let word = rest.strip_prefix('.').unwrap_or(rest);
            let end = word.find(['.', '[', '{']).unwrap_or(word.len());
            let (key, after) = word.split_at(end);
            if key.is_empty() {
                return Err("a key is empty".into());
            }
            steps.push(PathStep::Key(key));
            rest = after;
        }
    }
    Ok(steps)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[test]
    fn lines_become_fields_items_and_variants() {
        let table = Table::parse(
            "test",
            "a text # a comment\n\nb[].c number 5\nb[]{type=x|y}.d text\nb[]{type=} json\nb[] joined\nm.* keyed",
        )
        .unwrap();
        let root = table.root();
        assert!(matches!(
            root.field(None, "a").unwrap().node.rule,
            Some(Rule::Text)
        ));
        let items = root.field(None, "b").unwrap().node.items().unwrap();
        assert!(items.joined);
        let VariantOf::Known { node, .. } = items.variant(|_| Some("y")) else {
            panic!("variant y is known")
        };
        assert!(items.field(Some(node), "c").is_some() && items.field(Some(node), "d").is_some());
        assert!(matches!(items.variant(|_| None), VariantOf::Known { .. }));
        assert!(matches!(
            items.variant(|_| Some("z")),
            VariantOf::Unknown { key: "type" }
        ));
        assert!(
            root.field(None, "m")
                .unwrap()
                .node
                .field(None, "anything")
                .unwrap()
                .wild
        );
        assert!(root.field(None, "z").is_none());
    }

    #[test]
    fn fragments_stand_where_they_are_used() {
        let table = Table::parse(
            "test",
            "@part{type=x}.text text\na[] use part\nb.c use part\nb.c.d bool",
        )
        .unwrap();
        let variant = |node: &Node| matches!(node.variant(|_| Some("x")), VariantOf::Known { .. });
        assert!(variant(
            table.root().field(None, "a").unwrap().node.items().unwrap()
        ));
        let c = table
            .root()
            .field(None, "b")
            .unwrap()
            .node
            .field(None, "c")
            .unwrap()
            .node;
        assert!(variant(c) && c.field(None, "d").is_some());
    }

    #[test]
    fn mistakes_are_named_with_their_line() {
        for (text, line) in [
            ("a", 1),
            ("a text\na json", 2),
            ("a[].b{x text", 1),
            ("a never-heard-of", 1),
        ] {
            assert_eq!(Table::parse("test", text).unwrap_err().line, line, "{text}");
        }
    }
}
