//! Commands beside a running server: changes go through it and hold at once, readers read beside it, a second writer
//! is refused, and it ends in order.

use super::support::{Place, bytes_in, holds, key_in};
use std::io::{Read as _, Write as _};
use std::os::unix::fs::{FileTypeExt as _, PermissionsExt as _};
use std::os::unix::net::UnixStream;

fn covered(place: &Place) {
    place.write("baa.pdf", "an invented document");
    place.done(&["vendor", "add", "acme", "--name", "Acme AI"]);
    let model = [
        "model",
        "add",
        "acme-large",
        "--vendor",
        "acme",
        "--service",
        "chat",
        "--upstream",
        "mirror",
    ];
    place.done(&[model.as_slice(), &["--dialect", "openai"]].concat());
    let draft = [
        "baa",
        "draft",
        "acme-1",
        "--vendor",
        "acme",
        "--service",
        "chat",
        "--model",
        "*",
    ];
    place.done(&[draft.as_slice(), &["--effective", "2024-01-01"]].concat());
    place.done(&[
        "baa",
        "sign",
        "acme-1",
        "--by",
        "R. Ames",
        "--on",
        "2024-01-01",
        "--document",
        "baa.pdf",
    ]);
}

const ASK: &str =
    r#"{"model": "acme-large", "messages": [{"role": "user", "content": "Ellen Marsh is well."}]}"#;

#[test]
fn a_change_holds_in_the_running_gateway_at_once() {
    let place = Place::installed();
    let server = place.serve();
    covered(&place);
    let said = place.done(&[
        "app",
        "add",
        "demo",
        "--name",
        "Demo",
        "--purpose",
        "treatment",
        "--default-purpose",
        "treatment",
    ]);
    let key = key_in(&said, "cov_");
    let ask = || server.http("POST", "/v1/chat/completions", &key, ASK);

    let (status, body) = ask();
    assert_eq!(status, 200, "{body}");
    place.done(&[
        "baa",
        "terminate",
        "acme-1",
        "--on",
        "2024-02-01",
        "--reason",
        "test",
    ]);
    let (status, body) = ask();
    assert_eq!(status, 403, "{body}");
    place.done(&["app", "disable", "demo"]);
    assert_eq!(ask().0, 401);

    assert!(
        place
            .done(&["ledger", "verify"])
            .contains("no bad entry found")
    );
    assert!(place.done(&["status"]).contains("runs"));
    let (status, log) = server.terminate();
    assert_eq!(status, 0, "{log}");
    assert!(!log.contains("Marsh") && !log.contains(&key), "{log}");
}

#[test]
fn the_admin_api_over_http_and_the_socket_speak_the_same() {
    let place = Place::installed();
    let server = place.serve();
    let key = place.environment["COVENANT_OPERATOR_KEY"].clone();
    let order = r#"{"change": {"is": "vendor-add", "vendor": {"id": "acme", "name": "Acme AI"}}, "why": "by HTTP"}"#;

    let (status, body) = server.http("POST", "/admin/v1/changes", &key, order);
    assert_eq!(status, 200, "{body}");
    assert!(body.contains(r#""object":"vendor/acme""#), "{body}");
    assert!(
        place
            .done(&["ledger", "show"])
            .contains("vendor/acme added: by HTTP")
    );

    let (status, body) = server.http("POST", "/admin/v1/changes", "", order);
    assert_eq!(
        (status, body.contains("operator's key")),
        (401, true),
        "{body}"
    );
    let (status, body) = server.http(
        "POST",
        "/admin/v1/changes",
        &key,
        r#"{"change": {"is": "vendor-ad", "id": "Ellen Marsh"}}"#,
    );
    assert_eq!((status, body.contains("Marsh")), (422, false), "{body}");
    let (status, body) = server.http("GET", "/admin/v1/register/operator", &key, "");
    assert_eq!(
        (status, body.contains("r.ames"), body.contains("hash")),
        (200, true, false),
        "{body}"
    );
    assert_eq!(
        server.http("GET", "/admin/v1/register/operator", "", "").0,
        401
    );
    assert_eq!(
        server
            .http("GET", "/admin/v1/register/nonsense", &key, "")
            .0,
        422
    );
    let again = place.run(&["vendor", "remove", "nobody"], "");
    assert_eq!(
        (
            again.status,
            again.stderr.contains("there is no vendor nobody")
        ),
        (1, true),
        "{}",
        again.stderr
    );
}

#[test]
fn a_change_that_names_a_patient_is_refused_and_leaves_no_trace() {
    let place = Place::installed();
    let server = place.serve();
    covered(&place);
    let hold = ["content", "hold", "case-1", "--everything", "--why"];
    let note = ["vendor", "add", "beta", "--name", "Beta", "--notes"];
    for words in [hold.as_slice(), &note] {
        let refused = place.run(&[words, &["for Ellen Marsh, MRN 4471829"]].concat(), "");
        assert_eq!(refused.status, 1, "{}", refused.stderr);
        assert!(
            refused.stderr.contains("a NAME (person)"),
            "{}",
            refused.stderr
        );
        assert!(!refused.stderr.contains("Marsh"), "{}", refused.stderr);
    }
    let refused = place.run(
        &[
            "content",
            "hold",
            "ellen-marsh",
            "--everything",
            "--why",
            "x",
        ],
        "",
    );
    assert_eq!(refused.status, 1, "{}", refused.stderr);
    let said = place.done(&["ledger", "show", "--format", "json", "--limit", "100"]);
    let (_, log) = server.terminate();
    for trace in [
        said.as_bytes(),
        log.as_bytes(),
        &bytes_in(&place.path().join("covenant-store")),
    ] {
        assert!(!holds(trace, "Marsh") && !holds(trace, "marsh") && !holds(trace, "4471829"));
    }
}

#[test]
fn keys_are_rewrapped_on_the_machine_and_never_over_http() {
    let place = Place::installed();
    let server = place.serve();
    let key = place.environment["COVENANT_OPERATOR_KEY"].clone();
    let file = place.path().join("new.key");
    for dry_run in [true, false] {
        let order = format!(
            r#"{{"change": {{"is": "keys-rewrap", "new_key_file": "{}", "dry_run": {dry_run}}}, "why": "x"}}"#,
            file.display()
        );
        let (status, body) = server.http("POST", "/admin/v1/changes", &key, &order);
        assert_eq!(status, 403, "{body}");
        assert!(body.contains("not over HTTP"), "{body}");
        assert!(!file.exists());
    }
    place.done(&[
        "keys",
        "rewrap",
        "--new-key-file",
        "new.key",
        "--why",
        "yearly",
    ]);
    assert!(file.exists());
}

#[test]
fn an_operator_who_may_not_is_refused_by_name_of_the_policy() {
    let mut place = Place::installed();
    let server = place.serve();
    let said = place.done(&["operator", "add", "a.udit", "--role", "auditor"]);
    place
        .environment
        .insert("COVENANT_OPERATOR_KEY".to_owned(), key_in(&said, "covop_"));
    let refused = place.run(&["vendor", "add", "acme", "--name", "Acme"], "");
    assert_eq!(refused.status, 1, "{}", refused.stderr);
    assert!(!place.done(&["vendor", "list"]).contains("acme"));
    drop(server);
}

#[test]
fn an_operator_whose_keys_are_lost_gets_a_new_one_from_the_owner_of_the_machine() {
    let mut place = Place::installed();
    let lost = place.environment.remove("COVENANT_OPERATOR_KEY").unwrap();
    let recover = ["operator", "recover", "r.ames", "--reason"];
    let with_reason = |words| [recover.as_slice(), &[words]].concat();

    // Beside a running server, and then alone; the key before each no longer counts.
    let server = place.serve();
    assert_eq!(place.run(&recover[..3], "").status, 2);
    for (name, reason) in [
        ("nobody", "lost"),
        ("r.ames", " "),
        ("r.ames", "for Ellen Marsh"),
    ] {
        let refused = place.run(&["operator", "recover", name, "--reason", reason], "");
        assert_eq!(refused.status, 1, "{reason}: {}", refused.stderr);
    }
    let first = key_in(&place.done(&with_reason("the safe was stolen")), "covop_");
    let (_, log) = server.terminate();
    assert!(
        log.contains("given a new key") && !log.contains(&first),
        "{log}"
    );
    let second = key_in(&place.done(&with_reason("and again")), "covop_");
    for (key, status) in [(&lost, 1), (&first, 1), (&second, 0)] {
        place
            .environment
            .insert("COVENANT_OPERATOR_KEY".to_owned(), key.clone());
        let ran = place.run(&["vendor", "add", "acme", "--name", "Acme"], "");
        assert_eq!(ran.status, status, "{}", ran.stderr);
    }

    let status = place.done(&["status"]);
    for words in [
        "operator/r.ames was given a key by the owner of the machine",
        "the safe was stolen",
        "and again",
    ] {
        assert!(status.contains(words), "{status}");
    }
    let shown = place.done(&["ledger", "show", "--kind", "operator_recovered"]);
    assert_eq!(
        shown.matches("operator/r.ames recovered").count(),
        2,
        "{shown}"
    );
    place.done(&["ledger", "verify"]);
}

#[test]
fn nobody_recovers_an_operator_over_http_or_without_the_key_encryption_key() {
    let place = Place::installed();
    let server = place.serve();
    let key = place.environment["COVENANT_OPERATOR_KEY"].clone();
    let asked = r#"{"recovery": {"name": "r.ames", "why": "x"}, "at_ms": 0, "proof": [0]}"#;
    let (status, _) = server.http("POST", "/admin/v1/recoveries", &key, asked);
    assert_eq!(status, 404);

    let kek = place.path().join("covenant-kek.key");
    std::fs::rename(&kek, place.path().join("away")).unwrap();
    let recover = ["operator", "recover", "r.ames", "--reason", "lost"];
    assert_eq!(place.run(&recover, "").status, 3);
    // A caller who speaks to the socket without having opened the store.
    let mut socket = UnixStream::connect(place.path().join("covenant-store/control.sock")).unwrap();
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    let proof = [7; 32].map(|byte: u8| byte.to_string()).join(",");
    let asked = format!(
        r#"{{"recovery": {{"name": "r.ames", "why": "x"}}, "at_ms": {}, "proof": [{proof}]}}"#,
        now.unwrap().as_millis()
    );
    write!(
        socket,
        "POST /admin/v1/recoveries HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{asked}",
        asked.len()
    )
    .unwrap();
    let mut answer = String::new();
    socket.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 401"), "{answer}");
    assert!(!answer.contains("covop_"), "{answer}");

    std::fs::rename(place.path().join("away"), &kek).unwrap();
    assert!(!place.done(&["status"]).contains("owner of the machine"));
}

#[test]
fn a_second_writer_is_refused_and_changes_nothing() {
    let place = Place::installed();
    let server = place.serve();
    let second = place.run(&["serve"], "");
    assert_eq!(second.status, 3);
    assert!(
        second.stderr.contains("in use by another writer"),
        "{}",
        second.stderr
    );
    assert_eq!(server.http("GET", "/readyz", "", "").0, 200);
}

#[test]
fn the_control_socket_is_the_owners_alone_and_goes_with_the_server() {
    let place = Place::installed();
    let server = place.serve();
    let socket = place.path().join("covenant-store/control.sock");
    let metadata = std::fs::symlink_metadata(&socket).unwrap();
    assert!(metadata.file_type().is_socket());
    assert_eq!(metadata.permissions().mode() & 0o777, 0o600);
    assert_eq!(server.terminate().0, 0);
    assert!(!socket.exists());
    assert!(
        place
            .done(&["vendor", "add", "acme", "--name", "Acme"])
            .contains("vendor/acme added")
    );
}

#[test]
fn a_server_killed_hard_leaves_a_directory_that_serves_again() {
    let place = Place::installed();
    drop(place.serve());
    let server = place.serve();
    assert_eq!(server.http("GET", "/healthz", "", "").0, 200);
    assert!(
        place
            .done(&["ledger", "verify"])
            .contains("no bad entry found")
    );
}

#[test]
fn health_and_figures_need_no_key_and_other_paths_are_listed() {
    let place = Place::installed();
    let server = place.serve();
    assert_eq!(
        server.http("GET", "/healthz", "", ""),
        (200, "ok\n".to_owned())
    );
    assert_eq!(
        server.http("GET", "/readyz", "", ""),
        (200, r#"{"ready":true}"#.to_owned())
    );
    let (status, figures) = server.http("GET", "/metrics", "", "");
    assert_eq!(
        (status, figures.contains("covenant_ready 1")),
        (200, true),
        "{figures}"
    );
    let (status, body) = server.http("GET", "/nowhere", "", "");
    assert_eq!(
        (status, body.contains("/v1/chat/completions")),
        (404, true),
        "{body}"
    );
}

#[test]
fn without_its_ledger_the_gateway_sends_nothing_and_says_it_is_not_ready() {
    let place = Place::installed();
    let server = place.serve();
    covered(&place);
    let add = [
        "app",
        "add",
        "demo",
        "--name",
        "Demo",
        "--purpose",
        "treatment",
    ];
    let said = place.done(&[add.as_slice(), &["--default-purpose", "treatment"]].concat());
    let key = key_in(&said, "cov_");
    std::fs::remove_file(place.path().join("covenant-store/covenant.db")).unwrap();
    let (status, body) = server.http("POST", "/v1/chat/completions", &key, ASK);
    assert_eq!(status, 503, "{body}");
    let (status, body) = server.http("GET", "/readyz", "", "");
    assert_eq!(
        (status, body.contains("\"ready\":false")),
        (503, true),
        "{body}"
    );
    assert_eq!(server.http("GET", "/healthz", "", "").0, 200);
}
