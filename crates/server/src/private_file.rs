//! Files that hold a secret are their owner's alone: one that others can read is refused with the command that mends
//! it, and not used in silence.

use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

/// A file with a secret that others can read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{} holds a secret and can be read by others; run `chmod 600 {}`", .0.display(), .0.display())]
pub struct ReadableByOthers(pub PathBuf);

/// Refuses a file that others can read. A pipe, as a shell's `<(…)` makes one, is nobody else's; a file that is not
/// there is for its reader to tell.
///
/// # Errors
/// Names the file and the command that mends it.
pub fn refuse_readable_by_others(file: &Path) -> Result<(), ReadableByOthers> {
    let Ok(found) = std::fs::metadata(file) else {
        return Ok(());
    };
    match found.is_file() && is_open(found.mode(), found.uid(), caller()) {
        true => Err(ReadableByOthers(file.to_path_buf())),
        false => Ok(()),
    }
}

/// Who runs this program.
fn caller() -> Option<u32> {
    std::fs::metadata("/proc/self").ok().map(|own| own.uid())
}

/// A system hands a service its key as a file of root's that the service's group may read: that is not open.
fn is_open(mode: u32, owner: u32, caller: Option<u32>) -> bool {
    let handed_over = owner == 0 && caller.is_some_and(|caller| caller != 0);
    let allowed = if handed_over { 0o740 } else { 0o700 };
    mode & 0o777 & !allowed != 0
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;
    use std::os::unix::fs::PermissionsExt as _;

    #[test]
    fn a_file_is_its_owners_or_handed_over_to_a_group_by_root() {
        for (mode, owner, caller, open) in [
            (0o600, 1000, Some(1000), false),
            (0o400, 0, Some(0), false),
            (0o640, 1000, Some(1000), true),
            (0o604, 1000, Some(1000), true),
            (0o644, 0, Some(0), true),
            (0o640, 0, Some(1000), false),
            (0o640, 0, Some(0), true),
            (0o644, 0, Some(1000), true),
            (0o660, 0, Some(1000), true),
        ] {
            assert_eq!(
                is_open(mode, owner, caller),
                open,
                "{mode:o} {owner} {caller:?}"
            );
        }
    }

    #[test]
    fn the_refusal_says_what_to_run() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("operator.key");
        assert_eq!(refuse_readable_by_others(&file), Ok(()));
        std::fs::write(&file, "covop_").unwrap();
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o644)).unwrap();
        let words = refuse_readable_by_others(&file).unwrap_err().to_string();
        assert!(words.contains("chmod 600 "), "{words}");
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o600)).unwrap();
        assert_eq!(refuse_readable_by_others(&file), Ok(()));
    }
}
