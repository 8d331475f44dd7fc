//! What is put where: replacements over a text, and the way back from the changed text to the original.

use covenant_detect::{Class, Kind};

use crate::Treatment;
use crate::words::value_in;

/// Something found that may not stay; bytes of the original text.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Mention {
    pub(crate) start: usize,
    pub(crate) end: usize,
    pub(crate) what: What,
    pub(crate) treatment: Treatment,
    pub(crate) unsure: bool,
}

/// What was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum What {
    Found(Class, Kind),
    /// Text of the caller that looks like a token.
    Lookalike,
}

/// A replacement.
#[derive(Clone, Debug)]
pub(crate) struct Edit {
    pub(crate) mention: Mention,
    pub(crate) text: String,
}

/// Joins mentions that overlap; the strictest treatment stands, then what is sure, then what is longest.
pub(crate) fn disjoint(mut mentions: Vec<Mention>) -> Vec<Mention> {
    mentions.sort_by_key(|mention| (mention.start, std::cmp::Reverse(mention.end)));
    let mut joined: Vec<Mention> = Vec::with_capacity(mentions.len());
    for mention in mentions {
        match joined.last_mut() {
            Some(last) if mention.start < last.end => join(last, mention),
            _ => joined.push(mention),
        }
    }
    joined
}

fn join(last: &mut Mention, next: Mention) {
    let rank = |mention: &Mention| {
        (
            strictness(mention),
            !mention.unsure,
            mention.end - mention.start,
        )
    };
    let (start, end) = (last.start, last.end.max(next.end));
    let unsure = last.unsure && next.unsure;
    // Among equals the later stands: what was read with its label comes after what was read without.
    if rank(&next) >= rank(last) {
        *last = next;
    }
    last.start = start;
    last.end = end;
    last.unsure = unsure;
}

fn strictness(mention: &Mention) -> u8 {
    match (mention.what, mention.treatment) {
        (What::Lookalike, _) => 0,
        (_, Treatment::Keep | Treatment::Generalize | Treatment::Surrogate) => 1,
        (_, Treatment::Pseudonymize) => 2,
        (_, Treatment::Redact) => 3,
        (_, Treatment::Block) => 4,
    }
}

/// Puts the edits in order of place.
pub(crate) fn sort(edits: &mut [Edit]) {
    edits.sort_by_key(|edit| edit.mention.start);
}

/// Tells whether `start..end` touches none of the edits, which are in order.
pub(crate) fn is_free(edits: &[Edit], start: usize, end: usize) -> bool {
    let after = edits.partition_point(|edit| edit.mention.end <= start);
    edits
        .get(after)
        .is_none_or(|edit| edit.mention.start >= end)
}

/// The text with its edits made, and where each stretch of untouched text came from.
pub(crate) struct Rendered {
    pub(crate) text: String,
    stretches: Vec<Stretch>,
}

#[derive(Clone, Copy)]
struct Stretch {
    rendered: usize,
    original: usize,
    length: usize,
}

impl Rendered {
    /// Makes the edits, which are in order and do not overlap.
    pub(crate) fn new(original: &str, edits: &[Edit]) -> Rendered {
        let mut rendered = Rendered {
            text: String::with_capacity(original.len() + 8 * edits.len()),
            stretches: Vec::new(),
        };
        let mut from = 0;
        for edit in edits {
            rendered.copy(original, from, edit.mention.start);
            rendered.text.push_str(&edit.text);
            from = edit.mention.end;
        }
        rendered.copy(original, from, original.len());
        rendered
    }

    fn copy(&mut self, original: &str, from: usize, to: usize) {
        let Some(text) = original.get(from..to) else {
            return;
        };
        self.stretches.push(Stretch {
            rendered: self.text.len(),
            original: from,
            length: text.len(),
        });
        self.text.push_str(text);
    }

    /// Returns the parts of `start..end` of the rendered text that are untouched original, as ranges of the original
    /// without what surrounds them; only those with a letter or digit.
    pub(crate) fn untouched(
        &self,
        start: usize,
        end: usize,
    ) -> impl Iterator<Item = (usize, usize)> {
        let first = self
            .stretches
            .partition_point(|stretch| stretch.rendered + stretch.length <= start);
        let touching = self
            .stretches
            .iter()
            .skip(first)
            .take_while(move |stretch| stretch.rendered < end);
        touching.filter_map(move |stretch| {
            let from = start.max(stretch.rendered);
            let to = end.min(stretch.rendered + stretch.length);
            let (start, end) = value_in(self.text.get(from..to)?)?;
            let from = from - stretch.rendered + stretch.original;
            Some((from + start, from + end))
        })
    }
}

/// Makes the edits in a text of several parts that begin at `cuts`: what replaces a mention stands in the part in
/// which it begins, and nothing in the others.
pub(crate) fn render_parts(whole: &str, cuts: &[usize], edits: &[Edit]) -> Vec<String> {
    let ends = cuts.iter().copied().chain([whole.len()]);
    let mut start = 0;
    let mut edits = edits.iter().peekable();
    let mut parts = Vec::with_capacity(cuts.len() + 1);
    for end in ends {
        let mut part = String::with_capacity(end.saturating_sub(start));
        while let Some(edit) = edits.next_if(|edit| edit.mention.start < end) {
            part.push_str(whole.get(start..edit.mention.start).unwrap_or_default());
            part.push_str(&edit.text);
            start = edit.mention.end;
        }
        part.push_str(whole.get(start..end).unwrap_or_default());
        start = start.max(end);
        parts.push(part);
    }
    parts
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    fn edit(start: usize, end: usize, text: &str) -> Edit {
        let what = What::Found(Class::Name, Kind::Person);
        let mention = Mention {
            start,
            end,
            what,
            treatment: Treatment::Pseudonymize,
            unsure: false,
        };
        Edit {
            mention,
            text: text.to_owned(),
        }
    }

    #[test]
    fn places_in_the_rendered_text_lead_back_to_the_original() {
        let rendered = Rendered::new(
            "ab Ellen cd Marsh ef",
            &[edit(3, 8, "[1]"), edit(12, 17, "[2]")],
        );
        assert_eq!(rendered.text, "ab [1] cd [2] ef");
        assert_eq!(
            rendered.untouched(0, 16).collect::<Vec<_>>(),
            [(0, 2), (9, 11), (18, 20)]
        );
        assert_eq!(rendered.untouched(3, 6).count(), 0);
        assert_eq!(rendered.untouched(4, 8).collect::<Vec<_>>(), [(9, 10)]);
    }

    #[test]
    fn a_value_split_over_parts_is_replaced_where_it_begins() {
        let whole = "seen Ellen Marsh and Bo";
        let edits = [edit(5, 16, "[1]"), edit(21, 23, "[2]")];
        assert_eq!(
            render_parts(whole, &[8, 11, 11, 14], &edits),
            ["seen [1]", "", "", "", " and [2]"]
        );
        assert_eq!(render_parts(whole, &[], &edits), ["seen [1] and [2]"]);
        assert_eq!(
            render_parts(whole, &[5, 16], &edits),
            ["seen ", "[1]", " and [2]"]
        );
    }

    #[test]
    fn overlapping_mentions_become_one_with_the_strictest_treatment() {
        let mention = |start, end, class, treatment| Mention {
            start,
            end,
            what: What::Found(class, Kind::Person),
            treatment,
            unsure: false,
        };
        let joined = disjoint(vec![
            mention(6, 12, Class::Date, Treatment::Generalize),
            mention(0, 4, Class::Name, Treatment::Pseudonymize),
            mention(10, 14, Class::Mrn, Treatment::Pseudonymize),
        ]);
        assert_eq!(joined.len(), 2);
        assert_eq!(
            joined.last().unwrap(),
            &mention(6, 14, Class::Mrn, Treatment::Pseudonymize)
        );
    }
}
