//! The layout of the compiled lexicon: how a word becomes a key, and what is known about it becomes 64 bits.
//!
//! `cargo xtask lexicon` includes this very file to write what [`super::Lexicon`] reads. The table holds no words:
//! a key is 49 or more bits of a hash (the bucket and a 32-bit fingerprint), so nothing of a list can be read back
//! from it, and a lookup touches two cache lines. The builder refuses two words with one key; a word that is not in
//! the lists meets a foreign fingerprint about once in a thousand million lookups.
//!
//! File: magic (8 bytes), bucket bits (u32), entries (u32), bucket offsets (2^bits + 1 times u32), fingerprints
//! (u32 each), weights (u64 each), likeness of the [`GRAMS`] triples of letters (i8 each); little-endian.

use unicode_normalization::char::{decompose_canonical, is_combining_mark};

/// The first bytes of the artefact; the number changes with the layout.
pub(crate) const MAGIC: [u8; 8] = *b"CVLEX\x00\x00\x01";
/// Bytes before the bucket offsets.
pub(crate) const HEADER_BYTES: usize = 16;

/// Triples of letters, the border of a word counting as one.
pub(crate) const GRAMS: usize = 27 * 27 * 27;

const FNV_OFFSET: u64 = 0xcbf2_9ce4_8422_2325;
const FNV_PRIME: u64 = 0x0000_0100_0000_01b3;

/// The hash of a folded word while its letters come in.
#[derive(Clone, Copy)]
pub(crate) struct WordHash(u64);

impl WordHash {
    /// Starts an empty word.
    pub(crate) fn new() -> WordHash {
        WordHash(FNV_OFFSET)
    }

    /// Adds text: lower-cased, without accents; signs inside a word (apostrophe, full stop) are left out.
    pub(crate) fn push(&mut self, text: &str) {
        if text.is_ascii() {
            text.bytes().for_each(|byte| self.push_ascii(byte));
            return;
        }
        for character in text.chars() {
            if character.is_ascii() {
                self.push_ascii(character as u8);
            } else {
                self.push_other(character);
            }
        }
    }

    fn push_ascii(&mut self, byte: u8) {
        if byte.is_ascii_alphanumeric() {
            self.0 = (self.0 ^ u64::from(byte.to_ascii_lowercase())).wrapping_mul(FNV_PRIME);
        }
    }

    fn push_other(&mut self, character: char) {
        match character {
            'ø' | 'Ø' => self.push_ascii(b'o'),
            'ł' | 'Ł' => self.push_ascii(b'l'),
            'đ' | 'Đ' | 'ð' | 'Ð' => self.push_ascii(b'd'),
            'ı' => self.push_ascii(b'i'),
            'ß' => self.push("ss"),
            'æ' | 'Æ' => self.push("ae"),
            'œ' | 'Œ' => self.push("oe"),
            'þ' | 'Þ' => self.push("th"),
            _ => decompose_canonical(character, |part| {
                if part.is_ascii() {
                    self.push_ascii(part as u8);
                } else if part.is_alphabetic() && !is_combining_mark(part) {
                    for lower in part.to_lowercase() {
                        self.0 = (self.0 ^ u64::from(u32::from(lower))).wrapping_mul(FNV_PRIME);
                    }
                }
            }),
        }
    }

    /// Returns the key of the word.
    pub(crate) fn finish(self) -> u64 {
        mix(self.0)
    }
}

/// Returns the key of a word.
pub(crate) fn word_key(word: &str) -> u64 {
    let mut hash = WordHash::new();
    hash.push(word);
    hash.finish()
}

/// Returns the key of a phrase, from the key of its beginning and of the next word.
pub(crate) fn phrase_key(beginning: u64, word: u64) -> u64 {
    mix(beginning.rotate_left(23).wrapping_mul(FNV_PRIME) ^ word)
}

fn mix(mut value: u64) -> u64 {
    value = (value ^ (value >> 33)).wrapping_mul(0xff51_afd7_ed55_8ccd);
    value = (value ^ (value >> 33)).wrapping_mul(0xc4ce_b9fe_1a85_ec53);
    value ^ (value >> 33)
}

/// Returns the places of the triples of letters of a word in the table of likeness.
pub(crate) fn grams(word: &str) -> impl Iterator<Item = usize> + '_ {
    let letters = word
        .bytes()
        .filter(u8::is_ascii_alphabetic)
        .map(|byte| usize::from(byte.to_ascii_lowercase() - b'a') + 1);
    let mut last = (0, 0);
    let mut begun = false;
    letters.chain(std::iter::once(0)).filter_map(move |letter| {
        let gram = (last.0 * 27 + last.1) * 27 + letter;
        last = (last.1, letter);
        let whole = begun;
        begun = true;
        whole.then_some(gram)
    })
}

/// Returns the bucket of a key.
pub(crate) fn bucket(key: u64, bits: u32) -> usize {
    (key >> (64 - bits)) as usize
}

/// Returns the part of a key that is stored.
#[expect(
    clippy::cast_possible_truncation,
    reason = "the low half is what is meant"
)]
pub(crate) fn fingerprint(key: u64) -> u32 {
    key as u32
}

/// What the lexicon knows of a word: four weights of 0 to 15 and a set of [`Sort`]s.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Weights(pub(crate) u64);

impl Weights {
    /// Returns how usual the word is as a given name, 0 to 15 on a log scale.
    pub(crate) fn given(self) -> u32 {
        self.nibble(0)
    }

    /// Returns how usual the word is as a surname.
    pub(crate) fn surname(self) -> u32 {
        self.nibble(1)
    }

    /// Returns how big the biggest place of that name is.
    pub(crate) fn place(self) -> u32 {
        self.nibble(2)
    }

    /// Returns how usual the word is in ordinary English and medicine, written in lower case.
    pub(crate) fn common(self) -> u32 {
        self.nibble(3)
    }

    /// Returns true if the word is of that sort.
    pub(crate) fn is(self, sort: Sort) -> bool {
        self.0 & sort.bit() != 0
    }

    /// Returns true if the word is of one of those sorts.
    pub(crate) fn any(self, sorts: &[Sort]) -> bool {
        sorts.iter().any(|sort| self.is(*sort))
    }

    fn nibble(self, index: u32) -> u32 {
        ((self.0 >> (4 * index)) & 15) as u32
    }
}

macro_rules! sorts {
    ($($(#[$doc:meta])* $variant:ident = $list:literal;)*) => {
        /// What a word or phrase can be; one list of our own writing each, but for the last four.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(crate) enum Sort { $($(#[$doc])* $variant,)* }

        impl Sort {
            /// Every sort with the stem of the list it is filled from; empty where it is derived.
            #[allow(dead_code, reason = "the builder reads it, the detector does not")]
            pub(crate) const ALL: &'static [(Sort, &'static str)] = &[$((Sort::$variant, $list),)*];
        }
    };
}

sorts! {
    /// Dr, Mr, Sister, Captain.
    Title = "titles";
    /// MD, RN, Esq.
    Credential = "credentials";
    /// mother, spouse, caregiver.
    Relation = "relations";
    /// patient, surgeon, attending.
    Role = "roles";
    /// said, denies, presents.
    Verb = "speech";
    /// Months, weekdays, holidays.
    Calendar = "calendar";
    /// States and provinces.
    State = "states";
    /// TX, Calif.
    StateCode = "state_codes";
    /// Countries and large regions.
    Country = "countries";
    /// Peoples, languages, faiths.
    People = "nationalities";
    /// Hospital, Clinic, Pharmacy.
    FacilityHead = "facility_heads";
    /// Medical, Associates, Imaging: heads that need more context.
    WeakFacilityHead = "facility_heads_weak";
    /// School, Church, Inc.
    OrgHead = "org_heads";
    /// Group, Market, Services: heads that need more context.
    WeakOrgHead = "org_heads_weak";
    /// County, Lake, Airport.
    LandmarkHead = "landmark_heads";
    /// Street, Avenue.
    StreetSuffix = "street_suffixes";
    /// Radiology, ICU, Unit.
    Department = "departments";
    /// Medicare, NIH.
    PublicBody = "public_bodies";
    /// Makers and products.
    Maker = "makers";
    /// Health plans.
    Insurer = "insurers";
    /// Shops and employers.
    Employer = "employers";
    /// Places of care known by name.
    Facility = "facilities";
    /// People of medical history.
    Eponym = "eponyms";
    /// disease, syndrome, catheter.
    DiseaseHead = "disease_heads";
    /// Medicines.
    Drug = "drugs";
    /// Headings and terms that are capitalised.
    Medical = "medical_words";
    /// van, de, bin.
    Particle = "particles";
    /// Phrases that are no name.
    NotName = "phrases_not";
    /// Grammar and talk: the, she, okay.
    Function = "function";
    /// What is done where care is given: seen, admitted.
    Care = "care";
    /// What is done where somebody works or learns.
    Work = "work";
    /// Where somebody lives or travels to.
    Home = "home";
    /// Research and publishing.
    Study = "study";
    /// Names of counties.
    County = "";
    /// Words in names of hospitals.
    FacilityWord = "";
    /// Capitalised inside sentences of texts that name nobody.
    Proper = "";
    /// A phrase of the lexicon begins with the word.
    Begins = "";
}

impl Sort {
    /// Returns the bit of [`Weights`] that stands for the sort.
    pub(crate) const fn bit(self) -> u64 {
        1 << (16 + self as u32)
    }
}
