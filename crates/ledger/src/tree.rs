//! The Merkle tree of RFC 6962: hashes, the frontier of a growing tree, proofs and their verification.
//!
//! A *node* is named by its level (leaves are 0) and its index in the level: the root of the complete subtree over
//! entries `index << level .. (index + 1) << level`. Only complete subtrees are nodes; what is to the right of
//! the last one is computed from smaller ones when needed. A node, once complete, never changes.

use std::collections::HashMap;

use covenant_seal::sha256;

use crate::Error;

/// A SHA-256 hash.
pub type Hash = [u8; 32];

/// Where the hash of a complete subtree is kept. A `HashMap` filled with what [`inclusion_needs`] or
/// [`consistency_needs`] name is one, for callers who must wait for their storage.
pub trait Nodes {
    /// Returns the hash of the node.
    ///
    /// # Errors
    /// [`Error::MissingNode`] when it is not there.
    fn node(&self, level: u8, index: u64) -> Result<Hash, Error>;
}

impl Nodes for HashMap<(u8, u64), Hash> {
    fn node(&self, level: u8, index: u64) -> Result<Hash, Error> {
        self.get(&(level, index))
            .copied()
            .ok_or(Error::MissingNode { level, index })
    }
}

/// Returns the hash of a leaf (RFC 6962 section 2.1).
pub fn leaf_hash(data: &[u8]) -> Hash {
    let mut bytes = Vec::with_capacity(data.len() + 1);
    bytes.push(0);
    bytes.extend_from_slice(data);
    sha256(&bytes)
}

/// Returns the hash of an inner node (RFC 6962 section 2.1).
pub fn node_hash(left: &Hash, right: &Hash) -> Hash {
    let mut bytes = [1; 65];
    let (_, children) = bytes.split_at_mut(1);
    let (first, second) = children.split_at_mut(32);
    first.copy_from_slice(left);
    second.copy_from_slice(right);
    sha256(&bytes)
}

/// Returns the root of the tree without entries.
pub fn empty_root() -> Hash {
    sha256(b"")
}

/// The right edge of a tree: enough to append and to compute the root, in O(log n) memory.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Frontier {
    size: u64,
    /// Roots of the complete subtrees that make up the tree, largest first: one for each bit set in `size`.
    peaks: Vec<Hash>,
}

impl Frontier {
    /// Makes the frontier of the empty tree.
    pub fn new() -> Frontier {
        Frontier::default()
    }

    /// Makes the frontier of a tree from the nodes that [`frontier_needs`] names, in that order.
    ///
    /// # Errors
    /// [`Error::Format`] when there are not as many as the size has bits set.
    pub fn from_peaks(size: u64, peaks: Vec<Hash>) -> Result<Frontier, Error> {
        if peaks.len() == size.count_ones() as usize {
            Ok(Frontier { size, peaks })
        } else {
            Err(Error::Format {
                what: "frontier",
                problem: "wrong number of hashes for its size",
            })
        }
    }

    /// Returns how many leaves the tree has.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Returns the roots of the complete subtrees, largest first.
    pub fn peaks(&self) -> &[Hash] {
        &self.peaks
    }

    /// Appends the hash of a leaf.
    pub fn append(&mut self, leaf: Hash) {
        self.append_with(leaf, |_, _, _| {});
    }

    /// Appends the hash of a leaf and tells each node that is complete now: the leaf (level 0), then its parents.
    pub fn append_with(&mut self, leaf: Hash, mut completed: impl FnMut(u8, u64, &Hash)) {
        let mut hash = leaf;
        let mut index = self.size;
        let mut level = 0;
        completed(level, index, &hash);
        // INVARIANT: while the index is odd, the last peak is its left sibling.
        while index & 1 == 1 {
            let Some(left) = self.peaks.pop() else { break };
            hash = node_hash(&left, &hash);
            index >>= 1;
            level += 1;
            completed(level, index, &hash);
        }
        self.peaks.push(hash);
        self.size += 1;
    }

    /// Returns the root of the tree.
    pub fn root(&self) -> Hash {
        let mut peaks = self.peaks.iter().rev();
        let Some(last) = peaks.next() else {
            return empty_root();
        };
        peaks.fold(*last, |right, left| node_hash(left, &right))
    }
}

impl FromIterator<Hash> for Frontier {
    fn from_iter<I: IntoIterator<Item = Hash>>(leaves: I) -> Frontier {
        let mut frontier = Frontier::new();
        leaves.into_iter().for_each(|leaf| frontier.append(leaf));
        frontier
    }
}

/// Names the nodes that make up a tree of `size`, largest first: what [`Frontier::from_peaks`] takes.
pub fn frontier_needs(size: u64) -> Vec<(u8, u64)> {
    cover(0, size)
}

/// Returns the root of the first `size` leaves.
///
/// # Errors
/// [`Error::MissingNode`] when a node is not there.
pub fn root(size: u64, nodes: &dyn Nodes) -> Result<Hash, Error> {
    range_hash(0, size, nodes)
}

/// Names the nodes that [`inclusion_proof`] will ask for.
///
/// # Errors
/// [`Error::OutOfRange`] when there is no such entry.
pub fn inclusion_needs(index: u64, size: u64) -> Result<Vec<(u8, u64)>, Error> {
    Ok(inclusion_ranges(index, size)?
        .into_iter()
        .flat_map(|(start, end)| cover(start, end))
        .collect())
}

/// Returns the proof that entry `index` is in the tree of `size` (RFC 6962 section 2.1.1), leaf's sibling first.
///
/// # Errors
/// [`Error::OutOfRange`] when there is no such entry, [`Error::MissingNode`] when a node is not there.
pub fn inclusion_proof(index: u64, size: u64, nodes: &dyn Nodes) -> Result<Vec<Hash>, Error> {
    inclusion_ranges(index, size)?
        .into_iter()
        .map(|(start, end)| range_hash(start, end, nodes))
        .collect()
}

/// Names the nodes that [`consistency_proof`] will ask for.
///
/// # Errors
/// [`Error::OutOfRange`] when `old` is larger than `new`.
pub fn consistency_needs(old: u64, new: u64) -> Result<Vec<(u8, u64)>, Error> {
    Ok(consistency_ranges(old, new)?
        .into_iter()
        .flat_map(|(start, end)| cover(start, end))
        .collect())
}

/// Returns the proof that the tree of size `new` extends that of size `old` (RFC 6962 section 2.1.2).
///
/// # Errors
/// [`Error::OutOfRange`] when `old` is larger than `new`, [`Error::MissingNode`] when a node is not there.
pub fn consistency_proof(old: u64, new: u64, nodes: &dyn Nodes) -> Result<Vec<Hash>, Error> {
    consistency_ranges(old, new)?
        .into_iter()
        .map(|(start, end)| range_hash(start, end, nodes))
        .collect()
}

/// Checks that a leaf is entry `index` of the tree of `size` with `root`.
///
/// # Errors
/// [`Error::OutOfRange`] when there is no such entry, [`Error::BadProof`] when the proof does not lead to the root.
pub fn verify_inclusion(
    index: u64,
    size: u64,
    leaf: &Hash,
    proof: &[Hash],
    root: &Hash,
) -> Result<(), Error> {
    if index >= size {
        return Err(Error::OutOfRange {
            what: "entry",
            number: index,
            size,
        });
    }
    let mut walk = Walk {
        node: index,
        last: size - 1,
    };
    let mut hash = *leaf;
    for sibling in proof {
        match walk.step()? {
            Side::Left => hash = node_hash(sibling, &hash),
            Side::Right => hash = node_hash(&hash, sibling),
        }
    }
    if walk.is_done() && hash == *root {
        Ok(())
    } else {
        Err(Error::BadProof)
    }
}

/// Checks that the tree of size `new` with `new_root` extends that of size `old` with `old_root`.
///
/// # Errors
/// [`Error::OutOfRange`] when `old` is larger than `new`, [`Error::BadProof`] when it does not.
pub fn verify_consistency(
    old: u64,
    old_root: &Hash,
    new: u64,
    new_root: &Hash,
    proof: &[Hash],
) -> Result<(), Error> {
    if old > new {
        return Err(Error::OutOfRange {
            what: "tree",
            number: old,
            size: new,
        });
    }
    if old == 0 || old == new {
        let same = if old == 0 {
            *old_root == empty_root()
        } else {
            old_root == new_root
        };
        return if proof.is_empty() && same {
            Ok(())
        } else {
            Err(Error::BadProof)
        };
    }
    // RFC 9162 section 2.1.4.2: both roots are rebuilt from the same hashes. Where the old tree is one complete
    // subtree, its root is the first hash and is left out of the proof.
    let level = old.trailing_zeros();
    let (first, rest) = if old.is_power_of_two() {
        (*old_root, proof)
    } else {
        let (first, rest) = proof.split_first().ok_or(Error::BadProof)?;
        (*first, rest)
    };
    let mut walk = Walk {
        node: (old >> level) - 1,
        last: (new - 1) >> level,
    };
    let (mut rebuilt_old, mut rebuilt_new) = (first, first);
    for sibling in rest {
        match walk.step()? {
            Side::Left => {
                rebuilt_old = node_hash(sibling, &rebuilt_old);
                rebuilt_new = node_hash(sibling, &rebuilt_new);
            }
            Side::Right => rebuilt_new = node_hash(&rebuilt_new, sibling),
        }
    }
    let same = rebuilt_old == *old_root && rebuilt_new == *new_root;
    if walk.is_done() && same {
        Ok(())
    } else {
        Err(Error::BadProof)
    }
}

/// The way from a node to the root, one sibling a step.
struct Walk {
    node: u64,
    /// The last node of the same level.
    last: u64,
}

enum Side {
    Left,
    Right,
}

impl Walk {
    /// On which side the next sibling stands. A node without a sibling to its right rises until it has one.
    fn step(&mut self) -> Result<Side, Error> {
        if self.is_done() {
            return Err(Error::BadProof);
        }
        let alone = self.node == self.last;
        let side = if self.node & 1 == 1 || alone {
            Side::Left
        } else {
            Side::Right
        };
        if alone {
            while self.node & 1 == 0 && self.node != 0 {
                self.rise();
            }
        }
        self.rise();
        Ok(side)
    }

    fn rise(&mut self) {
        self.node >>= 1;
        self.last >>= 1;
    }

    fn is_done(&self) -> bool {
        self.last == 0
    }
}

type Range = (u64, u64);

/// The ranges whose hashes make up an inclusion proof, from the leaf up.
fn inclusion_ranges(index: u64, size: u64) -> Result<Vec<Range>, Error> {
    if index >= size {
        return Err(Error::OutOfRange {
            what: "entry",
            number: index,
            size,
        });
    }
    let (mut start, mut end) = (0, size);
    let mut ranges = Vec::new();
    while end - start > 1 {
        let middle = start + split_point(end - start);
        if index < middle {
            ranges.push((middle, end));
            end = middle;
        } else {
            ranges.push((start, middle));
            start = middle;
        }
    }
    ranges.reverse();
    Ok(ranges)
}

/// The ranges whose hashes make up a consistency proof, as SUBPROOF of RFC 6962 orders them.
fn consistency_ranges(old: u64, new: u64) -> Result<Vec<Range>, Error> {
    if old > new {
        return Err(Error::OutOfRange {
            what: "tree",
            number: old,
            size: new,
        });
    }
    if old == 0 || old == new {
        return Ok(Vec::new());
    }
    let (mut start, mut end) = (0, new);
    let mut ranges = Vec::new();
    while end != old {
        let middle = start + split_point(end - start);
        if old <= middle {
            ranges.push((middle, end));
            end = middle;
        } else {
            ranges.push((start, middle));
            start = middle;
        }
    }
    // The verifier knows the old root already, which this would be.
    if start != 0 {
        ranges.push((start, end));
    }
    ranges.reverse();
    Ok(ranges)
}

/// The largest power of two below `length`, which is at least 2.
fn split_point(length: u64) -> u64 {
    1 << (u64::BITS - 1 - (length - 1).leading_zeros())
}

/// The nodes that make up a range, in order. The range starts where a complete subtree as large as it does.
fn cover(start: u64, end: u64) -> Vec<(u8, u64)> {
    let mut nodes = Vec::new();
    let mut at = start;
    while at < end {
        let level = (end - at).ilog2();
        // A level is below 64.
        nodes.push((u8::try_from(level).unwrap_or(u8::MAX), at >> level));
        at += 1 << level;
    }
    nodes
}

fn range_hash(start: u64, end: u64, nodes: &dyn Nodes) -> Result<Hash, Error> {
    let peaks: Result<Vec<Hash>, Error> = cover(start, end)
        .into_iter()
        .map(|(level, index)| nodes.node(level, index))
        .collect();
    Frontier::from_peaks(end - start, peaks?).map(|frontier| frontier.root())
}
