//! What stands before a possible place or organisation: a preposition, and what was done there.

use crate::lexicon::Sort;
use crate::token::Shape;

use super::view::View;

/// What the words before say of a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Setting {
    /// Nothing.
    None,
    /// Research and public bodies: "researchers at", "according to".
    Study,
    /// A preposition of place alone.
    Preposition,
    /// Care was given there: "seen at", "admitted to".
    Care,
    /// Somebody works or learns there: "works at", "attends".
    Work,
    /// Somebody lives or comes from there: "lives in", "from", "moved to".
    Home,
}

impl Setting {
    /// Returns the words for it in a reason.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Setting::None | Setting::Study => "",
            Setting::Preposition => "preposition before",
            Setting::Care => "care given there",
            Setting::Work => "work or school",
            Setting::Home => "home or travel",
        }
    }
}

/// Words looked at before a preposition.
const REACH: usize = 6;

/// Returns the setting of the unit at `index`.
pub(crate) fn of(view: &View<'_>, index: usize) -> Setting {
    let Some(preposition) = preposition_before(view, index) else {
        return bare(view, index);
    };
    let word = view.lower(preposition);
    let from = preposition.saturating_sub(REACH);
    let mut setting = Setting::Preposition;
    for at in (from..preposition).rev() {
        let found = cue(view, at, word.as_str());
        if found == Setting::Study {
            return Setting::Study;
        }
        if setting == Setting::Preposition && found > Setting::Preposition {
            setting = found;
        }
        if view.unit(at).is_some_and(|unit| {
            unit.shape == Shape::Sign && matches!(unit.first, b'.' | b';' | b'?' | b'!')
        }) && !is_inner_dot(view, at)
        {
            break;
        }
    }
    setting
}

/// "visited X", "attends X", "in X" without a preposition, and apposition.
fn bare(view: &View<'_>, index: usize) -> Setting {
    let Some(mut at) = index.checked_sub(1) else {
        return Setting::None;
    };
    if matches!(
        view.lower(at).as_str(),
        "the" | "our" | "your" | "their" | "local"
    ) && at > 0
    {
        at -= 1;
    }
    match view.lower(at).as_str() {
        "visited" | "visits" | "visiting" | "left" | "entered" => Setting::Care,
        "attends" | "attended" | "attending" | "joined" | "teaches" => Setting::Work,
        "via" | "through" | "hometown" => Setting::Preposition,
        // "her employer, Amazon, …"
        "," if at > 0
            && view.is_one_of(
                at - 1,
                &["employer", "school", "church", "college", "company", "job"],
            ) =>
        {
            Setting::Work
        }
        _ => Setting::None,
    }
}

/// Returns the index of a preposition of place right before `index`, articles skipped.
pub(crate) fn preposition_before(view: &View<'_>, index: usize) -> Option<usize> {
    let mut at = index.checked_sub(1)?;
    if matches!(
        view.lower(at).as_str(),
        "the"
            | "our"
            | "a"
            | "an"
            | "your"
            | "their"
            | "my"
            | "his"
            | "her"
            | "local"
            | "downtown"
            | "nearby"
            | "greater"
    ) {
        at = at.checked_sub(1)?;
    }
    if view.is_sign(at, b'@') && view.unit(at)?.space_before {
        return Some(at);
    }
    matches!(
        view.lower(at).as_str(),
        "at" | "to"
            | "from"
            | "in"
            | "into"
            | "near"
            | "outside"
            | "with"
            | "by"
            | "for"
            | "of"
            | "through"
            | "via"
            | "around"
            | "on"
            | "toward"
            | "towards"
            | "within"
            | "between"
            | "leaving"
            | "off"
    )
    .then_some(at)
}

fn is_inner_dot(view: &View<'_>, at: usize) -> bool {
    at > 0
        && view.is_tight(at, b'.')
        && view.unit(at - 1).is_some_and(|unit| {
            unit.len() <= 4
                && (unit.is_initial() || unit.weights.is(Sort::Title) || unit.len() <= 3)
        })
        && view.unit(at + 1).is_some_and(|unit| !unit.line_start)
}

/// What one word before the preposition says.
fn cue(view: &View<'_>, at: usize, preposition: &str) -> Setting {
    let weights = view.weights(at);
    if weights.is(Sort::Study) {
        Setting::Study
    } else if weights.is(Sort::Home) {
        Setting::Home
    } else if weights.is(Sort::Work) && !matches!(preposition, "in" | "of") {
        Setting::Work
    } else if weights.is(Sort::Care) {
        Setting::Care
    } else {
        Setting::None
    }
}
