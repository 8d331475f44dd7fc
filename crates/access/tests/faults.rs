//! Policy files that are refused, by file and line.

use covenant_access::{Engine, Error, PolicyFault};
use serde::Deserialize;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    name: String,
    file: Vec<String>,
    at: (String, usize),
    says: String,
}

#[derive(Deserialize)]
struct Cases {
    case: Vec<Case>,
}

fn faults(files: &[String]) -> Vec<PolicyFault> {
    let sources: Vec<(String, String)> = files
        .iter()
        .enumerate()
        .map(|(at, text)| (format!("{at}.cedar"), text.clone()))
        .collect();
    match Engine::from_sources(&sources) {
        Err(Error::Policies(faults)) => faults,
        Err(other) => panic!("{other}"),
        Ok(_) => Vec::new(),
    }
}

#[test]
fn faults_are_told_with_file_and_line() {
    let path = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../testdata/access/faults.toml"
    );
    let cases: Cases = toml::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    for case in cases.case {
        let faults = faults(&case.file);
        let fits = |fault: &&PolicyFault| {
            (fault.file.as_str(), fault.line) == (case.at.0.as_str(), case.at.1)
        };
        let fault = faults
            .iter()
            .find(fits)
            .unwrap_or_else(|| panic!("{}: {faults:#?}", case.name));
        assert!(
            fault.message.contains(&case.says),
            "{}: {}",
            case.name,
            fault.message
        );
        assert!(!fault.message.contains('\n'));
    }
}

#[test]
fn every_fault_is_told_at_once() {
    let text = "@id(\"a\") permit (principal, action, resource);\n\npermit (principal, action, resource);\n";
    let lines: Vec<usize> = faults(&[text.to_owned()])
        .iter()
        .map(|fault| fault.line)
        .collect();
    assert_eq!(lines, [1, 3]);
}

#[test]
fn files_that_would_exhaust_the_stack_are_refused() {
    let policy = |condition: &str| {
        format!(
            "@id(\"a\") @reason(\"r\") permit (principal, action, resource) when {{ {condition} }};"
        )
    };
    let nested = |open: &str, close: &str| {
        policy(&format!(
            "{}true{}",
            open.repeat(5_000),
            close.repeat(5_000)
        ))
    };
    let files = [
        nested("(", ")"),
        nested("[", "]"),
        nested("{a:", "}"),
        policy(&"true && ".repeat(5_000)),
        policy(&format!("true{}", " || true".repeat(5_000))),
        policy(&format!("context{}", ".a".repeat(20_000))),
        policy(&format!("1{} == 1", " + 1".repeat(5_000))),
        policy(&format!(
            "{}true{}",
            "if true then ".repeat(4_000),
            " else true".repeat(4_000)
        )),
        policy(&format!("{}true", "if true then true else ".repeat(2_500))),
        policy(&format!("{}true", "!".repeat(20_000))),
        policy(&format!("context{}", " has a".repeat(5_000))),
        policy(&format!("\"{}\" == \"\"", "a".repeat(70_000))),
    ];
    for file in files {
        assert!(
            !faults(std::slice::from_ref(&file)).is_empty(),
            "{}",
            &file[..80]
        );
    }
}

#[test]
fn the_largest_expressions_allowed_are_validated_on_a_small_stack() {
    let policy = |condition: &str| {
        format!(
            "@id(\"a\") @reason(\"r\") permit (principal, action, resource) when {{ {condition} }};"
        )
    };
    let wide = (0..120)
        .map(|number| format!("context.patients_named > {number}"))
        .collect::<Vec<String>>()
        .join(" || ");
    let deep = format!("{}context.reason_given{}", "(".repeat(31), ")".repeat(31));
    let ifs = format!(
        "{}true",
        "if context.reason_given then false else ".repeat(31)
    );
    for condition in [wide, deep, ifs] {
        let text = policy(&condition);
        let run = std::thread::Builder::new()
            .stack_size(1536 * 1024)
            .spawn(move || faults(&[text]))
            .unwrap();
        assert_eq!(run.join().unwrap(), []);
    }
}
