//! Why something was allowed or denied, policy by policy.

/// Why something was allowed or denied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Explanation {
    /// Whether it is allowed.
    pub allowed: bool,
    /// The reason in words, as an app is told it.
    pub reason: String,
    /// Each policy that bears on the question, in alphabetical order of their ids.
    pub policies: Vec<PolicyExplanation>,
    /// When denied: the changes any one of which would have it allowed, in words.
    pub would_allow: Vec<String>,
}

/// How one policy bears on the question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PolicyExplanation {
    /// The id.
    pub id: String,
    /// What it does where it holds.
    pub effect: Effect,
    /// Whether it holds here.
    pub satisfied: bool,
    /// Why it is there.
    pub reason: String,
    /// What would have to differ for the other answer, where this can be said; any one of them is enough.
    pub differs: Vec<String>,
}

/// What a policy does where it holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Effect {
    /// It allows.
    Permit,
    /// It forbids.
    Forbid,
}
