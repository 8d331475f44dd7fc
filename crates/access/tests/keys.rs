//! Keys of apps and operators.

use covenant_access::key::{self, AppKey, KeyError, KeyKind, KeyState};
use covenant_access::{App, Operator, Purpose, Role};
use proptest::prelude::*;

const DAY: i64 = 86_400_000;

fn stored(prefix: &str, expires_at_ms: Option<i64>) -> AppKey {
    AppKey {
        prefix: prefix.into(),
        hash: "00".repeat(32),
        created_at_ms: 0,
        expires_at_ms,
        revoked_at_ms: None,
    }
}

/// The big-endian number a text of base-62 digits spells.
fn decoded(text: &str) -> [u8; 32] {
    let mut number = [0_u8; 32];
    for character in text.chars() {
        let digit = match character {
            '0'..='9' => character as u32 - '0' as u32,
            'A'..='Z' => character as u32 - 'A' as u32 + 10,
            _ => character as u32 - 'a' as u32 + 36,
        };
        let mut carry = digit;
        for byte in number.iter_mut().rev() {
            carry += u32::from(*byte) * 62;
            *byte = u8::try_from(carry & 0xff).unwrap();
            carry >>= 8;
        }
        assert_eq!(carry, 0);
    }
    number
}

proptest! {
    #[test]
    fn a_secret_spells_its_random_bytes_so_it_is_as_uniform_as_they_are(head: [u8; 8], tail: [u8; 32], operator: bool) {
        let mut bytes = [0_u8; key::RANDOM_BYTES];
        bytes[..8].copy_from_slice(&head);
        bytes[8..].copy_from_slice(&tail);
        let kind = if operator { KeyKind::Operator } else { KeyKind::App };
        let plain = key::generate(kind, &bytes);
        let presented = key::parse(plain.expose()).unwrap();
        prop_assert_eq!((presented.kind, presented.prefix.as_str()), (kind, plain.prefix()));
        let secret = plain.expose().rsplit('_').next().unwrap();
        prop_assert_eq!(secret.len(), key::SECRET_CHARS);
        prop_assert_eq!(decoded(secret), tail);
    }

    #[test]
    fn reading_a_presented_key_never_panics(text in ".{0,80}", tail in "[_0-9a-zA-Zé]{0,60}") {
        let _ = key::parse(&text);
        let _ = key::parse(&format!("cov_{tail}"));
        let _ = key::parse(&format!("covop_{tail}"));
    }

    #[test]
    fn a_revoked_key_stays_revoked_and_an_expired_one_expired(now in any::<i64>(), at in any::<i64>(), expires in any::<i64>(), overlap in any::<u64>()) {
        let mut keys = vec![stored("aaaaaaaa", Some(expires))];
        key::rotate(&mut keys, stored("bbbbbbbb", None), overlap, at);
        prop_assert!(keys[0].expires_at_ms.unwrap() <= expires, "rotation never prolongs");
        prop_assert!(key::revoke(&mut keys, "bbbbbbbb", at));
        prop_assert_eq!(keys[1].state(now), KeyState::Revoked);
        prop_assert!(!key::revoke(&mut keys, "bbbbbbbb", now), "a second revocation changes nothing");
        prop_assert_eq!(keys[1].revoked_at_ms, Some(at));
    }
}

#[test]
fn both_keys_count_during_the_overlap_and_only_the_new_one_after() {
    let mut app = App::new("demo", "Demo").unwrap();
    app.rotate_key(stored("aaaaaaaa", None), 0, 0);
    app.rotate_key(stored("bbbbbbbb", None), 7 * DAY as u64, 10 * DAY);
    let states = |now: i64| {
        app.keys
            .iter()
            .map(|key| key.state(now))
            .collect::<Vec<KeyState>>()
    };
    assert_eq!(states(17 * DAY - 1), [KeyState::Active, KeyState::Active]);
    assert_eq!(states(17 * DAY), [KeyState::Expired, KeyState::Active]);
}

#[test]
fn a_revocation_holds_at_once() {
    let mut app = App::new("demo", "Demo").unwrap();
    app.rotate_key(stored("aaaaaaaa", None), 0, 0);
    assert!(app.revoke_key("aaaaaaaa", 5));
    assert_eq!(
        app.keys[0].state(4),
        KeyState::Revoked,
        "even when the clock goes backwards"
    );
    assert!(!app.revoke_key("cccccccc", 5));
}

#[test]
fn what_is_not_a_key_is_told_by_kind_without_repeating_it() {
    let secret = "S".repeat(43);
    let cases = [
        (format!("sk-abcdefgh_{secret}"), KeyError::Marker),
        (String::new(), KeyError::Marker),
        ("cov_".to_owned(), KeyError::Length),
        (format!("cov_abcdefgh_{secret}S"), KeyError::Length),
        (
            format!("cov_abcdefghi_{}", "S".repeat(42)),
            KeyError::Length,
        ),
        (format!("cov_abcdefgh-{secret}"), KeyError::Character),
        (format!("cov_abcdefg!_{secret}"), KeyError::Character),
        (
            format!("covop_abcdefgh_{} ", "S".repeat(42)),
            KeyError::Character,
        ),
        (
            format!("cov_abcdefgh_{}é", "S".repeat(41)),
            KeyError::Character,
        ),
    ];
    for (text, error) in cases {
        assert_eq!(key::parse(&text).unwrap_err(), error);
        assert!(!error.to_string().contains("SSS"));
    }
}

#[test]
fn debug_of_a_key_shows_nothing_of_it() {
    let plain = key::generate(KeyKind::App, &[7; 40]);
    assert_eq!(format!("{plain:?}"), "[key]");
    let presented = key::parse(plain.expose()).unwrap();
    assert!(!format!("{presented:?}").contains(plain.prefix()));
    assert!(!format!("{:?}", stored("aaaaaaaa", None)).contains("0000"));
}

#[test]
fn rows_are_read_strictly() {
    let row = r#"{"id":"demo","name":"Demo","roles":["app"],"purposes":["treatment"],"default_purpose":"treatment"}"#;
    let app: App = serde_json::from_str(row).unwrap();
    assert_eq!(
        (app.default_purpose, app.disabled, app.roles.as_slice()),
        (Some(Purpose::Treatment), false, [Role::App].as_slice())
    );
    let back: App = serde_json::from_str(&serde_json::to_string(&app).unwrap()).unwrap();
    assert_eq!(back, app);
    let refused = [
        row.replace("\"purposes\"", "\"purpose\""),
        row.replace("[\"treatment\"]", "[\"marketing\"]"),
        row.replace("[\"treatment\"]", "[\"payment\"]"),
        row.replace("\"demo\"", "\"Demo App\""),
        row.replace("\"app\"", "\"superuser\""),
    ];
    for text in refused {
        assert!(serde_json::from_str::<App>(&text).is_err(), "{text}");
    }
    let operator: Operator =
        serde_json::from_str(r#"{"name":"r.ames","roles":["privacy-officer"]}"#).unwrap();
    assert_eq!(operator.principal().purposes.len(), Purpose::ALL.len());
    assert!(serde_json::from_str::<Operator>(r#"{"name":"r.ames","roles":[],"key":[]}"#).is_err());
    assert!(Operator::new("", vec![]).is_err());
}

#[test]
fn the_purposes_and_roles_are_read_back_from_their_words() {
    for purpose in Purpose::ALL {
        assert_eq!(purpose.as_str().parse(), Ok(*purpose));
        assert!(purpose.citation().contains("164."));
    }
    for role in Role::ALL {
        assert_eq!(role.as_str().parse(), Ok(*role));
    }
    let unknown = "marketing with Jane".parse::<Purpose>().unwrap_err();
    assert_eq!(
        unknown.to_string(),
        "no such purpose of use; there are treatment, payment, operations, research, patient-request"
    );
}
