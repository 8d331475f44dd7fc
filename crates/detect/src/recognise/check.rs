//! Check digits and number plans, each with the standard it comes from.

/// ISO/IEC 7812-1 annex B: the Luhn sum of the digits (check digit last) is a multiple of ten.
pub(super) fn luhn(digits: impl DoubleEndedIterator<Item = u32>) -> bool {
    luhn_sum(digits).is_multiple_of(10)
}

fn luhn_sum(digits: impl DoubleEndedIterator<Item = u32>) -> u32 {
    digits
        .rev()
        .enumerate()
        .map(|(place, digit)| {
            if place % 2 == 1 {
                digit * 2 / 10 + digit * 2 % 10
            } else {
                digit
            }
        })
        .sum()
}

fn digits_of(text: &str) -> impl DoubleEndedIterator<Item = u32> {
    text.bytes()
        .filter(u8::is_ascii_digit)
        .map(|byte| u32::from(byte - b'0'))
}

/// Social Security Administration: no area 000, 666 or 900 and above, no group 00, no serial 0000.
pub(super) fn is_ssn(digits: &str) -> bool {
    let part = |from: usize, to: usize| {
        digits
            .get(from..to)
            .and_then(|part| part.parse::<u32>().ok())
            .unwrap_or(0)
    };
    let area = part(0, 3);
    digits.len() == 9
        && area != 0
        && area != 666
        && area < 900
        && part(3, 5) != 0
        && part(5, 9) != 0
}

/// CMS, 45 CFR 162.406: ten digits, first 1 or 2, Luhn over them with 80840 before.
pub(super) fn is_npi(digits: &str) -> bool {
    // The five digits 80840 add 24 to the Luhn sum of the ten that follow.
    digits.len() == 10
        && matches!(digits.as_bytes().first(), Some(b'1' | b'2'))
        && (luhn_sum(digits_of(digits)) + 24).is_multiple_of(10)
}

/// 21 CFR 1301: registrant letter, letter (or 9) of the name, seven digits of which the last checks the others.
pub(super) fn is_dea(text: &str) -> bool {
    let bytes = text.as_bytes();
    let kinds = b"ABCDEFGHJKLMPRSTUX";
    let head = matches!(bytes, [kind, name, ..] if kinds.contains(&kind.to_ascii_uppercase())
        && (name.is_ascii_alphabetic() || *name == b'9'));
    let tail: Vec<u32> = bytes
        .iter()
        .skip(2)
        .filter(|byte| byte.is_ascii_digit())
        .map(|byte| u32::from(byte - b'0'))
        .collect();
    match (bytes.len(), tail.as_slice()) {
        (9, [a, b, c, d, e, f, check]) => head && (a + c + e + 2 * (b + d + f)) % 10 == *check,
        _ => false,
    }
}

/// CMS, Medicare Beneficiary Identifier format: digit 1-9, letter, letter or digit, digit, letter, letter or digit,
/// digit, letter, letter, digit, digit; never S, L, O, I, B, Z.
pub(super) fn is_mbi(text: &[u8]) -> bool {
    let letter =
        |byte: u8| byte.is_ascii_alphabetic() && !b"SLOIBZ".contains(&byte.to_ascii_uppercase());
    text.len() == 11
        && text
            .iter()
            .zip(b"CAXNAXNAANN")
            .all(|(byte, place)| match place {
                b'C' => (b'1'..=b'9').contains(byte),
                b'A' => letter(*byte),
                b'X' => letter(*byte) || byte.is_ascii_digit(),
                _ => byte.is_ascii_digit(),
            })
}

/// ISO/IEC 7812: an issuer prefix of the payment networks, its lengths, and the Luhn digit.
pub(super) fn is_card(digits: &str) -> bool {
    let prefix = |len: usize| {
        digits
            .get(..len)
            .and_then(|part| part.parse::<u32>().ok())
            .unwrap_or(0)
    };
    let length = digits.len();
    let known = match prefix(1) {
        4 => matches!(length, 13 | 16 | 19),
        5 => {
            (51..=55).contains(&prefix(2)) && length == 16
                || (50..=58).contains(&prefix(2)) && (13..=19).contains(&length)
        }
        3 => match prefix(2) {
            34 | 37 => length == 15,
            35 => (16..=19).contains(&length),
            30 | 36 | 38 | 39 => (14..=19).contains(&length),
            _ => false,
        },
        2 => (2221..=2720).contains(&prefix(4)) && length == 16,
        6 => {
            (16..=19).contains(&length)
                || (60..=69).contains(&prefix(2)) && (13..=19).contains(&length)
        }
        _ => false,
    };
    known && luhn(digits_of(digits))
}

/// 49 CFR 565.15: seventeen characters without I, O, Q; the ninth checks the others.
pub(super) fn is_vin(text: &str) -> bool {
    const WEIGHTS: [u32; 17] = [8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2];
    if !has_vin_letters(text) {
        return false;
    }
    let sum: u32 = text
        .bytes()
        .zip(WEIGHTS)
        .map(|(byte, weight)| vin_value(byte).unwrap_or(0) * weight)
        .sum();
    let check = match sum % 11 {
        10 => b'X',
        rest => b'0' + u8::try_from(rest).unwrap_or(0),
    };
    text.as_bytes()
        .get(8)
        .is_some_and(|byte| byte.to_ascii_uppercase() == check)
}

/// Returns true if the text has the length and the letters of a vehicle identification number.
pub(super) fn has_vin_letters(text: &str) -> bool {
    text.len() == 17
        && text.bytes().all(|byte| vin_value(byte).is_some())
        && text.bytes().filter(u8::is_ascii_digit).count() >= 4
        && text.bytes().any(|byte| byte.is_ascii_alphabetic())
}

fn vin_value(byte: u8) -> Option<u32> {
    Some(match byte.to_ascii_uppercase() {
        digit @ b'0'..=b'9' => u32::from(digit - b'0'),
        letter @ b'A'..=b'H' => u32::from(letter - b'A') + 1,
        letter @ b'J'..=b'N' => u32::from(letter - b'J') + 1,
        b'P' => 7,
        b'R' => 9,
        letter @ b'S'..=b'Z' => u32::from(letter - b'S') + 2,
        _ => return None,
    })
}

/// 3GPP TS 23.003: fifteen digits, the last a Luhn digit.
pub(super) fn is_imei(digits: &str) -> bool {
    digits.len() == 15 && luhn(digits_of(digits))
}

/// GS1 General Specifications 7.9: a GTIN of fourteen digits, the last checks the others with weights 3 and 1.
pub(super) fn is_gtin(digits: &str) -> bool {
    let weights = [3, 1].into_iter().cycle();
    digits.len() == 14
        && digits_of(digits)
            .zip(weights)
            .map(|(digit, weight)| digit * weight)
            .sum::<u32>()
            .is_multiple_of(10)
}

/// ISO 13616: country, two check digits, and up to thirty characters; the whole, letters as numbers and the first
/// four put last, leaves 1 when divided by 97.
pub(super) fn is_iban(text: &str) -> bool {
    let bytes = text.as_bytes();
    let head = matches!(bytes, [a, b, c, d, ..] if a.is_ascii_uppercase() && b.is_ascii_uppercase() && c.is_ascii_digit() && d.is_ascii_digit());
    if !head || !(15..=34).contains(&bytes.len()) {
        return false;
    }
    let rest = bytes
        .iter()
        .skip(4)
        .chain(bytes.iter().take(4))
        .try_fold(0u32, |rest, byte| match byte {
            b'0'..=b'9' => Some((rest * 10 + u32::from(byte - b'0')) % 97),
            b'A'..=b'Z' => Some((rest * 100 + u32::from(byte - b'A') + 10) % 97),
            _ => None,
        });
    rest == Some(1)
}

/// North American Numbering Plan: area and exchange start with 2 to 9.
pub(super) fn is_nanp(digits: &str) -> bool {
    let at = |index: usize| digits.as_bytes().get(index).copied().unwrap_or(0);
    digits.len() == 10 && at(0) >= b'2' && at(3) >= b'2' && !(at(1) == b'1' && at(2) == b'1')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn check_digits_of_published_examples_hold() {
        assert!(is_npi("1234567893") && !is_npi("1234567890"), "CMS example");
        assert!(is_dea("AB1234563") && !is_dea("AB1234567"));
        assert!(
            is_mbi(b"1EG4TE5MK73") && !is_mbi(b"1SG4TE5MK73") && !is_mbi(b"0EG4TE5MK73"),
            "CMS example"
        );
        assert!(
            is_card("4111111111111111")
                && is_card("378282246310005")
                && !is_card("4111111111111112")
        );
        assert!(
            is_vin("1M8GDM9AXKP042788") && !is_vin("1M8GDM9A1KP042788"),
            "SAE example"
        );
        assert!(is_imei("490154203237518") && !is_imei("490154203237517"));
        assert!(
            is_gtin("00884838000124") || is_gtin("10614141000415"),
            "GS1 example"
        );
        assert!(is_iban("GB82WEST12345698765432") && !is_iban("GB82WEST12345698765431"));
        assert!(
            is_ssn("219099999")
                && !is_ssn("666121234")
                && !is_ssn("000121234")
                && !is_ssn("900121234")
        );
        assert!(is_nanp("2025550143") && !is_nanp("1025550143"));
    }
}
