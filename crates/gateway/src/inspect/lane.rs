//! A lane: one text of an answer on its way to the caller, whole or piece by piece. It is looked at with its tokens
//! still in it, what has to go is taken out, and what is left is restored.

use std::collections::VecDeque;
use std::sync::Arc;

use covenant_deid::Restorer;
use covenant_detect::{Finding, Stream};
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
        let out = self.restorer.push(&text);
        self.released.push_str(&out);
        Ok(out)
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

    /// Takes the text up to `end` (in bytes from its begin), without what has to go.
    fn take(&mut self, end: usize, inspector: &mut Inspector) -> Result<String, Broken> {
        let end = end
            .saturating_sub(self.gone)
            .clamp(self.taken, self.buffer.len());
        let tokens = if self.findings.is_empty() {
            Vec::new()
        } else {
            spans::token_spans(&self.buffer, 0)
        };
        let mut out = String::new();
        let mut from = self.taken;
        while let Some(finding) = self
            .findings
            .pop_front_if(|finding| finding.end <= self.gone + end)
        {
            let (start, stop) = (
                finding.start.saturating_sub(self.gone).max(from),
                finding.end - self.gone,
            );
            let local = Finding {
                start,
                end: stop,
                ..finding
            };
            for finding in spans::remainders(&self.buffer, local, &tokens) {
                let value = self
                    .buffer
                    .get(finding.start..finding.end)
                    .unwrap_or_default();
                if inspector.judge(&finding, value) != Verdict::Remove {
                    continue;
                }
                let before = self.buffer.get(from..finding.start).unwrap_or_default();
                out.push_str(before);
                if let Some((cursor, constraint)) = &mut self.json {
                    cursor.push(before);
                    may_go(cursor, constraint.as_deref(), value)?;
                    cursor.push(value);
                }
                out.push_str(&format!("[removed by Covenant: {}]", finding.class));
                from = finding.end;
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
