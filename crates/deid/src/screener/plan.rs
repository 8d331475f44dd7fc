//! What each value of a document is.

/// How the strings, numbers and keys of a JSON value are used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TypedRule {
    /// Data: strings and keys can hold tokens, numbers cannot.
    Data,
    /// A JSON Schema: descriptions, defaults and examples can hold tokens; keys, `enum`, `const`, `format`,
    /// `pattern` and the like cannot.
    Schema,
}

/// What each value of a document is; the same shape as the document. Null, true and false pass under any plan.
#[derive(Clone, Debug, PartialEq)]
pub enum Plan {
    /// Passes as it is: what the API itself needs (model names, roles, call ids, temperatures).
    AsIs,
    /// A string of free text.
    Text,
    /// The texts beneath ([`Plan::Text`]) are adjacent parts of one: an identifier may be split over them.
    Joined(Box<Plan>),
    /// A value of any type, screened whole: strings, numbers and keys.
    Json(TypedRule),
    /// A string that holds JSON (tool-call arguments); screened as [`Plan::Json`], as text where it is not JSON.
    JsonText(TypedRule),
    /// An object: every key it has must be named.
    Object(Vec<(String, Plan)>),
    /// An array, element by element.
    Array(Vec<Plan>),
    /// An array whose elements are all alike.
    Each(Box<Plan>),
}
