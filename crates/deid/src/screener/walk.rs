//! Walking documents and JSON values; what stands where.

use covenant_detect::Class;
use covenant_formats::json::{Json, Limits, Number, Object, Path, parse};

use super::piece::{Piece, Stand};
use super::plan::{Plan, TypedRule};
use super::settle::Settler;
use crate::Refusal;
use crate::edit::render_parts;
use crate::fields::{kind_of, label, name_in};

/// Keys of a JSON Schema whose values are schemas by name.
const NAMED_SCHEMAS: [&str; 5] = [
    "properties",
    "$defs",
    "definitions",
    "patternProperties",
    "dependentSchemas",
];
/// Keys whose values are words for the reader.
const PROSE: [&str; 3] = ["description", "title", "$comment"];
/// Keys whose values are data as the schema describes it.
const SAMPLES: [&str; 3] = ["default", "example", "examples"];

/// Whether a walk only learns or also puts replacements in.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Phase {
    Learn,
    Apply,
}

pub(super) struct Walk<'w, 's> {
    pub(super) settler: &'w mut Settler<'s>,
    pub(super) path: &'w mut Path,
    pub(super) phase: Phase,
    /// Whether anything was replaced.
    pub(super) changed: bool,
}

impl Walk<'_, '_> {
    /// Walks a document by its plan.
    pub(super) fn planned(&mut self, value: &mut Json, plan: &Plan) -> Result<(), Refusal> {
        self.planned_beside(value, plan, Texts::Each)
    }

    fn planned_beside(
        &mut self,
        value: &mut Json,
        plan: &Plan,
        texts: Texts,
    ) -> Result<(), Refusal> {
        match (plan, value) {
            (_, Json::Null | Json::Bool(_)) | (Plan::AsIs, _) => Ok(()),
            (Plan::Text, Json::String(_)) if texts == Texts::Joined => Ok(()),
            (Plan::Text, Json::String(text)) => self.string(text, &Context::none(), Stand::Text),
            (Plan::Joined(inner), value) => {
                self.joined(value, inner)?;
                self.planned_beside(value, inner, Texts::Joined)
            }
            (Plan::Json(rule), value) => self.typed(value, *rule),
            (Plan::JsonText(rule), Json::String(text)) => self.json_text(text, *rule),
            (Plan::Object(plans), Json::Object(object)) => {
                self.planned_object(object, plans, texts)
            }
            (Plan::Array(plans), Json::Array(items)) if plans.len() == items.len() => {
                self.items(items, plans.iter(), texts)
            }
            (Plan::Each(plan), Json::Array(items)) => {
                self.items(items, std::iter::repeat(plan.as_ref()), texts)
            }
            (_, value) => Err(self.unplanned(value)),
        }
    }

    fn planned_object(
        &mut self,
        object: &mut Object,
        plans: &[(String, Plan)],
        texts: Texts,
    ) -> Result<(), Refusal> {
        for (position, (key, value)) in object.iter_mut().enumerate() {
            self.path.push_key(key);
            match plan_of(plans, position, key) {
                Some(plan) => self.planned_beside(value, plan, texts)?,
                None => return Err(self.unplanned(value)),
            }
            self.path.pop();
        }
        Ok(())
    }

    fn items<'p>(
        &mut self,
        items: &mut [Json],
        plans: impl Iterator<Item = &'p Plan>,
        texts: Texts,
    ) -> Result<(), Refusal> {
        for (index, (item, plan)) in items.iter_mut().zip(plans).enumerate() {
            self.path.push_index(index);
            self.planned_beside(item, plan, texts)?;
            self.path.pop();
        }
        Ok(())
    }

    fn unplanned(&self, value: &Json) -> Refusal {
        Refusal::Unplanned {
            path: self.path.clone(),
            kind: value.kind(),
        }
    }

    /// Screens the texts beneath `value` as parts of one.
    fn joined(&mut self, value: &mut Json, plan: &Plan) -> Result<(), Refusal> {
        let mut texts = Vec::new();
        collect_texts(value, plan, &mut texts);
        let piece = Piece::parts(texts.iter().map(|text| text.as_str()));
        if self.phase == Phase::Learn {
            return self.settler.learn(&piece, self.path);
        }
        let edits = self.settler.apply(&piece, self.path)?;
        if !edits.is_empty() && !texts.is_empty() {
            self.changed = true;
            for (text, part) in
                texts
                    .into_iter()
                    .zip(render_parts(&piece.whole, &piece.cuts, &edits))
            {
                *text = part;
            }
        }
        Ok(())
    }

    fn json_text(&mut self, text: &mut String, rule: TypedRule) -> Result<(), Refusal> {
        let Ok(mut value) = parse(text.as_bytes(), Limits::default()) else {
            return self.string(text, &Context::none(), Stand::Text);
        };
        let changed_before = std::mem::replace(&mut self.changed, false);
        self.typed(&mut value, rule)?;
        if self.changed {
            *text = value.to_string();
        }
        self.changed |= changed_before;
        Ok(())
    }

    /// Walks a value of any type.
    pub(super) fn typed(&mut self, value: &mut Json, rule: TypedRule) -> Result<(), Refusal> {
        match rule {
            TypedRule::Data => self.data(value, &Context::none(), Stand::Text),
            TypedRule::Schema => self.schema(value, &Context::none()),
        }
    }

    /// Walks data; `stand` says what stands where its strings are.
    fn data(&mut self, value: &mut Json, context: &Context, stand: Stand) -> Result<(), Refusal> {
        match value {
            Json::Null | Json::Bool(_) => Ok(()),
            Json::String(text) => self.string(text, context, stand),
            Json::Number(number) => self.number(number, context, stand),
            Json::Array(items) => {
                for (index, item) in items.iter_mut().enumerate() {
                    self.path.push_index(index);
                    self.data(item, context, stand)?;
                    self.path.pop();
                }
                Ok(())
            }
            Json::Object(object) => self.data_object(object, stand),
        }
    }

    fn data_object(&mut self, object: &mut Object, stand: Stand) -> Result<(), Refusal> {
        let contexts: Vec<Context> = object
            .keys()
            .map(|key| Context::named(name_in(object, key)))
            .collect();
        let key_stand = if stand == Stand::Text {
            Stand::Key
        } else {
            stand
        };
        let mut entries = std::mem::take(object).into_entries();
        for ((key, value), context) in entries.iter_mut().zip(&contexts) {
            let hidden = self.key(key, key_stand)?;
            self.path.push_key(if hidden { "*" } else { key.as_str() });
            self.data(value, context, stand)?;
            self.path.pop();
        }
        *object = Object::from_entries(entries).map_err(|_| Refusal::CannotStand {
            class: Class::Name,
            path: self.path.clone(),
            what: "two keys of one object that it would make the same",
        })?;
        Ok(())
    }

    /// Screens a key; returns whether anything was found in it.
    fn key(&mut self, key: &mut String, stand: Stand) -> Result<bool, Refusal> {
        let piece = Piece::at(key, stand);
        self.path.push_key("*");
        let text = self.piece(&piece)?;
        self.path.pop();
        let found = match self.phase {
            Phase::Learn => self.settler.holds_findings(&piece),
            Phase::Apply => text.is_some(),
        };
        if let Some(text) = text {
            *key = text;
        }
        Ok(found)
    }

    /// Walks a JSON Schema.
    fn schema(&mut self, value: &mut Json, context: &Context) -> Result<(), Refusal> {
        match value {
            Json::Object(object) => {
                let mut entries = std::mem::take(object).into_entries();
                for (key, value) in &mut entries {
                    let hidden = self.key(key, Stand::Fixed("a keyword of a schema"))?;
                    self.path.push_key(if hidden { "*" } else { key.as_str() });
                    self.schema_entry(key, value, context)?;
                    self.path.pop();
                }
                *object = entries.into_iter().collect();
                Ok(())
            }
            Json::Array(items) => {
                for (index, item) in items.iter_mut().enumerate() {
                    self.path.push_index(index);
                    self.schema(item, context)?;
                    self.path.pop();
                }
                Ok(())
            }
            other => self.data(
                other,
                &Context::none(),
                Stand::Fixed("a keyword of a schema"),
            ),
        }
    }

    fn schema_entry(
        &mut self,
        key: &str,
        value: &mut Json,
        context: &Context,
    ) -> Result<(), Refusal> {
        match key {
            _ if PROSE.contains(&key) => self.data(value, &Context::none(), Stand::Text),
            _ if SAMPLES.contains(&key) => self.data(value, context, Stand::Text),
            _ if NAMED_SCHEMAS.contains(&key) => self.named_schemas(value),
            "enum" => self.data(value, context, Stand::Fixed("an enum")),
            "const" => self.data(value, context, Stand::Fixed("a const")),
            "pattern" => self.data(value, &Context::none(), Stand::Fixed("a pattern")),
            "format" => self.data(value, &Context::none(), Stand::Fixed("a format")),
            "required" => self.data(value, &Context::none(), Stand::Fixed("a key of a schema")),
            _ => self.schema(value, context),
        }
    }

    fn named_schemas(&mut self, value: &mut Json) -> Result<(), Refusal> {
        let Json::Object(object) = value else {
            return self.schema(value, &Context::none());
        };
        let mut entries = std::mem::take(object).into_entries();
        for (key, value) in &mut entries {
            let hidden = self.key(key, Stand::Fixed("a key of a schema"))?;
            self.path.push_key(if hidden { "*" } else { key.as_str() });
            self.schema(value, &Context::named(key))?;
            self.path.pop();
        }
        *object = entries.into_iter().collect();
        Ok(())
    }

    fn string(
        &mut self,
        text: &mut String,
        context: &Context,
        stand: Stand,
    ) -> Result<(), Refusal> {
        if let Some(screened) = self.piece(&context.piece(text, stand))? {
            *text = screened;
        }
        Ok(())
    }

    fn number(
        &mut self,
        number: &mut Number,
        context: &Context,
        stand: Stand,
    ) -> Result<(), Refusal> {
        let stand = if stand == Stand::Text {
            Stand::Number
        } else {
            stand
        };
        if let Some(screened) = self.piece(&context.piece(number.as_str(), stand))? {
            *number = Number::parse(&screened).unwrap_or_else(|| Number::from(0));
        }
        Ok(())
    }

    /// Learns or applies a piece; returns the text it becomes where that is another.
    fn piece(&mut self, piece: &Piece) -> Result<Option<String>, Refusal> {
        if self.phase == Phase::Learn {
            self.settler.learn(piece, self.path)?;
            return Ok(None);
        }
        let edits = self.settler.apply(piece, self.path)?;
        if edits.is_empty() {
            return Ok(None);
        }
        self.changed = true;
        Ok(render_parts(&piece.whole, &piece.cuts, &edits).pop())
    }
}

/// Whether the texts of a plan are still to be screened or were screened joined.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Texts {
    Each,
    Joined,
}

/// What the name of a value's field says.
struct Context {
    label: String,
    field: Option<covenant_detect::Kind>,
}

impl Context {
    fn none() -> Context {
        Context {
            label: String::new(),
            field: None,
        }
    }

    fn named(name: &str) -> Context {
        Context {
            label: label(name),
            field: kind_of(name),
        }
    }

    fn piece(&self, text: &str, stand: Stand) -> Piece {
        let mut piece = Piece::at(text, stand);
        piece.label.clone_from(&self.label);
        piece.field = self.field;
        piece
    }
}

/// Returns the plan of a key, which in plans made from the document stands where the key does.
fn plan_of<'p>(plans: &'p [(String, Plan)], position: usize, key: &str) -> Option<&'p Plan> {
    let here = plans.get(position).filter(|(name, _)| name == key);
    let named = here.or_else(|| plans.iter().find(|(name, _)| name == key));
    named.map(|(_, plan)| plan)
}

/// Collects the texts of a plan in document order.
fn collect_texts<'v>(value: &'v mut Json, plan: &Plan, texts: &mut Vec<&'v mut String>) {
    match (plan, value) {
        (Plan::Text, Json::String(text)) => texts.push(text),
        (Plan::Joined(inner), value) => collect_texts(value, inner, texts),
        (Plan::Object(plans), Json::Object(object)) => {
            for (position, (key, value)) in object.iter_mut().enumerate() {
                if let Some(plan) = plan_of(plans, position, key) {
                    collect_texts(value, plan, texts);
                }
            }
        }
        (Plan::Array(plans), Json::Array(items)) => {
            for (item, plan) in items.iter_mut().zip(plans) {
                collect_texts(item, plan, texts);
            }
        }
        (Plan::Each(plan), Json::Array(items)) => {
            for item in items {
                collect_texts(item, plan, texts);
            }
        }
        _ => {}
    }
}
