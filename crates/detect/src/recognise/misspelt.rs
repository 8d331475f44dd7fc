//! Months as they come out of hurried typing and optical character recognition.

const MONTHS: [&str; 12] = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
];
const SHORT: [&str; 12] = [
    "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
];
/// Words one letter away from a month.
const OTHERS: [&str; 9] = [
    "match",
    "marsh",
    "larch",
    "starch",
    "parch",
    "augusts",
    "augusta",
    "marche",
    "decembers",
];

/// Returns the number of the month a word of 3 to 10 letters is a slip of, if it is one.
pub(super) fn month(word: &str) -> Option<u32> {
    if !(3..=10).contains(&word.len()) || !word.is_ascii() {
        return None;
    }
    let mut letters = [0u8; 10];
    let mut misread = false;
    for (place, byte) in letters.iter_mut().zip(word.bytes()) {
        let letter = as_letter(byte);
        misread |= letter != byte.to_ascii_lowercase();
        *place = letter;
    }
    let word = letters.get(..word.len())?;
    if !matches!(
        word.first()?,
        b'j' | b'f' | b'm' | b'a' | b's' | b'o' | b'n' | b'd'
    ) {
        return None;
    }
    let exact = MONTHS
        .iter()
        .zip(SHORT)
        .position(|(long, short)| word == long.as_bytes() || word == short.as_bytes());
    if let Some(index) = exact {
        return if misread {
            u32::try_from(index + 1).ok()
        } else {
            None
        };
    }
    if OTHERS.iter().any(|other| other.as_bytes() == word) {
        return None;
    }
    let index = MONTHS.iter().position(|name| {
        let allowed = match name.len() {
            0..=4 => 0,
            5..=7 => 1,
            _ => 2,
        };
        allowed > 0
            && word.len().abs_diff(name.len()) <= allowed
            && word.first() == name.as_bytes().first()
            && distance(word, name.as_bytes()) <= allowed
    })?;
    u32::try_from(index + 1).ok()
}

fn as_letter(byte: u8) -> u8 {
    match byte {
        b'0' => b'o',
        b'1' | b'|' => b'l',
        b'5' => b's',
        b'8' => b'b',
        _ => byte.to_ascii_lowercase(),
    }
}

/// Edits (insert, delete, replace, swap neighbours) between two words of at most eleven letters.
fn distance(one: &[u8], other: &[u8]) -> usize {
    const WIDTH: usize = 12;
    let mut before = [0usize; WIDTH];
    let mut row = [0usize; WIDTH];
    for (index, place) in row.iter_mut().enumerate() {
        *place = index;
    }
    let get =
        |row: &[usize; WIDTH], index: usize| row.get(index).copied().unwrap_or(usize::MAX / 2);
    for (i, a) in one.iter().enumerate() {
        let mut next = [0usize; WIDTH];
        if let Some(first) = next.first_mut() {
            *first = i + 1;
        }
        for (j, b) in other.iter().enumerate() {
            let mut best = get(&row, j) + usize::from(a != b);
            best = best.min(get(&row, j + 1) + 1).min(get(&next, j) + 1);
            let swapped =
                i > 0 && j > 0 && one.get(i - 1) == Some(b) && other.get(j - 1) == Some(a);
            if swapped {
                best = best.min(get(&before, j - 1) + 1);
            }
            if let Some(place) = next.get_mut(j + 1) {
                *place = best;
            }
        }
        before = row;
        row = next;
    }
    get(&row, other.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slips_of_a_month_are_read() {
        for (word, number) in [
            ("Janurary", 1),
            ("Febuary", 2),
            ("Feburary", 2),
            ("Marhc", 3),
            ("Apirl", 4),
            ("Agust", 8),
            ("Septmeber", 9),
            ("Septemeber", 9),
            ("0ctober", 10),
            ("Ju1y", 7),
            ("Novmber", 11),
            ("Decemebr", 12),
        ] {
            assert_eq!(month(word), Some(number), "{word}");
        }
    }

    #[test]
    fn other_words_and_months_spelt_right_are_left_alone() {
        for word in [
            "match", "marsh", "member", "remember", "January", "may", "jane", "dune", "octopus",
            "Augusta",
        ] {
            assert_eq!(month(word), None, "{word}");
        }
    }
}
