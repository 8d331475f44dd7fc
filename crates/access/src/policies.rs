//! From policy files to policies: parsed, checked strictly against the schema, each with an id and a reason.
//! Every fault is told with its file and line; warnings of the validator (a policy that can never hold, a
//! misleading character) count as faults, for a rule that never holds protects nobody.

use std::collections::BTreeMap;
use std::str::FromStr;

use cedar_policy::{Policy, PolicyId, PolicySet, Schema, ValidationMode, Validator};
use miette::Diagnostic;

use crate::{Error, PolicyFault};

/// The most bytes of one policy file.
const MAX_FILE_BYTES: usize = 64 * 1024;
/// The deepest that brackets may be nested: policies for people stay far below.
const MAX_NESTING: usize = 32;
/// The most links of one expression (operators, attributes) in one policy.
const MAX_LINKS: usize = 500;

/// Validated policies and what is said about each.
#[derive(Clone, Debug)]
pub(crate) struct Policies {
    pub(crate) set: PolicySet,
    pub(crate) about: BTreeMap<String, About>,
}

/// A policy and its reason.
#[derive(Clone, Debug)]
pub(crate) struct About {
    pub(crate) policy: Policy,
    pub(crate) reason: String,
}

/// Reads and validates policy files, given as names and texts.
pub(crate) fn read(schema: &Schema, sources: &[(String, String)]) -> Result<Policies, Error> {
    let mut reader = Reader::default();
    for (file, text) in sources {
        reader.file(file, text);
    }
    if reader.placed.is_empty() && reader.faults.is_empty() {
        let file = sources
            .first()
            .map_or("policies", |source| source.0.as_str());
        reader.faults.push(fault(
            file,
            "",
            0,
            "there is no policy; without one everything is denied",
        ));
    }
    let policies = reader.collect();
    if reader.faults.is_empty() {
        reader.validate(schema, &policies.set);
    }
    if reader.faults.is_empty() {
        return Ok(policies);
    }
    reader.faults.sort();
    reader.faults.dedup();
    Err(Error::Policies(reader.faults))
}

/// A policy and where it stands.
struct Placed<'a> {
    policy: Policy,
    reason: String,
    file: &'a str,
    text: &'a str,
    offset: usize,
}

#[derive(Default)]
struct Reader<'a> {
    placed: BTreeMap<String, Placed<'a>>,
    faults: Vec<PolicyFault>,
}

impl<'a> Reader<'a> {
    fn file(&mut self, file: &'a str, text: &'a str) {
        if let Err((offset, message)) = bounded(text) {
            self.faults.push(fault(file, text, offset, message));
            return;
        }
        match PolicySet::from_str(text) {
            Err(errors) => {
                for error in errors.iter() {
                    self.faults.push(fault(
                        file,
                        text,
                        offset_of(error).unwrap_or(0),
                        &told(error),
                    ));
                }
            }
            Ok(set) => self.set(file, text, &set),
        }
    }

    fn set(&mut self, file: &'a str, text: &'a str, set: &PolicySet) {
        if set.num_of_templates() > 0 {
            let offset = text.find('?').unwrap_or(0);
            self.faults.push(fault(
                file,
                text,
                offset,
                "templates (?principal, ?resource) are not used here",
            ));
        }
        let policies = places(set, text);
        for (offset, policy) in policies {
            if let Err(message) = self.policy(file, text, offset, policy) {
                self.faults.push(fault(file, text, offset, &message));
            }
        }
    }

    fn policy(
        &mut self,
        file: &'a str,
        text: &'a str,
        offset: usize,
        policy: &Policy,
    ) -> Result<(), String> {
        let id = policy.annotation("id").filter(|id| is_id(id)).ok_or(
            "the policy needs @id(\"...\"): 1 to 64 of a-z, 0-9 and '-', by which answers and events name it",
        )?;
        let reason = policy.annotation("reason").filter(|reason| is_reason(reason)).ok_or_else(|| {
            format!("policy {id:?} needs @reason(\"...\"): 1 to 500 printable characters that say why, for those it denies")
        })?;
        if let Some(other) = self.placed.get(id) {
            let (line, _) = line_and_column(other.text, other.offset);
            return Err(format!(
                "the id {id:?} is taken by the policy in {}, line {line}",
                other.file
            ));
        }
        let reason = reason.to_owned();
        let placed = Placed {
            policy: policy.new_id(PolicyId::new(id)),
            reason,
            file,
            text,
            offset,
        };
        self.placed.insert(id.to_owned(), placed);
        Ok(())
    }

    fn collect(&mut self) -> Policies {
        let mut set = PolicySet::new();
        let mut about = BTreeMap::new();
        for (id, placed) in &self.placed {
            if let Err(error) = set.add(placed.policy.clone()) {
                self.faults.push(fault(
                    placed.file,
                    placed.text,
                    placed.offset,
                    &told(&error),
                ));
            }
            about.insert(
                id.clone(),
                About {
                    policy: placed.policy.clone(),
                    reason: placed.reason.clone(),
                },
            );
        }
        Policies { set, about }
    }

    fn validate(&mut self, schema: &Schema, set: &PolicySet) {
        let result = Validator::new(schema.clone()).validate(set, ValidationMode::Strict);
        let errors = result
            .validation_errors()
            .map(|error| (error.policy_id().to_string(), offset_of(error), told(error)));
        let warnings = result.validation_warnings().map(|warning| {
            (
                warning.policy_id().to_string(),
                offset_of(warning),
                told(warning),
            )
        });
        for (id, offset, message) in errors.chain(warnings) {
            self.faults.push(match self.placed.get(&id) {
                Some(placed) => fault(
                    placed.file,
                    placed.text,
                    offset.unwrap_or(placed.offset),
                    &message,
                ),
                None => fault("policies", "", 0, &message),
            });
        }
    }
}

fn is_id(id: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    (1..=64).contains(&id.len()) && id.bytes().all(allowed)
}

fn is_reason(reason: &str) -> bool {
    !reason.trim().is_empty() && reason.len() <= 500 && !reason.chars().any(char::is_control)
}

/// Returns the policies with the place where each begins. The parser numbers them as they come and keeps the text
/// of each, so each is looked for behind the one before.
fn places<'a>(set: &'a PolicySet, text: &str) -> Vec<(usize, &'a Policy)> {
    let number = |policy: &Policy| {
        policy
            .id()
            .to_string()
            .trim_start_matches("policy")
            .parse::<usize>()
            .unwrap_or(0)
    };
    let mut policies: Vec<&Policy> = set.policies().collect();
    policies.sort_by_key(|policy| number(policy));
    let mut behind = 0;
    let placed = policies.into_iter().map(|policy| {
        let piece = policy.to_cedar().unwrap_or_default();
        let at = text
            .get(behind..)
            .and_then(|rest| rest.find(&piece))
            .map_or(behind, |at| behind + at);
        behind = (at + piece.len()).min(text.len());
        (at, policy)
    });
    placed.collect()
}

/// The first place an error points to, in bytes.
fn offset_of(error: &dyn Diagnostic) -> Option<usize> {
    error.labels()?.map(|label| label.offset()).min()
}

/// The error's message and its help, on one line.
fn told(error: &dyn Diagnostic) -> String {
    let label = error
        .labels()
        .and_then(|mut labels| labels.find_map(|label| label.label().map(str::to_owned)));
    let help = error.help().map(|help| help.to_string());
    let parts = [Some(error.to_string()), label, help];
    let text = parts
        .into_iter()
        .flatten()
        .collect::<Vec<String>>()
        .join("; ");
    text.split_whitespace().collect::<Vec<&str>>().join(" ")
}

fn fault(file: &str, text: &str, offset: usize, message: &str) -> PolicyFault {
    let (line, column) = line_and_column(text, offset);
    PolicyFault {
        file: file.to_owned(),
        line,
        column,
        message: message.to_owned(),
    }
}

fn line_and_column(text: &str, offset: usize) -> (usize, usize) {
    let before = text.get(..text.floor_char_boundary(offset)).unwrap_or(text);
    let line_start = before.rfind('\n').map_or(0, |at| at + 1);
    let column = before.get(line_start..).unwrap_or_default().chars().count() + 1;
    (before.matches('\n').count() + 1, column)
}

/// Refuses what the parser would follow too deep: its recursion has no bound of its own.
fn bounded(text: &str) -> Result<(), (usize, &'static str)> {
    if text.len() > MAX_FILE_BYTES {
        return Err((0, "the file has more than 64 KiB"));
    }
    let mut scan = Scan::default();
    text.char_indices().try_for_each(|(offset, character)| {
        scan.step(character).map_err(|message| (offset, message))
    })
}

/// Counts brackets, `if` and links outside strings and comments.
#[derive(Default)]
struct Scan {
    state: State,
    /// The last two characters of code, and the one before them.
    last: [char; 3],
    brackets: usize,
    ifs: usize,
    links: usize,
}

#[derive(Default)]
enum State {
    #[default]
    Code,
    Comment,
    Text,
    Escape,
}

impl Scan {
    fn step(&mut self, character: char) -> Result<(), &'static str> {
        match self.state {
            State::Comment if character == '\n' => self.state = State::Code,
            State::Text if character == '"' => self.state = State::Code,
            State::Text if character == '\\' => self.state = State::Escape,
            State::Escape => self.state = State::Text,
            State::Comment | State::Text => {}
            State::Code => return self.code(character),
        }
        Ok(())
    }

    fn code(&mut self, character: char) -> Result<(), &'static str> {
        let in_word = |character: char| character.is_alphanumeric() || character == '_';
        let [before, i, f] = self.last;
        if (i, f) == ('i', 'f') && !in_word(before) && !in_word(character) {
            self.ifs += 1;
        }
        match character {
            '"' => self.state = State::Text,
            '/' if f == '/' => self.state = State::Comment,
            '(' | '[' | '{' => self.brackets += 1,
            ')' | ']' | '}' => self.brackets = self.brackets.saturating_sub(1),
            ';' => (self.links, self.ifs) = (0, 0),
            '.' | '&' | '|' | '+' | '-' | '*' | '=' | '<' | '>' | '!' => self.links += 1,
            _ => {}
        }
        self.last = [i, f, character];
        if self.brackets + self.ifs > MAX_NESTING {
            return Err("brackets and `if` are nested more than 32 deep");
        }
        if self.links > MAX_LINKS {
            return Err("one policy has more than 500 operators; split it");
        }
        Ok(())
    }
}
