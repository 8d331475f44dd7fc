//! The control socket.

use covenant_server::control::{Client, SOCKET, bind};
use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

fn allow(directory: &Path, mode: u32) {
    std::fs::set_permissions(directory, Permissions::from_mode(mode)).unwrap();
}

#[tokio::test]
async fn a_directory_too_deep_for_a_socket_address_is_reached_all_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let deep = folder.path().join("a".repeat(90)).join("b".repeat(90));
    std::fs::create_dir_all(&deep).unwrap();
    allow(&deep, 0o700);
    assert!(Client::connect(&deep).await.is_none());
    let listener = bind(&deep).unwrap();
    assert!(Client::connect(&deep).await.is_some());
    let metadata = std::fs::metadata(deep.join(SOCKET)).unwrap();
    assert_eq!(metadata.permissions().mode() & 0o777, 0o600);
    drop(listener);
}

#[tokio::test]
async fn a_socket_left_by_a_process_that_is_gone_is_replaced() {
    let folder = tempfile::tempdir().unwrap();
    allow(folder.path(), 0o700);
    drop(bind(folder.path()).unwrap());
    assert!(folder.path().join(SOCKET).exists());
    assert!(Client::connect(folder.path()).await.is_none());
    let _listener = bind(folder.path()).unwrap();
    assert!(Client::connect(folder.path()).await.is_some());
}

#[tokio::test]
async fn no_key_is_handed_to_a_server_in_a_directory_that_others_may_enter() {
    let folder = tempfile::tempdir().unwrap();
    allow(folder.path(), 0o750);
    let _listener = bind(folder.path()).unwrap();
    assert!(Client::connect(folder.path()).await.is_none());
}
