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

fn cue(view: &View<'_>, at: usize, preposition: &str) -> Setting {
    match view.lower(at).as_str() {
        "researchers" | "scientists" | "investigators" | "trial" | "trials" | "according"
        | "published" | "journal" | "funded" | "sponsored" | "research" | "guidelines"
        | "recommendations" => Setting::Study,
        "lives" | "lived" | "living" | "resides" | "residing" | "resided" | "resident"
        | "moved" | "moving" | "relocated" | "born" | "raised" | "grew" | "native" | "hometown"
        | "home" | "house" | "apartment" | "originally" | "comes" | "came" | "travel"
        | "traveled" | "travelled" | "traveling" | "travels" | "trip" | "flew" | "flight"
        | "drove" | "driving" | "vacation" | "vacationing" | "vacationed" | "visiting"
        | "returned" | "stationed" | "deployed" | "based" | "located" | "situated" | "town"
        | "city" | "village" | "suburb" | "neighborhood" | "commutes" | "immigrated"
        | "emigrated" | "stays" | "staying" | "homeless" | "shelter" | "incarcerated"
        | "community" => Setting::Home,
        "works" | "worked" | "working" | "work" | "employed" | "employee" | "employer" | "job"
        | "student" | "studies at" | "teacher" | "teaches" | "retired" | "enrolled"
        | "graduate" | "graduated" | "goes" | "attends" | "volunteers" | "volunteer"
        | "worships" | "insured" | "insurance" | "coverage" | "plan" | "freshman" | "sophomore"
        | "junior" | "senior" | "grade" | "grader" | "pastor" | "professor" | "engineer"
        | "manager" | "clerk" | "cashier" | "cook" | "driver" | "foreman" | "shift" | "laid"
        | "fired" | "hired" | "bought" | "purchased" | "shopping"
            if !matches!(preposition, "in" | "of") =>
        {
            Setting::Work
        }
        "seen" | "admitted" | "admission" | "admit" | "treated" | "treatment" | "evaluated"
        | "evaluation" | "diagnosed" | "dx'd" | "dx" | "hospitalized" | "hospitalised"
        | "hospitalization" | "transferred" | "transfer" | "discharged" | "discharge"
        | "referred" | "referral" | "presented" | "presents" | "presenting" | "visited"
        | "visit" | "visits" | "appointment" | "appt" | "appointments" | "surgery" | "operated"
        | "operation" | "followed" | "followup" | "follow" | "checked" | "check" | "consult"
        | "consulted" | "consultation" | "care" | "receiving" | "received" | "receives"
        | "attended" | "delivered" | "managed" | "performed" | "done" | "scheduled" | "rehab"
        | "er" | "ed" | "icu" | "underwent" | "case" | "stay" | "records" | "transported"
        | "taken" | "rushed" | "brought" | "airlifted" | "nurse" | "doctor" | "physician"
        | "surgeon" | "specialist" | "cardiologist" | "oncologist" | "staff" | "lab" | "labs"
        | "imaging" | "mri" | "ct" | "scan" | "biopsy" | "meeting" | "discussed" | "filled"
        | "prescription" | "refill" | "refills" | "pharmacy" | "tested" | "recovering"
        | "recovered" | "rehabilitation" | "chemo" | "chemotherapy" | "radiation" | "dialysis"
        | "transplant" | "procedure" | "placed" | "implanted" | "clinic" | "hospital"
        | "office" | "therapy" | "program" | "report" | "note" | "established" | "last"
        | "inpatient" | "outpatient" | "patient" | "pt" => Setting::Care,
        _ => Setting::None,
    }
}
