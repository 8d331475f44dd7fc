//! `POST /v1/embeddings`, OpenAI. What comes back are numbers; nothing is restored.

use covenant_formats::json::{Json, Number, object};
use covenant_govern::Dialect as Family;

use super::{Dialect, Mirrored, Tables};
use crate::table::TableError;

const REQUEST: &str = "
# What a caller may send. Arrays of token ids are not text and are refused.
model               model
dimensions          number 100000
encoding_format     one-of float|base64
user                keyed
input               text
input[]             text
";

const ANSWER: &str = "
object              word
model               model
usage               figures
data[].object       word
data[].index        number 1e6
data[].embedding    floats
";

/// Embeddings.
pub(crate) struct Embeddings {
    tables: Tables,
}

impl Embeddings {
    pub(crate) fn new() -> Result<Embeddings, TableError> {
        Ok(Embeddings {
            tables: Tables::parse("embeddings", REQUEST, ANSWER, "")?,
        })
    }
}

impl Dialect for Embeddings {
    fn path(&self) -> &'static str {
        "/v1/embeddings"
    }

    fn family(&self) -> Family {
        Family::OpenAi
    }

    fn tables(&self) -> &Tables {
        &self.tables
    }

    fn conversation(&self) -> &'static str {
        "input"
    }

    fn mirror(&self, body: &Json, said: &Mirrored) -> Json {
        let inputs = match body.get("input") {
            Some(Json::Array(inputs)) => inputs
                .iter()
                .map(|input| input.as_str().unwrap_or_default())
                .collect(),
            Some(Json::String(input)) => vec![input.as_str()],
            _ => Vec::new(),
        };
        let in_base64 = body.get("encoding_format").and_then(Json::as_str) == Some("base64");
        let one = |(index, input): (usize, &&str)| {
            let vector = letters(input);
            let embedding = if in_base64 {
                base64(&vector).into()
            } else {
                list(&vector)
            };
            object([
                ("object", "embedding".into()),
                ("index", i64::try_from(index).unwrap_or(i64::MAX).into()),
                ("embedding", embedding),
            ])
        };
        let data: Vec<Json> = inputs.iter().enumerate().map(one).collect();
        let usage = object([
            ("prompt_tokens", said.input_tokens.into()),
            ("total_tokens", said.input_tokens.into()),
        ]);
        object([
            ("object", "list".into()),
            ("model", body.get("model").cloned().unwrap_or(Json::Null)),
            ("data", data.into()),
            ("usage", usage),
        ])
    }
}

/// The mirror's embedding: how often each letter of the alphabet stands in what was sent, to length one.
fn letters(text: &str) -> Vec<f32> {
    let mut counts = [0f32; 26];
    for byte in text.bytes().filter(u8::is_ascii_alphabetic) {
        let letter = usize::from(byte.to_ascii_lowercase() - b'a');
        if let Some(count) = counts.get_mut(letter) {
            *count += 1.0;
        }
    }
    let length = counts
        .iter()
        .map(|count| count * count)
        .sum::<f32>()
        .sqrt()
        .max(1.0);
    counts.iter().map(|count| count / length).collect()
}

fn list(vector: &[f32]) -> Json {
    let number =
        |value: &f32| Number::parse(&value.to_string()).map_or(Json::from(0), Json::Number);
    Json::from(vector.iter().map(number).collect::<Vec<_>>())
}

fn base64(vector: &[f32]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let bytes: Vec<u8> = vector
        .iter()
        .flat_map(|value| value.to_le_bytes())
        .collect();
    let mut text = String::new();
    for chunk in bytes.chunks(3) {
        let bits = chunk
            .iter()
            .fold(0u32, |bits, byte| bits << 8 | u32::from(*byte))
            << (8 * (3 - chunk.len()));
        for place in 0..=chunk.len() {
            let digit = DIGITS
                .get((bits >> (18 - 6 * place) & 63) as usize)
                .copied()
                .unwrap_or(b'A');
            text.push(char::from(digit));
        }
        text.push_str("=".repeat(3 - chunk.len()).as_str());
    }
    text
}
