//! Settling one piece: find, replace, look again until nothing removable is found.
//!
//! A piece is *learnt* first and *applied* later. Learning assigns numbers, so everything it does depends only on
//! the piece and on those learnt before it: that is what keeps the numbers of a history when more is appended.
//! What a piece makes known is looked for in those before it as soon as it is learnt. Applying only puts in what was
//! learnt; should it still find something new (the looking back is bounded), that is removed without a number, for
//! numbering it would depend on what came later.

mod pieces;

use std::collections::HashMap;
use std::sync::Arc;

use covenant_detect::{Class, Kind};
use covenant_formats::json::Path;

use pieces::{Extent, Settled};

use super::holders::Holders;
use super::people::People;
use super::piece::{Finder, Found, Piece, Stand, find_in};
use super::ranges::{bytes_covered, rendered_cuts, trimmed};
use super::scribe::Scribe;
use crate::coarse::{birth_years, coarse, coarse_number, marker};
use crate::edit::{Edit, Mention, Rendered, What, disjoint, is_free, sort};
use crate::fields::is_plausible;
use crate::known::Known;
use crate::screened::paragraph;
use crate::tokens::Word;
use crate::words::value_in;
use crate::{OnTyped, Profile, Refusal, Report, Treatment, UnsurePolicy};

/// How often a text is looked at after its first replacements.
const PASSES: usize = 3;

/// What is known of the request so far, and what goes for all its pieces.
pub(crate) struct Settler<'a> {
    finder: &'a dyn Finder,
    profile: &'a Profile,
    scribe: &'a mut dyn Scribe,
    pub(crate) report: Report,
    known: Known,
    people: People,
    pieces: Vec<Settled>,
    /// Bytes of all pieces, and of those that were searched again for what later ones made known.
    bytes: usize,
    bytes_again: usize,
    /// What all pieces were searched for.
    searched_for: Extent,
    /// Which pieces hold a word, once there are several pieces.
    holders: Holders,
    positions: HashMap<Arc<Piece>, usize>,
}

impl<'a> Settler<'a> {
    pub(crate) fn new(
        finder: &'a dyn Finder,
        profile: &'a Profile,
        scribe: &'a mut dyn Scribe,
    ) -> Settler<'a> {
        Settler {
            finder,
            profile,
            scribe,
            report: Report::default(),
            known: Known::default(),
            people: People::default(),
            pieces: Vec::new(),
            bytes: 0,
            bytes_again: 0,
            searched_for: Extent::default(),
            holders: Holders::default(),
            positions: HashMap::new(),
        }
    }

    fn settle(&mut self, piece: &Piece, path: &Path) -> Result<Settled, Refusal> {
        let mut edits = Vec::new();
        let mut found = trimmed(self.look(piece, &piece.whole, &piece.cuts), &piece.whole);
        let named = self.named_elsewhere(piece, |start, end| {
            !found
                .iter()
                .any(|found| found.start < end && start < found.end)
        });
        found.extend(named);
        let (kept, mut mentions) = self.judge(found);
        mentions.extend(self.lookalikes(piece));
        mentions.extend(self.field(piece, &kept, &mentions));
        self.replace(mentions, piece, path, Numbering::Open, &mut edits)?;
        let elsewhere = self.elsewhere(piece, &edits);
        self.replace(elsewhere, piece, path, Numbering::Open, &mut edits)?;
        if !edits.is_empty() {
            self.look_again(piece, path, Numbering::Open, &mut edits)?;
        }
        let searched_for = self.extent();
        Ok(Settled {
            piece: Arc::new(piece.clone()),
            path: path.clone(),
            edits,
            kept,
            searched_for,
            applied: false,
        })
    }

    /// Finds people named in other texts whom this one calls by a part of their name.
    fn named_elsewhere(&self, piece: &Piece, open: impl Fn(usize, usize) -> bool) -> Vec<Found> {
        let said = match piece.stand {
            Stand::Text => self.people.introduction(&piece.whole, open),
            Stand::Key | Stand::Number | Stand::Fixed(_) => None,
        };
        let Some(said) = said else {
            return Vec::new();
        };
        let found = self.finder.find(&format!("{said}{}", piece.whole));
        let names = found.into_iter().filter(|found| found.class == Class::Name);
        let here = names
            .filter(|found| found.start >= said.len())
            .map(|found| Found {
                start: found.start - said.len(),
                end: found.end - said.len(),
                ..found
            });
        trimmed(here.collect(), &piece.whole)
    }

    fn look(&self, piece: &Piece, text: &str, cuts: &[usize]) -> Vec<Found> {
        let mut found = find_in(self.finder, piece, text, cuts);
        if piece.is_schema_like() {
            found.retain(|found| !found.unsure);
        }
        if self.profile.treatment(Class::Date, Kind::Date) == Treatment::Generalize {
            found.extend(birth_years(text, self.profile));
        }
        found
    }

    /// Looks at the text as it now stands until nothing removable is found in what is left of the original.
    fn look_again(
        &mut self,
        piece: &Piece,
        path: &Path,
        numbering: Numbering,
        edits: &mut Vec<Edit>,
    ) -> Result<(), Refusal> {
        if !matches!(piece.stand, Stand::Text | Stand::Key) {
            return Ok(());
        }
        for _ in 0..PASSES {
            let rendered = Rendered::new(&piece.whole, edits);
            let found = self.look(piece, &rendered.text, &rendered_cuts(piece, edits));
            let left = found.iter().flat_map(|found| {
                rendered
                    .untouched(found.start, found.end)
                    .map(|(start, end)| Found {
                        start,
                        end,
                        ..*found
                    })
            });
            let (_, mut mentions) = self.judge(left.collect());
            mentions.retain(|mention| is_free(edits, mention.start, mention.end));
            if mentions.is_empty() {
                return Ok(());
            }
            self.replace(mentions, piece, path, numbering, edits)?;
            let elsewhere = self.elsewhere(piece, edits);
            self.replace(elsewhere, piece, path, numbering, edits)?;
        }
        Err(Refusal::Unsettled {
            path: path.clone(),
            passes: PASSES + 1,
        })
    }

    /// Parts what is kept from what is not.
    fn judge(&self, found: Vec<Found>) -> (Vec<Found>, Vec<Mention>) {
        let mut kept: Vec<Found> = Vec::new();
        let mut mentions = Vec::new();
        for found in found {
            let treatment = match self.profile.treatment(found.class, found.kind) {
                _ if found.unsure && self.profile.unsure == UnsurePolicy::Keep => Treatment::Keep,
                treatment => treatment,
            };
            let what = What::Found(found.class, found.kind);
            match treatment {
                Treatment::Keep if kept.last().is_some_and(|last| last.start == found.start) => {}
                Treatment::Keep => kept.push(found),
                _ => mentions.push(Mention {
                    start: found.start,
                    end: found.end,
                    what,
                    treatment,
                    unsure: found.unsure,
                }),
            }
        }
        (kept, mentions)
    }

    fn lookalikes(&self, piece: &Piece) -> Vec<Mention> {
        let mention = |start, end| Mention {
            start,
            end,
            what: What::Lookalike,
            treatment: Treatment::Pseudonymize,
            unsure: false,
        };
        let mut found: Vec<Mention> = self
            .scribe
            .lookalikes(&piece.whole)
            .into_iter()
            .map(|(start, end)| mention(start, end))
            .collect();
        let ends = piece.cuts.iter().copied().chain([piece.whole.len()]);
        let mut from = 0;
        for to in ends.filter(|_| !piece.cuts.is_empty()) {
            let part = piece.whole.get(from..to).unwrap_or_default();
            found.extend(
                self.scribe
                    .lookalikes(part)
                    .into_iter()
                    .map(|(start, end)| mention(start + from, end + from)),
            );
            from = to;
        }
        found
    }

    /// What the field's name says of a value of which the finder did not say enough.
    fn field(&self, piece: &Piece, kept: &[Found], mentions: &[Mention]) -> Option<Mention> {
        let kind = piece
            .field
            .filter(|kind| is_plausible(*kind, &piece.whole))?;
        let treatment = self.profile.treatment(kind.class(), kind);
        let kept = kept.iter().map(|found| (found.start, found.end));
        let found = kept.chain(mentions.iter().map(|mention| (mention.start, mention.end)));
        let covered = bytes_covered(found.collect());
        let (start, end) = value_in(&piece.whole)?;
        if treatment == Treatment::Keep || covered * 2 >= end - start {
            return None;
        }
        let what = What::Found(kind.class(), kind);
        Some(Mention {
            start,
            end,
            what,
            treatment,
            unsure: false,
        })
    }

    /// Where values known from anywhere stand in the piece, untouched as yet.
    fn elsewhere(&self, piece: &Piece, edits: &[Edit]) -> Vec<Mention> {
        let occurrences = self.known.occurrences(&piece.whole).into_iter();
        let free = occurrences.filter(|at| is_free(edits, at.start, at.end));
        let mentions = free.map(|at| Mention {
            start: at.start,
            end: at.end,
            what: What::Found(at.class, at.kind),
            treatment: self.profile.treatment(at.class, at.kind),
            unsure: false,
        });
        mentions.collect()
    }

    /// Turns mentions into replacements.
    fn replace(
        &mut self,
        mentions: Vec<Mention>,
        piece: &Piece,
        path: &Path,
        numbering: Numbering,
        edits: &mut Vec<Edit>,
    ) -> Result<(), Refusal> {
        for mention in disjoint(mentions) {
            let mut mention = self.as_known(mention, piece);
            let value = piece
                .whole
                .get(mention.start..mention.end)
                .unwrap_or_default();
            let text = match mention.what {
                What::Lookalike => self.scribe.token(Word::Text, value),
                What::Found(class, _) if mention.treatment == Treatment::Block => {
                    return Err(Refusal::Blocked {
                        class,
                        path: path.clone(),
                    });
                }
                What::Found(class, kind) => {
                    if !mention.unsure {
                        self.known.add(value, class, kind);
                        if kind == Kind::Person {
                            self.people.add(value);
                        }
                    }
                    let after = piece.whole.get(mention.end..).unwrap_or_default();
                    self.stand_in(&mut mention, value, after, numbering)
                }
            };
            edits.push(Edit { mention, text });
        }
        sort(edits);
        self.fit(piece, path, edits)
    }

    /// A value that has a token keeps it where the finder now takes it for something else.
    fn as_known(&self, mention: Mention, piece: &Piece) -> Mention {
        let value = piece
            .whole
            .get(mention.start..mention.end)
            .unwrap_or_default();
        match (mention.what, self.known.class_of(value)) {
            (What::Found(..), Some((class, kind)))
                if mention.treatment == Treatment::Pseudonymize
                    && self.profile.treatment(class, kind) == Treatment::Pseudonymize =>
            {
                Mention {
                    what: What::Found(class, kind),
                    ..mention
                }
            }
            _ => mention,
        }
    }

    /// What is written in place of a value. A value that may not be numbered any more is redacted.
    fn stand_in(
        &mut self,
        mention: &mut Mention,
        value: &str,
        after: &str,
        numbering: Numbering,
    ) -> String {
        let What::Found(class, kind) = mention.what else {
            return String::new();
        };
        let word = Word::Class(class);
        match mention.treatment {
            Treatment::Pseudonymize if numbering == Numbering::Open => {
                self.scribe.token(word, value)
            }
            Treatment::Pseudonymize => self.scribe.find(word, value).unwrap_or_else(|| {
                mention.treatment = Treatment::Redact;
                marker(class)
            }),
            // An age has no stand-in that would not be another's age.
            Treatment::Surrogate if class == Class::Age => {
                coarse(class, kind, value, after, self.profile).unwrap_or_else(|| marker(class))
            }
            Treatment::Generalize => {
                coarse(class, kind, value, after, self.profile).unwrap_or_else(|| marker(class))
            }
            Treatment::Surrogate => {
                let surrogate = self.scribe.surrogate(class, kind, value);
                surrogate.unwrap_or_else(|| marker(class))
            }
            Treatment::Block | Treatment::Redact | Treatment::Keep => marker(class),
        }
    }

    /// Where no token can stand: refuses, or puts one generalised value for the whole.
    fn fit(&mut self, piece: &Piece, path: &Path, edits: &mut Vec<Edit>) -> Result<(), Refusal> {
        let (Some(edit), false) = (
            edits.first(),
            matches!(piece.stand, Stand::Text | Stand::Key),
        ) else {
            return Ok(());
        };
        let (class, kind) = match edit.mention.what {
            What::Found(class, kind) => (class, kind),
            What::Lookalike => (Class::OtherId, Kind::OtherId),
        };
        let what = match piece.stand {
            Stand::Fixed(what) => what,
            _ => "a number",
        };
        if self.profile.on_typed == OnTyped::Refuse {
            return Err(Refusal::CannotStand {
                class,
                path: path.clone(),
                what,
            });
        }
        let text = match piece.stand {
            Stand::Number => coarse_number(class, kind, &piece.whole, self.profile),
            _ => {
                coarse(class, kind, &piece.whole, "", self.profile).unwrap_or_else(|| marker(class))
            }
        };
        let (what, unsure) = (What::Found(class, kind), edit.mention.unsure);
        let mention = Mention {
            start: 0,
            end: piece.whole.len(),
            what,
            treatment: Treatment::Generalize,
            unsure,
        };
        *edits = vec![Edit { mention, text }];
        Ok(())
    }

    /// Counts what was done, and keeps the spelling of each value as the last one seen.
    fn count(&mut self, piece: &Piece, edits: &[Edit], kept: &[Found]) {
        for Edit { mention, .. } in edits {
            let value = piece
                .whole
                .get(mention.start..mention.end)
                .unwrap_or_default();
            let word = match mention.what {
                What::Lookalike => {
                    self.report.lookalikes += 1;
                    continue;
                }
                What::Found(class, kind) => {
                    let basis = paragraph(kind.basis());
                    self.report.count(class, mention.treatment, basis);
                    Word::Class(class)
                }
            };
            self.report.unsure += u32::from(mention.unsure);
            if mention.treatment == Treatment::Pseudonymize {
                self.scribe.token(word, value);
            }
        }
        for found in kept
            .iter()
            .filter(|found| is_free(edits, found.start, found.end))
        {
            let citation = match self.profile.citation.as_str() {
                "" => paragraph(found.kind.basis()),
                citation => citation,
            };
            self.report.count(found.class, Treatment::Keep, citation);
            self.report.unsure += u32::from(found.unsure);
        }
    }
}

/// Whether values not seen before may be given numbers.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Numbering {
    Open,
    Closed,
}
