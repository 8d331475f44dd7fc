//! Texts assembled from what notes are made of: identifiers, labels, ordinary words, carriers' escapes, odd characters.

use proptest::prelude::*;

const IDENTIFIERS: &[&str] = &[
    "Jane Roe",
    "Dr. Alan Whitcombe",
    "Maria de la Cruz",
    "O'Brien",
    "03/14/2024",
    "3-14-24",
    "14 Mar 2024",
    "March 14th, 2024",
    "Mar. 2024",
    "2024-03-14T08:30:00Z",
    "20240314",
    "3/14",
    "on 3/14",
    "14-16 March",
    "Janurary 5, 2024",
    "(202) 555-0143",
    "202-555-0143 ext. 12",
    "+44 20 7946 0958",
    "1-800-FLOWERS",
    "219-09-9999",
    "***-**-1234",
    "XXX-XX-1234",
    "jane.roe@example.org",
    "alexandra.katherine.montgomery-whitfield@cardiology.universityhospital.example.org",
    "48291733-48291733-48291733-48291733-48291733-48291733-48291733-48291733",
    "https://portal.example.org/patients/88213?tab=labs&view=all",
    "10.12.0.7",
    "2001:db8::8a2e:370:7334",
    "00:1A:2B:3C:4D:5E",
    "MRN 00482913",
    "Med. Rec. No.: A-482913",
    "1EG4-TE5-MK73",
    "4111 1111 1111 1111",
    "NPI 1234567893",
    "DEA AB1234563",
    "1M8GDM9AXKP042788",
    "(01)00884838000124(17)250101(21)A1B2",
    "92-year-old",
    "ninety-four year old",
    "12 Elm Street, Apt. 4B",
    "P.O. Box 123",
    "Springfield, IL 62704",
    "IL 62704-1234",
    "I-95 at mile marker 112",
    "accession S24-10293",
    "ENC-2024-0012",
    "Patient/88213",
    "lot numbers A123, B4567",
    "SSN (last 4): 1234",
    "username: jroe82",
    "@jane_roe",
    "Christmas Eve",
    "last Tuesday",
    "in May",
    "123e4567-e89b-12d3-a456-426614174000",
    "plate ABC 1234",
    "\"mrn\": \"12345\"",
    "12345678 (MRN)",
    "https://example.org/a/very/long/address/that/does/not/end/for/a/while/and/then/some/more/of/it/until/nobody/reads/it/0123456789/0123456789/0123456789",
];

const ORDINARY: &[&str] = &[
    "the patient",
    "BP 120/80",
    "5 mg",
    "1/2 tab",
    "CPT 99213",
    "L4-5",
    "10/10 pain",
    "aspirin",
    "is",
    "was",
    "seen by",
    "Follow-up",
    "HbA1c 7.2%",
    "SpO2 98%",
    "O2",
    "COVID-19",
    "T2N1M0",
    "MRN",
    "MRN:",
    "DOB:",
    "SSN",
    "phone",
    "fax:",
    "Dr.",
    "St.",
    "and",
    "to",
    "on",
    "(",
    ")",
    "-",
    "--",
    ":",
    "#",
    "=",
    "&",
    "&amp;",
    "%",
    "\\",
    "\\n",
    "\\\"",
    "%20",
    "=20",
    "=\n",
    "&#233;",
    "\\u00e9",
    "%C3%A9",
    "=C3=A9",
    "\n",
    "\n\n",
    "\r\n",
    "\t",
    " | ",
    "Name:",
    "Plan: continue.",
    "x",
    "1",
    "12",
    "1234",
    "12345",
    "123456789",
    "A",
    "AB",
    "é",
    "ñ",
    "–",
    "’",
    "\u{200B}",
    "\u{AD}",
    "\u{A0}",
    "\u{1B}[2J",
    "\u{1B}[38;2;255;128;0;1m",
    "\u{1B}[",
    "\u{1B}",
    "\u{9B}",
    "\u{1F}",
    "\0",
    "\u{7}",
    "\u{96}",
    "\\u001b[0m",
    "１２３",
    "Ｊａｎｅ",
    "Jаne",
    "日本",
    "🙂",
    "e\u{301}",
    "ﬁ",
    "٣٤",
    "...............",
    "----------------------------------------------------------------------",
    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
    "                                                                                                                ",
    "The patient was seen in clinic and reports feeling well without new complaints today.",
    "She denies chest pain, shortness of breath, nausea, vomiting, fever or chills and has been taking her medication",
    "PID|1||123456^^^HOSP^MR||ROE^JANE||19320314|F",
    "Name,DOB,MRN\nJane Roe,03/14/1932,448291\n",
];

/// Joints between pieces.
const JOINTS: &[&str] = &[" ", " ", " ", " ", ", ", "", ". ", "\n", ": ", "; "];

/// A text of up to `most` pieces.
pub(crate) fn text(most: usize) -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        4 => prop::sample::select(IDENTIFIERS).prop_map(str::to_owned),
        5 => prop::sample::select(ORDINARY).prop_map(str::to_owned),
        1 => "[a-zA-Z0-9 .,:/@#%&=-]{1,12}",
        1 => "\\PC{1,6}",
    ];
    let joint = prop::sample::select(JOINTS);
    prop::collection::vec((piece, joint), 0..most).prop_map(|pieces| {
        pieces
            .into_iter()
            .flat_map(|(piece, joint)| [piece, joint.to_owned()])
            .collect()
    })
}

/// Sizes of the pieces a stream is pushed in, in characters; used in turn.
pub(crate) fn cuts() -> impl Strategy<Value = Vec<usize>> {
    prop_oneof![
        Just(vec![1]),
        Just(vec![4]),
        prop::collection::vec(1usize..9, 1..12),
        prop::collection::vec(1usize..200, 1..12),
    ]
}

/// Cuts `text` into pieces of these sizes.
pub(crate) fn cut<'t>(text: &'t str, sizes: &[usize]) -> Vec<&'t str> {
    let mut pieces = Vec::new();
    let mut rest = text;
    for size in sizes.iter().cycle() {
        if rest.is_empty() {
            break;
        }
        let end = rest
            .char_indices()
            .nth(*size)
            .map_or(rest.len(), |(end, _)| end);
        let (piece, after) = rest.split_at(end);
        pieces.push(piece);
        rest = after;
    }
    pieces
}
