//! What an operator writes is read by many: register and reasons are listed, logged as objects of changes, shown to
//! auditors and kept for years. So no word of a change may identify a patient.
//!
//! Every text of an order goes through the detector, whatever field it stands in and whatever field is added one day:
//! an order is walked as the JSON it comes as, and [`Rule`] names the few fields where something may stand that is
//! refused elsewhere. Organisations, places above the street, dates of contracts, tickets and court numbers pass; who
//! signed or accepted is named in the fields made for it. A refusal says field and kind, never the value.
//!
//! Not here: ids are refused as ids by the practice crates; an id that only names what exists already is not looked
//! at, or a row written by an older version could not be removed.

use super::{Error, Order};
use covenant_detect::{Class, Detector, Finding, Kind};
use serde_json::Value;
use std::sync::LazyLock;

/// The learned tagger judges by what stands around a word, and around these nothing stands.
static RULES: LazyLock<Detector> = LazyLock::new(Detector::rules_alone);
/// How far before a date a word may say that it is one of birth, in bytes.
const CUE_BYTES: usize = 64;
/// A date so many years back is a date of birth sooner than one of a contract.
const YEARS_OF_A_CONTRACT: i64 = 20;
/// Out of a sentence, a name in an id is believed only when both its words are ones of people: `claude-sonnet` and
/// `llama-guard` look like names too.
const SURE_IN_AN_ID: f32 = 0.8;

/// Refuses an order in which a text identifies a person; `year` is the one it is given in.
///
/// # Errors
/// Names the field and what seems to stand there.
pub(super) fn screen(order: &Order, year: i64) -> Result<(), Error> {
    let change = serde_json::to_value(&order.change)
        .map_err(|_| Error::Invalid("the order cannot be read".to_owned()))?;
    let words = Words {
        change: order.change.name(),
        year,
    };
    words.text("why", &order.why)?;
    words.walk("", &change)
}

/// Refuses a reason that identifies a person.
///
/// # Errors
/// Names what seems to stand there.
pub(super) fn reason(why: &str, year: i64) -> Result<(), Error> {
    Words { change: "", year }.text("why", why)
}

/// What a field is for, and with it what may stand in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Rule {
    /// A text for people, or a word whose form is checked elsewhere.
    Free,
    /// An id that is given here for the first time; read as words too, so that `jane-doe` is a name.
    NewId,
    /// A person of ours, named on purpose: the operator, who signed, who accepted.
    Person,
    /// A network address of a vendor.
    Address,
    /// A policy file or a table, whose annotations look like handles of people (`@id`, `@reason`).
    Source,
    /// Nothing of the text is kept: a hash of it, a digest, a name of what exists already.
    NotKept,
}

fn rule(change: &str, field: &str) -> Rule {
    match (change, field) {
        (_, "vendor.id" | "agreement.id" | "model.alias" | "decision.id" | "app.id")
        | ("hold-place", "id")
        | ("policy-set", "name") => Rule::NewId,
        ("operator-add", "name") | (_, "by" | "decision.accepted_by") => Rule::Person,
        (_, "model.upstream") => Rule::Address,
        (_, "source") => Rule::Source,
        (_, "is" | "id" | "alias" | "name" | "prefix")
        | (_, "reference" | "covers.patient")
        | (_, "document_digest" | "agreement.document_digest" | "new_key_file")
        | ("cosign", "note" | "line") => Rule::NotKept,
        _ => Rule::Free,
    }
}

struct Words {
    change: &'static str,
    year: i64,
}

impl Words {
    fn walk(&self, field: &str, value: &Value) -> Result<(), Error> {
        match value {
            Value::String(text) => self.text(field, text),
            Value::Array(items) => items.iter().try_for_each(|item| self.walk(field, item)),
            Value::Object(members) => members.iter().try_for_each(|(name, member)| {
                let field = match field {
                    "" => name.clone(),
                    field => format!("{field}.{name}"),
                };
                self.walk(&field, member)
            }),
            Value::Null | Value::Bool(_) | Value::Number(_) => Ok(()),
        }
    }

    fn text(&self, field: &str, text: &str) -> Result<(), Error> {
        let rule = rule(self.change, field);
        match rule {
            Rule::NotKept => Ok(()),
            Rule::NewId => self.new_id(field, text),
            // Line by line: lists under each other are no table of patients.
            Rule::Source => text
                .lines()
                .try_for_each(|line| self.reading(field, rule, line)),
            Rule::Free | Rule::Person | Rule::Address => self.reading(field, rule, text),
        }
    }

    fn new_id(&self, field: &str, text: &str) -> Result<(), Error> {
        let rule = Rule::NewId;
        self.reading(field, rule, text)?;
        let words: Vec<String> = text.split(['-', '_', '.']).map(capitalised).collect();
        let whole = words.join(" ");
        self.reading(field, rule, &whole)?;
        let organisation = |finding: &Finding| finding.class == Class::Org;
        if RULES.detect(&whole).iter().any(organisation) {
            return Ok(());
        }
        // Two words side by side, as a name stands in an id that says more.
        words
            .windows(2)
            .try_for_each(|pair| self.reading(field, rule, &pair.join(" ")))
    }

    fn reading(&self, field: &str, rule: Rule, text: &str) -> Result<(), Error> {
        let findings = RULES.detect(text);
        let mut findings = findings.iter();
        match findings.find(|finding| self.identifies(rule, text, finding)) {
            Some(found) => Err(refusal(field, found)),
            None => Ok(()),
        }
    }

    fn identifies(&self, rule: Rule, text: &str, finding: &Finding) -> bool {
        let written = text.get(finding.start..finding.end).unwrap_or_default();
        match finding.class {
            Class::Name if rule == Rule::Person => false,
            Class::Name if rule == Rule::NewId => finding.confidence >= SURE_IN_AN_ID,
            Class::Name if rule == Rule::Source => finding.kind == Kind::Person,
            Class::Url | Class::Ip if rule == Rule::Address => names_a_record(written),
            Class::Url => names_a_record(written),
            Class::Date => self.is_of_birth(text, finding, written),
            _ => is_direct(finding.kind),
        }
    }

    /// A day said to be one of birth, or further back than a contract goes.
    fn is_of_birth(&self, text: &str, finding: &Finding, written: &str) -> bool {
        const CUES: [&str; 4] = ["born", "birth", "dob", "d.o.b"];
        let from = text.floor_char_boundary(finding.start.saturating_sub(CUE_BYTES));
        let before = text.get(from..finding.start).unwrap_or_default();
        let before = before.to_ascii_lowercase();
        let long_ago = years(written).any(|year| year <= self.year - YEARS_OF_A_CONTRACT);
        long_ago || CUES.iter().any(|cue| before.contains(cue))
    }
}

/// Kinds that point at one person by themselves. Initials, organisations, places above the street and ages do not, and
/// numbers of tickets, courts and requests are what reasons are made of.
fn is_direct(kind: Kind) -> bool {
    match kind.class() {
        Class::Name => kind != Kind::Initials,
        Class::Location => matches!(kind, Kind::Street | Kind::PoBox),
        Class::Org | Class::Age | Class::Date => false,
        Class::OtherId => !matches!(
            kind,
            Kind::Order
                | Kind::Court
                | Kind::Police
                | Kind::Session
                | Kind::RecordId
                | Kind::OtherId
        ),
        _ => true,
    }
}

/// A web address that carries more than a place: a query, a person before the host, a long number.
fn names_a_record(address: &str) -> bool {
    const DIGITS: usize = 6;
    let long_number = address
        .split(|character: char| !character.is_ascii_digit())
        .any(|digits| digits.len() >= DIGITS);
    long_number || address.contains(['?', '#', '@'])
}

/// The four-digit years in a date.
fn years(date: &str) -> impl Iterator<Item = i64> {
    date.split(|character: char| !character.is_ascii_digit())
        .filter(|digits| digits.len() == 4)
        .filter_map(|digits| digits.parse().ok())
        .filter(|year| *year >= 1800)
}

fn capitalised(word: &str) -> String {
    let mut characters = word.chars();
    characters
        .next()
        .map(|first| first.to_ascii_uppercase())
        .into_iter()
        .chain(characters)
        .collect()
}

fn refusal(field: &str, found: &Finding) -> Error {
    Error::Invalid(format!(
        "{field}: a {} ({}) seems to stand here; what is written about a change is kept for years and shown to many, \
         so it identifies nobody: leave it out, and name a patient with a reference file or --request where the \
         command takes one",
        found.class,
        found.kind.as_str().replace('_', " ")
    ))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

    use super::*;
    use crate::admin::{Change, HoldCovers};
    use covenant_govern::Vendor;

    const YEAR: i64 = 2026;

    fn why(words: &str) -> Order {
        Order {
            change: Change::LogKeyRotate,
            why: words.to_owned(),
        }
    }

    fn vendor(id: &str, name: &str, notes: &str) -> Order {
        let mut vendor = Vendor::new(id, name);
        vendor.notes = notes.to_owned();
        Order {
            change: Change::VendorAdd { vendor },
            why: String::new(),
        }
    }

    fn hold(id: &str) -> Order {
        Order {
            change: Change::HoldPlace {
                id: id.to_owned(),
                covers: HoldCovers::Everything,
            },
            why: String::new(),
        }
    }

    fn order(change: &str) -> Order {
        serde_json::from_str(&format!("{{\"change\": {change}}}")).unwrap()
    }

    #[track_caller]
    fn refused(order: &Order, field: &str, class: &str, value: &str) {
        let Err(Error::Invalid(words)) = screen(order, YEAR) else {
            panic!("{field} passed: {value}")
        };
        assert!(
            words.starts_with(&format!("{field}: a {class} ")),
            "{words}"
        );
        assert!(!words.contains(value), "{words}");
    }

    #[track_caller]
    fn passes(order: &Order) {
        screen(order, YEAR).unwrap();
    }

    #[test]
    fn a_reason_that_identifies_a_person_is_refused_by_field_and_class() {
        for (words, class, value) in [
            ("litigation hold for Ellen Marsh", "NAME", "Marsh"),
            ("Dr. Chen asked for it", "NAME", "Chen"),
            ("chart MRN 4471829", "MRN", "4471829"),
            ("SSN 219-09-9999", "SSN", "219-09-9999"),
            ("call 617-555-0142", "PHONE", "617-555-0142"),
            ("write to e.marsh@example.org", "EMAIL", "marsh"),
            ("member id W123456789", "HEALTH_PLAN", "W123456789"),
            ("lives at 14 Elm Street", "LOCATION", "Elm"),
            ("the patient born 04/12/2019", "DATE", "04/12/2019"),
            ("patient of 1961-04-12", "DATE", "1961"),
            ("see https://ehr.example.org/chart?p=1", "URL", "chart?"),
            ("see https://ehr.example.org/p/4471829", "URL", "4471829"),
        ] {
            refused(&why(words), "why", class, value);
        }
    }

    #[test]
    fn reasons_as_they_are_written_at_work_pass() {
        for words in [
            "",
            "annual review of access",
            "approved in the change board of 2026-03-04, ticket CHG0041234",
            "subpoena of 3 May 2026, No. 1:26-cv-01182",
            "the vendor moved to us-east-1; Mayo Clinic and Aetna agreed",
            "signed 2026-01-01, runs until 2028-12-31",
            "model accepted with a miss rate of 0.012",
            "terms at https://acme.example/legal/baa.pdf",
            "about request req_01ARZ3NDEKTSV4RRFFQ69G5FAV",
        ] {
            passes(&why(words));
        }
    }

    #[test]
    fn names_and_ids_of_what_is_added_name_no_patient() {
        refused(
            &vendor("acme", "Ellen Marsh", ""),
            "vendor.name",
            "NAME",
            "Marsh",
        );
        refused(
            &vendor("acme", "Acme", "MRN 4471829"),
            "vendor.notes",
            "MRN",
            "4471829",
        );
        refused(
            &vendor("ellen-marsh", "Acme", ""),
            "vendor.id",
            "NAME",
            "marsh",
        );
        refused(&hold("ellen-marsh-2026"), "id", "NAME", "marsh");
        refused(&hold("case-of-ellen.marsh"), "id", "NAME", "marsh");
        refused(&hold("mrn-4471829"), "id", "MRN", "4471829");
        let covers = |covers: &str| {
            order(&format!(
                r#"{{"is": "hold-place", "id": "case-1", "covers": {covers}}}"#
            ))
        };
        // A hold may be placed before what it covers is there, so what it names is kept as it is written.
        refused(
            &covers(r#"{"request": "Ellen Marsh"}"#),
            "covers.request",
            "NAME",
            "Marsh",
        );
        passes(&covers(r#"{"request": "req_01ARZ3NDEKTSV4RRFFQ69G5FAV"}"#));
        passes(&covers(r#"{"payload": "01ARZ3NDEKTSV4RRFFQ69G5FAV"}"#));
        passes(&covers(r#"{"patient": "Ellen Marsh MRN 4471829"}"#));
    }

    #[test]
    fn organisations_and_their_ids_pass() {
        for (id, name) in [
            ("acme-2026", "Acme AI"),
            ("anthropic", "Anthropic, PBC"),
            ("openai", "OpenAI"),
            ("eli-lilly", "Eli Lilly and Company"),
            ("morgan-health", "Morgan Health"),
            ("mayo-clinic", "Mayo Clinic"),
            ("st-marys", "St. Mary's Hospital"),
            ("aws-bedrock", "Amazon Web Services"),
            ("johnson-controls", "Johnson Controls"),
            ("kaiser-permanente", "Kaiser Permanente"),
            ("claude-opus-4-1", "Claude"),
            ("gpt-4o-2024-08-06", "GPT"),
            ("llama-guard-3", "Llama"),
            ("claude-sonnet", "Claude"),
            ("rose-hill-clinic", "Rose Hill Clinic"),
            ("ward-clerk", "Ward clerk"),
        ] {
            passes(&vendor(id, name, "HIPAA-ready, SOC 2 Type II"));
        }
        for id in [
            "case-2026-114",
            "smith-v-mercy-2026",
            "cv-26-01182",
            "audit",
        ] {
            passes(&hold(id));
        }
    }

    #[test]
    fn people_are_named_in_the_fields_made_for_them_and_nothing_else_of_them() {
        let sign = |by: &str| {
            order(&format!(
                r#"{{"is": "agreement-sign", "id": "acme-1", "by": "{by}", "on": "2026-01-01",
                    "document_digest": "{}"}}"#,
                "4471829".repeat(9)
            ))
        };
        passes(&sign("Rita Ames, Privacy Officer"));
        refused(&sign("Rita Ames, 617-555-0142"), "by", "PHONE", "0142");
        passes(&order(
            r#"{"is": "operator-add", "name": "rita.ames", "roles": ["auditor"]}"#,
        ));
    }

    #[test]
    fn what_only_names_something_that_exists_can_always_be_taken_away() {
        for change in [
            r#"{"is": "vendor-remove", "id": "ellen-marsh"}"#,
            r#"{"is": "hold-release", "id": "Ellen Marsh"}"#,
            r#"{"is": "shred-subject", "reference": "Ellen Marsh MRN 4471829"}"#,
            r#"{"is": "operator-disable", "name": "ellen.marsh"}"#,
        ] {
            passes(&order(change));
        }
    }

    #[test]
    fn a_vendors_address_is_an_address_and_not_a_record() {
        let model = |upstream: &str| {
            order(&format!(
                r#"{{"is": "model-add", "model": {{"alias": "m", "vendor": "acme", "service": "chat",
                    "upstream_model": "claude-3-5-sonnet-20241022", "upstream": "{upstream}",
                    "dialect": "anthropic", "api_key_env": "ACME_KEY"}}}}"#
            ))
        };
        for upstream in [
            "mirror",
            "https://api.anthropic.com",
            "http://127.0.0.1:9999/v1",
            "http://[::1]:8080/v1",
            "https://bedrock-runtime.us-east-1.amazonaws.com",
        ] {
            passes(&model(upstream));
        }
        refused(
            &model("https://e.marsh@example.org/"),
            "model.upstream",
            "URL",
            "marsh",
        );
    }

    #[test]
    fn the_shipped_policies_and_table_pass_as_they_are() {
        for (name, source) in covenant_access::Engine::shipped_sources() {
            passes(&Order {
                change: Change::PolicySet { name, source },
                why: String::new(),
            });
        }
        let source = covenant_govern::minimum_necessary::Table::shipped_source().to_owned();
        passes(&Order {
            change: Change::MinimumNecessarySet { source },
            why: String::new(),
        });
    }

    #[test]
    fn a_comment_in_a_policy_is_read_too() {
        let change = Change::PolicySet {
            name: "extra.cedar".to_owned(),
            source: "// for Ellen Marsh\n".to_owned(),
        };
        let order = Order {
            change,
            why: String::new(),
        };
        refused(&order, "source", "NAME", "Marsh");
    }
}
