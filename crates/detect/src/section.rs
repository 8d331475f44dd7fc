//! Section headers of clinical notes, carried forward: a bare name under "Attending:" weighs more than in a plan.

use crate::segment::Segment;
use crate::token::{Case, Shape};

/// The kind of section a segment stands in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Section {
    /// Demographics, registration, face sheet, patient information.
    Demographics,
    /// Family and social history, contacts.
    Social,
    /// Signatures, attending, providers, copies to.
    Providers,
    /// Anything else with a header.
    Clinical,
}

const DEMOGRAPHICS: &[&str] = &["demographics", "demographic", "registration", "facesheet", "identification"];
const SOCIAL: &[&str] = &["social", "family", "contacts", "contact", "emergency", "guarantor", "caregiver"];
const PROVIDERS: &[&str] =
    &["provider", "providers", "attending", "signed", "electronically", "cc", "copies", "referring", "dictated", "pcp"];

impl Section {
    /// Returns the section a finished segment opens, if it is (or starts with) a header.
    pub(crate) fn after(segment: &Segment<'_>) -> Option<Section> {
        if !segment.starts_line {
            return None;
        }
        let colon = segment.tokens.iter().take(6).position(|token| token.is_sign(b':'));
        let shouted = segment.tokens.len() <= 6
            && segment.tokens.iter().all(|token| matches!(token.case, Case::Upper | Case::None))
            && segment.tokens.iter().any(|token| token.case == Case::Upper);
        let words = match colon {
            Some(end) => end,
            None if shouted => segment.tokens.len(),
            None => return None,
        };
        let head = segment.tokens.iter().take(words).filter(|token| token.shape == Shape::Word);
        let is_in = |list: &[&str]| {
            head.clone().any(|token| list.iter().any(|word| segment.word(token).eq_ignore_ascii_case(word)))
        };
        if is_in(DEMOGRAPHICS) {
            Some(Section::Demographics)
        } else if is_in(SOCIAL) {
            Some(Section::Social)
        } else if is_in(PROVIDERS) {
            Some(Section::Providers)
        } else {
            Some(Section::Clinical)
        }
    }
}
