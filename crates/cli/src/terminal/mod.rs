//! What a person sees: colour where a terminal shows it, columns, wrapped text.
//!
//! Nothing here knows what it prints. Colour is off when standard output is not a terminal, when `NO_COLOR` is set,
//! or when the caller says so; the layout is the same without it, so that a transcript reads like the screen.

mod columns;
mod table;
mod text;

pub(crate) use columns::{Pane, side_by_side};
pub(crate) use table::table;
pub(crate) use text::{Text, Tone};

use std::borrow::Cow;
use std::fmt::Write as _;
use std::io::{IsTerminal as _, Write as _};

/// Whether to colour, as asked for on the command line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Colour {
    /// On a terminal, unless NO_COLOR is set.
    #[default]
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// The sheet that is written on: how wide it is and whether it takes colour.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Paper {
    /// Columns.
    pub(crate) width: usize,
    /// Whether escape codes are understood.
    pub(crate) colour: bool,
}

/// The width when nobody says how wide the terminal is.
const WIDTH_UNKNOWN: usize = 100;

impl Paper {
    /// Standard output as it is now.
    pub(crate) fn of_stdout(colour: Colour) -> Paper {
        let terminal = std::io::stdout().is_terminal();
        let no_colour = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty())
            || std::env::var_os("TERM").is_some_and(|value| value == "dumb");
        let colour = match colour {
            Colour::Auto => terminal && !no_colour,
            Colour::Always => true,
            Colour::Never => false,
        };
        let known = terminal.then(terminal_size::terminal_size).flatten();
        let width = known.map_or(WIDTH_UNKNOWN, |(width, _)| usize::from(width.0));
        Paper {
            width: width.clamp(40, 160),
            colour,
        }
    }

    /// Text with its tones as escape codes, or without.
    pub(crate) fn paint(&self, text: &Text) -> String {
        let mut painted = String::new();
        for (tone, run) in text.runs() {
            let run = visible(run);
            match (self.colour, tone.code()) {
                (true, Some(code)) => {
                    let _ = write!(painted, "\u{1b}[{code}m{run}\u{1b}[0m");
                }
                _ => painted.push_str(&run),
            }
        }
        painted
    }

    /// A heading over the whole width: a title and a rule.
    pub(crate) fn heading(&self, title: &str) -> String {
        let rule = "─".repeat(self.width.saturating_sub(title.chars().count() + 5));
        self.paint(
            &Text::new()
                .add(Tone::Dim, "── ")
                .add(Tone::Bold, title)
                .add(Tone::Dim, format!(" {rule}")),
        )
    }

    /// Text wrapped to the width, every line indented.
    pub(crate) fn paragraph(&self, indent: usize, text: &Text) -> String {
        let lines = text.wrap(self.width.saturating_sub(indent + 1));
        let lines = lines
            .iter()
            .map(|line| format!("{}{}", " ".repeat(indent), self.paint(line)));
        lines.collect::<Vec<_>>().join("\n")
    }

    /// A name and what it is, the second part wrapped and aligned.
    pub(crate) fn field(&self, name_width: usize, name: &str, text: &Text) -> String {
        let indent = name_width + 4;
        let body = self.paragraph(indent, text);
        let label = self.paint(&Text::of(Tone::Dim, name));
        let gap = " ".repeat(name_width.saturating_sub(name.chars().count()) + 2);
        format!("  {label}{gap}{}", body.get(indent..).unwrap_or_default())
    }
}

/// Writes a line to standard output.
pub(crate) fn line(text: impl std::fmt::Display) -> std::io::Result<()> {
    writeln!(std::io::stdout().lock(), "{text}")
}

/// A text whose control characters, and those that turn the direction of writing, stand as U+FFFD: what a note or a
/// file name holds must not steer the terminal.
pub(crate) fn visible(text: &str) -> Cow<'_, str> {
    let steers = |character: char| {
        let turns = matches!(character, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{200e}' | '\u{200f}' | '\u{61c}');
        turns || character.is_control() && !matches!(character, '\n' | '\t')
    };
    match text.contains(steers) {
        true => Cow::Owned(text.replace(steers, "\u{fffd}")),
        false => Cow::Borrowed(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_note_holds_does_not_steer_the_terminal() {
        assert_eq!(
            visible("a\u{1b}[2Jb\u{202e}c\nd\te"),
            "a\u{fffd}[2Jb\u{fffd}c\nd\te"
        );
        let text = Text::new().add(Tone::Plain, "\u{1b}]0;x\u{7}");
        let paper = Paper {
            width: 80,
            colour: false,
        };
        assert!(!paper.paint(&text).contains(['\u{1b}', '\u{7}']));
        assert!(!paper.heading("\u{1b}[31m").contains('\u{1b}'));
    }

    #[test]
    fn without_colour_no_escape_is_written() {
        let text = Text::new().add(Tone::Name, "Ann").add(Tone::Plain, " came");
        assert_eq!(
            Paper {
                width: 80,
                colour: false
            }
            .paint(&text),
            "Ann came"
        );
        assert!(
            Paper {
                width: 80,
                colour: true
            }
            .paint(&text)
            .contains('\u{1b}')
        );
    }

    #[test]
    fn a_heading_fills_the_width() {
        let heading = Paper {
            width: 60,
            colour: false,
        }
        .heading("What the app sent");
        assert_eq!(heading.chars().count(), 59);
    }
}
