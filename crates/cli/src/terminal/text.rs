//! Text whose parts have a tone, and how it is wrapped.

/// What a part of a text means to the eye.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tone {
    /// As it is.
    Plain,
    /// Of less weight.
    Dim,
    /// Of more weight.
    Bold,
    /// It went well.
    Good,
    /// It was refused or is wrong.
    Bad,
    /// Take note.
    Warn,
    /// A name.
    Name,
    /// A place or an organisation.
    Place,
    /// A date or an age.
    Date,
    /// A phone number, an address on the net.
    Contact,
    /// A number that names somebody.
    Number,
    /// A stand-in of ours.
    Token,
}

impl Tone {
    /// The parameters of the escape code that shows it.
    pub(super) fn code(self) -> Option<&'static str> {
        Some(match self {
            Tone::Plain => return None,
            Tone::Dim => "2",
            Tone::Bold => "1",
            Tone::Good => "32",
            Tone::Bad => "1;31",
            Tone::Warn => "33",
            Tone::Name => "1;35",
            Tone::Place => "32",
            Tone::Date => "36",
            Tone::Contact => "33",
            Tone::Number => "1;34",
            Tone::Token => "30;46",
        })
    }
}

/// Runs of text, each with its tone.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Text {
    runs: Vec<(Tone, String)>,
}

impl Text {
    /// No text yet.
    pub(crate) fn new() -> Text {
        Text::default()
    }

    /// A text of one tone.
    pub(crate) fn of(tone: Tone, run: impl Into<String>) -> Text {
        Text::new().add(tone, run)
    }

    /// A text without a tone.
    pub(crate) fn plain(run: impl Into<String>) -> Text {
        Text::of(Tone::Plain, run)
    }

    /// The text with one more run.
    pub(crate) fn add(mut self, tone: Tone, run: impl Into<String>) -> Text {
        self.push(tone, run);
        self
    }

    /// One more run.
    pub(crate) fn push(&mut self, tone: Tone, run: impl Into<String>) {
        let run = run.into();
        match self.runs.last_mut() {
            Some((last, text)) if *last == tone => text.push_str(&run),
            _ if run.is_empty() => {}
            _ => self.runs.push((tone, run)),
        }
    }

    /// The runs in order.
    pub(crate) fn runs(&self) -> impl Iterator<Item = (Tone, &str)> {
        self.runs.iter().map(|(tone, run)| (*tone, run.as_str()))
    }

    /// How many columns it takes.
    pub(crate) fn width(&self) -> usize {
        self.runs.iter().map(|(_, run)| run.chars().count()).sum()
    }

    /// Cut into lines of at most `width` columns, at spaces where there are any.
    pub(crate) fn wrap(&self, width: usize) -> Vec<Text> {
        let width = width.max(1);
        let mut lines = Vec::new();
        let mut line: Vec<(Tone, char)> = Vec::new();
        for (tone, character) in self.characters() {
            match character {
                '\n' => lines.push(gather(&std::mem::take(&mut line))),
                _ => {
                    if line.len() == width {
                        let rest = break_line(&mut line, character);
                        lines.push(gather(&std::mem::replace(&mut line, rest)));
                        if character == ' ' && line.is_empty() {
                            continue;
                        }
                    }
                    line.push((tone, character));
                }
            }
        }
        if !line.is_empty() || lines.is_empty() {
            lines.push(gather(&line));
        }
        lines
    }

    fn characters(&self) -> impl Iterator<Item = (Tone, char)> {
        // A control character would move the cursor: what is shown is text, never a command to the terminal.
        self.runs.iter().flat_map(|(tone, run)| {
            run.chars().map(|character| match character {
                '\t' => (*tone, ' '),
                '\n' => (*tone, '\n'),
                character if character.is_control() => (*tone, '\u{fffd}'),
                character => (*tone, character),
            })
        })
    }
}

/// Cuts a full line at its last space and returns what moves to the next line.
fn break_line(line: &mut Vec<(Tone, char)>, next: char) -> Vec<(Tone, char)> {
    if next == ' ' {
        return Vec::new();
    }
    match line.iter().rposition(|(_, character)| *character == ' ') {
        // A very long word is cut where the line ends.
        Some(space) if space > 0 => {
            let rest = line.split_off(space + 1);
            line.truncate(space);
            rest
        }
        _ => Vec::new(),
    }
}

fn gather(characters: &[(Tone, char)]) -> Text {
    let mut text = Text::new();
    for (tone, character) in characters {
        text.push(*tone, character.to_string());
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn lines(text: &str, width: usize) -> Vec<String> {
        let wrapped = Text::plain(text).wrap(width);
        wrapped
            .iter()
            .map(|line| line.runs().map(|(_, run)| run).collect())
            .collect()
    }

    #[test]
    fn wraps_at_spaces_and_keeps_line_ends() {
        assert_eq!(lines("one two three", 8), ["one two", "three"]);
        assert_eq!(lines("one\n\ntwo", 8), ["one", "", "two"]);
        assert_eq!(lines("abcdefghij", 4), ["abcd", "efgh", "ij"]);
        assert_eq!(lines("abcd efgh", 4), ["abcd", "efgh"]);
    }

    #[test]
    fn control_characters_never_reach_the_terminal() {
        assert_eq!(lines("a\u{1b}[2Jb", 20), ["a\u{fffd}[2Jb"]);
    }

    proptest! {
        #[test]
        fn no_line_is_wider_than_asked_and_no_letter_is_lost(text in "[a-z \n]{0,200}", width in 1usize..40) {
            let wrapped = lines(&text, width);
            prop_assert!(wrapped.iter().all(|line| line.chars().count() <= width));
            let letters = |text: &str| text.chars().filter(|c| c.is_alphabetic()).collect::<String>();
            prop_assert_eq!(letters(&wrapped.concat()), letters(&text));
        }
    }
}
