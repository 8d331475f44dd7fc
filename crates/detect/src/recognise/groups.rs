//! Groups of digits that stand together, `555-123-4567`: read once, then held against the plans they may follow.

use crate::segment::Segment;
use crate::token::Shape;

/// Groups read at most: the longest plan has five, and a country code.
const MOST: usize = 7;

/// One group of digits and the sign before it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Group {
    /// Digits.
    pub(super) len: usize,
    /// What parts it from the group before: `-`, `.`, `/`, space, `)`; 0 for the first.
    pub(super) sign: u8,
    /// Index of the token after it.
    pub(super) upto: usize,
}

/// The groups from a token on.
#[derive(Clone, Debug, Default)]
pub(super) struct Groups {
    pub(super) digits: String,
    groups: [Group; MOST],
    count: usize,
}

impl Groups {
    /// Reads groups from the number at `index`, or the bracket before one.
    pub(super) fn read(segment: &Segment<'_>, index: usize) -> Groups {
        let mut groups = Groups::default();
        let mut at = index;
        let mut sign = 0;
        let mut bracket = segment.sign(at, b'(');
        at += usize::from(bracket);
        while groups.count < MOST {
            let Some(token) = segment.token(at) else {
                break;
            };
            let figure = figure(segment.word(token), groups.count > 0);
            if token.shape == Shape::Sign || figure.is_empty() {
                break;
            }
            groups.digits.push_str(figure);
            at += 1;
            let closes = bracket && segment.sign(at, b')');
            at += usize::from(closes);
            if let Some(place) = groups.groups.get_mut(groups.count) {
                *place = Group {
                    len: figure.len(),
                    sign,
                    upto: at,
                };
            }
            groups.count += 1;
            if figure.len() < token.len() {
                break;
            }
            let Some((next_sign, next)) = joint(segment, at, closes) else {
                break;
            };
            bracket = segment.sign(next, b'(');
            sign = next_sign;
            at = next + usize::from(bracket);
        }
        groups
    }

    /// Returns the lengths and joints of the first `count` groups.
    pub(super) fn first(&self, count: usize) -> Option<&[Group]> {
        self.groups.get(..self.count)?.get(..count)
    }

    pub(super) fn len(&self) -> usize {
        self.count
    }

    /// Returns the digits of the groups `from..upto`.
    pub(super) fn digits(&self, from: usize, upto: usize) -> &str {
        let before: usize = self.groups.iter().take(from).map(|group| group.len).sum();
        let through: usize = self.groups.iter().take(upto).map(|group| group.len).sum();
        self.digits.get(before..through).unwrap_or_default()
    }

    /// Returns the length of the group at `index`, 0 if there is none.
    pub(super) fn size(&self, index: usize) -> usize {
        self.groups
            .get(..self.count)
            .and_then(|groups| groups.get(index))
            .map_or(0, |group| group.len)
    }

    /// Returns the sign before the group at `index`.
    pub(super) fn sign(&self, index: usize) -> u8 {
        self.groups.get(index).map_or(0, |group| group.sign)
    }

    /// Returns the index of the token after the group at `index`.
    pub(super) fn upto(&self, index: usize) -> usize {
        self.groups.get(index).map_or(0, |group| group.upto)
    }

    /// Returns true if the sizes are exactly these, with no further group glued to the last.
    pub(super) fn are(&self, sizes: &[usize]) -> bool {
        let fits = self.first(sizes.len()).is_some_and(|groups| {
            groups
                .iter()
                .zip(sizes)
                .all(|(group, size)| group.len == *size)
        });
        fits && !self.is_glued(sizes.len())
    }

    /// Returns true if a sign glues a further group to those before `count`.
    pub(super) fn is_glued(&self, count: usize) -> bool {
        count < self.count && matches!(self.sign(count), b'-' | b'.' | b'/')
    }
}

/// Returns the digits of a group: all of it, or for a later group those before an extension, as in `0143x12`.
fn figure(word: &str, later: bool) -> &str {
    let digits = word.bytes().take_while(u8::is_ascii_digit).count();
    let (figure, tail) = word.split_at_checked(digits).unwrap_or((word, ""));
    let extension = later
        && digits >= 4
        && tail.strip_prefix(['x', 'X']).is_some_and(|tail| {
            (1..=6).contains(&tail.len()) && tail.bytes().all(|byte| byte.is_ascii_digit())
        });
    if digits <= 20 && (tail.is_empty() || extension) {
        figure
    } else {
        ""
    }
}

/// Returns the sign between two groups and the index of the second.
fn joint(segment: &Segment<'_>, at: usize, closed: bool) -> Option<(u8, usize)> {
    let token = segment.token(at)?;
    if token.line_start && !closed {
        return None;
    }
    if token.has_digit() || token.is_sign(b'(') && segment.token(at + 1)?.shape == Shape::Number {
        return Some((if closed { b')' } else { b' ' }, at));
    }
    let sign = token.first;
    let next = segment.token(at + 1)?;
    if !matches!(sign, b'-' | b'.' | b'/') || token.shape != Shape::Sign {
        return None;
    }
    let tight = !token.space_before && !next.space_before;
    let loose = token.space_before && next.space_before && sign == b'-';
    let half =
        closed || sign == b'-' && token.space_before != next.space_before && next.has_digit();
    let digits = next.has_digit() || next.is_sign(b'(');
    (digits && (tight || loose || half)).then_some((sign, at + 1))
}
