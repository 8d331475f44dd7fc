//! Commands as data: `testdata/commands/*.toml`, one story a file, each step with arguments, input, status and both
//! outputs.

use super::support::{Place, key_in};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

/// A story: files, and steps that follow one another in one directory.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Story {
    /// Whether it begins with a new installation.
    #[serde(default)]
    installed: bool,
    /// Files that lie in the directory; those named `….key` are their owner's alone.
    #[serde(default)]
    files: BTreeMap<String, String>,
    step: Vec<Step>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Step {
    arguments: Vec<String>,
    #[serde(default)]
    input: String,
    #[serde(default)]
    status: i32,
    /// All of standard output; `…` stands for anything within a line, a line of `…` alone for any lines.
    stdout: Option<String>,
    /// All of standard error, likewise.
    stderr: Option<String>,
    /// What neither output may hold.
    #[serde(default)]
    never: Vec<String>,
    /// Keeps the key in the output in this variable of the steps that follow.
    keep_key_in: Option<String>,
    /// Runs without the operator's key.
    #[serde(default)]
    without_key: bool,
    /// Variables of this step alone.
    #[serde(default)]
    environment: BTreeMap<String, String>,
}

#[test]
fn every_story_goes_as_it_is_told() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/commands");
    let mut files: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    files.retain(|file| {
        file.extension()
            .is_some_and(|extension| extension == "toml")
    });
    files.sort();
    assert!(files.len() >= 10, "only {} stories were found", files.len());
    let failed: Vec<String> = files
        .iter()
        .filter_map(|file| {
            let name = file.file_stem().unwrap().to_string_lossy().into_owned();
            let story = toml::from_str(&std::fs::read_to_string(file).unwrap());
            tell(
                &name,
                story.unwrap_or_else(|error| panic!("{name}: {error}")),
            )
            .err()
        })
        .collect();
    assert!(
        failed.is_empty(),
        "{} stories went otherwise:\n\n{}",
        failed.len(),
        failed.join("\n\n")
    );
}

/// Plays a story; the first step that goes otherwise ends it, in words.
fn tell(name: &str, story: Story) -> Result<(), String> {
    let mut place = if story.installed {
        Place::installed()
    } else {
        Place::new()
    };
    for (file, text) in &story.files {
        place.write(file, text);
        if file.ends_with(".key") {
            let owners_alone = std::fs::Permissions::from_mode(0o600);
            std::fs::set_permissions(place.path().join(file), owners_alone).unwrap();
        }
    }
    for (number, step) in story.step.iter().enumerate() {
        let usual = place.environment.clone();
        if step.without_key {
            place.environment.remove("COVENANT_OPERATOR_KEY");
        }
        place.environment.extend(step.environment.clone());
        let arguments: Vec<&str> = step.arguments.iter().map(String::as_str).collect();
        let ran = place.run(&arguments, &step.input);
        place.environment = usual;
        let told = format!(
            "{name}, step {}: covenant {}\nstatus {}\nstdout:\n{}\nstderr:\n{}",
            number + 1,
            arguments.join(" "),
            ran.status,
            ran.stdout,
            ran.stderr
        );
        if ran.status != step.status {
            return Err(format!("expected status {}\n{told}", step.status));
        }
        for (expected, found) in [(&step.stdout, &ran.stdout), (&step.stderr, &ran.stderr)] {
            if let Some(expected) = expected
                && !fits(expected, found)
            {
                return Err(format!("expected:\n{expected}\n{told}"));
            }
        }
        for never in &step.never {
            if ran.stdout.contains(never) || ran.stderr.contains(never) {
                return Err(format!("holds {never:?}\n{told}"));
            }
        }
        if let Some(variable) = &step.keep_key_in {
            place
                .environment
                .insert(variable.clone(), key_in(&ran.stdout, "cov"));
        }
    }
    Ok(())
}

/// Says whether a text fits a pattern of lines.
fn fits(pattern: &str, text: &str) -> bool {
    let pattern: Vec<&str> = pattern.trim_matches('\n').lines().collect();
    let text: Vec<&str> = text.trim_matches('\n').lines().map(str::trim_end).collect();
    lines_fit(&pattern, &text)
}

fn lines_fit(pattern: &[&str], text: &[&str]) -> bool {
    match (pattern, text) {
        ([], []) => true,
        (["…", rest @ ..], _) => {
            (0..=text.len()).any(|skipped| lines_fit(rest, &text[skipped..]))
        }
        ([first, rest @ ..], [line, lines @ ..]) => {
            line_fits(first, line) && lines_fit(rest, lines)
        }
        _ => false,
    }
}

fn line_fits(pattern: &str, line: &str) -> bool {
    let mut parts = pattern.split('…');
    let Some(mut rest) = line.strip_prefix(parts.next().unwrap_or_default()) else {
        return false;
    };
    let parts: Vec<&str> = parts.collect();
    let Some((last, middle)) = parts.split_last() else {
        return rest.is_empty();
    };
    for part in middle {
        let Some((_, after)) = rest.split_once(part) else {
            return false;
        };
        rest = after;
    }
    rest.ends_with(last)
}

#[test]
fn patterns_fit_what_they_say() {
    assert!(fits("a…c\n…\nz", "abc\nq\nr\nz\n"));
    assert!(fits("…", ""));
    assert!(!fits("a\nz", "a\nb\nz"));
    assert!(!fits("a…", "b"));
}
