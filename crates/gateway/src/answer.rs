//! Reads an answer by its table: texts are inspected and restored, figures and words of the API pass, and what the
//! table does not know is taken out and counted.

use std::sync::Arc;

use covenant_formats::json::{Json, Limits, Object, Path, parse};

use crate::inspect::{Broken, Constraint, Inspector, Lane, Writing};
use crate::table::{Field, Node, Rule, Table, VariantOf, is_name, is_word};

/// Why an answer cannot be given to the caller.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum AnswerFault {
    /// It is not of the dialect.
    Malformed,
    /// Something has to go, and what is left would break what the caller's program reads.
    Broken(Path),
}

impl From<Broken> for AnswerFault {
    fn from(broken: Broken) -> AnswerFault {
        AnswerFault::Broken(broken.path)
    }
}

/// Inspects and restores a whole answer in place. Texts are JSON where the request asked for it.
pub(crate) fn inspect(
    table: &Table,
    answer: &mut Json,
    inspector: &mut Inspector,
    structured: Option<&Arc<Constraint>>,
) -> Result<(), AnswerFault> {
    let mut dropped = 0;
    let mut preview = Walk {
        dropped: &mut dropped,
        path: Path::root(),
        texts: &mut |rule, _, text| {
            if *rule != Rule::Sealed {
                inspector.preview(text);
            }
            Ok(())
        },
    };
    preview.root(table, answer)?;
    let mut thought = String::new();
    let mut texts = |rule: &Rule, path: &Path, text: &mut String| {
        if *rule == Rule::Sealed {
            *text = inspector.opaque.wrap(text, &std::mem::take(&mut thought));
            return Ok(());
        }
        if *rule == Rule::Thinking {
            thought.clone_from(text);
        }
        let writing = match (rule, structured) {
            (Rule::Text, Some(constraint)) => Writing::Json(Some(Arc::clone(constraint))),
            (Rule::Json | Rule::JsonText, _) => Writing::Json(None),
            _ => Writing::Plain,
        };
        let mut lane = Lane::new(inspector, writing);
        let within = |broken: Broken| AnswerFault::Broken(joined(path, &broken.path));
        let mut whole = lane.push(text, inspector).map_err(within)?;
        whole.push_str(&lane.finish(inspector).map_err(within)?);
        *text = whole;
        Ok(())
    };
    let mut apply = Walk {
        dropped: &mut dropped,
        path: Path::root(),
        texts: &mut texts,
    };
    apply.root(table, answer)?;
    inspector.tally.dropped += dropped;
    Ok(())
}

/// Reads the rest of a stream's event, whose streaming texts are dealt with elsewhere: `each` gets them.
pub(crate) fn walk(
    table: &Table,
    event: &mut Json,
    each: &mut dyn FnMut(&Rule, &Path, &mut String) -> Result<(), AnswerFault>,
) -> Result<u32, AnswerFault> {
    let mut dropped = 0;
    Walk {
        dropped: &mut dropped,
        path: Path::root(),
        texts: each,
    }
    .root(table, event)?;
    Ok(dropped)
}

type Texts<'a> = &'a mut dyn FnMut(&Rule, &Path, &mut String) -> Result<(), AnswerFault>;

struct Walk<'a> {
    dropped: &'a mut u32,
    path: Path,
    texts: Texts<'a>,
}

/// What becomes of a value.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kept {
    Yes,
    Dropped,
    Ignored,
}

impl Walk<'_> {
    fn root(&mut self, table: &Table, answer: &mut Json) -> Result<(), AnswerFault> {
        let Json::Object(object) = answer else {
            return Err(AnswerFault::Malformed);
        };
        if self.object(table.root(), object)? == Kept::Dropped {
            *object = Object::new();
            *self.dropped += 1;
        }
        Ok(())
    }

    fn value(&mut self, node: &Node, value: &mut Json) -> Result<Kept, AnswerFault> {
        if is_nothing(value) {
            return Ok(Kept::Yes);
        }
        if let Some(rule) = node.rule.as_ref().filter(|rule| rule.takes_any()) {
            return self.any(rule, value);
        }
        match value {
            Json::Object(object) if node.has_fields() => self.object(node, object),
            Json::Array(elements) if node.items().is_some() => self.array(node, elements),
            Json::Object(_) | Json::Array(_) => Ok(Kept::Dropped),
            _ => match &node.rule {
                Some(rule) => self.scalar(rule, value),
                None => Ok(Kept::Dropped),
            },
        }
    }

    fn any(&mut self, rule: &Rule, value: &mut Json) -> Result<Kept, AnswerFault> {
        match rule {
            Rule::Figures => Ok(figures(value)),
            Rule::Floats => Ok(if is_floats(value) {
                Kept::Yes
            } else {
                Kept::Dropped
            }),
            Rule::Json => {
                let mut text = value.to_string();
                (self.texts)(rule, &self.path, &mut text)?;
                *value = parse(text.as_bytes(), Limits::default())
                    .map_err(|_| AnswerFault::Malformed)?;
                Ok(Kept::Yes)
            }
            Rule::Ignore => Ok(Kept::Ignored),
            _ => Ok(Kept::Dropped),
        }
    }

    fn scalar(&mut self, rule: &Rule, value: &mut Json) -> Result<Kept, AnswerFault> {
        match (rule, value) {
            (rule, Json::String(text)) if is_text(rule) => {
                (self.texts)(rule, &self.path, text)?;
                Ok(Kept::Yes)
            }
            (Rule::Name, Json::String(text)) if is_name(text) => Ok(Kept::Yes),
            (Rule::Id(_) | Rule::Model, Json::String(text)) if is_id(text) => Ok(Kept::Yes),
            (Rule::Word, Json::String(text)) if is_word(text) => Ok(Kept::Yes),
            (Rule::Address, Json::String(text)) if is_address(text) => Ok(Kept::Yes),
            (Rule::OneOf(words), Json::String(text)) if words.contains(text) => Ok(Kept::Yes),
            (Rule::Number(most), Json::Number(number))
                if number.as_f64().is_some_and(|size| size.abs() <= *most) =>
            {
                Ok(Kept::Yes)
            }
            (Rule::Bool, Json::Bool(_)) => Ok(Kept::Yes),
            _ => Ok(Kept::Dropped),
        }
    }

    fn object(&mut self, node: &Node, object: &mut Object) -> Result<Kept, AnswerFault> {
        let variant = {
            let value_of = |key: &str| object.get(key).and_then(Json::as_str);
            match node.variant(value_of) {
                VariantOf::None => None,
                VariantOf::Known { key, node } => Some((key, node)),
                VariantOf::Unknown { .. } => return Ok(Kept::Dropped),
            }
        };
        if let Some((_, variant)) = variant
            && matches!(variant.rule, Some(Rule::Drop))
        {
            return Ok(Kept::Dropped);
        }
        let mut unknown = Vec::new();
        for (key, value) in object.iter_mut() {
            if variant.is_some_and(|(told_by, _)| told_by == key) {
                continue;
            }
            self.path.push_key(key);
            let kept = match node.field(variant.map(|(_, node)| node), key) {
                Some(Field { node, wild }) if !wild || is_word(key) => self.value(node, value)?,
                _ => Kept::Dropped,
            };
            self.path.pop();
            if kept != Kept::Yes {
                unknown.push((key.to_owned(), kept));
            }
        }
        for (key, kept) in unknown {
            object.remove(&key);
            *self.dropped += u32::from(kept == Kept::Dropped);
        }
        Ok(Kept::Yes)
    }

    fn array(&mut self, node: &Node, elements: &mut Vec<Json>) -> Result<Kept, AnswerFault> {
        let Some(items) = node.items() else {
            return Ok(Kept::Dropped);
        };
        let mut kept = Vec::with_capacity(elements.len());
        for (index, mut element) in std::mem::take(elements).into_iter().enumerate() {
            self.path.push_index(index);
            match self.value(items, &mut element)? {
                Kept::Yes => kept.push(element),
                Kept::Dropped => *self.dropped += 1,
                Kept::Ignored => {}
            }
            self.path.pop();
        }
        *elements = kept;
        Ok(Kept::Yes)
    }
}

/// Null, and what is empty: it says nothing.
fn is_nothing(value: &Json) -> bool {
    match value {
        Json::Null => true,
        Json::Array(elements) => elements.is_empty(),
        Json::Object(object) => object.is_empty(),
        _ => false,
    }
}

/// An id or a model's name as vendors write them.
fn is_id(text: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_.:-/+=|~@".contains(&byte);
    (1..=256).contains(&text.len()) && text.bytes().all(plain)
}

fn is_text(rule: &Rule) -> bool {
    use Rule::{
        Delta, DeltaJson, DeltaProse, DeltaThinking, JsonText, Prose, Sealed, Text, Thinking, Whole,
    };
    matches!(
        rule,
        Text | Prose
            | JsonText
            | Thinking
            | Sealed
            | Delta
            | DeltaProse
            | DeltaThinking
            | DeltaJson
            | Whole
    )
}

/// The numbers of an embedding: a list, or 32-bit floats in base64.
fn is_floats(value: &Json) -> bool {
    match value {
        Json::Array(elements) => elements
            .iter()
            .all(|element| matches!(element, Json::Number(_))),
        Json::String(text) => crate::encoded::is_floats(text),
        _ => false,
    }
}

/// Keeps numbers, truth values and null under words of the API, at any depth.
fn figures(value: &mut Json) -> Kept {
    match value {
        Json::Null | Json::Bool(_) | Json::Number(_) => Kept::Yes,
        Json::String(text) if is_word(text) => Kept::Yes,
        Json::String(_) => Kept::Dropped,
        Json::Array(elements) => {
            elements.retain_mut(|element| figures(element) == Kept::Yes);
            Kept::Yes
        }
        Json::Object(object) => {
            let entries = std::mem::take(object).into_entries();
            let keep = |(key, mut value): (String, Json)| {
                (is_word(&key) && figures(&mut value) == Kept::Yes).then_some((key, value))
            };
            *object = entries.into_iter().filter_map(keep).collect();
            Kept::Yes
        }
    }
}

/// A page of the web as a vendor's search names it.
fn is_address(text: &str) -> bool {
    let rest = text
        .strip_prefix("https://")
        .or(text.strip_prefix("http://"));
    rest.is_some_and(|rest| rest.len() <= 2048 && !rest.contains(['@', ' ', '"', '<']))
}

/// Returns a path continued by one within the text there.
fn joined(path: &Path, within: &Path) -> Path {
    Path::from_steps(path.steps().iter().chain(within.steps()).cloned().collect())
}
