//! Words with a part to play: months, units, street suffixes, cues, parts of labels.
//!
//! Every word token is looked up here once, when it is cut; recognisers ask for flags and never compare text. Words
//! are stored in lower case; the case of a token is a flag of the token.

use crate::vocabulary;

/// What a word can be; a word may be several things at once.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Flags(u64);

macro_rules! flags {
    ($($(#[$doc:meta])* $name:ident = $bit:literal;)*) => {
        impl Flags {
            $($(#[$doc])* pub(crate) const $name: Flags = Flags(1 << $bit);)*
        }
    };
}

flags! {
    /// A month, whole or abbreviated; the value is its number.
    MONTH = 0;
    /// A weekday, whole or abbreviated; the value is 1 (Monday) to 7.
    WEEKDAY = 1;
    /// A state or territory, abbreviated or the last word of its name.
    STATE = 2;
    /// A street suffix that is rarely anything else.
    STREET = 3;
    /// A street suffix that is often another word.
    STREET_WEAK = 4;
    /// A point of the compass before or after a street name.
    DIRECTION = 5;
    /// A number word; the value is the number.
    NUMBER = 6;
    /// A unit of measurement, a count noun: the number before it is no identifier.
    UNIT = 7;
    /// A word after which day and month are likely (`on`, `since`, `admitted`).
    DATE_CUE = 8;
    /// A label of a date (`dob`, `date`, `dos`).
    DATE_LABEL = 9;
    /// A word that makes the number after it a code, a score, a model: no identifier.
    CODE = 10;
    /// Part of a label or between label and value (`number`, `no`, `id`, `is`).
    CONNECTOR = 11;
    /// A connector that marks what follows as a number of something (`number`, `no`, `id`).
    MARK = 12;
    /// Last word of some label.
    LABEL_END = 13;
    /// A unit of a building (`apt`, `suite`).
    BUILDING_UNIT = 14;
    /// A word a street name does not hold.
    FUNCTION = 15;
    /// A name of a road that goes before its number (`highway`, `route`).
    ROAD = 16;
    /// A top-level domain that is seldom a word.
    DOMAIN = 17;
    /// A word that says a telephone number follows.
    PHONE_CUE = 18;
    /// A word that says a fax number follows.
    FAX_CUE = 19;
    /// A word that says a pager number follows.
    PAGER_CUE = 20;
    /// An extension (`ext`, `x`).
    EXTENSION = 21;
    /// First word of a holiday.
    HOLIDAY = 22;
    /// A word that makes a weekday a recurring one (`every`).
    RECURRING = 23;
    /// A word that makes a month or weekday a particular one (`last`, `next`).
    PARTICULAR = 24;
    /// A prefix of an identifier (`MRN-`, `ENC-`).
    ID_PREFIX = 26;
    /// A word that says an age follows or goes before.
    AGE = 27;
    /// A comparison (`over`, `older`): no particular age follows.
    COMPARISON = 28;
    /// A noun after a date that makes day and month likely (`visit`, `labs`).
    DATE_NOUN = 29;
    /// A test, score or vital sign: the ratio after it is no date.
    MEASURE = 30;
    /// An article or possessive.
    DETERMINER = 31;
    /// A digit as it is dictated (`oh`, `zero`, `five`).
    DIGIT = 32;
    /// Something that happened on a day (`admitted`, `extubated`).
    DATE_VERB = 33;
    /// A study that is named with its day and gives no score.
    STUDY = 34;
}

impl Flags {
    pub(crate) const NONE: Flags = Flags(0);

    /// Returns true if any of `wanted` is among these.
    pub(crate) fn has(self, wanted: Flags) -> bool {
        self.0 & wanted.0 != 0
    }

    /// Returns both together.
    pub(crate) const fn and(self, other: Flags) -> Flags {
        Flags(self.0 | other.0)
    }
}

/// Index of a word in [`Terms`]; 0 is every word that is not in it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Term(u16);

impl Term {
    pub(crate) const NONE: Term = Term(0);
}

#[derive(Clone, Debug, Default)]
struct Entry {
    word: String,
    hash: u64,
    flags: Flags,
    value: u16,
}

/// The table of words, built once.
#[derive(Clone, Debug)]
pub(crate) struct Terms {
    entries: Vec<Entry>,
    /// Open addressing: index into `entries`, 0 for empty.
    slots: Vec<u16>,
}

const SLOTS: usize = 1 << 14;
/// No word in the table is longer.
const LONGEST: usize = 40;

impl Terms {
    pub(crate) fn new() -> Terms {
        let mut terms = Terms {
            entries: vec![Entry::default()],
            slots: vec![0; SLOTS],
        };
        vocabulary::fill(&mut terms);
        terms
    }

    /// Adds `word` (lower case) if it is new, gives it `flags` beside those it has, and returns its term.
    pub(crate) fn add(&mut self, word: &str, flags: Flags) -> Term {
        let hash = hash(word.as_bytes());
        let term = match self.find(hash, word.as_bytes()) {
            Term::NONE => self.insert(word, hash),
            term => term,
        };
        if let Some(entry) = self.entries.get_mut(usize::from(term.0)) {
            entry.flags = entry.flags.and(flags);
        }
        term
    }

    /// Adds a word with a value.
    pub(crate) fn add_value(&mut self, word: &str, flags: Flags, value: u16) {
        let term = self.add(word, flags);
        if let Some(entry) = self.entries.get_mut(usize::from(term.0)) {
            entry.value = value;
        }
    }

    fn insert(&mut self, word: &str, hash: u64) -> Term {
        let Ok(index) = u16::try_from(self.entries.len()) else {
            return Term::NONE;
        };
        self.entries.push(Entry {
            word: word.to_owned(),
            hash,
            flags: Flags::NONE,
            value: 0,
        });
        let mut slot = slot_of(hash);
        while self.slots.get(slot).is_some_and(|taken| *taken != 0) {
            slot = (slot + 1) % SLOTS;
        }
        if let Some(place) = self.slots.get_mut(slot) {
            *place = index;
        }
        Term(index)
    }

    /// Returns the term of a word in any case.
    pub(crate) fn of(&self, word: &[u8]) -> Term {
        if word.len() > LONGEST {
            Term::NONE
        } else {
            self.find(hash(word), word)
        }
    }

    fn find(&self, hash: u64, word: &[u8]) -> Term {
        let mut slot = slot_of(hash);
        loop {
            let index = self.slots.get(slot).copied().unwrap_or(0);
            let Some(entry) = self.entries.get(usize::from(index)).filter(|_| index != 0) else {
                return Term::NONE;
            };
            if entry.hash == hash && entry.word.as_bytes().eq_ignore_ascii_case(word) {
                return Term(index);
            }
            slot = (slot + 1) % SLOTS;
        }
    }

    pub(crate) fn flags(&self, term: Term) -> Flags {
        self.entries
            .get(usize::from(term.0))
            .map_or(Flags::NONE, |entry| entry.flags)
    }

    pub(crate) fn value(&self, term: Term) -> u16 {
        self.entries
            .get(usize::from(term.0))
            .map_or(0, |entry| entry.value)
    }
}

fn slot_of(hash: u64) -> usize {
    usize::try_from(hash >> 50).unwrap_or(0) % SLOTS
}

fn hash(word: &[u8]) -> u64 {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    for byte in word {
        hash = (hash ^ u64::from(byte.to_ascii_lowercase())).wrapping_mul(0x0000_0100_0000_01b3);
    }
    hash.wrapping_mul(0x9e37_79b9_7f4a_7c15)
}
