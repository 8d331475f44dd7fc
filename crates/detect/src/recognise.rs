//! The pattern recognisers: everything that is found by its shape, its check digit or the label before it.
//!
//! Each looks at one token and says whether an identifier starts there; the token's shape and the flags of its word
//! decide which of them are asked. None runs over the text by itself, so the whole is one pass.

mod address;
mod age;
mod calendar;
mod calendar_words;
mod check;
mod clock;
mod codes;
mod columns;
mod date;
mod date_numeric;
mod date_words;
mod groups;
mod ids;
mod label_table;
mod labels;
mod misspelt;
mod month_alone;
mod net;
mod numbers;
mod phone;
mod short_date;
mod spoken;
mod street;
mod value;

use crate::candidate::{Candidate, Priority};
use crate::class::Class;
use crate::finding::{Reason, UNSURE_BELOW};
use crate::kind::Kind;
use crate::machine::TOKEN_CHARS;
use crate::segment::Segment;
use crate::term::{Flags, Terms};
use crate::token::{Case, Shape, Token};
use columns::Columns;
use labels::{Hit, Labels};

/// What is carried forward from step to step and from segment to segment.
#[derive(Clone, Debug, Default)]
pub(crate) struct Memory {
    /// The last finding of the segment that was not unsure: its kind and the byte after it.
    last: Option<(Kind, usize)>,
    /// The last finding went on past what its step could see: its kind and confidence.
    open: Option<(Kind, f32)>,
    /// The segment before ended in a label.
    label: Option<Hit>,
    /// The segment before ended in a street, a city or a box.
    place: bool,
    /// The segment before ended in a cue of a telephone number.
    phone: Option<Kind>,
    columns: Columns,
}

impl Memory {
    /// Notes what became a finding.
    pub(crate) fn remember(&mut self, segment: &Segment<'_>, found: &[Candidate]) {
        self.open = None;
        self.columns.pass(segment);
        let Some(last) = found.last() else { return };
        self.last = (last.confidence >= UNSURE_BELOW).then_some((last.kind, last.end));
        let long = !matches!(
            last.kind.class(),
            Class::Name | Class::Location | Class::Org | Class::Date | Class::Age
        );
        if long && net::runs_on(segment, last.end) {
            self.open = Some((last.kind, last.confidence));
        }
    }

    /// Returns the kind of the finding before `index`, if only a comma or a conjunction stands between.
    fn listed_before(
        &self,
        segment: &Segment<'_>,
        index: usize,
        out: &[Candidate],
    ) -> Option<Kind> {
        // Whatever stands further back, the token before joins a list or there is none.
        if !joins_list(segment, index.checked_sub(1)?) {
            return None;
        }
        let start = segment.start(index);
        let sure =
            |candidate: &&Candidate| candidate.end <= start && candidate.confidence >= UNSURE_BELOW;
        let fresh = out
            .iter()
            .filter(sure)
            .max_by_key(|candidate| (candidate.end, candidate.priority));
        let (kind, end) = fresh
            .map(|candidate| (candidate.kind, candidate.end))
            .or(self.last)?;
        let mut at = index;
        for _ in 0..3 {
            at = at.checked_sub(1)?;
            if segment.token(at)?.start < end {
                return (at + 1 < index).then_some(kind);
            }
            if !joins_list(segment, at) {
                return None;
            }
        }
        None
    }

    /// Returns true if a street or city was found at most a few words before `index`.
    fn after_place(&self, segment: &Segment<'_>, index: usize) -> bool {
        let is_place = |kind: Kind| matches!(kind, Kind::Street | Kind::City | Kind::PoBox);
        match self.last {
            Some((kind, end)) => is_place(kind) && segment.start(index).saturating_sub(end) <= 24,
            None => self.place && index <= 5,
        }
    }
}

/// All recognisers, built once.
#[derive(Debug)]
pub(crate) struct Patterns {
    labels: Labels,
}

impl Patterns {
    pub(crate) fn new(terms: &mut Terms) -> Patterns {
        Patterns {
            labels: Labels::new(terms),
        }
    }

    /// Proposes candidates that start in one of the tokens to be decided.
    pub(crate) fn propose(&self, segment: &Segment<'_>, memory: &Memory, out: &mut Vec<Candidate>) {
        if let Some(open) = memory.open {
            net::continued(segment, segment.decide.start, open, out);
        }
        for index in segment.decide.clone() {
            let Some(token) = segment.token(index) else {
                continue;
            };
            match token.shape {
                Shape::Number => self.number(segment, memory, index, out),
                Shape::Mixed => self.mixed(segment, memory, index, out),
                Shape::Word => self.word(segment, memory, index, token, out),
                Shape::Sign => sign(segment, memory, index, token, out),
            }
        }
    }

    /// Notes what the end of a segment says about the next one.
    pub(crate) fn segment_ends(&self, segment: &Segment<'_>, memory: &mut Memory) {
        let count = segment.tokens.len();
        let colon = count > 0 && segment.sign(count - 1, b':');
        let hit = if count <= 12 {
            self.labels.before(segment, count, None)
        } else {
            None
        };
        let place = memory.last.is_some_and(|(kind, end)| {
            matches!(kind, Kind::Street | Kind::City | Kind::PoBox)
                && end + 6 >= segment.text.trim_end().len()
        });
        let mut columns = std::mem::take(&mut memory.columns);
        columns.end(&self.labels, segment);
        *memory = Memory {
            columns,
            label: hit.filter(|hit| colon || hit.marked || count <= 4),
            place,
            phone: phone::cue_at_end(segment),
            // Goes on only where the segment was cut in the middle of a run.
            open: memory.open,
            ..Memory::default()
        };
    }

    fn number(
        &self,
        segment: &Segment<'_>,
        memory: &Memory,
        index: usize,
        out: &mut Vec<Candidate>,
    ) {
        let listed = memory.listed_before(segment, index, out);
        let is = |class: Class| listed.is_some_and(|kind| kind.class() == class);
        date::propose(segment, index, is(Class::Date), out);
        ids::propose_reference(segment, index, out);
        ids::propose(&self.labels, segment, index, memory.label, listed, out);
        memory.columns.propose(segment, index, out);
        numbers::unlabelled(segment, index, out);
        phone::propose(
            segment,
            index,
            is(Class::Phone) || is(Class::Fax),
            memory.phone,
            out,
        );
        phone::propose_vanity(segment, index, out);
        numbers::propose(segment, index, out);
        net::ip(segment, index, out);
        net::hardware(segment, index, out);
        net::gs1(segment, index, out);
        street::street(segment, index, out);
        address::zip(segment, index, memory.after_place(segment, index), out);
        address::coordinates(segment, index, out);
        age::propose(segment, index, out);
        mailbox(segment, index, out);
    }

    fn mixed(
        &self,
        segment: &Segment<'_>,
        memory: &Memory,
        index: usize,
        out: &mut Vec<Candidate>,
    ) {
        let listed = memory.listed_before(segment, index, out);
        date::propose(segment, index, false, out);
        ids::propose_reference(segment, index, out);
        ids::propose(&self.labels, segment, index, memory.label, listed, out);
        memory.columns.propose(segment, index, out);
        numbers::unlabelled(segment, index, out);
        codes::propose_word(&self.labels, segment, index, memory.label, listed, out);
        numbers::code(segment, index, out);
        numbers::masked_word(segment, index, out);
        net::ip(segment, index, out);
        net::hardware(segment, index, out);
        net::gs1(segment, index, out);
        net::url(segment, index, out);
        street::named_street(segment, index, out);
        street::street(segment, index, out);
        address::foreign_code(segment, index, out);
        age::propose(segment, index, out);
        mailbox(segment, index, out);
    }

    fn word(
        &self,
        segment: &Segment<'_>,
        memory: &Memory,
        index: usize,
        token: &Token,
        out: &mut Vec<Candidate>,
    ) {
        let flags = segment.flags(index);
        let next = segment.token(index + 1);
        if flags.has(Flags::MONTH.and(Flags::NUMBER))
            || next.is_some_and(Token::has_digit)
            || next.is_some_and(|next| matches!(next.first, b'.' | b','))
        {
            date::propose(segment, index, false, out);
        }
        if flags.has(Flags::WEEKDAY.and(Flags::HOLIDAY)) {
            calendar_words::propose(segment, index, out);
        }
        if flags.has(Flags::DIGIT) {
            spoken::propose(&self.labels, segment, index, memory.label, memory.last, out);
        }
        if flags.has(Flags::NUMBER) {
            age::propose(segment, index, out);
            street::street(segment, index, out);
        }
        if flags.has(Flags::ROAD)
            || flags.has(Flags::UNIT)
            || token.first == b'I' && token.len() == 1
            || token.first.eq_ignore_ascii_case(&b'm')
        {
            address::mile_marker(segment, index, out);
        }
        if matches!(token.case, Case::Title | Case::Mixed) {
            street::named_street(segment, index, out);
        }
        if flags.has(Flags::BUILDING_UNIT) {
            street::unit_line(segment, index, out);
        }
        if matches!(
            token.first,
            b'p' | b'P' | b'r' | b'R' | b'h' | b'H' | b'c' | b'C' | b'u' | b'U'
        ) && token.len() <= 5
        {
            address::post_box(segment, index, out);
        }
        self.coded_word(segment, memory, index, out);
    }

    /// What may start with letters: a code, an address of a machine, a masked number.
    fn coded_word(
        &self,
        segment: &Segment<'_>,
        memory: &Memory,
        index: usize,
        out: &mut Vec<Candidate>,
    ) {
        ids::propose_reference(segment, index, out);
        let listed = if memory.last.is_some() || !out.is_empty() {
            memory.listed_before(segment, index, out)
        } else {
            None
        };
        codes::propose_word(&self.labels, segment, index, memory.label, listed, out);
        if is_cut(segment, index) {
            mailbox(segment, index, out);
        }
        let Some(next) = segment.token(index + 1) else {
            return;
        };
        if next.shape == Shape::Sign && !next.space_before {
            match next.first {
                b'.' | b':' | b'-' | b'/' | b'@' | b'_' | b'+' | b'%' | b'\'' => {
                    net::url(segment, index, out);
                    net::ip(segment, index, out);
                    net::hardware(segment, index, out);
                    numbers::code(segment, index, out);
                    numbers::masked(segment, index, out);
                    numbers::unlabelled(segment, index, out);
                    memory.columns.propose(segment, index, out);
                    mailbox(segment, index, out);
                    net::email_in_words(segment, index, out);
                }
                b'[' | b'(' => net::email_in_words(segment, index, out),
                _ => {}
            }
        } else if segment.is(index + 1, "at") || matches!(next.first, b'[' | b'(') {
            net::email_in_words(segment, index, out);
        }
    }
}

/// Returns true for what stands between the members of a list.
fn joins_list(segment: &Segment<'_>, at: usize) -> bool {
    let Some(token) = segment.token(at) else {
        return false;
    };
    if token.shape == Shape::Sign {
        return matches!(token.first, b',' | b'&' | b'-' | b'/');
    }
    let words: &[&str] = match token.len() {
        2 => &["to", "or"],
        3 => &["and"],
        4 => &["thru", "then"],
        5 => &["again"],
        7 => &["through"],
        _ => &[],
    };
    words.iter().any(|word| segment.is(at, word))
}

fn mailbox(segment: &Segment<'_>, index: usize, out: &mut Vec<Candidate>) {
    let glued = segment
        .token(index + 1)
        .is_some_and(|next| next.shape == Shape::Sign && !next.space_before);
    if glued || is_cut(segment, index) {
        net::email(segment, index, out);
    }
}

/// Returns true for a token as long as tokens get: its run goes on in the next.
fn is_cut(segment: &Segment<'_>, index: usize) -> bool {
    segment
        .token(index)
        .is_some_and(|token| token.len() >= TOKEN_CHARS)
}

fn sign(
    segment: &Segment<'_>,
    memory: &Memory,
    index: usize,
    token: &Token,
    out: &mut Vec<Candidate>,
) {
    match token.first {
        b'(' => {
            phone::propose(segment, index, false, memory.phone, out);
            phone::propose_vanity(segment, index, out);
            net::gs1(segment, index, out);
        }
        b'+' => {
            phone::propose(segment, index, false, memory.phone, out);
            net::hibc(segment, index, out);
        }
        b'@' => net::handle(segment, index, out),
        b'*' => numbers::masked(segment, index, out),
        b':' if segment.sign(index + 1, b':') => net::ip(segment, index, out),
        _ => {}
    }
}

/// Returns a candidate over the tokens `from..upto`.
fn span(
    segment: &Segment<'_>,
    from: usize,
    upto: usize,
    kind: Kind,
    confidence: f32,
    priority: Priority,
    reason: Reason,
) -> Candidate {
    let end = segment.end(upto.saturating_sub(1));
    Candidate {
        start: segment.start(from),
        end,
        kind,
        confidence,
        reason,
        priority,
    }
}
