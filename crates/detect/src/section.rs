//! Section headers of clinical notes, carried forward: a bare name under "Attending:" weighs more than in a plan.

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
