#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use proptest::prelude::*;

use super::*;

fn normalised(text: &str) -> Normalised {
    let mut normaliser = Normaliser::default();
    assert_eq!(normaliser.take(text, true), text.len());
    normaliser.out
}

fn text_of(text: &str) -> String {
    normalised(text).text
}

#[test]
fn escapes_of_carriers_are_decoded() {
    for (raw, plain) in [
        ("03%2F14%2F1980", "03/14/1980"),
        ("caf%C3%A9", "cafe"),
        ("50%50 and 98% RA, 5%45", "50%50 and 98% RA, 5%45"),
        (r#"{\"a\":\"b\"}"#, r#"{"a":"b"}"#),
        (r"line\nnext\ttab", "line\nnext\ttab"),
        (r"\u004aane \ud83d\ude00", "Jane 😀"),
        (r"C:\Users\nancy\notes", r"C:\Users\nancy\notes"),
        (
            "Ren&eacute; &amp; Jos&#233; &#x41;&nbsp;b",
            "Rene & Jose A b",
        ),
        ("R&D &unknown; AT&T", "R&D &unknown; AT&T"),
        ("caf=C3=A9 a=3Db=\nc", "cafe a=bc"),
        ("age=45 HR=72 x=20", "age=45 HR=72 x=20"),
        ("=====\nPlan", "=====\nPlan"),
    ] {
        assert_eq!(text_of(raw), plain, "{raw}");
    }
}

#[test]
fn characters_are_folded_to_plain_ones() {
    for (raw, plain) in [
        ("Ｊａｎｅ ４２", "Jane 42"),
        ("José Muñoz Łukasz Ærø", "Jose Munoz Lukasz Aero"),
        ("a\u{200B}b\u{AD}c\u{FEFF}", "abc"),
        ("219–09—9999 ‘x’ “y” a\u{A0}b", "219-09-9999 'x' \"y\" a b"),
        ("Jаnе Rое", "Jane Roe"),
        ("Роза и Мир", "Роза и Мир"),
        ("٤٢ ४२", "42 42"),
        ("10⁹/L ½ m²", "10⁹/L ½ m²"),
        ("e\u{301}", "e"),
        ("日本 🙂", "日本 🙂"),
    ] {
        assert_eq!(text_of(raw), plain, "{raw}");
    }
}

#[test]
fn spans_map_back_to_the_whole_escape() {
    let raw = "x &eacute;\u{200B}y %41%42 z";
    let out = normalised(raw);
    assert_eq!(out.text, "x ey AB z");
    let back = |from: usize, to: usize| &raw[out.map.start(from).raw..out.map.end(to).raw];
    assert_eq!(back(2, 3), "&eacute;");
    assert_eq!(back(2, 4), "&eacute;\u{200B}y");
    assert_eq!(back(3, 4), "y");
    assert_eq!(back(5, 7), "%41%42");
    assert_eq!(back(8, 9), "z");
}

#[test]
fn what_a_terminal_acts_on_vanishes_and_what_it_would_swallow_stays() {
    for (raw, plain) in [
        ("Jane\u{1B}[2J Doe", "Jane Doe"),
        ("MRN: 44\u{1B}[1m829", "MRN: 44829"),
        ("\u{1B}[01;31m\u{1B}[KJane\u{1B}[m\u{1B}[K Doe", "Jane Doe"),
        ("\u{1B}[38;2;255;128;100;48;5;12mJane\u{1B}[0m", "Jane"),
        ("\u{1B}[?1049h44829\u{1B}[?25l", "44829"),
        ("\u{9B}1mJane\u{9B}0m", "Jane"),
        ("\u{1B}(B\u{1B}[mJane", "Jane"),
        ("\u{1B}]0;Jane Doe\u{7}44", "Jane Doe44"),
        ("\u{1B}]8;;http://x.org\u{1B}\\Jane", ";http://x.orgJane"),
        ("\u{1B}[2 qJane", "Jane"),
        ("Ja\0ne\u{8}\u{7F} D\u{1}oe", "Jane Doe"),
        (
            "Ja\u{82}ne O\u{92}Brien 219\u{96}09\u{97}9999",
            "Jane O'Brien 219-09-9999",
        ),
        ("Doe\u{1F}Jane\u{1E}44\u{1F}829", "Doe Jane 44829"),
        ("a\u{C}b\u{B}c\td", "a\u{C}b\u{B}c\td"),
        (
            r"Jane\u001b[2J Doe \x1b[1m44\033[0m829\e[0m",
            "Jane Doe 44829",
        ),
        ("Jane%1B[2J%20Doe%1B%5B0m %1B", "Jane Doe %1B"),
        ("Jane&#27;[1m Doe&#x1b;[0m", "Jane Doe"),
        // Not a sequence: all of it stays to be read.
        ("\u{1B}[4482913", "[4482913"),
        ("\u{1B}[4482913m", "[4482913m"),
        ("\u{1B}[219-09-9999", "[219-09-9999"),
        ("\u{1B}44829", "44829"),
        ("\u{1B}Doe", "Doe"),
        ("\u{1B}[", "["),
        ("\u{1B}", ""),
    ] {
        assert_eq!(text_of(raw), plain, "{raw:?}");
    }
}

#[test]
fn a_span_covers_the_sequences_within_it_and_not_those_around() {
    let raw = "\u{1B}[1mJane\u{1B}[2J Doe\u{1B}[0m";
    let out = normalised(raw);
    let (start, end) = (out.map.start(0).raw, out.map.end(out.text.len()).raw);
    assert_eq!(&raw[start..end], "Jane\u{1B}[2J Doe");
}

fn odd_text() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        3 => "[a-z0-9 ]{1,8}",
        3 => prop::sample::select(vec![
            "%20", "%C3%A9", "%4", "%%", "&amp;", "&#233;", "&#x0041;", "&x", "\\n", "\\u00e9", "\\ud83d\\ude00", "\\\\\"", "\\",
            "\u{1B}", "\u{1B}[2J", "\u{1B}[38;2;255;128;0;1m", "\u{1B}[", "\u{9B}1m", "\u{1B}]0;", "\u{7}", "\u{1F}", "\0", "\u{96}", "\\u001b[1m", "\\x1b[0m", "%1B%5B1m", ";", "12;",
            "=3D", "=C3=A9", "=\n", "=20", "=", "é", "Ж", "Jа", "ａ", "\u{200B}", "\u{AD}", "e\u{301}", "–", "日", "🙂", "½", "æ", "C:\\n",
        ]).prop_map(str::to_owned),
        1 => "\\PC{1,3}",
    ];
    prop::collection::vec(piece, 0..24).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn every_character_maps_back_to_a_place_in_order(raw in odd_text()) {
        let out = normalised(&raw);
        prop_assert_eq!(out.known.raw, raw.len());
        prop_assert!(out.known.reach >= raw.chars().count());
        let mut before = 0;
        for (offset, c) in out.text.char_indices() {
            let (start, end) = (out.map.start(offset), out.map.end(offset + c.len_utf8()));
            prop_assert!(raw.is_char_boundary(start.raw) && raw.is_char_boundary(end.raw));
            prop_assert!(before <= end.raw && start.raw < end.raw && end.raw <= raw.len());
            prop_assert!(start.reach >= raw[..start.raw].chars().count(), "reach counts every character");
            let piece = &raw[start.raw..end.raw];
            let decoded = piece.starts_with(['%', '&', '\\', '=']) || piece.starts_with(|c| ('\u{1C}'..='\u{1F}').contains(&c));
            prop_assert!(piece.starts_with(c) || decoded || !piece.is_ascii());
            before = end.raw;
        }
    }

    #[test]
    fn plain_text_is_left_as_it_is(raw in "[ -$'-<>-\\[\\]-~]{0,60}") {
        prop_assert!(is_plain(&raw));
        prop_assert_eq!(text_of(&raw), raw);
    }

    #[test]
    fn pieces_give_what_the_whole_gives(raw in odd_text(), size in 1usize..9) {
        let whole = normalised(&raw);
        let mut normaliser = Normaliser::default();
        let mut waiting = String::new();
        for c in raw.chars().collect::<Vec<_>>().chunks(size) {
            waiting.extend(c);
            let taken = normaliser.take(&waiting, false);
            waiting.drain(..taken);
            prop_assert!(waiting.chars().count() < LOOKAHEAD, "more is held than a decision needs");
        }
        normaliser.take(&waiting, true);
        prop_assert_eq!(&normaliser.out.text, &whole.text);
        for offset in 0..whole.text.len() {
            prop_assert_eq!(normaliser.out.map.start(offset), whole.map.start(offset));
            prop_assert_eq!(normaliser.out.map.end(offset + 1), whole.map.end(offset + 1));
        }
    }

    #[test]
    fn forgetting_what_is_past_keeps_the_rest_in_place(raw in odd_text(), part in 0usize..100) {
        let whole = normalised(&raw);
        let ends: Vec<usize> = whole.text.char_indices().map(|(offset, _)| offset).collect();
        let Some(cut) = ends.get(part * ends.len() / 100).copied() else { return Ok(()) };
        let mut map = whole.map.clone();
        map.drain(cut);
        for offset in cut..whole.text.len() {
            prop_assert_eq!(map.start(offset - cut), whole.map.start(offset));
            prop_assert_eq!(map.end(offset - cut + 1), whole.map.end(offset + 1));
        }
    }
}
