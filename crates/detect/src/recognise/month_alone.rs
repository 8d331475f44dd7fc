//! A month alone, where it means a time and not a verb or a woman.

use super::date::Found;
use crate::candidate::Priority;
use crate::kind::Kind;
use crate::segment::Segment;
use crate::term::Flags;
use crate::token::Case;

/// Months that are also verbs, or names of people.
pub(super) fn is_verb(month: u32) -> bool {
    matches!(month, 3 | 5)
}

fn is_name(month: u32) -> bool {
    matches!(month, 4 | 5 | 6 | 8)
}

/// A month alone: where it can only be a month, or where the word before makes it a time.
pub(super) fn alone(segment: &Segment<'_>, index: usize, month: u32) -> Option<Found> {
    let token = segment.token(index)?;
    let short = token.len() <= 4 && !matches!(month, 5..=7) || token.len() == 3 && month != 5;
    let month_alone = Found {
        kind: Kind::Month,
        priority: Priority::Pattern,
        ..Found::day(index + 1, 0.0, "month alone")
    };
    let found = |confidence| {
        Some(Found {
            confidence,
            ..month_alone
        })
    };
    let cue = cue_before_month(segment, index, month);
    let listed = beside_month(segment, index);
    if token.case == Case::Lower {
        let modal = is_verb(month)
            && !["in", "since", "last", "next", "until", "mid"]
                .iter()
                .any(|word| segment.is(index.saturating_sub(1), word));
        return if cue && !short && !modal {
            found(0.8)
        } else {
            None
        };
    }
    // `DEC` may be a drug: a short form needs a word that only a time follows.
    let shouted = short && token.case == Case::Upper && segment.is(index.saturating_sub(1), "of");
    if cue && !shouted || listed && !short {
        return found(0.85);
    }
    let plain = !short && !is_verb(month) && !is_name(month);
    let followed_by_name = segment
        .token(index + 1)
        .is_some_and(|next| next.case == Case::Title && next.space_before);
    if plain && !followed_by_name {
        found(0.7)
    } else {
        None
    }
}

/// Returns true if the word before says that a month follows.
fn cue_before_month(segment: &Segment<'_>, index: usize, month: u32) -> bool {
    let dash = index > 1 && segment.sign(index - 1, b'-') && segment.touches(index);
    let at = if dash {
        index.checked_sub(2)
    } else {
        index.checked_sub(1)
    };
    let Some(at) = at else { return false };
    if dash {
        return segment.is(at, "mid") || segment.is(at, "late") || segment.is(at, "early");
    }
    if is_name(month) {
        let firm = [
            "in", "since", "last", "next", "early", "late", "mid", "until", "during", "this",
            "past",
        ];
        let part = [
            "end",
            "beginning",
            "middle",
            "month",
            "start",
            "half",
            "week",
        ];
        return firm.iter().any(|cue| segment.is(at, cue))
            || segment.is(at, "of") && at > 0 && part.iter().any(|word| segment.is(at - 1, word));
    }
    segment.flags(at).has(Flags::PARTICULAR)
        && !(is_verb(month) && (segment.is(at, "to") || segment.is(at, "and")))
}

/// Returns true for the second of `May to August`, `June-July`, `March and April`, and for the first of them.
fn beside_month(segment: &Segment<'_>, index: usize) -> bool {
    let joins = |at: usize| {
        matches!(segment.sign_at(at), b'-' | b'/' | b',' | b'&')
            || ["to", "through", "and", "or", "until"]
                .iter()
                .any(|word| segment.is(at, word))
    };
    let before = index >= 2 && joins(index - 1) && segment.flags(index - 2).has(Flags::MONTH);
    let capital = segment
        .token(index + 2)
        .is_some_and(|token| token.case != Case::Lower);
    before || joins(index + 1) && capital && segment.flags(index + 2).has(Flags::MONTH)
}
