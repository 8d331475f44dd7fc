//! Screening: text and JSON in as PHI, out as [`Screened`].
//!
//! # The rule of numbering
//!
//! A value gets its number when it is first *found*, in document order; not where it first stands. Numbers are given
//! while learning, and what learning a text gives depends only on that text and those before it. So when a history
//! comes again with more behind it, every value of the old part has its old number, and values found in the new part
//! follow. Where a new text reveals a value that stood unlabelled in an old one, that place now gets the new value's
//! token; nobody else's number moves. A value that is first found only beside what was revealed in this way is
//! redacted without a number.

mod holders;
mod people;
mod piece;
mod plan;
mod ranges;
mod scribe;
mod settle;
mod walk;

#[cfg(test)]
pub(crate) mod tests;

pub use plan::{Plan, TypedRule};

pub(crate) use piece::{Finder, Found};
pub(crate) use scribe::Scribe;

use covenant_detect::Detector;
use covenant_formats::json::{Json, Path};
use covenant_seal::Phi;

use crate::edit::render_parts;
use crate::{Profile, Refusal, Report, Screened, Tokens};
use piece::Piece;
use settle::Settler;
use walk::{Phase, Walk};

/// Screens the texts and values of one request, in document order.
///
/// A value found with confidence anywhere in the request is replaced wherever else it stands in it. For that to hold
/// for what comes before the place where it was found, all pieces are learnt first: [`Screener::document`] does so
/// by itself; with the single calls, `learn…` every piece in document order, then screen every piece in that order.
pub struct Screener<'a> {
    profile: &'a Profile,
    settler: Settler<'a>,
}

impl<'a> Screener<'a> {
    /// Starts screening a request.
    pub fn new(
        detector: &'a Detector,
        profile: &'a Profile,
        tokens: &'a mut Tokens,
    ) -> Screener<'a> {
        Screener {
            profile,
            settler: Settler::new(detector, profile, tokens),
        }
    }

    /// Starts screening with another finder and scribe.
    pub(crate) fn with_scribe(
        finder: &'a dyn Finder,
        profile: &'a Profile,
        scribe: &'a mut dyn Scribe,
    ) -> Screener<'a> {
        Screener {
            profile,
            settler: Settler::new(finder, profile, scribe),
        }
    }

    /// Starts screening with a finder whose answers are known.
    #[cfg(test)]
    pub(crate) fn with(
        finder: &'a dyn piece::Finder,
        profile: &'a Profile,
        tokens: &'a mut Tokens,
    ) -> Screener<'a> {
        Screener {
            profile,
            settler: Settler::new(finder, profile, tokens),
        }
    }

    /// Learns what a text holds, without screening it yet.
    ///
    /// # Errors
    /// Refuses what the profile blocks, and text that does not settle.
    pub fn learn(&mut self, text: Phi<&str>) -> Result<(), Refusal> {
        self.settler
            .learn(&Piece::text(text.expose()), &Path::root())
    }

    /// Learns what texts that are adjacent parts of one hold.
    ///
    /// # Errors
    /// As [`Screener::learn`].
    pub fn learn_texts(&mut self, parts: &[Phi<&str>]) -> Result<(), Refusal> {
        self.settler.learn(
            &Piece::parts(parts.iter().map(|part| *part.expose())),
            &Path::root(),
        )
    }

    /// Learns what a JSON value holds; the value stays as it is.
    ///
    /// # Errors
    /// As [`Screener::json`].
    pub fn learn_json(
        &mut self,
        value: &mut Json,
        path: &mut Path,
        typed: TypedRule,
    ) -> Result<(), Refusal> {
        self.walk(path, Phase::Learn).typed(value, typed)
    }

    /// Screens one text.
    ///
    /// # Errors
    /// Refuses what the profile blocks, and text that does not settle.
    pub fn text(&mut self, text: Phi<&str>) -> Result<Screened<String>, Refusal> {
        let screened = self.texts(&[text])?.pop();
        Ok(screened.unwrap_or_else(|| self.screened(String::new())))
    }

    /// Screens texts that are adjacent parts of one: an identifier may be split over them. What replaces it stands
    /// in the part in which it begins.
    ///
    /// # Errors
    /// As [`Screener::text`].
    pub fn texts(&mut self, parts: &[Phi<&str>]) -> Result<Vec<Screened<String>>, Refusal> {
        let piece = Piece::parts(parts.iter().map(|part| *part.expose()));
        let edits = self.settler.apply(&piece, &Path::root())?;
        let rendered = render_parts(&piece.whole, &piece.cuts, &edits)
            .into_iter()
            .take(parts.len());
        Ok(rendered.map(|part| self.screened(part)).collect())
    }

    /// Screens a JSON value in place: every string, number and key. After a refusal the value is not to be used.
    ///
    /// # Errors
    /// Refuses what the profile blocks, and what must go where a token cannot stand.
    pub fn json(
        &mut self,
        value: &mut Json,
        path: &mut Path,
        typed: TypedRule,
    ) -> Result<(), Refusal> {
        self.walk(path, Phase::Apply).typed(value, typed)
    }

    /// Screens a whole document by its plan, learning from all of it first.
    ///
    /// # Errors
    /// As [`Screener::json`]; and refuses a value the plan does not speak of.
    pub fn document(
        &mut self,
        document: Phi<Json>,
        plan: &Plan,
    ) -> Result<Screened<Json>, Refusal> {
        let mut document = document.into_exposed();
        for phase in [Phase::Learn, Phase::Apply] {
            self.walk(&mut Path::root(), phase)
                .planned(&mut document, plan)?;
        }
        Ok(self.screened(document))
    }

    /// Returns what was found and done so far.
    pub fn report(&self) -> &Report {
        &self.settler.report
    }

    /// Ends screening.
    pub fn finish(self) -> Report {
        self.settler.report
    }

    fn walk<'w>(&'w mut self, path: &'w mut Path, phase: Phase) -> Walk<'w, 'a> {
        Walk {
            settler: &mut self.settler,
            path,
            phase,
            changed: false,
        }
    }

    fn screened<T>(&self, value: T) -> Screened<T> {
        Screened::new(value, &self.profile.name, self.settler.report.clone())
    }
}
