//! Tiles and entry bundles (C2SP tlog-tiles): the tree and the entries as a finite set of static files.
//!
//! The tile at level `l` with index `n` holds nodes of tree level `8 * l`, indexes `256 * n` onwards; a bundle holds
//! the entries of a tile of level 0. The rightmost ones may be partial.

use crate::Error;
use crate::entry::MAX_ENTRY_BYTES;

/// How many hashes a full tile has, and how many entries a full bundle.
pub const FULL_WIDTH: u16 = 256;

/// One tile of a tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Tile {
    /// Level of the tile: its hashes are nodes of tree level `8 * level`.
    pub level: u8,
    /// Index in its level.
    pub index: u64,
    /// How many hashes, 1 to [`FULL_WIDTH`].
    pub width: u16,
}

impl Tile {
    /// Returns the path of the tile.
    pub fn path(&self) -> String {
        path(self.level, self.index, self.width)
    }

    /// Names the nodes of the tree (level, index) that the tile holds, in order.
    pub fn nodes(&self) -> impl Iterator<Item = (u8, u64)> + use<> {
        let (level, first) = (
            self.level.saturating_mul(8),
            self.index.saturating_mul(u64::from(FULL_WIDTH)),
        );
        (0..u64::from(self.width)).map(move |offset| (level, first + offset))
    }
}

/// Returns every tile of a tree of `size`, level by level, left to right.
pub fn tiles(size: u64) -> impl Iterator<Item = Tile> {
    (0..8).flat_map(move |level| level_tiles(level, size))
}

/// Returns the tiles of one level (0 to 7) of a tree of `size`; level 0 also names the entry bundles.
pub fn level_tiles(level: u8, size: u64) -> impl Iterator<Item = Tile> {
    let hashes = size.checked_shr(u32::from(level) * 8).unwrap_or(0);
    let full = hashes / u64::from(FULL_WIDTH);
    // A remainder of a division by 256 fits.
    let rest = u16::try_from(hashes % u64::from(FULL_WIDTH)).unwrap_or(0);
    let partial = (rest > 0).then_some(Tile {
        level,
        index: full,
        width: rest,
    });
    (0..full)
        .map(move |index| Tile {
            level,
            index,
            width: FULL_WIDTH,
        })
        .chain(partial)
}

/// Returns the path of a tile, such as `tile/0/x001/067.p/5`.
pub fn path(level: u8, index: u64, width: u16) -> String {
    format!("tile/{level}/{}", indexed(index, width))
}

/// Returns the path of an entry bundle, such as `tile/entries/x001/067.p/5`.
pub fn entries_path(index: u64, width: u16) -> String {
    format!("tile/entries/{}", indexed(index, width))
}

/// The index in elements of three digits, all but the last with an `x`; `.p/<width>` when partial.
fn indexed(index: u64, width: u16) -> String {
    let mut text = format!("{:03}", index % 1000);
    let mut rest = index / 1000;
    while rest > 0 {
        text = format!("x{:03}/{text}", rest % 1000);
        rest /= 1000;
    }
    if width < FULL_WIDTH {
        format!("{text}.p/{width}")
    } else {
        text
    }
}

/// Returns the bytes of an entry bundle: each entry after its length in sixteen bits.
///
/// # Errors
/// [`Error::TooLarge`] when an entry does not fit.
pub fn encode_bundle<E: AsRef<[u8]>>(
    entries: impl IntoIterator<Item = E>,
) -> Result<Vec<u8>, Error> {
    let mut bytes = Vec::new();
    for entry in entries {
        let entry = entry.as_ref();
        let length =
            u16::try_from(entry.len()).map_err(|_| Error::TooLarge { size: entry.len() })?;
        bytes.extend_from_slice(&length.to_be_bytes());
        bytes.extend_from_slice(entry);
    }
    Ok(bytes)
}

/// Returns the entries of a bundle.
///
/// # Errors
/// [`Error::Format`] when the last entry is cut short.
pub fn decode_bundle(bytes: &[u8]) -> Result<Vec<&[u8]>, Error> {
    match split_bundle(bytes) {
        (entries, false) => Ok(entries),
        (_, true) => Err(Error::Format {
            what: "entry bundle",
            problem: "the last entry is cut short",
        }),
    }
}

/// Returns the whole entries of a bundle, and whether something that is no entry follows them.
pub(crate) fn split_bundle(mut bytes: &[u8]) -> (Vec<&[u8]>, bool) {
    const { assert!(MAX_ENTRY_BYTES == u16::MAX as usize) };
    let mut entries = Vec::new();
    while let Some((length, rest)) = bytes.split_first_chunk::<2>() {
        let length = usize::from(u16::from_be_bytes(*length));
        let Some((entry, rest)) = rest.split_at_checked(length) else {
            break;
        };
        entries.push(entry);
        bytes = rest;
    }
    (entries, !bytes.is_empty())
}
