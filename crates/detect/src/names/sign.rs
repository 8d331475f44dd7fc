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

/// "-JT", "/mk", "~ Maria" at the end of a line.
fn sign_off(view: &View<'_>, carried: &Carried, index: usize) -> Option<Sign> {
    let unit = view.unit(index)?;
    if !unit.is_capital() || !ends_line(view, index + 1) {
        return None;
    }
    let dash = index.checked_sub(1).filter(|at| {
        view.unit(*at).is_some_and(|sign| {
            sign.shape == Shape::Sign && matches!(sign.first, b'-' | b'~' | b'/')
        })
    });
    let opens = dash.is_some_and(|at| {
        at == 0
            || view
                .unit(at)
                .is_some_and(|sign| sign.line_start || sign.space_before)
                && view.unit(at - 1).is_some_and(|before| {
                    matches!(before.first, b'.' | b'!' | b'?' | b',')
                        || view.unit(at).is_some_and(|sign| sign.line_start)
                })
    });
    let initials = unit.case == Case::Upper
        && (2..=3).contains(&unit.len())
        && !unit.weights.any(&[
            Sort::Medical,
            Sort::Credential,
            Sort::Department,
            Sort::PublicBody,
            Sort::StateCode,
        ]);
    if opens && initials && dash.is_some_and(|_| !unit.space_before) {
        return Some(Sign {
            end: index + 1,
            kind: Kind::Initials,
            confidence: 0.8,
            rule: "sign-off initials",
        });
    }
    let named = unit.weights.given() >= 5
        && !unit
            .weights
            .any(&[Sort::Drug, Sort::Medical, Sort::Calendar])
        && unit.case == Case::Title;
    if named && opens {
        return Some(Sign {
            end: index + 1,
            kind: Kind::Person,
            confidence: 0.8,
            rule: "sign-off",
        });
    }
    let first = view.unit(index).is_some_and(|unit| unit.line_start) || index == 0;
    if carried.after_closing
        && first
        && unit.case == Case::Title
        && (unit.weights.given() >= 2
            || unit.weights.surname() >= 2
            || unit.weights == Weights::default())
    {
        return Some(Sign {
            end: index + 1,
            kind: Kind::Person,
            confidence: 0.85,
            rule: "sign-off",
        });
    }
    if carried.after_closing && first && initials {
        return Some(Sign {
            end: index + 1,
            kind: Kind::Initials,
            confidence: 0.8,
            rule: "sign-off initials",
        });
    }
    None
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
