//! The plan of the house, held by the manifests: arrows only point down, no crypto but aws-lc-rs.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// Who may use whom; as in docs/ARCHITECTURE.md.
const ARROWS: [(&str, &[&str]); 11] = [
    ("detect", &[]),
    ("formats", &[]),
    ("seal", &[]),
    ("access", &[]),
    ("govern", &[]),
    ("deid", &["detect", "formats", "seal"]),
    ("ledger", &["seal"]),
    ("store", &["access", "deid", "govern", "ledger", "seal"]),
    (
        "gateway",
        &[
            "access", "deid", "detect", "formats", "govern", "ledger", "seal",
        ],
    ),
    ("server", &EVERYTHING_BELOW),
    ("cli", &EVERYTHING),
];
const EVERYTHING_BELOW: [&str; 9] = [
    "access", "deid", "detect", "formats", "gateway", "govern", "ledger", "seal", "store",
];
const EVERYTHING: [&str; 10] = [
    "access", "deid", "detect", "formats", "gateway", "govern", "ledger", "seal", "server", "store",
];

/// Crates of values: no async, no files or sockets, no database, no web.
const VALUES: [&str; 7] = [
    "access", "deid", "detect", "formats", "govern", "ledger", "seal",
];
/// What a crate of values does not use.
const IO: [&str; 12] = [
    "anyhow",
    "axum",
    "clap",
    "hyper",
    "hyper-rustls",
    "hyper-util",
    "rustls",
    "sqlx",
    "tempfile",
    "tokio",
    "tokio-rustls",
    "tracing-subscriber",
];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../..")
        .canonicalize()
        .unwrap()
}

fn read(path: &Path) -> toml::Table {
    std::fs::read_to_string(path).unwrap().parse().unwrap()
}

/// The names of a crate's dependencies; those of its tests apart.
fn dependencies(name: &str, tests_too: bool) -> BTreeSet<String> {
    let manifest = read(&root().join("crates").join(name).join("Cargo.toml"));
    let mut tables = vec!["dependencies", "build-dependencies"];
    if tests_too {
        tables.push("dev-dependencies");
    }
    let names = tables
        .iter()
        .filter_map(|table| manifest.get(*table)?.as_table())
        .flat_map(toml::Table::keys);
    names.cloned().collect()
}

fn ours(name: &str, tests_too: bool) -> BTreeSet<String> {
    dependencies(name, tests_too)
        .iter()
        .filter_map(|name| name.strip_prefix("covenant-"))
        .map(str::to_owned)
        .collect()
}

#[test]
fn every_room_is_in_the_plan() {
    let rooms: BTreeSet<String> = std::fs::read_dir(root().join("crates"))
        .unwrap()
        .map(|entry| entry.unwrap())
        .filter(|entry| entry.path().join("Cargo.toml").exists())
        .map(|entry| entry.file_name().into_string().unwrap())
        .collect();
    let planned: BTreeSet<String> = ARROWS.iter().map(|(name, _)| (*name).to_owned()).collect();
    assert_eq!(rooms, planned);
}

#[test]
fn arrows_only_point_down() {
    for (name, allowed) in ARROWS {
        for used in ours(name, false) {
            assert!(
                allowed.contains(&used.as_str()),
                "crates/{name} uses covenant-{used}: no such arrow in the plan"
            );
        }
    }
}

#[test]
fn the_plan_has_no_circle() {
    let arrows: BTreeMap<&str, &[&str]> = ARROWS.into_iter().collect();
    fn depth<'a>(name: &'a str, arrows: &BTreeMap<&'a str, &'a [&'a str]>, left: usize) {
        assert!(left > 0, "a circle goes through {name}");
        arrows[name]
            .iter()
            .for_each(|below| depth(below, arrows, left - 1));
    }
    arrows
        .keys()
        .for_each(|name| depth(name, &arrows, arrows.len()));
}

#[test]
fn crates_of_values_do_no_input_or_output() {
    for name in VALUES {
        for used in dependencies(name, false) {
            assert!(!IO.contains(&used.as_str()), "crates/{name} uses {used}");
        }
    }
}

#[test]
fn gateway_and_store_do_not_know_each_other() {
    assert!(!ours("gateway", false).contains("store"));
    assert!(!ours("store", false).contains("gateway"));
}

/// Packages of the lock file, each with the packages it names.
fn locked() -> BTreeMap<String, BTreeSet<String>> {
    let lock = read(&root().join("Cargo.lock"));
    let mut packages: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for package in lock["package"].as_array().unwrap() {
        let name = package["name"].as_str().unwrap().to_owned();
        let named = package
            .get("dependencies")
            .and_then(|named| named.as_array())
            .into_iter()
            .flatten();
        let named =
            named.filter_map(|name| name.as_str()?.split_whitespace().next().map(str::to_owned));
        packages.entry(name).or_default().extend(named);
    }
    packages
}

#[test]
fn all_cryptography_is_aws_lc() {
    // Cargo.lock also lists what optional features would bring; `cargo tree` says what is built.
    let tree = std::process::Command::new(env!("CARGO"))
        .args([
            "tree",
            "--offline",
            "--locked",
            "--edges",
            "normal,build",
            "--prefix",
            "none",
        ])
        .args(["--format", "{p}", "--package", "covenant-cli"])
        .current_dir(root())
        .output()
        .unwrap();
    assert!(
        tree.status.success(),
        "{}",
        String::from_utf8_lossy(&tree.stderr)
    );
    let built: BTreeSet<String> = String::from_utf8(tree.stdout)
        .unwrap()
        .lines()
        .filter_map(|line| line.split_whitespace().next().map(str::to_owned))
        .collect();
    assert!(
        built.contains("aws-lc-rs") && built.contains("rustls"),
        "{built:?}"
    );
    for banned in [
        "ring",
        "openssl",
        "openssl-sys",
        "native-tls",
        "boring",
        "rustls-native-certs",
    ] {
        assert!(!built.contains(banned), "{banned} is built");
    }
}

#[test]
fn the_lock_file_knows_every_room() {
    let packages = locked();
    for (name, _) in ARROWS {
        assert!(packages.contains_key(&format!("covenant-{name}")), "{name}");
    }
}

#[test]
fn no_manifest_turns_a_lint_of_the_house_off() {
    for (name, _) in ARROWS {
        let manifest = read(&root().join("crates").join(name).join("Cargo.toml"));
        let inherits = manifest
            .get("lints")
            .and_then(|lints| lints.get("workspace"))
            .and_then(toml::Value::as_bool);
        assert_eq!(
            inherits,
            Some(true),
            "crates/{name} does not inherit the lints of the workspace"
        );
    }
    let lints = &read(&root().join("Cargo.toml"))["workspace"]["lints"];
    assert_eq!(lints["rust"]["unsafe_code"].as_str(), Some("forbid"));
}
