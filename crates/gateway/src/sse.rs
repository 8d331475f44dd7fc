//! Server-sent events: a reader for arbitrary chunk boundaries and a writer.
//!
//! Only `event` and `data` are kept: comments, ids and retry times of an upstream are not passed on, since no
//! table knows them. Lines and events are bounded.

use std::fmt;

/// One event: its name, when it has one, and its data.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct SseEvent {
    pub(crate) name: Option<String>,
    pub(crate) data: String,
}

impl SseEvent {
    /// Returns an event without a name.
    pub(crate) fn data(data: impl Into<String>) -> SseEvent {
        SseEvent {
            name: None,
            data: data.into(),
        }
    }

    /// Returns a named event.
    pub(crate) fn named(name: impl Into<String>, data: impl Into<String>) -> SseEvent {
        SseEvent {
            name: Some(name.into()),
            data: data.into(),
        }
    }
}

/// As it goes over the wire.
impl fmt::Display for SseEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(name) = &self.name {
            writeln!(f, "event: {name}")?;
        }
        for line in self.data.split('\n') {
            writeln!(f, "data: {line}")?;
        }
        f.write_str("\n")
    }
}

/// Returns a comment, which clients skip, to stand in front of an event.
pub(crate) fn comment(text: &str) -> String {
    format!(": {text}\n")
}

/// What is wrong with a stream of events.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum SseFault {
    #[error("a line or event of the stream is longer than allowed")]
    TooLong,
    #[error("the stream is not UTF-8")]
    NotUtf8,
}

/// Reads events out of bytes that come in any cut.
pub(crate) struct SseReader {
    line: Vec<u8>,
    after_return: bool,
    first_line: bool,
    name: Option<String>,
    data: Option<String>,
    most_bytes: usize,
}

impl SseReader {
    /// Returns a reader that refuses lines and events above `most_bytes`.
    pub(crate) fn new(most_bytes: usize) -> SseReader {
        SseReader {
            line: Vec::new(),
            after_return: false,
            first_line: true,
            name: None,
            data: None,
            most_bytes,
        }
    }

    /// Takes the next bytes and adds the events they complete to `out`.
    pub(crate) fn push(
        &mut self,
        mut bytes: &[u8],
        out: &mut Vec<SseEvent>,
    ) -> Result<(), SseFault> {
        if self.after_return && !bytes.is_empty() {
            self.after_return = false;
            bytes = bytes.strip_prefix(b"\n").unwrap_or(bytes);
        }
        while let Some(end) = memchr::memchr2(b'\n', b'\r', bytes) {
            let (line, rest) = bytes.split_at(end);
            self.extend_line(line)?;
            self.end_line(out)?;
            bytes = match rest {
                [b'\r', b'\n', rest @ ..] | [_, rest @ ..] => {
                    self.after_return = rest.is_empty() && bytes.last() == Some(&b'\r');
                    rest
                }
                [] => rest,
            };
        }
        self.extend_line(bytes)
    }

    fn extend_line(&mut self, bytes: &[u8]) -> Result<(), SseFault> {
        if self.line.len() + bytes.len() > self.most_bytes {
            return Err(SseFault::TooLong);
        }
        self.line.extend_from_slice(bytes);
        Ok(())
    }

    fn end_line(&mut self, out: &mut Vec<SseEvent>) -> Result<(), SseFault> {
        let line = std::mem::take(&mut self.line);
        let line = std::str::from_utf8(&line).map_err(|_| SseFault::NotUtf8)?;
        let line = if std::mem::take(&mut self.first_line) {
            line.trim_start_matches('\u{feff}')
        } else {
            line
        };
        if line.is_empty() {
            if let Some(data) = self.data.take() {
                out.push(SseEvent {
                    name: self.name.take(),
                    data,
                });
            }
            self.name = None;
            return Ok(());
        }
        let (field, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match field {
            "event" => self.name = Some(value.to_owned()),
            "data" => self.add_data(value)?,
            _ => {}
        }
        Ok(())
    }

    fn add_data(&mut self, value: &str) -> Result<(), SseFault> {
        match &mut self.data {
            Some(data) if data.len() + value.len() >= self.most_bytes => {
                return Err(SseFault::TooLong);
            }
            Some(data) => {
                data.push('\n');
                data.push_str(value);
            }
            None => self.data = Some(value.to_owned()),
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    fn read(chunks: &[&[u8]]) -> Vec<(Option<String>, String)> {
        let mut reader = SseReader::new(1000);
        let mut out = Vec::new();
        for chunk in chunks {
            reader.push(chunk, &mut out).unwrap();
        }
        out.into_iter()
            .map(|event| (event.name, event.data))
            .collect()
    }

    const STREAM: &[u8] = b"\xef\xbb\xbf: hello\r\nevent: a\r\ndata: {\"x\":1}\r\n\r\ndata:two\ndata: lines\nid: 7\n\n\rdata: \xc3\xa9\r\rdata: cut";

    #[test]
    fn events_are_the_same_whatever_the_cuts() {
        let whole = read(&[STREAM]);
        assert_eq!(
            whole,
            vec![
                (Some("a".into()), "{\"x\":1}".into()),
                (None, "two\nlines".into()),
                (None, "\u{e9}".into())
            ]
        );
        for size in 1..STREAM.len() {
            let chunks: Vec<&[u8]> = STREAM.chunks(size).collect();
            assert_eq!(read(&chunks), whole, "chunks of {size}");
        }
    }

    #[test]
    fn long_lines_and_long_events_are_refused() {
        let mut out = Vec::new();
        assert_eq!(
            SseReader::new(10).push(b"data: 12345", &mut out),
            Err(SseFault::TooLong)
        );
        let mut reader = SseReader::new(20);
        reader.push(b"data: 1234567890\n", &mut out).unwrap();
        assert_eq!(
            reader.push(b"data: 1234567890\n", &mut out),
            Err(SseFault::TooLong)
        );
    }

    #[test]
    fn what_is_written_is_read_back() {
        let mut text = comment("flags");
        text.push_str(&SseEvent::named("x", "a\nb").to_string());
        text.push_str(&SseEvent::data("[DONE]").to_string());
        let expected = vec![(Some("x".into()), "a\nb".into()), (None, "[DONE]".into())];
        assert_eq!(read(&[text.as_bytes()]), expected);
    }
}
