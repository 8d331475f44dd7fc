//! How well findings cover what is marked in texts: the figures every detector of this field is compared by.
//!
//! A mention counts as *covered* only when every letter and digit of it is: a leak of one initial is a leak. *Touched*,
//! which most papers print, is shown beside it. Precision and recall are over letters and digits, so that neither signs
//! nor white space count for or against anybody. Texts without a mark show what over-redaction costs.

use std::collections::BTreeMap;
use std::ops::Range;

/// Scores of one detector over texts; add texts with [`Score::add`].
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Score {
    /// All mentions.
    pub all: Mentions,
    /// Mentions by the word they are marked with.
    pub by_class: BTreeMap<String, Mentions>,
    /// Letters and digits that are marked.
    pub marked: usize,
    /// Letters and digits that were found.
    pub found: usize,
    /// Letters and digits that are marked and were found.
    pub both: usize,
    /// Texts without a mark.
    pub free_texts: usize,
    /// Texts without a mark in which something was found.
    pub free_flagged: usize,
    /// Words of the texts without a mark.
    pub free_words: usize,
    /// Spans found in the texts without a mark.
    pub free_spans: usize,
}

/// Mentions, and how many of them were found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Mentions {
    /// How many there are.
    pub count: usize,
    /// Those of which every letter and digit was found.
    pub covered: usize,
    /// Those of which anything was found.
    pub touched: usize,
}

/// What went wrong in a text; bytes of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// A mention that is not wholly covered, and the word it is marked with.
    Missed(Range<usize>, String),
    /// A span that touches no mention; its position in the list of spans.
    Spurious(Range<usize>, usize),
}

impl Score {
    /// Adds a text: its marks, each with the word it is marked with, and the spans found, in bytes of the text. What
    /// lies outside the text is left out. Returns what went wrong, missed mentions first.
    pub fn add(
        &mut self,
        text: &str,
        marks: &[(Range<usize>, &str)],
        spans: &[Range<usize>],
    ) -> Vec<Fault> {
        let marked = mask(text, marks.iter().map(|(range, _)| range));
        let found = mask(text, spans.iter());
        let mut faults = Vec::new();
        for (range, class) in marks {
            let inside = letters(text).filter(|at| range.contains(at));
            let (mut count, mut hit) = (0, 0);
            for at in inside {
                count += 1;
                hit += usize::from(is_set(&found, at));
            }
            let of_class = self.by_class.entry((*class).to_owned()).or_default();
            for mentions in [&mut self.all, of_class] {
                mentions.count += 1;
                mentions.covered += usize::from(hit == count);
                mentions.touched += usize::from(hit > 0);
            }
            if hit < count {
                faults.push(Fault::Missed(range.clone(), (*class).to_owned()));
            }
        }
        for at in letters(text) {
            let (marked, found) = (is_set(&marked, at), is_set(&found, at));
            self.marked += usize::from(marked);
            self.found += usize::from(found);
            self.both += usize::from(marked && found);
        }
        for (position, range) in spans.iter().enumerate() {
            if !range.clone().any(|at| is_set(&marked, at)) {
                faults.push(Fault::Spurious(range.clone(), position));
            }
        }
        if marks.is_empty() {
            self.free_texts += 1;
            self.free_flagged += usize::from(!spans.is_empty());
            self.free_spans += spans.len();
            self.free_words += text.split_whitespace().count();
        }
        faults
    }

    /// Share of the found letters and digits that are marked; 0 when nothing was found.
    #[must_use]
    pub fn precision(&self) -> f64 {
        share(self.both, self.found)
    }

    /// Share of the marked letters and digits that were found; 0 when nothing is marked.
    #[must_use]
    pub fn recall(&self) -> f64 {
        share(self.both, self.marked)
    }

    /// The harmonic mean of precision and recall.
    #[must_use]
    pub fn f1(&self) -> f64 {
        let (precision, recall) = (self.precision(), self.recall());
        match precision + recall {
            sum if sum > 0.0 => 2.0 * precision * recall / sum,
            _ => 0.0,
        }
    }

    /// Share of the texts without a mark in which something was found.
    #[must_use]
    pub fn flagged(&self) -> f64 {
        share(self.free_flagged, self.free_texts)
    }

    /// Spans found in a thousand words of texts without a mark.
    #[must_use]
    pub fn spans_in_a_thousand_words(&self) -> f64 {
        1000.0 * share(self.free_spans, self.free_words)
    }
}

impl Mentions {
    /// Share of the mentions that are wholly covered.
    #[must_use]
    pub fn covered_share(&self) -> f64 {
        share(self.covered, self.count)
    }

    /// Share of the mentions of which anything was found.
    #[must_use]
    pub fn touched_share(&self) -> f64 {
        share(self.touched, self.count)
    }
}

#[expect(clippy::cast_precision_loss, reason = "counts of texts at hand")]
fn share(part: usize, whole: usize) -> f64 {
    if whole == 0 {
        0.0
    } else {
        part as f64 / whole as f64
    }
}

/// The bytes at which letters and digits begin.
fn letters(text: &str) -> impl Iterator<Item = usize> + '_ {
    text.char_indices()
        .filter(|(_, letter)| letter.is_alphanumeric())
        .map(|(at, _)| at)
}

fn mask<'r>(text: &str, ranges: impl Iterator<Item = &'r Range<usize>>) -> Vec<bool> {
    let mut mask = vec![false; text.len()];
    for range in ranges {
        let end = range.end.min(text.len());
        if let Some(part) = mask.get_mut(range.start.min(end)..end) {
            part.fill(true);
        }
    }
    mask
}

fn is_set(mask: &[bool], at: usize) -> bool {
    mask.get(at).copied().unwrap_or(false)
}

#[cfg(test)]
mod tests {
    #![allow(
        clippy::float_cmp,
        clippy::single_range_in_vec_init,
        reason = "shares of small counts are exact; lists of one span"
    )]
    use super::*;

    #[test]
    fn a_mention_is_covered_when_every_letter_and_digit_of_it_is() {
        let mut score = Score::default();
        let text = "Ann (A.) Roe, 12/3";
        let faults = score.add(
            text,
            &[(0..12, "NAME"), (14..18, "DATE")],
            &[0..5, 9..12, 14..18],
        );
        assert_eq!(faults, [Fault::Missed(0..12, "NAME".to_owned())]);
        assert_eq!(
            score.all,
            Mentions {
                count: 2,
                covered: 1,
                touched: 2
            }
        );
        assert_eq!((score.marked, score.found, score.both), (10, 9, 9));
        assert_eq!((score.precision(), score.recall()), (1.0, 0.9));
    }

    #[test]
    fn texts_without_marks_show_what_too_much_costs() {
        let mut score = Score::default();
        assert_eq!(score.add("nobody here", &[], &[]), []);
        assert_eq!(
            score.add("Wilson disease is rare", &[], &[0..6]),
            [Fault::Spurious(0..6, 0)]
        );
        assert_eq!(
            (score.flagged(), score.spans_in_a_thousand_words()),
            (0.5, 1000.0 / 6.0)
        );
        assert_eq!(
            (score.precision(), score.recall(), score.f1()),
            (0.0, 0.0, 0.0)
        );
    }

    #[test]
    fn ranges_outside_the_text_do_no_harm() {
        let mut score = Score::default();
        score.add("é", &[(0..9, "NAME")], &[40..50, 1..40]);
        assert_eq!(score.all.count, 1);
    }
}
