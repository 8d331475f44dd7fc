//! Reads a request by its table: what each value is becomes the [`Plan`] it is screened by, and what it asks of the
//! vendor becomes a list of features. What the table does not know is refused with its path.

mod forms;

use std::collections::BTreeMap;

use covenant_deid::{Plan, TypedRule};
use covenant_formats::json::{Json, Limits, Object, Path, parse};
use covenant_govern::Feature;
use covenant_seal::Phi;

use self::forms::{is_figures, keyed_number, keyed_text, pattern_of, words_of};
use crate::encoded::{Encoded, encoded_runs};
use crate::opaque::Opaque;
use crate::refusal::Refusal;
use crate::table::{Field, Node, Rule, Table, VariantOf, is_api_id, is_name, is_word};

/// What a request holds, by its table.
pub(crate) struct Reading {
    /// What each value is.
    pub(crate) plan: Plan,
    /// The features asked for, with the place of the first that asks.
    pub(crate) features: BTreeMap<Feature, Path>,
    /// How many parts of each kind nobody looks into: they leave as they came, where that is covered.
    pub(crate) unscreened: BTreeMap<Feature, u32>,
    /// Texts in which nothing may stand that would have to go.
    pub(crate) bare: Vec<Bare>,
}

impl Reading {
    /// Notes that a field of the body holds a value of ours, which passes as it is.
    pub(crate) fn passes(&mut self, field: &str) {
        if let Plan::Object(fields) = &mut self.plan {
            fields.retain(|(name, _)| name != field);
            fields.push((field.to_owned(), Plan::AsIs));
        }
    }

    /// Hands the reading over to screening.
    pub(crate) fn take(&mut self) -> Reading {
        let plan = std::mem::replace(&mut self.plan, Plan::Object(Vec::new()));
        Reading {
            plan,
            features: std::mem::take(&mut self.features),
            unscreened: std::mem::take(&mut self.unscreened),
            bare: std::mem::take(&mut self.bare),
        }
    }
}

/// A text in which a token cannot stand: clean of what must go, or refused.
pub(crate) struct Bare {
    pub(crate) path: Path,
    pub(crate) text: Phi<String>,
    /// What it is: "a name", "encoded text".
    pub(crate) what: &'static str,
    /// Whether what the profile keeps may stay.
    pub(crate) kept_may_stay: bool,
}

/// Replaces a value by a keyed one.
pub(crate) type Keyed<'a> = &'a dyn Fn(&str) -> [u8; 32];

/// What reading goes by beside the table.
pub(crate) struct Keys<'a> {
    /// Paths the route has screened beside those of the table.
    pub(crate) screen_paths: &'a [String],
    pub(crate) keyed: Keyed<'a>,
    pub(crate) opaque: &'a Opaque,
}

/// Reads a request. Values that the table has replaced by keyed ones are replaced in `body`.
pub(crate) fn read(table: &Table, body: &mut Json, keys: Keys<'_>) -> Result<Reading, Refusal> {
    let mut reader = Reader {
        keys,
        features: BTreeMap::new(),
        unscreened: BTreeMap::new(),
        bare: Vec::new(),
        words: None,
        path: Path::root(),
    };
    if !matches!(body, Json::Object(_)) {
        return Err(Refusal::new(
            400,
            "invalid_json",
            "the body must be a JSON object",
        ));
    }
    in_table_order(table.root(), body);
    let plan = reader.value(table.root(), body)?;
    Ok(Reading {
        plan,
        features: reader.features,
        unscreened: reader.unscreened,
        bare: reader.bare,
    })
}

/// Puts the fields of the body into the order of the table, which ends with the conversation: what stands before it
/// (tools, schemas) then keeps its token numbers while the conversation grows.
fn in_table_order(root: &Node, body: &mut Json) {
    if let Json::Object(object) = body {
        let mut entries = std::mem::take(object).into_entries();
        entries.sort_by_key(|(key, _)| root.order(key));
        *object = entries.into_iter().collect();
    }
}

struct Reader<'a> {
    keys: Keys<'a>,
    features: BTreeMap<Feature, Path>,
    unscreened: BTreeMap<Feature, u32>,
    bare: Vec<Bare>,
    /// Words that came with the sealed value of the object that is being read.
    words: Option<String>,
    path: Path,
}

impl Reader<'_> {
    fn value(&mut self, node: &Node, value: &mut Json) -> Result<Plan, Refusal> {
        if value.is_null() {
            return Ok(Plan::AsIs);
        }
        if let Some(rule) = node.rule.as_ref().filter(|rule| rule.takes_any()) {
            let plan = self.any(rule, value)?;
            let opens_fields = matches!(rule, Rule::Feature(_)) && node.has_fields();
            if !opens_fields {
                return Ok(plan);
            }
        }
        match value {
            Json::Object(object) if node.has_fields() => self.object(node, object),
            Json::Array(elements) if node.items().is_some() => self.array(node, elements),
            Json::Object(_) | Json::Array(_) => Err(self.wrong_type(value)),
            _ => match &node.rule {
                Some(rule) => self.scalar(rule, value),
                None => Err(self.wrong_type(value)),
            },
        }
    }

    /// A rule that speaks of the whole value.
    fn any(&mut self, rule: &Rule, value: &Json) -> Result<Plan, Refusal> {
        match rule {
            Rule::Json => {
                self.look_into(value)?;
                Ok(Plan::Json(TypedRule::Data))
            }
            Rule::Schema => {
                self.look_into(value)?;
                Ok(Plan::Json(TypedRule::Schema))
            }
            Rule::Feature(feature) => {
                self.passes_with(*feature);
                Ok(Plan::AsIs)
            }
            Rule::FeatureScreened(feature) => {
                self.needs(*feature);
                self.look_into(value)?;
                Ok(Plan::Json(TypedRule::Data))
            }
            Rule::Figures if is_figures(value) => Ok(Plan::AsIs),
            Rule::Refuse(reason) => Err(Refusal::field("refused_field", &self.path, reason)),
            _ => Err(self.wrong_type(value)),
        }
    }

    /// A rule that speaks of a whole object of a known kind.
    fn gate(&mut self, rule: &Rule, object: &Object) -> Result<Plan, Refusal> {
        match rule {
            Rule::Feature(feature) => {
                self.passes_with(*feature);
                Ok(Plan::AsIs)
            }
            Rule::FeatureScreened(feature) => {
                self.needs(*feature);
                self.look_into_object(object)?;
                Ok(Plan::Json(TypedRule::Data))
            }
            Rule::Json => {
                self.look_into_object(object)?;
                Ok(Plan::Json(TypedRule::Data))
            }
            Rule::Refuse(reason) => Err(Refusal::field("refused_field", &self.path, reason)),
            _ => Ok(Plan::Object(Vec::new())),
        }
    }

    fn scalar(&mut self, rule: &Rule, value: &mut Json) -> Result<Plan, Refusal> {
        match (rule, &mut *value) {
            (Rule::Text | Rule::Thinking, Json::String(text)) => self.text(text),
            (Rule::FeatureText(feature), Json::String(text)) => {
                self.needs(*feature);
                self.text(text)
            }
            (Rule::JsonText, Json::String(text)) => {
                // Escapes would hide what is encoded, so the values are looked at, not their source.
                match parse(text.as_bytes(), Limits::default()) {
                    Ok(inner) => self.look_into(&inner)?,
                    Err(_) => self.check_encoded(text)?,
                }
                Ok(Plan::JsonText(TypedRule::Data))
            }
            (Rule::Id(prefixes), Json::String(id)) => {
                if is_api_id(id, prefixes) {
                    Ok(Plan::AsIs)
                } else {
                    self.text(id)
                }
            }
            (Rule::Name, Json::String(name)) => self.name(name),
            (Rule::Address, Json::String(address)) => self.address(address),
            (Rule::Model, Json::String(_)) => Ok(Plan::AsIs),
            (Rule::Word, Json::String(word)) if is_word(word) => Ok(Plan::AsIs),
            (Rule::OneOf(words), Json::String(word)) => {
                if words.iter().any(|known| known == word) {
                    Ok(Plan::AsIs)
                } else {
                    Err(self.unknown_value(words))
                }
            }
            (Rule::Number(most), Json::Number(number)) => {
                let size = number.as_f64().map_or(f64::INFINITY, f64::abs);
                // A long fraction could carry a number of another kind.
                if size <= *most && number.as_str().len() <= 24 {
                    Ok(Plan::AsIs)
                } else {
                    Err(self.out_of_range(*most))
                }
            }
            (Rule::Bool, Json::Bool(_)) => Ok(Plan::AsIs),
            (Rule::FeatureIfTrue(feature), Json::Bool(flag)) => {
                if *flag {
                    self.needs(*feature);
                }
                Ok(Plan::AsIs)
            }
            (Rule::Keyed, Json::String(text)) => {
                *text = keyed_text((self.keys.keyed)(text));
                Ok(Plan::AsIs)
            }
            // Counted with the part it belongs to.
            (Rule::Unread(feature), Json::String(text)) => {
                if !is_unreadable(text) {
                    let reason =
                        "expected an https address or base64: words stand in fields that are read";
                    return Err(Refusal::field("not_a_file", &self.path, reason));
                }
                self.needs(*feature);
                Ok(Plan::AsIs)
            }
            (Rule::Sealed, Json::String(text)) => self.sealed(text),
            (Rule::KeyedNumber, Json::Number(number)) => {
                let hash = (self.keys.keyed)(number.as_str());
                *value = Json::from(keyed_number(hash));
                Ok(Plan::AsIs)
            }
            _ => Err(self.wrong_type(value)),
        }
    }

    fn text(&mut self, text: &str) -> Result<Plan, Refusal> {
        self.check_encoded(text)?;
        Ok(Plan::Text)
    }

    /// Data only the vendor can read: only what came from there through here goes back.
    fn sealed(&mut self, text: &mut String) -> Result<Plan, Refusal> {
        if text.is_empty() {
            return Ok(Plan::AsIs);
        }
        let Some(unwrapped) = self.keys.opaque.unwrap(text) else {
            let reason = "this data cannot be read here; only what this app was given through here is sent back";
            return Err(Refusal::field("opaque_data", &self.path, reason));
        };
        *text = unwrapped.value;
        self.words = unwrapped.words;
        Ok(Plan::AsIs)
    }

    /// A name of the caller's: a token cannot stand in it, so what it says must be clean.
    fn name(&mut self, name: &str) -> Result<Plan, Refusal> {
        if !is_name(name) {
            let reason = "a name has at most 128 letters, digits, '_', '-', '.' and ':'";
            return Err(Refusal::field("invalid_name", &self.path, reason));
        }
        self.keep_bare(words_of(name), "a name", true);
        Ok(Plan::AsIs)
    }

    fn address(&mut self, address: &str) -> Result<Plan, Refusal> {
        let plain = address
            .strip_prefix("https://")
            .filter(|rest| !rest.contains(['?', '#', '@', ' ']));
        let Some(rest) = plain else {
            return Err(Refusal::field(
                "invalid_address",
                &self.path,
                "an address is https, without query or credentials",
            ));
        };
        let path = rest.split_once('/').map_or("", |(_, path)| path);
        self.keep_bare(words_of(path), "an address", true);
        Ok(Plan::AsIs)
    }

    fn object(&mut self, node: &Node, object: &mut Object) -> Result<Plan, Refusal> {
        let variant = {
            let value_of = |key: &str| object.get(key).and_then(Json::as_str);
            match node.variant(value_of) {
                VariantOf::None => None,
                VariantOf::Known { key, node } => Some((key, node)),
                VariantOf::Unknown { key } => return Err(self.unknown_variant(key)),
            }
        };
        if let Some((_, variant)) = variant
            && let Some(rule) = &variant.rule
        {
            let plan = self.gate(rule, object)?;
            if !variant.has_fields() {
                return Ok(plan);
            }
        }
        let mut plans = Vec::with_capacity(object.len());
        self.words = None;
        for (key, value) in object.iter_mut() {
            let plan = match variant {
                Some((told_by, _)) if told_by == key => Plan::AsIs,
                _ => self.field(node, variant.map(|(_, node)| node), key, value)?,
            };
            plans.push((key.to_owned(), plan));
        }
        if let Some(words) = self.words.take() {
            give_back(
                object,
                &words,
                variant.map_or(node, |(_, node)| node),
                &mut plans,
            );
        }
        Ok(Plan::Object(plans))
    }

    fn field(
        &mut self,
        node: &Node,
        variant: Option<&Node>,
        key: &str,
        value: &mut Json,
    ) -> Result<Plan, Refusal> {
        self.path.push_key(key);
        let plan = match node.field(variant, key) {
            Some(Field { node, wild }) => {
                if wild {
                    self.name(key)?;
                }
                self.value(node, value)
            }
            None if self.is_listed_by_route() => self.any(&Rule::Json, value),
            None => Err(Refusal::field(
                "unknown_field",
                &self.path,
                "this field is not known here and is not passed on",
            )),
        };
        self.path.pop();
        plan
    }

    fn array(&mut self, node: &Node, elements: &mut [Json]) -> Result<Plan, Refusal> {
        let Some(items) = node.items() else {
            return Ok(Plan::Array(Vec::new()));
        };
        let mut plans = Vec::with_capacity(elements.len());
        for (index, element) in elements.iter_mut().enumerate() {
            self.path.push_index(index);
            plans.push(self.value(items, element)?);
            self.path.pop();
        }
        let plan = Plan::Array(plans);
        Ok(if items.joined {
            Plan::Joined(Box::new(plan))
        } else {
            plan
        })
    }

    /// Says whether the route lists this place as one more to be screened.
    fn is_listed_by_route(&self) -> bool {
        !self.keys.screen_paths.is_empty()
            && self.keys.screen_paths.contains(&pattern_of(&self.path))
    }

    fn needs(&mut self, feature: Feature) {
        self.features
            .entry(feature)
            .or_insert_with(|| self.path.clone());
    }

    /// Notes a part that passes where its feature is covered, and counts it where the screen cannot read it.
    fn passes_with(&mut self, feature: Feature) {
        self.needs(feature);
        if feature.is_unread() {
            *self.unscreened.entry(feature).or_default() += 1;
        }
    }

    /// Looks for encoded data in every string and key of a value.
    fn look_into(&mut self, value: &Json) -> Result<(), Refusal> {
        match value {
            Json::String(text) => self.check_encoded(text)?,
            Json::Array(elements) => {
                for (index, element) in elements.iter().enumerate() {
                    self.path.push_index(index);
                    self.look_into(element)?;
                    self.path.pop();
                }
            }
            Json::Object(object) => self.look_into_object(object)?,
            _ => {}
        }
        Ok(())
    }

    fn look_into_object(&mut self, object: &Object) -> Result<(), Refusal> {
        for (key, element) in object.iter() {
            self.path.push_key(key);
            self.check_encoded(key)?;
            self.look_into(element)?;
            self.path.pop();
        }
        Ok(())
    }

    fn check_encoded(&mut self, text: &str) -> Result<(), Refusal> {
        for run in encoded_runs(text) {
            let what = match run {
                Encoded::Text(text) => {
                    self.keep_bare(text, "encoded text", false);
                    continue;
                }
                Encoded::File(kind) => format!("encoded data holds a file ({kind})"),
                Encoded::Compressed(kind) => format!("encoded data holds compressed data ({kind})"),
                Encoded::Unknown => "encoded data holds nothing that can be read".to_owned(),
            };
            let reason = format!("{what}, which cannot be screened");
            return Err(Refusal::field("encoded_data", &self.path, reason));
        }
        Ok(())
    }

    fn keep_bare(&mut self, text: String, what: &'static str, kept_may_stay: bool) {
        self.bare.push(Bare {
            path: self.path.clone(),
            text: Phi::new(text),
            what,
            kept_may_stay,
        });
    }

    fn wrong_type(&self, value: &Json) -> Refusal {
        let reason = format!("{} is not expected here", value.kind());
        Refusal::field("wrong_type", &self.path, reason)
    }

    fn unknown_value(&self, words: &[String]) -> Refusal {
        Refusal::field(
            "unknown_value",
            &self.path,
            format!("expected one of {}", words.join(", ")),
        )
    }

    fn unknown_variant(&self, key: &str) -> Refusal {
        let mut path = self.path.clone();
        path.push_key(key);
        Refusal::field(
            "unknown_variant",
            &path,
            "this kind is not known here and is not passed on",
        )
    }

    fn out_of_range(&self, most: f64) -> Refusal {
        Refusal::field(
            "out_of_range",
            &self.path,
            format!("the number is larger than {most} or longer than 24 characters"),
        )
    }
}

/// Puts the vendor's own words in the place of what the caller made of them.
fn give_back(object: &mut Object, words: &str, node: &Node, plans: &mut [(String, Plan)]) {
    for (key, plan) in plans {
        let is_thinking = node
            .field(None, key)
            .is_some_and(|field| field.node.rule == Some(Rule::Thinking));
        if let Some(Json::String(text)) = object.get_mut(key).filter(|_| is_thinking) {
            words.clone_into(text);
            *plan = Plan::AsIs;
        }
    }
}

/// Says whether a text is what stands for a picture, sound or file that nobody here reads: an https address, or base64
/// as it is or in a `data:` address that is not of text.
fn is_unreadable(text: &str) -> bool {
    if let Some(address) = text.strip_prefix("https://") {
        return !address.is_empty() && address.bytes().all(|byte| byte.is_ascii_graphic());
    }
    let data = match text.strip_prefix("data:") {
        Some(rest) => match rest.split_once(";base64,") {
            Some((media, data)) if !media.is_empty() && !media.starts_with("text/") => data,
            _ => return false,
        },
        None => text,
    };
    let digits = data.trim_end_matches('=');
    let sign = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/');
    !digits.is_empty()
        && digits.len() % 4 != 1
        && data.len() - digits.len() <= 2
        && digits.bytes().all(sign)
}
