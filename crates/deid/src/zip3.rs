//! The three-digit ZIP rule of Safe Harbor, 45 CFR 164.514(b)(2)(i)(B).
//!
//! The first three digits may stay where all ZIP codes that begin with them together hold more than 20,000 people
//! by the Bureau of the Census's current data; else they become `000`.
//!
//! Source: populations of ZIP Code Tabulation Areas, 2020 Census (table P1, data.census.gov), summed by prefix.
//! Eighteen prefixes that have areas hold 20,000 or fewer: 036 059 102 202 203 204 205 369 556 692 753 772 821 823
//! 878 879 884 893. A prefix without any area (military mail, post office boxes, unassigned) has no population the
//! Census publishes and counts as restricted too.

/// Prefixes whose areas hold more than 20,000 people, as ranges with both ends.
const POPULOUS: [(u16, u16); 75] = [
    (6, 7),
    (9, 35),
    (37, 54),
    (56, 58),
    (60, 89),
    (100, 101),
    (103, 191),
    (193, 201),
    (206, 212),
    (214, 268),
    (270, 310),
    (312, 331),
    (333, 339),
    (341, 342),
    (344, 344),
    (346, 347),
    (349, 352),
    (354, 368),
    (370, 374),
    (376, 398),
    (400, 418),
    (420, 427),
    (430, 458),
    (460, 508),
    (510, 516),
    (520, 528),
    (530, 532),
    (534, 535),
    (537, 551),
    (553, 554),
    (557, 567),
    (570, 577),
    (580, 588),
    (590, 620),
    (622, 631),
    (633, 641),
    (644, 648),
    (650, 658),
    (660, 662),
    (664, 681),
    (683, 691),
    (693, 693),
    (700, 701),
    (703, 708),
    (710, 714),
    (716, 731),
    (734, 741),
    (743, 752),
    (754, 770),
    (773, 816),
    (820, 820),
    (822, 822),
    (824, 838),
    (840, 841),
    (843, 847),
    (850, 853),
    (855, 857),
    (859, 860),
    (863, 865),
    (870, 871),
    (873, 875),
    (877, 877),
    (880, 883),
    (890, 891),
    (894, 895),
    (897, 898),
    (900, 900),
    (902, 908),
    (910, 928),
    (930, 937),
    (939, 941),
    (943, 961),
    (967, 968),
    (970, 986),
    (988, 999),
];

/// Returns the three digits that may stay of a ZIP code (five digits, or nine), `000` where none may; `None` where
/// the text is not a ZIP code.
///
/// ```
/// use covenant_deid::zip3::generalize;
///
/// assert_eq!(generalize("02139"), Some("021".to_owned()));
/// assert_eq!(generalize("03601-1234"), Some("000".to_owned()));
/// assert_eq!(generalize("no code"), None);
/// ```
pub fn generalize(zip: &str) -> Option<String> {
    let digits: String = zip.chars().filter(char::is_ascii_digit).collect();
    if digits.len() != 5 && digits.len() != 9 {
        return None;
    }
    let prefix = digits.get(..3)?;
    Some(if is_populous(prefix.parse().ok()?) {
        prefix.to_owned()
    } else {
        "000".to_owned()
    })
}

/// Tells whether more than 20,000 people live where ZIP codes begin with this prefix.
fn is_populous(prefix: u16) -> bool {
    POPULOUS
        .iter()
        .any(|(first, last)| (*first..=*last).contains(&prefix))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[test]
    fn the_eighteen_small_prefixes_of_2020_and_those_without_areas_are_restricted() {
        for small in [
            36, 59, 102, 202, 203, 204, 205, 369, 556, 692, 753, 772, 821, 823, 878, 879, 884, 893,
        ] {
            assert!(!is_populous(small), "{small:03}");
        }
        for without_area in [0, 90, 98, 192, 213, 340, 569, 872, 901, 962, 969] {
            assert!(!is_populous(without_area), "{without_area:03}");
        }
        assert_eq!((0..1000).filter(|prefix| is_populous(*prefix)).count(), 876);
    }

    #[test]
    fn what_is_no_zip_code_is_not_generalised() {
        for text in ["", "021", "0213", "021391", "A1B 2C3"] {
            assert_eq!(generalize(text), None, "{text}");
        }
        assert_eq!(generalize("10025 1234").unwrap(), "100");
    }
}
