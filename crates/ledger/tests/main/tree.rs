//! The tree against a direct transcription of RFC 6962 section 2.1, for every size up to 70 and sampled ones above.

use std::collections::HashMap;

use covenant_ledger::Error;
use covenant_ledger::tree::{
    Frontier, Hash, Nodes, consistency_needs, consistency_proof, empty_root, frontier_needs,
    inclusion_needs, inclusion_proof, leaf_hash, node_hash, root, verify_consistency,
    verify_inclusion,
};
use covenant_seal::{hex, sha256, unhex};
use proptest::prelude::*;

const ALL_SIZES: u64 = 70;

/// MTH of RFC 6962.
fn naive_root(leaves: &[Hash]) -> Hash {
    match leaves {
        [] => sha256(b""),
        [leaf] => *leaf,
        _ => {
            let (left, right) = leaves.split_at(split(leaves.len()));
            node_hash(&naive_root(left), &naive_root(right))
        }
    }
}

/// PATH of RFC 6962.
fn naive_path(index: usize, leaves: &[Hash]) -> Vec<Hash> {
    if leaves.len() < 2 {
        return Vec::new();
    }
    let at = split(leaves.len());
    let (left, right) = leaves.split_at(at);
    let (mut path, other) = if index < at {
        (naive_path(index, left), right)
    } else {
        (naive_path(index - at, right), left)
    };
    path.push(naive_root(other));
    path
}

/// SUBPROOF of RFC 6962.
fn naive_consistency(old: usize, leaves: &[Hash], whole: bool) -> Vec<Hash> {
    if old == leaves.len() {
        return if whole {
            Vec::new()
        } else {
            vec![naive_root(leaves)]
        };
    }
    let at = split(leaves.len());
    let (left, right) = leaves.split_at(at);
    let (mut proof, other) = if old <= at {
        (naive_consistency(old, left, whole), right)
    } else {
        (naive_consistency(old - at, right, false), left)
    };
    proof.push(naive_root(other));
    proof
}

fn split(length: usize) -> usize {
    length.next_power_of_two() / 2
}

fn leaves(size: u64) -> Vec<Hash> {
    (0..size)
        .map(|number| leaf_hash(&number.to_be_bytes()))
        .collect()
}

fn nodes(leaves: &[Hash]) -> HashMap<(u8, u64), Hash> {
    let mut nodes = HashMap::new();
    let mut frontier = Frontier::new();
    for leaf in leaves {
        frontier.append_with(*leaf, |level, index, hash| {
            assert!(
                nodes.insert((level, index), *hash).is_none(),
                "a node is complete only once"
            );
        });
    }
    nodes
}

/// Only the named nodes, so that a proof that asks for another fails.
fn only(needs: &[(u8, u64)], nodes: &HashMap<(u8, u64), Hash>) -> HashMap<(u8, u64), Hash> {
    needs.iter().map(|need| (*need, nodes[need])).collect()
}

#[test]
fn roots_are_the_known_ones() {
    let cases = include_str!("../../../../testdata/ledger/roots.txt");
    let mut frontier = Frontier::new();
    let mut checked = 0;
    for line in cases.lines().filter(|line| !line.starts_with('#')) {
        let fields: Vec<&str> = line.split(' ').collect();
        if fields[0] != "0" {
            let leaf = if fields[1] == "-" {
                Vec::new()
            } else {
                unhex(fields[1]).unwrap()
            };
            frontier.append(leaf_hash(&leaf));
        }
        assert_eq!(frontier.size().to_string(), fields[0]);
        assert_eq!(hex(&frontier.root()), fields[2], "size {}", fields[0]);
        checked += 1;
    }
    assert_eq!(checked, 41);
}

#[test]
fn frontier_and_nodes_give_the_naive_root_at_every_size() {
    let all = leaves(ALL_SIZES);
    let nodes = nodes(&all);
    let mut frontier = Frontier::new();
    for size in 0..=ALL_SIZES {
        let wanted = naive_root(&all[..size as usize]);
        assert_eq!(frontier.root(), wanted, "size {size}");
        assert_eq!(
            root(size, &only(&frontier_needs(size), &nodes)).unwrap(),
            wanted
        );
        let peaks = frontier_needs(size)
            .into_iter()
            .map(|(level, index)| nodes.node(level, index).unwrap());
        assert_eq!(
            Frontier::from_peaks(size, peaks.collect()).unwrap(),
            frontier
        );
        if let Some(leaf) = all.get(size as usize) {
            frontier.append(*leaf);
        }
    }
    assert_eq!(Frontier::new().root(), empty_root());
    assert!(Frontier::from_peaks(3, vec![all[0]]).is_err());
}

#[test]
fn every_inclusion_proof_is_the_naive_one_and_verifies_nothing_else() {
    let all = leaves(ALL_SIZES);
    let nodes = nodes(&all);
    for size in 1..=ALL_SIZES {
        let tree = &all[..size as usize];
        let root = naive_root(tree);
        for index in 0..size {
            let leaf = &all[index as usize];
            let needed = only(&inclusion_needs(index, size).unwrap(), &nodes);
            let proof = inclusion_proof(index, size, &needed).unwrap();
            assert_eq!(
                proof,
                naive_path(index as usize, tree),
                "entry {index} of {size}"
            );
            verify_inclusion(index, size, leaf, &proof, &root).unwrap();
            for other in (0..size).filter(|other| *other != index) {
                assert!(verify_inclusion(other, size, leaf, &proof, &root).is_err());
                assert!(
                    verify_inclusion(index, size, &all[other as usize], &proof, &root).is_err()
                );
            }
        }
        assert!(matches!(
            inclusion_proof(size, size, &nodes),
            Err(Error::OutOfRange { .. })
        ));
        assert!(verify_inclusion(size, size, &all[0], &[], &root).is_err());
    }
}

#[test]
fn every_consistency_proof_is_the_naive_one_and_verifies_no_other_root() {
    let all = leaves(ALL_SIZES);
    let nodes = nodes(&all);
    let roots: Vec<Hash> = (0..=ALL_SIZES as usize)
        .map(|size| naive_root(&all[..size]))
        .collect();
    for new in 0..=ALL_SIZES {
        for old in 0..=new {
            let needed = only(&consistency_needs(old, new).unwrap(), &nodes);
            let proof = consistency_proof(old, new, &needed).unwrap();
            if old > 0 {
                assert_eq!(
                    proof,
                    naive_consistency(old as usize, &all[..new as usize], true),
                    "{old} to {new}"
                );
            }
            let (old_root, new_root) = (&roots[old as usize], &roots[new as usize]);
            verify_consistency(old, old_root, new, new_root, &proof).unwrap();
            for (other, wrong) in roots.iter().enumerate() {
                if other as u64 != old {
                    assert!(
                        verify_consistency(old, wrong, new, new_root, &proof).is_err(),
                        "{old} to {new}"
                    );
                }
                if other as u64 != new && old > 0 {
                    assert!(
                        verify_consistency(old, old_root, new, wrong, &proof).is_err(),
                        "{old} to {new}"
                    );
                }
            }
        }
        assert!(consistency_proof(new + 1, new, &nodes).is_err());
        assert!(verify_consistency(new + 1, &roots[0], new, &roots[0], &[]).is_err());
    }
}

#[test]
fn a_missing_node_is_named() {
    let nodes = HashMap::new();
    assert_eq!(
        root(3, &nodes),
        Err(Error::MissingNode { level: 1, index: 0 })
    );
}

#[test]
fn proofs_of_absurd_sizes_are_refused_without_effort() {
    let hash = leaf_hash(b"");
    let proof = vec![hash; 63];
    assert!(verify_inclusion(u64::MAX - 1, u64::MAX, &hash, &proof, &hash).is_err());
    assert!(verify_consistency(1, &hash, u64::MAX, &hash, &proof).is_err());
    assert!(verify_consistency(u64::MAX - 1, &hash, u64::MAX, &hash, &proof).is_err());
    assert!(inclusion_needs(0, u64::MAX).unwrap().len() > 60);
}

proptest! {
    #[test]
    fn a_changed_inclusion_proof_is_refused(
        size in 2_u64..5_000, at in any::<prop::sample::Index>(), hash in any::<prop::sample::Index>(),
        byte in 0_usize..32, bit in 0_u8..8,
    ) {
        let all = leaves(size);
        let nodes = nodes(&all);
        let root = root(size, &nodes).unwrap();
        let index = at.index(size as usize) as u64;
        let leaf = &all[index as usize];
        let proof = inclusion_proof(index, size, &nodes).unwrap();
        prop_assert!(verify_inclusion(index, size, leaf, &proof, &root).is_ok());

        let hash = hash.index(proof.len());
        let mut altered = proof.clone();
        altered[hash][byte] ^= 1 << bit;
        prop_assert!(verify_inclusion(index, size, leaf, &altered, &root).is_err());
        let mut shorter = proof.clone();
        shorter.remove(hash);
        prop_assert!(verify_inclusion(index, size, leaf, &shorter, &root).is_err());
        let mut longer = proof.clone();
        longer.insert(hash, proof[hash]);
        prop_assert!(verify_inclusion(index, size, leaf, &longer, &root).is_err());
    }

    #[test]
    fn a_changed_consistency_proof_is_refused(
        new in 3_u64..5_000, at in any::<prop::sample::Index>(), hash in any::<prop::sample::Index>(),
        byte in 0_usize..32, bit in 0_u8..8,
    ) {
        let all = leaves(new);
        let nodes = nodes(&all);
        let old = 1 + at.index(new as usize - 1) as u64;
        let (old_root, new_root) = (root(old, &nodes).unwrap(), root(new, &nodes).unwrap());
        let proof = consistency_proof(old, new, &nodes).unwrap();
        prop_assert!(verify_consistency(old, &old_root, new, &new_root, &proof).is_ok());

        let hash = hash.index(proof.len());
        let mut altered = proof.clone();
        altered[hash][byte] ^= 1 << bit;
        prop_assert!(verify_consistency(old, &old_root, new, &new_root, &altered).is_err());
        let mut shorter = proof.clone();
        shorter.remove(hash);
        prop_assert!(verify_consistency(old, &old_root, new, &new_root, &shorter).is_err());
        let mut longer = proof.clone();
        longer.insert(hash, proof[hash]);
        prop_assert!(verify_consistency(old, &old_root, new, &new_root, &longer).is_err());
    }

    #[test]
    fn a_tree_that_was_changed_anywhere_is_not_an_extension(
        new in 3_u64..600, old in any::<prop::sample::Index>(), at in any::<prop::sample::Index>(),
    ) {
        let old = 1 + old.index(new as usize - 1) as u64;
        let mut all = leaves(new);
        let old_root = naive_root(&all[..old as usize]);
        let at = at.index(old as usize);
        all[at][0] ^= 1;
        let nodes = nodes(&all);
        let proof = consistency_proof(old, new, &nodes).unwrap();
        let new_root = root(new, &nodes).unwrap();
        prop_assert!(verify_consistency(old, &old_root, new, &new_root, &proof).is_err());
    }
}
