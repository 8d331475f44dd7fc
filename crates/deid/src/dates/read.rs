//! Reading: which number is the day, which the month, which the year.

use super::civil::{days_in_month, month_of, weekday_of};
use super::lex::{Mark, marks};
use super::{ClinicalDate, LetterCase, Letters, Piece, YEAR_IF_NONE};

/// Years a clinical text speaks of.
const YEARS: std::ops::RangeInclusive<i32> = 1800..=2199;

pub(super) fn date(text: &str, latest_year: i32) -> Option<ClinicalDate> {
    let (day_text, clock) = text.split_at(clock_from(text));
    let marks = marks(day_text);
    let named_month = marks
        .iter()
        .any(|mark| matches!(mark, Mark::Word(word) if month_of(word).is_some()));
    let mut reading = Reading {
        latest_year,
        ..Reading::default()
    };
    if named_month {
        reading.with_named_month(&marks)?;
    } else if marks.iter().any(|mark| matches!(mark, Mark::Number(_))) {
        reading.with_numbers(&marks)?;
    } else {
        reading.with_weekday(&marks)?;
    }
    reading.literal(clock);
    reading.finish()
}

/// Returns where a clock time begins: `T10:22`, ` 10:22`, ` at 9 am`, ` 1430 h`; the end where there is none.
fn clock_from(text: &str) -> usize {
    if let Some(colon) = text.find(':') {
        let before = text.get(..colon).unwrap_or_default();
        let hour = before.trim_end_matches(|char: char| char.is_ascii_digit());
        return hour.trim_end_matches(['T', 't', ' ', ',', '@']).len();
    }
    let lower = text.to_ascii_lowercase();
    for mark in [" at ", " @ ", " @"] {
        if let Some(position) = lower.find(mark) {
            return position;
        }
    }
    match lower.find('t') {
        // 20240314T1022Z
        Some(position)
            if position >= 8
                && lower
                    .bytes()
                    .take(position)
                    .all(|byte| byte.is_ascii_digit() || byte == b'-') =>
        {
            position
        }
        _ => text.len(),
    }
}

#[derive(Default)]
struct Reading {
    latest_year: i32,
    year: Option<i32>,
    month: Option<u8>,
    days: Vec<u8>,
    weekday: Option<u8>,
    pieces: Vec<Piece>,
}

impl Reading {
    fn literal(&mut self, text: &str) {
        if !text.is_empty() {
            self.pieces.push(Piece::Literal(text.to_owned()));
        }
    }

    /// March 14th, 2024; 14-MAR-24; Mar 14; March 2024; March 3-5, 2024; 14 March
    fn with_named_month(&mut self, marks: &[Mark<'_>]) -> Option<()> {
        for (position, mark) in marks.iter().enumerate() {
            match mark {
                Mark::Between(text) => self.literal(text),
                Mark::Word(word) => self.word(word, marks.get(position.wrapping_sub(1)))?,
                Mark::Number(number) => {
                    let tight = match marks.get(position + 1) {
                        Some(Mark::Between("-")) => true,
                        Some(Mark::Word(word)) => month_of(word).is_some(),
                        _ => false,
                    };
                    self.number_beside_month(number, marks.get(position.wrapping_sub(1)), tight)?;
                }
            }
        }
        Some(())
    }

    fn word(&mut self, word: &str, before: Option<&Mark<'_>>) -> Option<()> {
        let after_number = matches!(before, Some(Mark::Number(_)));
        if let (None, Some((month, short))) = (self.month, month_of(word)) {
            self.month = Some(month);
            // May is whole and short; beside a number, or a hyphen, it is meant short.
            let tight = after_number || matches!(before, Some(Mark::Between("-")));
            self.pieces.push(Piece::MonthName(letters(
                word,
                short || (word.len() == 3 && tight),
            )));
        } else if let (None, Some((weekday, short))) = (self.weekday, weekday_of(word)) {
            self.weekday = Some(weekday);
            self.pieces.push(Piece::Weekday(letters(word, short)));
        } else if after_number
            && ["st", "nd", "rd", "th"].contains(&word.to_ascii_lowercase().as_str())
        {
            let index = self.days.len().checked_sub(1)?;
            self.pieces.push(Piece::Ordinal {
                index,
                large: word.chars().all(char::is_uppercase),
            });
        } else if ["of", "the", "and", "to", "through", "thru", "on"]
            .contains(&word.to_ascii_lowercase().as_str())
        {
            self.literal(word);
        } else {
            return None;
        }
        Some(())
    }

    fn number_beside_month(
        &mut self,
        number: &str,
        before: Option<&Mark<'_>>,
        tight: bool,
    ) -> Option<()> {
        let abbreviated =
            matches!(before, Some(Mark::Between(text)) if text.ends_with(['\'', '’']));
        let day = number
            .parse()
            .ok()
            .filter(|day| number.len() <= 2 && (1..=31).contains(day));
        match day {
            Some(day) if !abbreviated && (self.days.is_empty() || self.shares_month()) => {
                // 14-MAR-2024 is written with two digits.
                let padded =
                    number.starts_with('0') || (tight && self.month.is_none() && number.len() == 2);
                self.pieces.push(Piece::Day {
                    index: self.days.len(),
                    padded,
                });
                self.days.push(day);
            }
            _ if number.len() == 2 && !abbreviated && self.days.is_empty() => return None,
            _ => self.read_year(number)?,
        }
        Some(())
    }

    /// Tells whether a second number is the last day of a range: nothing but a range mark stands behind the first.
    fn shares_month(&self) -> bool {
        let since_day = self
            .pieces
            .iter()
            .rev()
            .take_while(|piece| !matches!(piece, Piece::Day { .. }));
        let mut mark = String::new();
        for piece in since_day {
            match piece {
                Piece::Literal(text) => mark.insert_str(0, text),
                Piece::Ordinal { .. } => {}
                _ => return false,
            }
        }
        self.days.len() == 1 && self.year.is_none() && is_range_mark(&mark)
    }

    fn read_year(&mut self, number: &str) -> Option<()> {
        let value: i32 = number.parse().ok()?;
        let year = match number.len() {
            4 => value,
            2 => (value + 1900..=self.latest_year)
                .step_by(100)
                .last()
                .unwrap_or(value + 1900),
            _ => return None,
        };
        if self.year.is_some() || !YEARS.contains(&year) {
            return None;
        }
        self.year = Some(year);
        self.pieces.push(Piece::Year {
            digits: number.len(),
        });
        Some(())
    }

    /// 03/14/2024; 3-14-24; 2024-03-14; 14.03.2024; 3/14; 03/2024; 20240314; with a weekday before or after.
    fn with_numbers(&mut self, marks: &[Mark<'_>]) -> Option<()> {
        let numbers: Vec<&str> = marks
            .iter()
            .filter_map(|mark| match mark {
                Mark::Number(number) => Some(*number),
                _ => None,
            })
            .collect();
        if let [compact] = numbers.as_slice() {
            return self.compact(compact, marks);
        }
        let mut order = order(&numbers)?.iter();
        let padded = numbers.iter().all(|number| number.len() >= 2);
        for mark in marks {
            match mark {
                Mark::Between(text) => self.literal(text),
                Mark::Word(word) => self.word(word, None)?,
                Mark::Number(number) => match order.next()? {
                    Part::Year => self.read_year(number)?,
                    Part::Month => {
                        self.month = Some(number.parse().ok()?);
                        self.pieces.push(Piece::MonthNumber { padded });
                    }
                    Part::Day => {
                        self.pieces.push(Piece::Day {
                            index: self.days.len(),
                            padded,
                        });
                        self.days.push(number.parse().ok()?);
                    }
                },
            }
        }
        Some(())
    }

    /// 20240314, 03142024; HL7 puts a time straight after the first.
    fn compact(&mut self, number: &str, marks: &[Mark<'_>]) -> Option<()> {
        let ([before @ .., Mark::Number(_)], after) = marks.split_at(
            marks
                .iter()
                .position(|mark| matches!(mark, Mark::Number(_)))?
                + 1,
        ) else {
            return None;
        };
        self.literal(&before.iter().map(|mark| mark.text()).collect::<String>());
        let date = number
            .get(..8)
            .filter(|_| matches!(number.len(), 8 | 12 | 14))?;
        let pair = |from: usize| {
            date.get(from..from + 2)
                .and_then(|pair| pair.parse::<u8>().ok())
        };
        let year_first = date
            .get(..4)?
            .parse()
            .is_ok_and(|year| (1900..=2100).contains(&year));
        let (year, month, day) = match year_first {
            true => (date.get(..4)?, pair(4)?, pair(6)?),
            false => (date.get(4..)?, pair(0)?, pair(2)?),
        };
        (self.month, self.days) = (Some(month), vec![day]);
        if year_first {
            self.read_year(year)?;
        }
        self.pieces.push(Piece::MonthNumber { padded: true });
        self.pieces.push(Piece::Day {
            index: 0,
            padded: true,
        });
        if !year_first {
            self.read_year(year)?;
        }
        self.literal(number.get(8..)?);
        self.literal(&after.iter().map(|mark| mark.text()).collect::<String>());
        Some(())
    }

    fn with_weekday(&mut self, marks: &[Mark<'_>]) -> Option<()> {
        for mark in marks {
            match mark {
                Mark::Word(word) => self.word(word, None)?,
                other => self.literal(other.text()),
            }
        }
        self.weekday.map(|_| ())
    }

    /// Checks that the days exist.
    fn finish(self) -> Option<ClinicalDate> {
        let Reading {
            year,
            month,
            days,
            weekday,
            pieces,
            ..
        } = self;
        let last = month.map_or(31, |month| {
            days_in_month(year.unwrap_or(YEAR_IF_NONE), month)
        });
        let exists = month.is_none_or(|month| (1..=12).contains(&month))
            && days.iter().all(|day| (1..=last).contains(day));
        exists.then_some(ClinicalDate {
            year,
            month,
            days,
            weekday,
            pieces,
        })
    }
}

fn is_range_mark(text: &str) -> bool {
    matches!(
        text.trim(),
        "-" | "–" | "&" | "/" | "and" | "to" | "through" | "thru"
    )
}

enum Part {
    Year,
    Month,
    Day,
}

/// Returns what each number of a numeric date is.
fn order(numbers: &[&str]) -> Option<&'static [Part]> {
    use Part::{Day, Month, Year};
    let value = |position: usize| {
        numbers
            .get(position)
            .and_then(|number| number.parse::<i32>().ok())
            .unwrap_or(0)
    };
    let digits = |position: usize| numbers.get(position).map_or(0, |number| number.len());
    match numbers.len() {
        3 if digits(0) == 4 && value(1) > 12 => Some(&[Year, Day, Month]),
        3 if digits(0) == 4 => Some(&[Year, Month, Day]),
        3 if value(0) > 12 => Some(&[Day, Month, Year]),
        3 => Some(&[Month, Day, Year]),
        2 if digits(1) == 4 => Some(&[Month, Year]),
        2 if digits(0) == 4 => Some(&[Year, Month]),
        2 if value(0) > 12 => Some(&[Day, Month]),
        2 => Some(&[Month, Day]),
        _ => None,
    }
}

fn letters(word: &str, short: bool) -> Letters {
    let case = match (
        word.chars().next().is_some_and(char::is_uppercase),
        word.chars().skip(1).any(char::is_lowercase),
    ) {
        (true, true) => LetterCase::Title,
        (true, false) => LetterCase::Large,
        (false, _) => LetterCase::Small,
    };
    Letters { short, case }
}
