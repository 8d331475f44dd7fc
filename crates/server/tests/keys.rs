//! Where the key-encryption key may lie.

use covenant_seal::{LocalKey, SystemRandom};
use covenant_server::config::{Environment, KeyError, KeyPlace, KeySource, Keys, write_key_file};
use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

struct Place {
    _folder: tempfile::TempDir,
    data: PathBuf,
    key: PathBuf,
}

fn place(key: &str) -> Place {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    std::fs::create_dir(&data).unwrap();
    let key = folder.path().join(key);
    write_key_file(&key, &LocalKey::generate(&SystemRandom).unwrap()).unwrap();
    Place {
        data,
        key,
        _folder: folder,
    }
}

fn keys(file: &Path, dangerous: bool) -> Keys {
    Keys {
        source: KeySource::File(file.to_path_buf()),
        dangerous_key_beside_data: dangerous,
    }
}

fn load(place: &Place, dangerous: bool) -> Result<KeyPlace, KeyError> {
    keys(&place.key, dangerous)
        .load(&place.data, &Environment::default())
        .map(|loaded| loaded.place)
}

#[test]
fn a_key_apart_and_private_is_secured() {
    assert_eq!(load(&place("kek"), false).unwrap(), KeyPlace::Apart);
}

#[test]
fn a_key_inside_the_data_directory_is_refused_unless_the_danger_is_accepted() {
    let place = place("data/kek");
    let error = load(&place, false).unwrap_err().to_string();
    assert!(
        error.contains("lies inside the data directory")
            && error.contains("dangerous_key_beside_data"),
        "{error}"
    );
    assert!(matches!(
        load(&place, true).unwrap(),
        KeyPlace::NotSecured(_)
    ));
}

#[test]
fn a_link_into_the_data_directory_does_not_hide_the_key() {
    let place = place("data/kek");
    let link = place.data.parent().unwrap().join("link");
    std::os::unix::fs::symlink(&place.key, &link).unwrap();
    let loaded = keys(&link, false).load(&place.data, &Environment::default());
    assert!(matches!(loaded, Err(KeyError::NotApart(..))));
}

#[test]
fn a_key_that_others_can_read_is_refused_unless_the_danger_is_accepted() {
    let place = place("kek");
    std::fs::set_permissions(&place.key, Permissions::from_mode(0o640)).unwrap();
    assert!(
        load(&place, false)
            .unwrap_err()
            .to_string()
            .contains("can be read by others")
    );
    assert!(matches!(
        load(&place, true).unwrap(),
        KeyPlace::NotSecured(_)
    ));
}

#[test]
fn a_missing_and_a_malformed_key_are_told_apart_and_never_repeated() {
    let mut place = place("kek");
    std::fs::write(&place.key, "hunter2").unwrap();
    let error = load(&place, false).unwrap_err();
    assert!(
        matches!(error, KeyError::NotAKey(_)) && !error.to_string().contains("hunter2"),
        "{error}"
    );
    place.key.push("gone");
    place.key = place.data.join("gone");
    assert!(matches!(load(&place, false), Err(KeyError::Missing(_))));
}

#[test]
fn a_key_from_the_environment_is_apart() {
    let text = LocalKey::generate(&SystemRandom).unwrap().to_text();
    let keys = Keys {
        source: KeySource::Variable("KEK".to_owned()),
        dangerous_key_beside_data: false,
    };
    let environment = Environment::from_pairs([("KEK", text.expose())]);
    assert_eq!(
        keys.load(Path::new("data"), &environment).unwrap().place,
        KeyPlace::Apart
    );
    let unset = keys.load(Path::new("data"), &Environment::default());
    assert!(matches!(unset, Err(KeyError::Unset(name)) if name == "KEK"));
}

#[test]
fn a_key_file_is_private_and_never_written_over() {
    let place = place("kek");
    assert_eq!(
        std::fs::metadata(&place.key).unwrap().permissions().mode() & 0o777,
        0o600
    );
    let again = write_key_file(&place.key, &LocalKey::generate(&SystemRandom).unwrap());
    assert!(matches!(again, Err(KeyError::Unwritable(..))));
}
