//! The verifier over an exported directory (C2SP tlog-tiles), which needs the log's public key and nothing else.

use super::{Report, Source, Verifier};
use crate::Error;
use crate::checkpoint::{self, Checkpoint, KeyKind, VerifierKey};
use crate::tiles::{self, FULL_WIDTH, Tile};
use crate::tree::Hash;

/// Reads a file of the export by its path (`checkpoint`, `tile/0/000.p/5`); `None` when there is none.
pub type Read<'a> = dyn FnMut(&str) -> Result<Option<Vec<u8>>, Error> + 'a;

/// Checks an exported log: the signature of its checkpoint, every entry, every tile, the root, and that it extends
/// `since`, a checkpoint saved earlier.
///
/// `keys` holds the log's key and those of witnesses whose cosignatures count.
///
/// # Errors
/// What [`checkpoint::open`] says of either checkpoint, [`Error::Read`] when there is none or a file cannot be read.
/// A log that is not whole is no error but a [`Report`] with a first bad entry.
pub fn export(
    read: &mut Read<'_>,
    keys: &[VerifierKey],
    since: Option<&str>,
) -> Result<Report, Error> {
    let note = read("checkpoint")?.ok_or_else(|| Error::Read("checkpoint".to_owned()))?;
    let note = String::from_utf8(note).map_err(|_| Error::Format {
        what: "checkpoint",
        problem: "it is not UTF-8",
    })?;
    let (head, verified) = checkpoint::open(&note, keys)?;
    let mut verifier = Verifier::new(head.origin.clone());
    verifier.expect(&head, Source::Current)?;
    let witnesses = verified
        .iter()
        .filter(|by| by.key.kind() == KeyKind::Witness);
    let witnesses: Vec<String> = witnesses.map(|by| by.key.name().to_owned()).collect();
    if !witnesses.is_empty() {
        verifier.expect(&head, Source::Witnessed(witnesses))?;
    }
    if let Some(since) = since {
        let (saved, _) = checkpoint::open(since, keys)?;
        verifier.expect(&saved, Source::Saved)?;
    }
    Walk {
        read,
        verifier,
        levels: std::array::from_fn(|_| Filling::default()),
        head,
    }
    .run()
}

/// The way through an export, bundle by bundle.
struct Walk<'a, 'r> {
    read: &'a mut Read<'r>,
    verifier: Verifier,
    /// The tile that is being filled, a level each.
    levels: [Filling; 8],
    head: Checkpoint,
}

impl Walk<'_, '_> {
    fn run(mut self) -> Result<Report, Error> {
        for bundle in tiles::level_tiles(0, self.head.size) {
            if !self.bundle(bundle)? {
                break;
            }
        }
        for level in 0..8 {
            self.tile(level)?;
        }
        Ok(self.verifier.finish())
    }

    /// Checks the entries of a bundle and the tiles they complete; `false` when the walk must end here.
    fn bundle(&mut self, bundle: Tile) -> Result<bool, Error> {
        let first = bundle.index * u64::from(FULL_WIDTH);
        let path = tiles::entries_path(bundle.index, bundle.width);
        let full = tiles::entries_path(bundle.index, FULL_WIDTH);
        let Some(file) = self.read_either(&path, &full, bundle.width)? else {
            self.verifier.fault(first, format!("{path} is missing"));
            return Ok(false);
        };
        let (entries, cut) = tiles::split_bundle(&file.bytes);
        let count = entries.len();
        for (offset, entry) in (0..u64::from(bundle.width)).zip(entries) {
            let index = first + offset;
            self.verifier.entry(index, entry, None);
            let completed = self.verifier.completed().to_vec();
            for (level, _, hash) in completed.into_iter().filter(|(level, ..)| level % 8 == 0) {
                self.node(level / 8, hash)?;
            }
        }
        if count == usize::from(file.width) && !cut {
            return Ok(true);
        }
        let at = first + (count as u64).min(u64::from(bundle.width) - 1);
        self.verifier.fault(
            at,
            format!("{path} does not hold {} whole entries", file.width),
        );
        Ok(false)
    }

    /// Takes a node into the tile that is being filled and checks the tile when it is full.
    fn node(&mut self, level: u8, hash: Hash) -> Result<(), Error> {
        let Some(tile) = self.levels.get_mut(usize::from(level)) else {
            return Ok(());
        };
        tile.hashes.push(hash);
        if tile.hashes.len() == usize::from(FULL_WIDTH) {
            self.tile(level)
        } else {
            Ok(())
        }
    }

    /// Compares the computed hashes of a level's current tile with its file and begins the next.
    fn tile(&mut self, level: u8) -> Result<(), Error> {
        let Some(tile) = self.levels.get_mut(usize::from(level)) else {
            return Ok(());
        };
        let hashes = std::mem::take(&mut tile.hashes);
        let index = tile.index;
        tile.index += 1;
        if hashes.is_empty() {
            return Ok(());
        }

        let first = index * u64::from(FULL_WIDTH);
        let nodes = (self.head.size >> (8 * level)) - first;
        let width = u16::try_from(nodes).map_or(FULL_WIDTH, |nodes| nodes.min(FULL_WIDTH));
        let first_entry_of = |node: u64| node << (8 * level);
        let path = tiles::path(level, index, width);
        let Some(file) = self.read_either(&path, &tiles::path(level, index, FULL_WIDTH), width)?
        else {
            self.verifier
                .fault(first_entry_of(first), format!("{path} is missing"));
            return Ok(());
        };
        let stored = file.bytes.chunks(32).chain(std::iter::repeat(&[][..]));
        let differs = (first..)
            .zip(hashes.iter().zip(stored))
            .find(|(_, (hash, stored))| hash != stored);
        if let Some((node, _)) = differs {
            let reason = format!("its hash in {path} is not that of the entries");
            self.verifier.fault(first_entry_of(node), reason);
        } else if file.bytes.len() != 32 * usize::from(file.width) {
            let reason = format!("{path} does not hold {} hashes", file.width);
            self.verifier.fault(first_entry_of(first), reason);
        }
        Ok(())
    }

    /// Reads a partial file, or the full one that has taken its place.
    fn read_either(
        &mut self,
        partial: &str,
        full: &str,
        width: u16,
    ) -> Result<Option<File>, Error> {
        if let Some(bytes) = (self.read)(partial)? {
            return Ok(Some(File { bytes, width }));
        }
        let bytes = if partial == full {
            None
        } else {
            (self.read)(full)?
        };
        Ok(bytes.map(|bytes| File {
            bytes,
            width: FULL_WIDTH,
        }))
    }
}

/// A file of the export and how many entries or hashes it should hold.
struct File {
    bytes: Vec<u8>,
    width: u16,
}

/// The hashes of a tile, as they are computed.
#[derive(Default)]
struct Filling {
    index: u64,
    hashes: Vec<Hash>,
}
