//! The data directory: who may enter it, and which one process may write there.

use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::os::unix::fs::{DirBuilderExt as _, FileExt as _, MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use crate::error::{At as _, Error, Fault};

const DATABASE: &str = "covenant.db";
const LOCK: &str = "covenant.lock";

/// What SQLite puts beside the database.
const BESIDE: [&str; 3] = ["covenant.db-wal", "covenant.db-shm", "covenant.db-journal"];

/// A data directory that nobody but its owner can enter.
#[derive(Clone, Debug)]
pub(crate) struct Directory(PathBuf);

/// The right to be the one writer; given back when dropped or when the process ends, however it ends.
#[derive(Debug)]
pub(crate) struct WriteLock {
    _file: File,
}

/// Which files a writer writes to: they must stay the ones it opened, or what it writes can be found by nobody.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Files {
    database: FileId,
    lock: FileId,
    /// SQLite makes it anew with every first connection.
    write_ahead_log: FileId,
}

/// Device and inode.
#[derive(Clone, Copy, Debug, PartialEq)]
struct FileId(u64, u64);

impl Directory {
    /// Opens the directory for writing, making it when it is missing.
    pub(crate) fn prepare(path: &Path) -> Result<Directory, Error> {
        if !path.exists() {
            DirBuilder::new()
                .recursive(true)
                .mode(0o700)
                .create(path)
                .map_err(|source| Error::Directory {
                    directory: path.to_owned(),
                    problem: format!("it cannot be made: {}", source.kind()),
                })?;
        }
        Directory::existing(path)
    }

    /// Opens a directory that must be there.
    pub(crate) fn existing(path: &Path) -> Result<Directory, Error> {
        let refuse = |problem: String| Error::Directory {
            directory: path.to_owned(),
            problem,
        };
        let metadata = fs::metadata(path).map_err(|source| refuse(source.kind().to_string()))?;
        if !metadata.is_dir() {
            return Err(refuse("it is not a directory".into()));
        }
        let user = rustix::process::geteuid().as_raw();
        if metadata.uid() != user && user != 0 {
            return Err(refuse("it belongs to another user".into()));
        }
        refuse_open_to_others(&metadata, "700").map_err(&refuse)?;
        let directory = Directory(path.to_owned());
        let owners = [metadata.uid(), user];
        for name in [DATABASE, LOCK].into_iter().chain(BESIDE) {
            if let Ok(metadata) = fs::symlink_metadata(directory.0.join(name)) {
                refuse_foreign(&metadata, &owners)
                    .and_then(|()| refuse_open_to_others(&metadata, "600"))
                    .map_err(|problem| refuse(format!("{name}: {problem}")))?;
            }
        }
        Ok(directory)
    }

    /// Becomes the one writer of the directory.
    pub(crate) fn lock(&self) -> Result<WriteLock, Error> {
        let file = self.private_file(&self.lock_file())?;
        match file.try_lock() {
            Ok(()) => Ok(WriteLock { _file: file }),
            Err(TryLockError::WouldBlock) => Err(Error::Locked(self.0.clone())),
            Err(TryLockError::Error(source)) => {
                Err(source).at(|| "locking the data directory".into())
            }
        }
    }

    /// Makes the database file if it is missing. SQLite gives its other files the mode of this one.
    pub(crate) fn make_database_file(&self) -> Result<(), Error> {
        self.private_file(&self.database())?;
        File::open(&self.0)
            .and_then(|directory| directory.sync_all())
            .at(|| "flushing the data directory".into())
    }

    /// Says whether there is a database file.
    pub(crate) fn has_database(&self) -> bool {
        self.database().exists()
    }

    /// Notes which files a connection that was just opened writes to.
    pub(crate) fn files(&self) -> Result<Files, Fault> {
        Ok(Files {
            database: file_id(&self.database())?,
            lock: file_id(&self.lock_file())?,
            write_ahead_log: file_id(&self.write_ahead_log())?,
        })
    }

    pub(crate) fn database(&self) -> PathBuf {
        self.0.join(DATABASE)
    }

    /// SQLite's write-ahead log beside the database.
    pub(crate) fn write_ahead_log(&self) -> PathBuf {
        self.0.join(format!("{DATABASE}-wal"))
    }

    /// Makes the write-ahead log at least so long, in one piece, with zeros behind what is in it. SQLite takes zeros for
    /// the end of the log. Nobody may write to it meanwhile.
    pub(crate) fn extend_log(&self, bytes: u64) -> std::io::Result<()> {
        let file = OpenOptions::new()
            .write(true)
            .open(self.write_ahead_log())?;
        let before = file.metadata()?.len();
        let extended = write_zeros(&file, before, bytes).and_then(|()| file.sync_data());
        if extended.is_err() {
            // What is left of a full disk is for commits.
            file.set_len(before)?;
        }
        extended
    }

    fn lock_file(&self) -> PathBuf {
        self.0.join(LOCK)
    }

    fn private_file(&self, path: &Path) -> Result<File, Error> {
        let opened = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .open(path);
        opened.map_err(|source| Error::Directory {
            directory: self.0.clone(),
            problem: format!(
                "a file in it cannot be opened for writing: {}",
                source.kind()
            ),
        })
    }
}

impl Files {
    /// Says whether the files are still in their places.
    pub(crate) fn check(&self, directory: &Directory) -> Result<(), Fault> {
        let now = directory.files()?;
        if now.is_of(self) && now.write_ahead_log == self.write_ahead_log {
            return Ok(());
        }
        Err(Fault::Removed)
    }

    /// Says whether these belong to the store of those: a new connection may have made a new write-ahead log only.
    pub(crate) fn is_of(&self, others: &Files) -> bool {
        self.database == others.database && self.lock == others.lock
    }
}

fn write_zeros(file: &File, from: u64, to: u64) -> std::io::Result<()> {
    let zeros = vec![0; 1 << 20];
    let mut at = from;
    while at < to {
        let length = zeros
            .len()
            .min(usize::try_from(to - at).unwrap_or(usize::MAX));
        let part = zeros.get(..length).unwrap_or_default();
        file.write_all_at(part, at)?;
        at += length as u64;
    }
    Ok(())
}

/// A link has an identity of its own, so a file that was replaced by one is another file.
fn file_id(path: &Path) -> Result<FileId, Fault> {
    let metadata = fs::symlink_metadata(path).map_err(|_| Fault::Removed)?;
    Ok(FileId(metadata.dev(), metadata.ino()))
}

/// A link may point to where others write, and what belongs to another user is theirs to change.
fn refuse_foreign(metadata: &fs::Metadata, owners: &[u32]) -> Result<(), String> {
    if !metadata.is_file() {
        return Err("it is a link or no file at all; only a plain file may stand there".into());
    }
    match owners.contains(&metadata.uid()) {
        true => Ok(()),
        false => Err("it belongs to another user".into()),
    }
}

fn refuse_open_to_others(metadata: &fs::Metadata, wanted: &str) -> Result<(), String> {
    let mode = metadata.mode() & 0o777;
    if mode & 0o077 == 0 {
        return Ok(());
    }
    Err(format!(
        "others can read or write it (mode {mode:03o}); only its owner may: chmod {wanted}"
    ))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    fn mode_of(path: &Path) -> u32 {
        fs::metadata(path).unwrap().mode() & 0o777
    }

    #[test]
    fn a_new_directory_and_its_files_belong_to_the_owner_alone() {
        let temporary = tempfile::tempdir().unwrap();
        let path = temporary.path().join("a/data");
        let directory = Directory::prepare(&path).unwrap();
        directory.make_database_file().unwrap();
        let _lock = directory.lock().unwrap();
        assert_eq!(mode_of(&path), 0o700);
        assert_eq!(mode_of(&directory.database()), 0o600);
        assert_eq!(mode_of(&directory.lock_file()), 0o600);
    }

    #[test]
    fn a_directory_or_file_open_to_others_is_refused() {
        for (file, mode) in [
            (None, 0o750),
            (None, 0o701),
            (Some(DATABASE), 0o640),
            (Some(LOCK), 0o604),
        ] {
            let temporary = tempfile::tempdir().unwrap();
            let path = temporary.path().join("data");
            let directory = Directory::prepare(&path).unwrap();
            directory.make_database_file().unwrap();
            drop(directory.lock().unwrap());
            let target = file.map_or(path.clone(), |name| path.join(name));
            fs::set_permissions(&target, fs::Permissions::from_mode(mode)).unwrap();
            let error = Directory::prepare(&path).unwrap_err().to_string();
            assert!(error.contains(&format!("mode {mode:03o}")), "{error}");
        }
    }

    #[test]
    fn the_second_lock_is_refused_and_the_first_gives_way_when_dropped() {
        let temporary = tempfile::tempdir().unwrap();
        let directory = Directory::prepare(&temporary.path().join("data")).unwrap();
        let first = directory.lock().unwrap();
        assert!(matches!(directory.lock(), Err(Error::Locked(_))));
        drop(first);
        directory.lock().unwrap();
    }
}
