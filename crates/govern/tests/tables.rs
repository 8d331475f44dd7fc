//! The minimum necessary table and the public numbers.

use covenant_govern::minimum_necessary::{CLASSES, TREATMENTS, Table};
use covenant_govern::{Error, ResearchBasis, public_numbers};
use proptest::prelude::*;
use serde::Deserialize;

use crate::fixture::read;

const DIRECT: [&str; 15] = [
    "NAME",
    "PHONE",
    "FAX",
    "EMAIL",
    "URL",
    "IP",
    "SSN",
    "MRN",
    "HEALTH_PLAN",
    "ACCOUNT",
    "LICENSE",
    "VEHICLE",
    "DEVICE",
    "BIOMETRIC",
    "OTHER_ID",
];

fn treatment(purpose: &str, basis: Option<ResearchBasis>, class: &str, kind: &str) -> String {
    let row = Table::shipped().unwrap().row(purpose, basis).unwrap();
    row.cell(class, kind).unwrap().treatment.clone()
}

#[test]
fn every_cell_has_a_treatment_a_reason_and_a_citation() {
    let table = Table::shipped().unwrap();
    assert_eq!(table.rows().len(), 8);
    for row in table.rows() {
        for class in CLASSES {
            let cell = row
                .cell(class, "anything")
                .unwrap_or_else(|| panic!("{row}: {class}"));
            assert!(TREATMENTS.contains(&cell.treatment.as_str()));
            assert!(
                !cell.why.is_empty() && cell.citation.starts_with("164."),
                "{row}: {class}"
            );
        }
        assert!(row.citation.starts_with("164."));
        assert_eq!(row.pairs().count(), row.treatments.len());
    }
}

#[test]
fn no_row_lets_a_direct_identifier_pass() {
    for row in Table::shipped().unwrap().rows() {
        for class in DIRECT {
            let cells = row.treatments.iter().filter(|(subject, _)| {
                *subject == class || subject.starts_with(&format!("{class}."))
            });
            for (subject, cell) in cells {
                assert_eq!(cell.treatment, "pseudonymize", "{row}: {subject}");
            }
        }
        for (class, kind) in [
            ("LOCATION", "street"),
            ("LOCATION", "po_box"),
            ("LOCATION", "landmark"),
            ("ORG", "organisation"),
        ] {
            assert_eq!(
                row.cell(class, kind).unwrap().treatment,
                "pseudonymize",
                "{row}: {class}.{kind}"
            );
        }
    }
}

#[test]
fn under_an_agreement_time_and_area_pass() {
    for purpose in ["treatment", "payment", "operations", "patient-request"] {
        for (class, kind) in [
            ("DATE", "date"),
            ("AGE", "age_90"),
            ("LOCATION", "city"),
            ("LOCATION", "county"),
            ("LOCATION", "zip"),
            ("ORG", "facility"),
        ] {
            assert_eq!(
                treatment(purpose, None, class, kind),
                "keep",
                "{purpose}: {class}.{kind}"
            );
        }
    }
}

#[test]
fn research_is_refused_unless_the_route_names_its_basis() {
    let table = Table::shipped().unwrap();
    let refused = table.row("research", None).unwrap_err();
    let bases = "authorization, waiver, limited-data-set, de-identified";
    assert_eq!(
        refused.words,
        format!("research needs a basis on the route, one of: {bases}")
    );
    assert_eq!(
        refused.citation,
        "164.508, 164.512(i), 164.514(e), 164.514(a)-(b)"
    );
    for basis in ResearchBasis::ALL {
        assert_eq!(
            table.row("research", Some(basis)).unwrap().basis,
            Some(basis)
        );
    }
}

#[test]
fn a_purpose_without_a_row_is_refused() {
    for purpose in ["marketing", "", "Treatment", "research "] {
        assert!(
            Table::shipped()
                .unwrap()
                .row(purpose, Some(ResearchBasis::Waiver))
                .is_err(),
            "{purpose}"
        );
    }
}

#[test]
fn a_limited_data_set_keeps_what_the_law_lets_it_keep() {
    let kept = |class: &str, kind: &str| {
        treatment("research", Some(ResearchBasis::LimitedDataSet), class, kind) == "keep"
    };
    for (class, kind) in [
        ("DATE", "date"),
        ("AGE", "age_90"),
        ("LOCATION", "city"),
        ("LOCATION", "zip"),
    ] {
        assert!(kept(class, kind), "{class}.{kind}");
    }
    assert!(
        !kept("LOCATION", "street") && !kept("LOCATION", "county") && !kept("ORG", "organisation")
    );
    let row = Table::shipped()
        .unwrap()
        .row("research", Some(ResearchBasis::LimitedDataSet))
        .unwrap();
    for (number, class) in [
        "i", "iii", "iv", "v", "vi", "vii", "viii", "ix", "x", "xi", "xii", "xiii", "xiv", "xv",
    ]
    .into_iter()
    .zip([
        "NAME",
        "PHONE",
        "FAX",
        "EMAIL",
        "SSN",
        "MRN",
        "HEALTH_PLAN",
        "ACCOUNT",
        "LICENSE",
        "VEHICLE",
        "DEVICE",
        "URL",
        "IP",
        "BIOMETRIC",
    ]) {
        assert_eq!(
            row.treatments[class].citation,
            format!("164.514(e)(2)({number})")
        );
    }
}

#[test]
fn de_identified_research_keeps_nothing_as_it_stands() {
    let row = Table::shipped()
        .unwrap()
        .row("research", Some(ResearchBasis::DeIdentified))
        .unwrap();
    assert!(row.pairs().all(|(_, treatment)| treatment != "keep"));
    assert_eq!(row.cell("DATE", "date").unwrap().treatment, "generalize");
    assert_eq!(row.cell("LOCATION", "zip").unwrap().treatment, "generalize");
    assert_eq!(
        row.cell("LOCATION", "city").unwrap().treatment,
        "pseudonymize"
    );
}

#[test]
fn a_patient_request_must_name_the_patient() {
    for row in Table::shipped().unwrap().rows() {
        assert_eq!(row.patient_required, row.purpose == "patient-request");
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    name: String,
    line: usize,
    says: String,
    table: String,
}

#[derive(Deserialize)]
struct Cases {
    case: Vec<Case>,
}

#[test]
fn faults_of_a_table_are_told_with_their_line() {
    for case in read::<Cases>("tables.toml").case {
        match Table::parse("own.toml", &case.table) {
            Err(Error::Table {
                file,
                line,
                message,
            }) => {
                assert_eq!(
                    (file.as_str(), line),
                    ("own.toml", case.line),
                    "{}: {message}",
                    case.name
                );
                assert!(message.contains(&case.says), "{}: {message}", case.name);
            }
            other => panic!("{}: {other:?}", case.name),
        }
    }
}

#[test]
fn the_shipped_table_can_be_exported_and_read_again() {
    let copy = Table::parse("copy.toml", Table::shipped_source()).unwrap();
    assert_eq!(copy, *Table::shipped().unwrap());
}

#[test]
fn public_numbers_are_found_in_any_spelling() {
    let table = public_numbers::Table::shipped().unwrap();
    for text in [
        "988",
        "9-8-8",
        "1-800-273-8255",
        "(800) 273-8255",
        "+1 800.273.8255",
        "8002738255",
        "1\u{2011}800\u{2011}222\u{2011}1222",
        "741741",
    ] {
        assert!(table.contains(text), "{text}");
    }
    for text in [
        "",
        "98",
        "9888",
        "800-273-825",
        "800-273-82555",
        "212-555-0147",
        "ext 988",
        "Room 911",
        "MRN 988",
        "٩٨٨",
        "18002738255 x4",
    ] {
        assert!(!table.contains(text), "{text}");
    }
    assert_eq!(table.find("1 (800) 222 1222").unwrap().name, "Poison Help");
}

#[test]
fn every_public_number_has_a_name_and_a_source_and_finds_itself() {
    let table = public_numbers::Table::shipped().unwrap();
    assert!(table.iter().count() > 30);
    for number in table.iter() {
        assert!(!number.name.is_empty() && !number.source.is_empty());
        assert_eq!(table.find(&number.number), Some(number));
    }
}

#[test]
fn faults_of_the_numbers_are_told_with_their_line() {
    let row =
        |number: &str| format!("[[number]]\nnumber = \"{number}\"\nname = \"n\"\nsource = \"s\"\n");
    let fault = |text: &str| match public_numbers::Table::parse("own.toml", text) {
        Err(Error::Table { line, message, .. }) => (line, message),
        other => panic!("{other:?}"),
    };
    assert_eq!(
        fault(&format!("{}{}", row("911"), row("9-1-1"))),
        (5, "this number is there twice".to_owned())
    );
    assert_eq!(
        fault(&row("1234567")),
        (1, "a number has 3, 5, 6 or 10 digits".to_owned())
    );
    assert_eq!(fault(&row("call 911")).0, 1);
}

proptest! {
    #[test]
    fn damaged_tables_never_panic(at in any::<prop::sample::Index>(), cut in 0_usize..40, put in "[ -~é\n]{0,8}") {
        let text = Table::shipped_source();
        let from = text.floor_char_boundary(at.index(text.len()));
        let to = text.floor_char_boundary((from + cut).min(text.len())).max(from);
        let _ = Table::parse("own.toml", &format!("{}{put}{}", &text[..from], &text[to..]));
    }

    #[test]
    fn looking_up_a_number_never_panics(text in ".{0,30}") {
        let _ = public_numbers::Table::shipped().unwrap().contains(&text);
    }
}
