//! A lane: one text of an answer on its way to the caller, whole or piece by piece. It is looked at with its tokens
//! still in it, what has to go is taken out, and what is left is restored.

use std::collections::VecDeque;
use std::sync::Arc;

use covenant_deid::Restorer;
use covenant_detect::{Class, Finding, HELD_CHARS, Stream};
use covenant_formats::json::Path;

use super::cursor::{Constraint, Cursor};
use super::{Inspector, Verdict, spans};

/// How a text is written.
#[derive(Clone, Debug)]
pub(crate) enum Writing {
    /// As itself.
    Plain,
    /// As JSON source; the schema it was asked to keep to, where there is one.
    Json(Option<Arc<Constraint>>),
}

/// Taking out an identifier would break what the caller's program reads; the place.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Broken {
    pub(crate) path: Path,
}

/// One text of an answer.
pub(crate) struct Lane {
    stream: Stream,
    restorer: Restorer,
    /// The end of what was taken, for context, and all that is waiting.
    buffer: String,
    /// Bytes of the text before `buffer`.
    gone: usize,
    /// Bytes of `buffer` that were taken before.
    taken: usize,
    findings: VecDeque<Finding>,
    json: Option<(Cursor, Option<Arc<Constraint>>)>,
    /// The end of what the restorer was given.
    given: String,
    /// All that was released.
    released: String,
    ended: bool,
}

impl Lane {
    /// Starts a text.
    pub(crate) fn new(inspector: &Inspector, writing: Writing) -> Lane {
        let map = Arc::clone(&inspector.map);
        let (restorer, json) = match writing {
            Writing::Plain => (Restorer::new(map), None),
            Writing::Json(constraint) => (
                Restorer::json_string(map),
                Some((Cursor::default(), constraint)),
            ),
        };
        Lane {
            stream: inspector.detector.stream(),
            restorer,
            buffer: String::new(),
            gone: 0,
            taken: 0,
            findings: VecDeque::new(),
            json,
            given: String::new(),
            released: String::new(),
            ended: false,
        }
    }

    /// Takes a piece and returns what can go out now.
    pub(crate) fn push(
        &mut self,
        piece: &str,
        inspector: &mut Inspector,
    ) -> Result<String, Broken> {
        self.buffer.push_str(piece);
        let found = self.stream.push(piece);
        self.findings.extend(found);
        let settled = self.stream.settled();
        let text = self.take(settled, inspector)?;
        let mut out = self.restorer.push(&text);
        self.note_given(&text);
        if self.held() > HELD_CHARS && self.is_no_token(inspector) {
            out.push_str(&self.restorer.finish());
        }
        self.released.push_str(&out);
        Ok(out)
    }

    fn note_given(&mut self, text: &str) {
        self.given.push_str(text);
        let from = self
            .given
            .floor_char_boundary(self.given.len().saturating_sub(CONTEXT_BYTES));
        self.given.drain(..from);
    }

    /// Says whether what the restorer waits with is no token, by what has come after it and still waits here.
    fn is_no_token(&self, inspector: &Inspector) -> bool {
        let held = self.restorer.held();
        let Some((from, _)) = self.given.char_indices().rev().nth(held.saturating_sub(1)) else {
            return false;
        };
        let start = self
            .given
            .get(..from)
            .and_then(|before| before.char_indices().next_back())
            .map_or(0, |(at, _)| at);
        let waits = self.given.get(start..).unwrap_or_default();
        if held == 0 || waits.contains('\\') {
            return false;
        }
        let mut trial = Restorer::new(Arc::clone(&inspector.map));
        let ahead = self.buffer.get(self.taken..).unwrap_or_default();
        let out = trial.push(&[waits, ahead].concat());
        let report = trial.report();
        let tokens = report.restored.len() + (report.lookalikes + report.never_issued) as usize;
        tokens == 0 && out.starts_with(waits)
    }

    /// Ends the text and returns what was still held back.
    pub(crate) fn finish(&mut self, inspector: &mut Inspector) -> Result<String, Broken> {
        if std::mem::replace(&mut self.ended, true) {
            return Ok(String::new());
        }
        let found = self.stream.finish();
        self.findings.extend(found);
        let end = self.gone + self.buffer.len();
        let text = self.take(end, inspector)?;
        let mut out = self.restorer.push(&text);
        out.push_str(&self.restorer.finish());
        inspector.add_restored(self.restorer.report());
        self.released.push_str(&out);
        Ok(out)
    }

    /// Counts what came back in a text that ends in the middle.
    pub(crate) fn abandon(&mut self, inspector: &mut Inspector) {
        if !std::mem::replace(&mut self.ended, true) {
            inspector.add_restored(self.restorer.report());
        }
    }

    /// Returns all that was released.
    pub(crate) fn released(&self) -> &str {
        &self.released
    }

    /// Returns how many characters are held back.
    pub(crate) fn held(&self) -> usize {
        self.buffer
            .get(self.taken..)
            .unwrap_or_default()
            .chars()
            .count()
            + self.restorer.held()
    }

    /// Takes the text up to `end` (in bytes from its begin), without what has to go. A name is only taken once it
    /// can be seen what comes with it.
    fn take(&mut self, end: usize, inspector: &mut Inspector) -> Result<String, Broken> {
        let mut end = end
            .saturating_sub(self.gone)
            .clamp(self.taken, self.buffer.len());
        let tokens = spans::token_spans(&self.buffer, 0);
        if let Some((_, after)) = tokens
            .iter()
            .find(|(start, after)| *start < end && end < *after)
        {
            // A token is no part of what is made up: it goes whole.
            end = *after;
        }
        let mut out = String::new();
        let mut from = self.taken;
        while let Some(finding) = self
            .findings
            .pop_front_if(|finding| finding.end <= self.gone + end)
        {
            let local = Finding {
                start: finding.start.saturating_sub(self.gone).max(from),
                end: finding.end.saturating_sub(self.gone).max(from),
                ..finding.clone()
            };
            if !self.sees_enough(&local, inspector) {
                end = local.start;
                self.findings.push_front(finding);
                break;
            }
            for part in spans::remainders(&self.buffer, local, &tokens) {
                if self.judge(&part, inspector) == Verdict::Remove {
                    self.remove(&part, from, &mut out)?;
                    from = part.end;
                }
            }
        }
        let rest = self.buffer.get(from..end).unwrap_or_default();
        out.push_str(rest);
        if let Some((cursor, _)) = &mut self.json {
            cursor.push(rest);
        }
        self.forget(end);
        Ok(out)
    }

    fn judge(&self, finding: &Finding, inspector: &mut Inspector) -> Verdict {
        if finding.class == Class::Name && !inspector.sees_identifiers() {
            let window = self.window(finding);
            inspector.look_ahead(
                self.buffer
                    .get(finding.start..window.end)
                    .unwrap_or_default(),
            );
        }
        inspector.judge(
            finding,
            self.buffer
                .get(finding.start..finding.end)
                .unwrap_or_default(),
        )
    }

    /// Says whether so much has come after a name that it can be judged by what comes with it.
    fn sees_enough(&self, finding: &Finding, inspector: &Inspector) -> bool {
        finding.class != Class::Name
            || self.ended
            || inspector.sees_identifiers()
            || self.window(finding).full
    }

    /// The text after a name that is looked at for identifiers: the same wherever the pieces end.
    fn window(&self, finding: &Finding) -> Window {
        let text = |from, to| self.buffer.get(from..to).unwrap_or_default();
        let chars = text(finding.start, finding.end).chars().count();
        let wanted = WINDOW_CHARS.min(MOST_NAME_AND_WINDOW_CHARS.saturating_sub(chars));
        let after = text(finding.end, self.buffer.len());
        match after.char_indices().nth(wanted) {
            Some((bytes, _)) => Window {
                end: finding.end + bytes,
                full: true,
            },
            None => Window {
                end: self.buffer.len(),
                full: false,
            },
        }
    }

    /// Writes what stands before a finding and what stands in its place.
    fn remove(&mut self, finding: &Finding, from: usize, out: &mut String) -> Result<(), Broken> {
        let before = self.buffer.get(from..finding.start).unwrap_or_default();
        let value = self
            .buffer
            .get(finding.start..finding.end)
            .unwrap_or_default();
        out.push_str(before);
        if let Some((cursor, constraint)) = &mut self.json {
            cursor.push(before);
            may_go(cursor, constraint.as_deref(), value)?;
            cursor.push(value);
        }
        out.push_str(&format!("[removed by Covenant: {}]", finding.class));
        Ok(())
    }

    /// Notes that the buffer was taken up to `end` and keeps a little of it: a token may be cut there.
    fn forget(&mut self, end: usize) {
        let keep_from = self
            .buffer
            .floor_char_boundary(end.saturating_sub(CONTEXT_BYTES));
        self.buffer.drain(..keep_from);
        self.gone += keep_from;
        self.taken = end - keep_from;
    }
}

/// The text after a name that tells how to judge it.
struct Window {
    end: usize,
    /// It is as long as it gets, whatever comes.
    full: bool,
}

/// How many characters after a name are looked at.
const WINDOW_CHARS: usize = 48;
/// A name and what is looked at after it: with the start of a token before it, within what may be held back.
const MOST_NAME_AND_WINDOW_CHARS: usize = 76;

/// Longer than any token.
const CONTEXT_BYTES: usize = 128;

/// Says whether a value can be taken out of JSON source without breaking what reads it.
fn may_go(cursor: &Cursor, constraint: Option<&Constraint>, value: &str) -> Result<(), Broken> {
    let path = cursor.path();
    let free = constraint.is_none_or(|constraint| constraint.leaves_free(&path));
    if cursor.in_value_string() && free && !value.contains('"') {
        Ok(())
    } else {
        Err(Broken { path })
    }
}

#[cfg(test)]
mod tests;
