//! The Merkle tree at rest: full tiles are rows, everything right of them follows from the leaves.
//!
//! A commit therefore writes a tile row only once in 256 events. Partial tiles are worked out when they are read: on
//! level 0 from the leaves themselves, above it from the roots of the full tiles below.

use std::collections::HashMap;

use covenant_ledger::tree::{self, Frontier, Hash};
use sqlx::{Row as _, SqliteConnection};

use crate::error::{At as _, Error};
use crate::head::{digest, signed};

/// Hashes in a full tile (C2SP tlog-tiles).
pub(crate) const TILE_WIDTH: u64 = 256;
const TILE_HEIGHT: u32 = 8;
/// Tile levels of a tree of at most 2^63 leaves.
const LEVELS: u8 = 8;

/// The right edge of the tree, in memory: enough to append and to know which tiles become full.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Edge {
    frontier: Frontier,
    /// The hashes of the partial tile of each level, level 0 first.
    partial: Vec<Vec<Hash>>,
}

/// A tile that became full.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct FullTile {
    pub(crate) level: u8,
    pub(crate) index: u64,
    pub(crate) root: Hash,
    pub(crate) hashes: Vec<u8>,
}

impl Edge {
    /// Reads the edge of a tree of `size`.
    pub(crate) async fn load(connection: &mut SqliteConnection, size: u64) -> Result<Edge, Error> {
        let mut edge = Edge::default();
        let mut peaks = Vec::new();
        for level in 0..LEVELS {
            let hashes = read_tile(
                connection,
                level,
                hashes_in_level(level, size) / TILE_WIDTH,
                size,
            )
            .await?;
            edge.partial.push(hashes);
        }
        for hashes in edge.partial.iter().rev() {
            peaks.extend_from_slice(hashes.iter().copied().collect::<Frontier>().peaks());
        }
        edge.frontier =
            Frontier::from_peaks(size, peaks).at(|| "reading the edge of the tree".into())?;
        Ok(edge)
    }

    pub(crate) fn size(&self) -> u64 {
        self.frontier.size()
    }

    pub(crate) fn root(&self) -> Hash {
        self.frontier.root()
    }

    /// Appends a leaf and returns the tiles that it made full.
    pub(crate) fn append(&mut self, leaf: Hash) -> Vec<FullTile> {
        let mut full = Vec::new();
        let (mut hash, mut index) = (leaf, self.frontier.size());
        self.frontier.append(leaf);
        for level in 0..LEVELS {
            let position = usize::from(level);
            if self.partial.len() <= position {
                self.partial.push(Vec::new());
            }
            let Some(hashes) = self.partial.get_mut(position) else {
                break;
            };
            hashes.push(hash);
            if (hashes.len() as u64) < TILE_WIDTH {
                break;
            }
            let root = hashes.iter().copied().collect::<Frontier>().root();
            index /= TILE_WIDTH;
            full.push(FullTile {
                level,
                index,
                root,
                hashes: hashes.concat(),
            });
            hashes.clear();
            hash = root;
        }
        full
    }
}

/// Returns how many hashes a tile level has in a tree of `size`.
pub(crate) fn hashes_in_level(level: u8, size: u64) -> u64 {
    size.checked_shr(u32::from(level) * TILE_HEIGHT)
        .unwrap_or(0)
}

/// Reads the hashes of a tile as the tree of `size` has it: 256, fewer at the right edge, none beyond it.
pub(crate) async fn read_tile(
    connection: &mut SqliteConnection,
    level: u8,
    index: u64,
    size: u64,
) -> Result<Vec<Hash>, Error> {
    let first = index * TILE_WIDTH;
    let end = hashes_in_level(level, size).min(first + TILE_WIDTH);
    let width = end.saturating_sub(first);
    let hashes = match (width, level) {
        (0, _) => Vec::new(),
        (TILE_WIDTH, _) => full_tile(connection, level, index).await?,
        (_, 0) => leaf_hashes(connection, first, end).await?,
        (_, _) => tile_roots(connection, level - 1, first, end).await?,
    };
    if hashes.len() as u64 == width {
        Ok(hashes)
    } else {
        Err(missing(level, index))
    }
}

/// Reads the nodes (level, index) that a proof needs, in the tree of `size`.
pub(crate) async fn read_nodes(
    connection: &mut SqliteConnection,
    needs: Vec<(u8, u64)>,
    size: u64,
) -> Result<HashMap<(u8, u64), Hash>, Error> {
    let mut nodes = HashMap::new();
    for (level, index) in needs {
        let (tile_level, height) = (level / 8, u32::from(level % 8));
        let first = index << height;
        let tile = read_tile(connection, tile_level, first / TILE_WIDTH, size).await?;
        // A tile has 256 hashes: both numbers fit.
        let from = usize::try_from(first % TILE_WIDTH).unwrap_or(usize::MAX);
        let width = 1usize << height;
        let part = tile
            .get(from..from.saturating_add(width))
            .ok_or_else(|| missing(tile_level, first / TILE_WIDTH))?;
        nodes.insert(
            (level, index),
            part.iter().copied().collect::<Frontier>().root(),
        );
    }
    Ok(nodes)
}

/// Returns the root that the first `old` leaves of the tree of `size` have.
pub(crate) async fn root_at(
    connection: &mut SqliteConnection,
    old: u64,
    size: u64,
) -> Result<Hash, Error> {
    let nodes = read_nodes(connection, tree::frontier_needs(old), size).await?;
    tree::root(old, &nodes).at(|| format!("root of the first {old} events"))
}

async fn full_tile(
    connection: &mut SqliteConnection,
    level: u8,
    index: u64,
) -> Result<Vec<Hash>, Error> {
    let query = sqlx::query("SELECT hashes FROM tiles WHERE level = ? AND idx = ?")
        .bind(level)
        .bind(signed(index));
    let row = query
        .fetch_optional(connection)
        .await?
        .ok_or_else(|| missing(level, index))?;
    let bytes: Vec<u8> = row.try_get(0)?;
    let (hashes, rest) = bytes.as_chunks::<32>();
    if rest.is_empty() {
        Ok(hashes.to_vec())
    } else {
        Err(missing(level, index))
    }
}

async fn leaf_hashes(
    connection: &mut SqliteConnection,
    first: u64,
    end: u64,
) -> Result<Vec<Hash>, Error> {
    let query = "SELECT leaf FROM events WHERE idx >= ? AND idx < ? ORDER BY idx";
    let leaves: Vec<Vec<u8>> = sqlx::query_scalar(query)
        .bind(signed(first))
        .bind(signed(end))
        .fetch_all(connection)
        .await?;
    Ok(leaves.iter().map(|leaf| tree::leaf_hash(leaf)).collect())
}

async fn tile_roots(
    connection: &mut SqliteConnection,
    level: u8,
    first: u64,
    end: u64,
) -> Result<Vec<Hash>, Error> {
    let query = "SELECT root FROM tiles WHERE level = ? AND idx >= ? AND idx < ? ORDER BY idx";
    let query = sqlx::query_scalar(query)
        .bind(level)
        .bind(signed(first))
        .bind(signed(end));
    let roots: Vec<Vec<u8>> = query.fetch_all(connection).await?;
    roots
        .into_iter()
        .map(|root| digest(root, "root of a tile"))
        .collect()
}

fn missing(level: u8, index: u64) -> Error {
    Error::Damaged(format!(
        "tile {index} of level {level}, or what it is made of, is missing or cut short"
    ))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

    use super::*;

    #[test]
    fn the_root_is_that_of_the_leaves_and_tiles_fill_at_256() {
        let mut edge = Edge::default();
        let mut frontier = Frontier::new();
        let mut full = Vec::new();
        for number in 0..70_000_u32 {
            let leaf = tree::leaf_hash(&number.to_be_bytes());
            frontier.append(leaf);
            full.extend(edge.append(leaf));
        }
        assert_eq!(edge.root(), frontier.root());
        assert_eq!(edge.size(), 70_000);
        // The example of C2SP tlog-tiles: 273 full tiles on level 0, 1 on level 1, and 112, 17 and 1 hashes beside them.
        assert_eq!(full.iter().filter(|tile| tile.level == 0).count(), 273);
        assert_eq!(full.iter().filter(|tile| tile.level == 1).count(), 1);
        assert_eq!(
            edge.partial.iter().map(Vec::len).collect::<Vec<_>>(),
            [112, 17, 1]
        );
        let first = &full[0];
        assert_eq!((first.level, first.index, first.hashes.len()), (0, 0, 8192));
    }
}
