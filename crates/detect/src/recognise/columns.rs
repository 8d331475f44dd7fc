//! Numbers in tables: columns of delimited text by their header, fields of HL7 v2 by their place. Forward only.

use super::label_table::Need;
use super::labels::{Label, Labels};
use super::span;
use super::value;
use crate::candidate::{Candidate, Priority};
use crate::finding::Reason;
use crate::kind::Kind;
use crate::segment::Segment;
use crate::term::Flags;
use crate::token::{Case, Shape, Token};

/// Columns remembered at most.
const MOST: usize = 64;

/// Fields of HL7 v2 segments that hold a number of the person, after the tables of the standard's chapters 3, 4, 6.
const FIELDS: &[(&str, usize, Kind)] = &[
    ("PID", 2, Kind::Mrn),
    ("PID", 3, Kind::Mrn),
    ("PID", 4, Kind::Mrn),
    ("PID", 13, Kind::Phone),
    ("PID", 14, Kind::Phone),
    ("PID", 18, Kind::Account),
    ("PID", 19, Kind::Ssn),
    ("PID", 20, Kind::DriversLicense),
    ("PV1", 19, Kind::Encounter),
    ("PV1", 50, Kind::Encounter),
    ("IN1", 8, Kind::GroupNumber),
    ("IN1", 36, Kind::Policy),
    ("IN1", 49, Kind::MemberId),
    ("IN2", 2, Kind::Ssn),
    ("IN2", 6, Kind::Mbi),
    ("IN2", 8, Kind::Medicaid),
    ("ORC", 2, Kind::Order),
    ("ORC", 3, Kind::Order),
    ("OBR", 2, Kind::Order),
    ("OBR", 3, Kind::Accession),
    ("NK1", 5, Kind::Phone),
    ("NK1", 6, Kind::Phone),
    ("GT1", 2, Kind::Account),
    ("GT1", 6, Kind::Phone),
    ("GT1", 7, Kind::Phone),
    ("GT1", 12, Kind::Ssn),
    ("SPM", 2, Kind::Specimen),
    ("TXA", 12, Kind::RecordId),
    ("MSH", 10, Kind::OtherId),
];

/// Where in a table the text stands.
#[derive(Clone, Debug, Default)]
pub(super) struct Columns {
    /// What the columns hold, by the last header.
    kinds: Vec<Option<Kind>>,
    delimiter: u8,
    line: Line,
}

/// Where in its line the text stands.
#[derive(Clone, Copy, Debug, Default)]
struct Line {
    /// Tokens counted so far.
    upto: usize,
    cell: usize,
    component: usize,
    quoted: bool,
}

impl Columns {
    /// Proposes the value at `index` if its column says what it is.
    pub(super) fn propose(&self, segment: &Segment<'_>, index: usize, out: &mut Vec<Candidate>) {
        let message = is_message(segment);
        if self.kinds.is_empty() && !message
            || !starts_cell(segment, index, self.delimiter, message)
        {
            return;
        }
        let line = self
            .line
            .passed(segment, index, if message { b'|' } else { self.delimiter });
        let kind = if message {
            field(segment, line)
        } else {
            self.kinds.get(line.cell).copied().flatten()
        };
        let Some(kind) = kind else { return };
        let value = value::with_groups(segment, value::read(segment, index, false));
        if value.digits >= 2 && value.len() >= 3 {
            let reason = Reason::rule(if message {
                "field of a message"
            } else {
                "column of a table"
            });
            out.push(span(
                segment,
                index,
                value.upto,
                kind,
                0.88,
                Priority::Labelled,
                reason,
            ));
        }
    }

    /// Counts the cells up to the end of what was decided.
    pub(super) fn pass(&mut self, segment: &Segment<'_>) {
        if is_message(segment) {
            self.line = self.line.passed(segment, segment.decide.end, b'|');
        } else if !self.kinds.is_empty() {
            self.line = self
                .line
                .passed(segment, segment.decide.end, self.delimiter);
        }
    }

    /// Ends a segment: a line that is a header says what the columns below it hold.
    pub(super) fn end(&mut self, labels: &Labels, segment: &Segment<'_>) {
        self.line = Line::default();
        if is_message(segment) {
            return;
        }
        let delimiter = delimiter(segment);
        if delimiter == 0 {
            self.kinds.clear();
        }
        // A header is a short line without figures and stops.
        let figures =
            |token: &Token| token.shape == Shape::Number && token.len() > 2 || token.is_sign(b'.');
        if delimiter == 0 || segment.tokens.len() > 3 * MOST || segment.tokens.iter().any(figures) {
            return;
        }
        let kinds = header(labels, segment, delimiter);
        if kinds.iter().any(Option::is_some) {
            self.kinds = kinds;
            self.delimiter = delimiter;
        }
    }
}

impl Line {
    /// Returns the place of the token at `index`.
    fn passed(mut self, segment: &Segment<'_>, index: usize, delimiter: u8) -> Line {
        for at in self.upto..index {
            let sign = segment.sign_at(at);
            self.quoted ^= sign == b'"';
            if sign == delimiter && !self.quoted || delimiter == b'\t' && is_tab_before(segment, at)
            {
                self.cell += 1;
                self.component = 0;
            }
            match sign {
                b'^' => self.component += 1,
                b'~' => self.component = 0,
                _ => {}
            }
        }
        self.upto = self.upto.max(index);
        if delimiter == b'\t' && is_tab_before(segment, index) {
            self.cell += 1;
        }
        self
    }
}

fn is_message(segment: &Segment<'_>) -> bool {
    let named = segment
        .token(0)
        .is_some_and(|token| token.len() == 3 && token.case == Case::Upper);
    named && segment.starts_line && segment.sign(1, b'|') && segment.touches(1)
}

fn field(segment: &Segment<'_>, line: Line) -> Option<Kind> {
    let name = segment.word_at(0);
    // In MSH the first delimiter is itself a field.
    let number = line.cell + usize::from(name == "MSH");
    let found = FIELDS
        .iter()
        .find(|(segment, field, _)| *segment == name && *field == number);
    found
        .map(|(_, _, kind)| *kind)
        .filter(|kind| line.component == 0 || *kind == Kind::Phone)
}

/// Returns true if the token at `index` is the first of its cell.
fn starts_cell(segment: &Segment<'_>, index: usize, delimiter: u8, message: bool) -> bool {
    let Some(before) = index.checked_sub(1) else {
        return !message;
    };
    let sign = segment.sign_at(before);
    if message {
        return matches!(sign, b'|' | b'^' | b'~');
    }
    sign == delimiter || sign == b'"' || delimiter == b'\t' && is_tab_before(segment, index)
}

fn is_tab_before(segment: &Segment<'_>, index: usize) -> bool {
    let from = index.checked_sub(1).map_or(0, |before| segment.end(before));
    index > 0
        && segment
            .text
            .get(from..segment.start(index))
            .is_some_and(|gap| gap.contains('\t'))
}

/// Returns the sign that parts the cells of a line, 0 if it has none.
fn delimiter(segment: &Segment<'_>) -> u8 {
    let (mut bars, mut semicolons, mut commas) = (0, 0, 0);
    for token in segment
        .tokens
        .iter()
        .filter(|token| token.shape == Shape::Sign)
    {
        match token.first {
            b'|' => bars += 1,
            b';' => semicolons += 1,
            b',' => commas += 1,
            _ => {}
        }
    }
    let tabs = segment.text.bytes().filter(|byte| *byte == b'\t').count();
    let counts = [
        (commas, b','),
        (semicolons, b';'),
        (tabs, b'\t'),
        (bars, b'|'),
    ];
    counts
        .into_iter()
        .max_by_key(|(count, _)| *count)
        .filter(|(count, _)| *count > 0)
        .map_or(0, |(_, sign)| sign)
}

/// Returns what the cells of a header line name.
fn header(labels: &Labels, segment: &Segment<'_>, delimiter: u8) -> Vec<Option<Kind>> {
    let mut kinds = Vec::new();
    let mut line = Line::default();
    for index in 0..segment.tokens.len() {
        line = line.passed(segment, index, delimiter);
        if line.cell >= MOST {
            break;
        }
        kinds.resize(kinds.len().max(line.cell + 1), None);
        if let Some(place) = kinds.get_mut(line.cell)
            && let Some(kind) = named(labels, segment, index)
        {
            *place = kind;
        }
    }
    kinds
}

/// Returns what the word at `index` makes of its cell: `Some(None)` if it unmakes what stood there.
fn named(labels: &Labels, segment: &Segment<'_>, index: usize) -> Option<Option<Kind>> {
    let token = segment
        .token(index)
        .filter(|token| token.shape != Shape::Sign)?;
    let flags = segment.flags(index);
    if flags.has(Flags::FAX_CUE) {
        return Some(Some(Kind::Fax));
    }
    if flags.has(Flags::PHONE_CUE) && token.len() > 2 {
        return Some(Some(Kind::Phone));
    }
    if segment.is(index, "zip") || segment.is(index, "zipcode") {
        return Some(Some(Kind::Zip));
    }
    let (Label { kind, need, .. }, first) = labels.ending_at(segment, index)?;
    let whole = need == Need::Nothing || first < index || !flags.has(Flags::MARK);
    let number = kind != Kind::UserName && kind != Kind::Plate;
    (whole && number).then_some(Some(kind))
}
