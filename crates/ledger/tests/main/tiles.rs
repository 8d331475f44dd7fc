//! Paths, tiles and bundles as C2SP tlog-tiles describes them.

use covenant_ledger::tiles::{
    FULL_WIDTH, Tile, decode_bundle, encode_bundle, entries_path, level_tiles, path, tiles,
};
use proptest::prelude::*;

#[test]
fn paths_are_those_of_the_specification() {
    assert_eq!(path(0, 1_234_067, FULL_WIDTH), "tile/0/x001/x234/067");
    assert_eq!(path(3, 0, FULL_WIDTH), "tile/3/000");
    assert_eq!(path(63, 999, 1), "tile/63/999.p/1");
    assert_eq!(path(0, 1_000, 255), "tile/0/x001/000.p/255");
    assert_eq!(
        entries_path(1_234_067, FULL_WIDTH),
        "tile/entries/x001/x234/067"
    );
    assert_eq!(entries_path(67, 5), "tile/entries/067.p/5");
}

#[test]
fn a_tree_of_70000_has_the_tiles_of_the_specification() {
    let count = |level| {
        level_tiles(level, 70_000)
            .filter(|tile| tile.width == FULL_WIDTH)
            .count()
    };
    let partial = |level| {
        level_tiles(level, 70_000)
            .find(|tile| tile.width < FULL_WIDTH)
            .map(|tile| tile.width)
    };
    assert_eq!((count(0), partial(0)), (273, Some(112)));
    assert_eq!((count(1), partial(1)), (1, Some(17)));
    assert_eq!((count(2), partial(2)), (0, Some(1)));
    assert_eq!(tiles(70_000).count(), 273 + 1 + 1 + 1 + 1);
}

#[test]
fn a_tree_of_256_has_a_full_tile_and_one_hash_above() {
    let all: Vec<Tile> = tiles(256).collect();
    let full = Tile {
        level: 0,
        index: 0,
        width: 256,
    };
    let above = Tile {
        level: 1,
        index: 0,
        width: 1,
    };
    assert_eq!(all, [full, above]);
    assert_eq!(above.nodes().collect::<Vec<_>>(), [(8, 0)]);
    assert_eq!(full.nodes().last(), Some((0, 255)));
    assert_eq!(tiles(0).count(), 0);
}

#[test]
fn a_bundle_that_is_cut_short_is_refused() {
    let bundle = encode_bundle([b"one".as_slice(), b"", b"three"]).unwrap();
    assert_eq!(
        decode_bundle(&bundle).unwrap(),
        [b"one".as_slice(), b"", b"three"]
    );
    for length in (0..bundle.len()).filter(|length| ![0, 5, 7].contains(length)) {
        assert!(decode_bundle(&bundle[..length]).is_err(), "{length} bytes");
    }
    assert!(encode_bundle([vec![0; 65_535]]).is_ok());
    assert!(encode_bundle([vec![0; 65_536]]).is_err());
}

proptest! {
    #[test]
    fn bundles_read_back(entries in prop::collection::vec(any::<Vec<u8>>(), 0..20)) {
        let bundle = encode_bundle(&entries).unwrap();
        prop_assert_eq!(decode_bundle(&bundle).unwrap(), entries);
    }

    #[test]
    fn tiles_hold_every_node_of_their_levels_once(size in 0_u64..200_000) {
        for level in 0..3_u8 {
            let nodes: Vec<u64> = level_tiles(level, size).flat_map(|tile| tile.nodes().map(|(_, index)| index)).collect();
            prop_assert!(nodes.iter().copied().eq(0..size >> (8 * level)));
        }
    }
}
