//! Small signs of a person: sign-off initials, user names, names spelled letter by letter.

use crate::kind::Kind;
use crate::lexicon::{Sort, Weights, WordHash};
use crate::token::{Case, Shape};

use super::learned::Carried;
use super::view::View;

/// A span that one of the rules here decided for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sign {
    /// Index after the last unit.
    pub(crate) end: usize,
    pub(crate) kind: Kind,
    pub(crate) confidence: f32,
    pub(crate) rule: &'static str,
}

/// Returns the sign of a person that begins at the unit at `index`, if one does.
pub(crate) fn find(view: &View<'_>, carried: &Carried, index: usize) -> Option<Sign> {
    let unit = view.unit(index)?;
    if unit.shape == Shape::Sign {
        return None;
    }
    if let Some(end) = announced_user_name(view, index) {
        return Some(Sign {
            end,
            kind: Kind::UserName,
            confidence: 0.8,
            rule: "announced user name",
        });
    }
    if !unit.is_word() {
        return None;
    }
    if unit.len() == 1 {
        return spelled(view, index);
    }
    sign_off(view, carried, index)
}

/// "username kwhite.rn", "logged in as jdoe2": what no plain word looks like.
fn announced_user_name(view: &View<'_>, index: usize) -> Option<usize> {
    let before = index.checked_sub(1)?;
    let before = if view.is_one_of(before, &["is"]) {
        before.checked_sub(1)?
    } else {
        before
    };
    let announced = view.is_one_of(before, &["username", "login", "handle", "userid"])
        || view.is_one_of(before, &["as"])
            && before >= 2
            && view.is_one_of(before - 1, &["in"])
            && view.is_one_of(before - 2, &["logged", "signed"]);
    if !announced {
        return None;
    }
    let end = super::field::user_name(view, index)?;
    (end > index + 1 || view.unit(index)?.shape == Shape::Mixed).then_some(end)
}

/// "-JT", "PB/jd", "~ Maria", and a name alone after "Thanks,": at the end of a line.
fn sign_off(view: &View<'_>, carried: &Carried, index: usize) -> Option<Sign> {
    let unit = view.unit(index)?;
    let first = unit.line_start || index == 0 && view.segment.starts_line;
    if first && let Some(end) = typist(view, index) {
        return Some(initials(end));
    }
    if !ends_line(view, index + 1) {
        return None;
    }
    let opens = is_after_dash(view, index);
    let short =
        unit.case == Case::Upper && (2..=3).contains(&unit.len()) && !unit.weights.any(&ACRONYMS);
    if short && (opens && !unit.space_before || carried.after_closing && first) {
        return Some(initials(index + 1));
    }
    let weights = unit.weights;
    let other = weights.any(&[Sort::Drug, Sort::Medical, Sort::Calendar]);
    let confidence = match unit.case {
        Case::Title if opens && weights.given() >= 5 && !other => 0.8,
        Case::Lower if opens && weights.given() >= 8 && weights.common() == 0 && !other => 0.7,
        Case::Title if carried.after_closing && first && is_possible(weights) => 0.85,
        _ => return None,
    };
    Some(Sign {
        end: index + 1,
        kind: Kind::Person,
        confidence,
        rule: "sign-off",
    })
}

/// Acronyms that stand at the end of lines without being anybody's initials.
const ACRONYMS: [Sort; 5] = [
    Sort::Medical,
    Sort::Credential,
    Sort::Department,
    Sort::PublicBody,
    Sort::StateCode,
];

fn initials(end: usize) -> Sign {
    Sign {
        end,
        kind: Kind::Initials,
        confidence: 0.8,
        rule: "sign-off initials",
    }
}

fn is_possible(weights: Weights) -> bool {
    weights.given() >= 2 || weights.surname() >= 2 || weights == Weights::default()
}

/// A dash, tilde or slash that begins the line or follows the end of a sentence.
fn is_after_dash(view: &View<'_>, index: usize) -> bool {
    let Some(at) = index.checked_sub(1) else {
        return false;
    };
    let Some(sign) = view
        .unit(at)
        .filter(|sign| sign.shape == Shape::Sign && matches!(sign.first, b'-' | b'~' | b'/'))
    else {
        return false;
    };
    let ended = at > 0
        && view
            .unit(at - 1)
            .is_some_and(|before| matches!(before.first, b'.' | b'!' | b'?' | b','));
    at == 0 || sign.line_start || sign.space_before && ended
}

/// "PB/jd": who dictated and who typed, alone in the line.
fn typist(view: &View<'_>, index: usize) -> Option<usize> {
    let of = |at: usize| {
        view.unit(at)
            .filter(|unit| unit.is_word() && (2..=3).contains(&unit.len()))
    };
    let (first, second) = (of(index)?, of(index + 2)?);
    let tight = view.is_tight(index + 1, b'/') && !second.space_before;
    (tight
        && first.case == Case::Upper
        && !first.weights.any(&ACRONYMS)
        && ends_line(view, index + 3))
    .then_some(index + 3)
}

fn ends_line(view: &View<'_>, at: usize) -> bool {
    let at = view.past_dot(at);
    view.unit(at)
        .map_or(view.segment.complete, |unit| unit.line_start)
}

/// "S-M-I-T-H", "T R A N", "N, G, U, Y, E, N": letters that make a name, or that are said to be spelled.
fn spelled(view: &View<'_>, index: usize) -> Option<Sign> {
    let first = view.unit(index)?;
    let separator = view.unit(index + 1)?;
    let sign = if separator.shape == Shape::Sign && matches!(separator.first, b'-' | b',' | b'.') {
        Some(separator.first)
    } else {
        None
    };
    let mut hash = WordHash::new();
    let mut letters = 0;
    let mut at = index;
    let mut end = index;
    while let Some(letter) = view
        .unit(at)
        .filter(|unit| unit.is_word() && unit.len() == 1 && unit.case == first.case)
    {
        hash.push(view.text(at));
        letters += 1;
        end = at + 1;
        at += 1;
        if let Some(sign) = sign {
            if !view.is_sign(at, sign) {
                break;
            }
            at += 1;
        } else if view.unit(at).is_some_and(|next| !next.space_before) {
            break;
        }
        let _ = letter;
    }
    if letters < 3 {
        return None;
    }
    let weights = view.lexicon.get(hash.finish());
    let said = (index.saturating_sub(8)..index).any(|at| {
        matches!(
            view.lower(at).as_str(),
            "spelled" | "spell" | "spells" | "spelling" | "letters" | "surname" | "name"
        )
    });
    let known = weights.given() >= 1 || weights.surname() >= 1;
    let dashed = sign == Some(b'-') && letters >= 4;
    if said || (known && weights.common() == 0 && letters >= 4) || (dashed && known) {
        return Some(Sign {
            end,
            kind: Kind::Person,
            confidence: if said { 0.9 } else { 0.7 },
            rule: "spelled name",
        });
    }
    None
}
