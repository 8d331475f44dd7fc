//! `covenant.toml`: what is refused and with which words, and what is read.

use covenant_server::config::{Config, Environment, KeySource, LogFormat};
use std::path::Path;
use std::time::Duration;

const FILE: &str = "folder/covenant.toml";

fn parse(text: &str, pairs: &[(&str, &str)]) -> Result<Config, covenant_server::config::Error> {
    Config::parse(
        text,
        Path::new(FILE),
        &Environment::from_pairs(pairs.iter().copied()),
    )
}

fn header<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    text.lines()
        .find_map(|line| line.strip_prefix(&format!("# {name}: ")))
}

#[test]
fn every_fault_is_refused_with_its_place_and_what_is_expected() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/config");
    let mut checked = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "toml") {
            continue;
        }
        let text = std::fs::read_to_string(&path).unwrap();
        let expected = header(&text, "refused").unwrap();
        let pair = header(&text, "variable").and_then(|pair| pair.split_once('='));
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        let error = parse(&text, pair.as_slice()).expect_err(&name).to_string();
        assert!(error.contains(expected), "{name}: {error}");
        assert!(pair.is_some() || error.starts_with(FILE), "{name}: {error}");
        assert!(
            !error.contains("secret-pasted-here"),
            "{name} repeats a value: {error}"
        );
        checked += 1;
    }
    assert!(checked >= 20, "only {checked} cases were found");
}

#[test]
fn absent_values_have_defaults_and_paths_are_taken_from_the_file() {
    let config = parse(
        "[store]\ndirectory = \"data\"\n[keys]\nfile = \"../kek\"\n",
        &[],
    )
    .unwrap();
    assert_eq!(config.server.listen.to_string(), "127.0.0.1:8787");
    assert_eq!(config.server.header_timeout, Duration::from_secs(30));
    assert_eq!(config.store.directory, Path::new("folder/data"));
    assert_eq!(config.keys.source, KeySource::File("folder/../kek".into()));
    assert_eq!(config.logs.format, LogFormat::Text);
    assert!(config.server.admin_api);
}

#[test]
fn the_environment_wins_over_the_file() {
    let text = "[server]\nlisten = \"127.0.0.1:1\"\n[store]\ndirectory = \"data\"\n[keys]\nfile = \"kek\"\n";
    let pairs = [
        ("COVENANT_LISTEN", "[::1]:9"),
        ("COVENANT_DIRECTORY", "/srv/data"),
        ("COVENANT_KEY_FILE", "/run/kek"),
        ("COVENANT_LOG_FORMAT", "json"),
    ];
    let config = parse(text, &pairs).unwrap();
    assert_eq!(config.server.listen.to_string(), "[::1]:9");
    assert_eq!(config.store.directory, Path::new("/srv/data"));
    assert_eq!(config.keys.source, KeySource::File("/run/kek".into()));
    assert_eq!(config.logs.format, LogFormat::Json);
}

#[test]
fn any_address_may_be_listened_on_with_tls() {
    let tls = "[server]\nlisten = \"0.0.0.0:443\"\n[server.tls]\ncertificate = \"c.pem\"\nprivate_key = \"k.pem\"\n";
    let config = parse(
        &format!("{tls}[store]\ndirectory = \"d\"\n[keys]\nfile = \"k\"\n"),
        &[],
    )
    .unwrap();
    assert_eq!(
        config.server.tls.unwrap().certificate,
        Path::new("folder/c.pem")
    );
}
