//! The rules a line of a table may give a value.

use covenant_govern::Feature;

/// What a value is, and so what is done with it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Rule {
    /// Free text: screened on the way out, inspected and restored on the way back.
    Text,
    /// Any value: its strings, numbers and keys are treated like text.
    Json,
    /// A string that holds JSON.
    JsonText,
    /// A JSON Schema.
    Schema,
    /// An identifier of the caller (a tool's name): short, of few characters, and no token can stand in it.
    Name,
    /// An address of a service: https, without a query.
    Address,
    /// An id the API made, with one of these prefixes; anything else is text.
    Id(Vec<String>),
    /// The model: the alias on the way out.
    Model,
    /// One of these words.
    OneOf(Vec<String>),
    /// A number whose size is at most this.
    Number(f64),
    /// True or false.
    Bool,
    /// Numbers, truth values and null at any depth, under keys of the API.
    Figures,
    /// A string replaced by a keyed hash of it.
    Keyed,
    /// A number replaced by a keyed one.
    KeyedNumber,
    /// A word of the API that is not enumerated: small letters, digits and underscores.
    Word,
    /// Passes as it is where the feature is covered.
    Feature(Feature),
    /// A string of a part the screen cannot read (a picture, sound, a file, or where one lies): passes as it is where
    /// the feature is covered.
    Unread(Feature),
    /// Needs the feature, and is screened like [`Rule::Json`].
    FeatureScreened(Feature),
    /// Needs the feature when it is true.
    FeatureIfTrue(Feature),
    /// Needs the feature; an id or a text.
    FeatureText(Feature),
    /// Refused, with the reason.
    Refuse(String),
    /// Taken out of an answer, and counted.
    Drop,
    /// Text of an answer that is prose, whatever structure the answer was asked for.
    Prose,
    /// What a model thought: prose, whose own words a vendor wants back unchanged.
    Thinking,
    /// Data only the vendor can read: sealed on its way to the caller, so that nothing else comes back.
    Sealed,
    /// Numbers of an embedding, as a list or in base64.
    Floats,
    /// Taken out of an answer without a word: padding.
    Ignore,
    /// A piece of a text that streams.
    Delta,
    /// A piece of prose that streams.
    DeltaProse,
    /// A piece of thinking that streams.
    DeltaThinking,
    /// A piece of JSON that streams.
    DeltaJson,
    /// The whole of a text that streamed before.
    Whole,
}

/// What a number may be where its line says no more.
const MOST: f64 = 1e7;

impl Rule {
    /// Reads a rule: a word and its arguments.
    pub(super) fn parse(text: &str) -> Result<Rule, String> {
        let (word, rest) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
        let rest = rest.trim();
        let feature = || rest.parse::<Feature>().map_err(|error| error.to_string());
        let words = |separator: char| {
            rest.split(separator)
                .map(|word| word.trim().to_owned())
                .collect::<Vec<_>>()
        };
        Ok(match word {
            "text" => Rule::Text,
            "json" => Rule::Json,
            "json-text" => Rule::JsonText,
            "schema" => Rule::Schema,
            "name" => Rule::Name,
            "address" => Rule::Address,
            "id" => Rule::Id(words(' ')),
            "model" => Rule::Model,
            "one-of" => Rule::OneOf(words('|')),
            "number" if rest.is_empty() => Rule::Number(MOST),
            "number" => Rule::Number(rest.parse().map_err(|_| "not a number")?),
            "bool" => Rule::Bool,
            "figures" => Rule::Figures,
            "keyed" => Rule::Keyed,
            "keyed-number" => Rule::KeyedNumber,
            "word" => Rule::Word,
            "feature" => Rule::Feature(feature()?),
            "unread" => Rule::Unread(feature()?),
            "feature-screened" => Rule::FeatureScreened(feature()?),
            "feature-if-true" => Rule::FeatureIfTrue(feature()?),
            "feature-text" => Rule::FeatureText(feature()?),
            "refuse" => Rule::Refuse(rest.to_owned()),
            "drop" => Rule::Drop,
            "ignore" => Rule::Ignore,
            "prose" => Rule::Prose,
            "thinking" => Rule::Thinking,
            "sealed" => Rule::Sealed,
            "floats" => Rule::Floats,
            "whole" => Rule::Whole,
            "delta" => Rule::Delta,
            "delta-thinking" => Rule::DeltaThinking,
            "delta-prose" => Rule::DeltaProse,
            "delta-json" => Rule::DeltaJson,
            _ => return Err(format!("there is no rule {word:?}")),
        })
    }

    /// Says whether the rule speaks of a whole value, objects and arrays included.
    pub(crate) fn takes_any(&self) -> bool {
        matches!(
            self,
            Rule::Json
                | Rule::Schema
                | Rule::Figures
                | Rule::Floats
                | Rule::Feature(_)
                | Rule::FeatureScreened(_)
                | Rule::Refuse(_)
                | Rule::Drop
                | Rule::Ignore
        )
    }
}

/// Says whether an id is one an API makes: a known prefix and letters and digits only, long enough to be random.
pub(crate) fn is_api_id(id: &str, prefixes: &[String]) -> bool {
    let random = |rest: &str| {
        (16..=64).contains(&rest.len()) && rest.bytes().all(|byte| byte.is_ascii_alphanumeric())
    };
    prefixes
        .iter()
        .any(|prefix| id.strip_prefix(prefix.as_str()).is_some_and(random))
}

/// Says whether a text is an identifier as programs write them.
pub(crate) fn is_name(text: &str) -> bool {
    (1..=128).contains(&text.len())
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.' | b':'))
}

/// Says whether a text is a word of an API.
pub(crate) fn is_word(text: &str) -> bool {
    (1..=48).contains(&text.len())
        && text
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
        && text.bytes().filter(u8::is_ascii_digit).count() <= 4
}
