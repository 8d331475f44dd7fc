//! Telephone, fax and pager numbers.

use super::check;
use super::groups::Groups;
use super::span;
use super::value;
use crate::candidate::{Candidate, Priority};
use crate::finding::Reason;
use crate::kind::Kind;
use crate::segment::Segment;
use crate::term::Flags;
use crate::token::{Case, Shape};

/// What the words around a number say about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Cue {
    kind: Kind,
    /// It stands right before (or after) the number; otherwise a few words away.
    near: bool,
}

/// Proposes the number that starts at `index` (a number, a bracket or a plus sign). `listed` says that another
/// telephone number stands before it in a list.
pub(super) fn propose(
    segment: &Segment<'_>,
    index: usize,
    listed: bool,
    carried: Option<Kind>,
    out: &mut Vec<Candidate>,
) {
    let plus = segment.sign(index, b'+');
    let first = index + usize::from(plus);
    if plus && !segment.touches(first) && !segment.sign(first, b'(')
        || !plus && is_inside(segment, index)
    {
        return;
    }
    let groups = Groups::read(segment, first);
    let unclosed = segment.sign(index, b'(') && !segment.sign(index + 2, b')');
    if groups.len() == 0 || unclosed {
        return;
    }
    let found = if plus {
        international(&groups)
    } else {
        american(segment, index, &groups)
    };
    let cue = cue_before(segment, index, carried);
    let Some((count, strength)) = found.or_else(|| by_cue(segment, &groups, cue, listed)) else {
        short(segment, index, &groups, cue, out);
        return;
    };
    let end = after_extension(segment, groups.upto(count - 1));
    push(segment, index, end, strength, cue, out);
}

/// Returns true if the number is the rest of something else.
fn is_inside(segment: &Segment<'_>, index: usize) -> bool {
    if !segment.touches(index) {
        return false;
    }
    match segment.sign_at(index - 1) {
        0 => !segment.sign(index, b'('),
        b'$' | b'+' | b'@' => true,
        b'-' | b'.' | b'/' | b'_' => {
            index >= 2
                && segment.touches(index - 1)
                && segment
                    .token(index - 2)
                    .is_some_and(|token| token.has_digit())
        }
        _ => false,
    }
}

/// How strongly the shape alone speaks for a telephone number.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Strength {
    /// Valid in the numbering plan, in a telephone's spelling.
    Plan,
    /// In a telephone's spelling.
    Spelling,
    /// The cue alone speaks for it.
    Cue,
    /// Seven digits with a hyphen.
    Local,
}

/// Reads `+44 20 7946 0958`.
fn international(groups: &Groups) -> Option<(usize, Strength)> {
    let all = groups.len();
    let count = (1..=all)
        .rev()
        .find(|count| (8..=15).contains(&groups.digits(0, *count).len()))?;
    Some((count, Strength::Plan))
}

/// Reads `(202) 555-0143`, `202.555.0143`, `1-202-555-0143`, `001-202-555-0143`, `202 555 0143`.
fn american(segment: &Segment<'_>, index: usize, groups: &Groups) -> Option<(usize, Strength)> {
    let bracket = segment.sign(index, b'(');
    if groups.digits(0, 1) == "011" && groups.len() >= 3 {
        return international(groups);
    }
    let trunk = matches!(groups.digits(0, 1), "1" | "001" | "01" | "011") && groups.len() > 1;
    let from = usize::from(trunk);
    let size = |place: usize| groups.size(from + place);
    let count = match (size(0), size(1), size(2)) {
        (3, 3, 4) => 3,
        (3, 7, _) if bracket || trunk || groups.sign(from + 1) == b'-' => 2,
        (6, 4, _) if groups.sign(from + 1) == b'-' => 2,
        (10, _, _) if trunk && groups.sign(1) != b' ' => 1,
        _ => return None,
    };
    // `415-555-0132/0133` names two lines.
    let second_line = count == 3
        && groups.sign(from + 3) == b'/'
        && groups.size(3 + from) == 4
        && !groups.is_glued(from + 4);
    let count = count + usize::from(second_line);
    if groups.is_glued(from + count) {
        return None;
    }
    let digits = groups
        .digits(from, from + count)
        .get(..10)
        .unwrap_or_default();
    let spaced = count == 3 && groups.sign(from + 1) == b' ' && groups.sign(from + 2) == b' ';
    let slashed = count == 3 && groups.sign(from + 2) == b'/';
    let plan = check::is_nanp(digits);
    if slashed || spaced && !plan && !trunk {
        return None;
    }
    Some((
        from + count,
        if plan {
            Strength::Plan
        } else {
            Strength::Spelling
        },
    ))
}

/// Reads what only a cue or a hyphen makes a telephone number.
fn by_cue(
    segment: &Segment<'_>,
    groups: &Groups,
    cue: Option<Cue>,
    listed: bool,
) -> Option<(usize, Strength)> {
    let all = groups.len();
    let tight = (1..all)
        .find(|place| groups.sign(*place) == b' ')
        .unwrap_or(all);
    let near = cue.is_some_and(|cue| cue.near) || listed;
    let digits = groups.digits(0, tight).len();
    let longer = all > 2 && groups.sign(2) == b' ' && near;
    let local = groups.are(&[3, 4]) && !longer && matches!(groups.sign(1), b'-' | b'.' | b' ');
    if local && (near || cue.is_some() && groups.sign(1) != b' ') {
        return Some((2, Strength::Cue));
    }
    if local
        && groups.sign(1) == b'-'
        && groups.digits(0, 1) >= "200"
        && !code_before(segment, groups.upto(0) - 1)
    {
        return Some((2, Strength::Local));
    }
    if !near {
        let ten = tight == 1 && digits == 10 && check::is_nanp(&groups.digits);
        return (ten && cue.is_some()).then_some((1, Strength::Cue));
    }
    let most = (1..=all).rev().find(|count| {
        (7..=15).contains(&groups.digits(0, *count).len()) && !groups.is_glued(*count)
    })?;
    let date = groups.size(0) <= 2 && groups.size(1) <= 2 && matches!(groups.sign(1), b'/' | b'-');
    (!date && !segment.flags(groups.upto(most - 1)).has(Flags::UNIT))
        .then_some((most, Strength::Cue))
}

fn code_before(segment: &Segment<'_>, index: usize) -> bool {
    (1..=2).any(|steps| {
        index.checked_sub(steps).is_some_and(|at| {
            segment.flags(at).has(Flags::CODE.and(Flags::MARK)) || segment.sign(at, b'#')
        })
    })
}

/// Extensions and pagers: short numbers that only the word before makes one.
fn short(
    segment: &Segment<'_>,
    index: usize,
    groups: &Groups,
    cue: Option<Cue>,
    out: &mut Vec<Candidate>,
) {
    let size = groups.size(0);
    if groups.is_glued(1)
        || segment.flags(groups.upto(0)).has(Flags::UNIT)
        || segment.sign(groups.upto(0), b'%')
    {
        return;
    }
    let extension = (1..=2).any(|steps| {
        index.checked_sub(steps).is_some_and(|at| {
            segment.flags(at).has(Flags::EXTENSION)
                && segment.token(at).is_some_and(|token| token.len() > 1)
        })
    });
    let pager =
        cue.is_some_and(|cue| cue.near && cue.kind == Kind::Pager) && pager_word(segment, index);
    let kind = if pager { Kind::Pager } else { Kind::Phone };
    if pager && (3..=10).contains(&size) || extension && (2..=6).contains(&size) {
        let context = if pager { "pager" } else { "extension" };
        let reason = Reason::rule("short number").context(context);
        out.push(span(
            segment,
            index,
            groups.upto(0),
            kind,
            0.85,
            Priority::Labelled,
            reason,
        ));
    }
}

/// Returns true unless the word before is `page` of a book: `page 12`, `page 3 of 4`.
fn pager_word(segment: &Segment<'_>, index: usize) -> bool {
    !(1..=3).any(|steps| {
        index
            .checked_sub(steps)
            .is_some_and(|at| segment.is(at, "page") || segment.is(at, "pages"))
    })
}

/// How many tokens before a number a cue may stand.
const CUE_REACH: usize = 9;

/// Returns what the words before say.
fn cue_before(segment: &Segment<'_>, index: usize, carried: Option<Kind>) -> Option<Cue> {
    if carried.is_none() && !(1..=CUE_REACH).any(|steps| may_be_cue(segment, index, steps)) {
        return None;
    }
    let mut words = 0;
    for steps in 1..=CUE_REACH {
        let Some(at) = index.checked_sub(steps) else {
            return carried.map(|kind| Cue { kind, near: true });
        };
        let token = segment.token(at)?;
        if token.shape == Shape::Sign {
            if matches!(token.first, b';' | b'?' | b'!') {
                return None;
            }
            continue;
        }
        let kind = if let Some(kind) = cue_kind(segment, at) {
            kind
        } else if token.len() == 1 && segment.sign(at + 1, b':') && steps <= 3 {
            match token.first.to_ascii_lowercase() {
                b'f' => Kind::Fax,
                b'p' | b't' | b'c' | b'h' | b'w' | b'm' | b'o' => Kind::Phone,
                _ => return None,
            }
        } else {
            if !is_between(segment, at) {
                words += 1;
            }
            if words > 3 {
                return None;
            }
            continue;
        };
        return Some(Cue {
            kind,
            near: words == 0,
        });
    }
    None
}

/// Returns true if the token `steps` before `index` could be a cue: most numbers have none, and need no closer look.
fn may_be_cue(segment: &Segment<'_>, index: usize, steps: usize) -> bool {
    let Some(at) = index.checked_sub(steps) else {
        return false;
    };
    let cues = Flags::FAX_CUE.and(Flags::PAGER_CUE).and(Flags::PHONE_CUE);
    segment.flags(at).has(cues)
        || segment.sign(at + 1, b':') && segment.token(at).is_some_and(|token| token.len() == 1)
}

fn cue_kind(segment: &Segment<'_>, at: usize) -> Option<Kind> {
    let flags = segment.flags(at);
    if flags.has(Flags::FAX_CUE) {
        Some(Kind::Fax)
    } else if flags.has(Flags::PAGER_CUE) {
        Some(Kind::Pager)
    } else {
        flags.has(Flags::PHONE_CUE).then_some(Kind::Phone)
    }
}

/// Returns what a short line says about a number at the start of the next one: `Phone:`.
pub(super) fn cue_at_end(segment: &Segment<'_>) -> Option<Kind> {
    let count = segment.tokens.len();
    let last = count.checked_sub(1)?;
    let word = last.checked_sub(usize::from(segment.sign(last, b':')))?;
    cue_kind(segment, word).filter(|_| count <= 5)
}

/// Words that may stand between `call` and the number.
fn is_between(segment: &Segment<'_>, at: usize) -> bool {
    const WORDS: [&str; 26] = [
        "at", "is", "number", "no", "me", "him", "her", "us", "them", "on", "the", "to", "number",
        "via", "or", "and", "home", "work", "office", "cell", "his", "my", "their", "was", "back",
        "s",
    ];
    WORDS.iter().any(|word| segment.is(at, word))
}

/// Returns the index after an extension at `index`.
fn after_extension(segment: &Segment<'_>, index: usize) -> usize {
    let at = index + usize::from(segment.sign(index, b',') || segment.sign(index, b';'));
    let Some(token) = segment.token(at) else {
        return index;
    };
    if segment.flags(at).has(Flags::EXTENSION) {
        let number = at + 1 + usize::from(matches!(segment.sign_at(at + 1), b'.' | b':' | b'#'));
        let number = number + usize::from(segment.sign(number, b' '));
        return if (1..=6).contains(&segment.digits(number)) {
            number + 1
        } else {
            index
        };
    }
    if token.shape == Shape::Mixed {
        let word = segment.word(token);
        let letters = word.bytes().take_while(u8::is_ascii_alphabetic).count();
        let head = word.get(..letters).unwrap_or_default();
        let digits = word.get(letters..).unwrap_or_default();
        let extension = ["x", "ext", "extn"]
            .iter()
            .any(|mark| head.eq_ignore_ascii_case(mark));
        if extension && digits.len() <= 6 && digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return at + 1;
        }
    }
    index
}

fn push(
    segment: &Segment<'_>,
    from: usize,
    end: usize,
    strength: Strength,
    cue: Option<Cue>,
    out: &mut Vec<Candidate>,
) {
    let cue = cue.or_else(|| cue_after(segment, end));
    let kind = cue.map_or(Kind::Phone, |cue| cue.kind);
    let context = match kind {
        Kind::Fax => "fax",
        Kind::Pager => "pager",
        _ => "telephone",
    };
    let (confidence, priority) = match (strength, cue) {
        (Strength::Plan, Some(_)) => (0.97, Priority::Validated),
        (Strength::Plan, None) => (0.92, Priority::Validated),
        (Strength::Spelling | Strength::Cue, Some(_)) => (0.9, Priority::Labelled),
        (Strength::Spelling, None) => (0.8, Priority::Pattern),
        (Strength::Cue, None) => (0.75, Priority::Pattern),
        (Strength::Local, _) => (0.62, Priority::Pattern),
    };
    let reason = Reason::rule("telephone number");
    let reason = if cue.is_some() {
        reason.context(context)
    } else {
        reason
    };
    out.push(span(segment, from, end, kind, confidence, priority, reason));
}

/// `555-0143 (fax)`, `(cell)`.
fn cue_after(segment: &Segment<'_>, index: usize) -> Option<Cue> {
    let at = index + usize::from(segment.sign(index, b'('));
    let flags = segment.flags(at);
    if flags.has(Flags::FAX_CUE) {
        Some(Cue {
            kind: Kind::Fax,
            near: true,
        })
    } else if flags.has(Flags::PAGER_CUE) && at > index {
        Some(Cue {
            kind: Kind::Pager,
            near: true,
        })
    } else {
        None
    }
}

/// Proposes a number with letters: `1-800-FLOWERS`, `1-800-4-CANCER`.
pub(super) fn propose_vanity(segment: &Segment<'_>, index: usize, out: &mut Vec<Candidate>) {
    let bracket = segment.sign(index, b'(');
    let one = !bracket && segment.is(index, "1");
    let trunk =
        one && matches!(segment.sign_at(index + 1), b'-' | b'.') && segment.touches(index + 2);
    let spaced = one && (segment.sign(index + 1, b'(') || segment.digits(index + 1) == 3);
    let area_at = index
        + usize::from(bracket)
        + 2 * usize::from(trunk)
        + usize::from(spaced)
        + usize::from(one && segment.sign(index + 1, b'('));
    let toll_free = matches!(
        segment.word_at(area_at),
        "800" | "833" | "844" | "855" | "866" | "877" | "888" | "900"
    );
    if !toll_free || value::is_inside(segment, index) && !bracket {
        return;
    }
    let next = area_at + 1 + usize::from(segment.sign(area_at + 1, b')'));
    let start = next + usize::from(matches!(segment.sign_at(next), b'-' | b'.'));
    let value = value::read(segment, start, false);
    let shouted = (start..value.upto).all(|at| {
        segment
            .token(at)
            .is_none_or(|token| token.case != Case::Lower)
    });
    if value.letters >= 3 && (7..=11).contains(&value.len()) && shouted && start > area_at + 1 {
        let reason = Reason::rule("telephone number with letters");
        out.push(span(
            segment,
            index,
            value.upto,
            Kind::Phone,
            0.9,
            Priority::Pattern,
            reason,
        ));
    }
}
