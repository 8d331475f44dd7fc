//! Finds base64 and hexadecimal hidden in text and says what it decodes to.
//!
//! A recogniser reads text; it cannot read a scan, an archive or a key. So a run that decodes to more than
//! [`MOST_BYTES`] bytes is told apart: text goes to the detector, everything else is refused by the caller.

/// Runs that decode to at most this many bytes are left alone: digests, ids and keys of the API.
pub(crate) const MOST_BYTES: usize = 64;

/// What an encoded run holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Encoded {
    /// Readable text, to be looked at by the detector.
    Text(String),
    /// A known kind of file.
    File(&'static str),
    /// Compressed data.
    Compressed(&'static str),
    /// Nothing recognisable.
    Unknown,
}

/// Returns what each encoded run of more than [`MOST_BYTES`] bytes in `text` holds.
pub(crate) fn encoded_runs(text: &str) -> Vec<Encoded> {
    if text.len() <= MOST_BYTES {
        return Vec::new();
    }
    runs(text.as_bytes())
        .into_iter()
        .filter_map(|run| decode(&run))
        .map(|bytes| classify(&bytes))
        .collect()
}

/// Returns the runs of encoding characters long enough to matter, line breaks inside them taken out.
fn runs(text: &[u8]) -> Vec<Vec<u8>> {
    let mut found = Vec::new();
    let mut run: Vec<u8> = Vec::new();
    let mut line = 0;
    let mut rest = text;
    while let Some((&byte, tail)) = rest.split_first() {
        rest = tail;
        if is_encoding(byte) {
            if byte != b'=' && run.last() == Some(&b'=') {
                // Padding ends a run: what follows begins anew, and so does what follows a name and '='.
                keep(&mut run, &mut found);
            }
            run.push(byte);
            line += 1;
        } else if let Some(after) = line_break(byte, rest).filter(|_| line >= LEAST_LINE) {
            // A wrapped block goes on in the next line.
            line = 0;
            rest = after;
        } else {
            keep(&mut run, &mut found);
            line = 0;
        }
    }
    keep(&mut run, &mut found);
    found
}

/// A line of a wrapped block is at least this long (MIME wraps at 76, PEM at 64).
const LEAST_LINE: usize = 40;

fn line_break(byte: u8, rest: &[u8]) -> Option<&[u8]> {
    let after = match (byte, rest) {
        (b'\n', rest) => rest,
        (b'\r', [b'\n', rest @ ..]) => rest,
        // Escaped once more, as in JSON inside a string.
        (b'\\', [b'n', rest @ ..]) => rest,
        (b'\\', [b'r', b'\\', b'n', rest @ ..]) => rest,
        _ => return None,
    };
    after
        .first()
        .is_some_and(|next| is_encoding(*next))
        .then_some(after)
}

fn keep(run: &mut Vec<u8>, found: &mut Vec<Vec<u8>>) {
    let run = std::mem::take(run);
    if run.len() > MOST_BYTES * 4 / 3 && is_mixed(&run) {
        found.push(run);
    }
}

fn is_encoding(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'-' | b'_' | b'=')
}

/// Tells encodings from rules of dashes, long words, sequences of bases and paths in lower case: encoded bytes
/// mix: base64 upper and lower case, hexadecimal digits and letters.
fn is_mixed(run: &[u8]) -> bool {
    let digits = run.iter().any(u8::is_ascii_digit);
    let upper = run.iter().any(u8::is_ascii_uppercase);
    let lower = run.iter().any(u8::is_ascii_lowercase);
    let hex = run.iter().all(u8::is_ascii_hexdigit);
    (hex && digits) || (upper && lower)
}

fn decode(run: &[u8]) -> Option<Vec<u8>> {
    let bytes = decode_hex(run).or_else(|| Some(decode_base64(run)))?;
    (bytes.len() > MOST_BYTES).then_some(bytes)
}

fn decode_hex(run: &[u8]) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(run.len() / 2);
    for pair in run.chunks(2) {
        let mut value = 0;
        for digit in pair {
            value = value << 4 | char::from(*digit).to_digit(16)?;
        }
        bytes.push(u8::try_from(value).ok()?);
    }
    Some(bytes)
}

/// Says whether a text is finite 32-bit floats in base64, as embeddings come.
pub(crate) fn is_floats(text: &str) -> bool {
    let is_base64 = |byte: u8| sextet(byte).is_some() || byte == b'=';
    let bytes = decode_base64(text.as_bytes());
    let (floats, rest) = bytes.as_chunks::<4>();
    text.bytes().all(is_base64)
        && rest.is_empty()
        && floats
            .iter()
            .all(|float| f32::from_le_bytes(*float).is_finite())
}

/// Decodes both alphabets of base64, padding and stray bits ignored: what matters is what is inside.
fn decode_base64(run: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(run.len() * 3 / 4);
    let (mut bits, mut held) = (0u32, 0u8);
    for digit in run.iter().filter_map(|byte| sextet(*byte)) {
        bits = bits << 6 | u32::from(digit);
        held += 6;
        if held >= 8 {
            held -= 8;
            bytes.push((bits >> held & 0xff) as u8);
        }
    }
    bytes
}

fn sextet(byte: u8) -> Option<u8> {
    match byte {
        b'A'..=b'Z' => Some(byte - b'A'),
        b'a'..=b'z' => Some(byte - b'a' + 26),
        b'0'..=b'9' => Some(byte - b'0' + 52),
        b'+' | b'-' => Some(62),
        b'/' | b'_' => Some(63),
        _ => None,
    }
}

/// Beginnings of files, by the published descriptions of each format.
const MAGIC: &[(&[u8], Encoded)] = &[
    (b"%PDF", Encoded::File("pdf")),
    (b"\x89PNG", Encoded::File("png")),
    (b"\xff\xd8\xff", Encoded::File("jpeg")),
    (b"GIF8", Encoded::File("gif")),
    (b"II*\0", Encoded::File("tiff")),
    (b"MM\0*", Encoded::File("tiff")),
    (b"BM", Encoded::File("bmp")),
    (b"RIFF", Encoded::File("riff")),
    (b"OggS", Encoded::File("ogg")),
    (b"ID3", Encoded::File("mp3")),
    (b"\xff\xfb", Encoded::File("mp3")),
    (b"fLaC", Encoded::File("flac")),
    (b"\xd0\xcf\x11\xe0", Encoded::File("office")),
    (b"{\\rtf", Encoded::File("rtf")),
    (b"SQLite format 3\0", Encoded::File("sqlite")),
    (b"\x7fELF", Encoded::File("program")),
    (b"PAR1", Encoded::File("parquet")),
    (b"PK\x03\x04", Encoded::Compressed("zip")),
    (b"\x1f\x8b", Encoded::Compressed("gzip")),
    (b"BZh", Encoded::Compressed("bzip2")),
    (b"\xfd7zXZ\0", Encoded::Compressed("xz")),
    (b"\x28\xb5\x2f\xfd", Encoded::Compressed("zstd")),
    (b"\x04\x22\x4d\x18", Encoded::Compressed("lz4")),
    (b"7z\xbc\xaf\x27\x1c", Encoded::Compressed("7z")),
    (b"Rar!", Encoded::Compressed("rar")),
];

fn classify(bytes: &[u8]) -> Encoded {
    for (magic, kind) in MAGIC {
        if bytes.starts_with(magic) {
            return kind.clone();
        }
    }
    if bytes.get(128..132) == Some(b"DICM") {
        return Encoded::File("dicom");
    }
    if bytes.get(4..8) == Some(b"ftyp") {
        return Encoded::File("mp4");
    }
    let is_zlib = matches!(bytes, [0x78, 0x01 | 0x5e | 0x9c | 0xda, ..]);
    match text_of(bytes) {
        Some(text) => Encoded::Text(text),
        None if is_zlib => Encoded::Compressed("zlib"),
        None => Encoded::Unknown,
    }
}

/// Returns the bytes as text when they are text: UTF-8 or UTF-16 without control characters but white space.
fn text_of(bytes: &[u8]) -> Option<String> {
    if let Some(text) = utf16_of(bytes) {
        return Some(text);
    }
    // A run may be cut inside its last character.
    let text = match std::str::from_utf8(bytes) {
        Ok(text) => text,
        Err(fault) if fault.error_len().is_none() => {
            std::str::from_utf8(bytes.get(..fault.valid_up_to())?).ok()?
        }
        Err(_) => return None,
    };
    is_readable(text).then(|| text.to_owned())
}

fn utf16_of(bytes: &[u8]) -> Option<String> {
    let pairs = bytes.as_chunks::<2>().0;
    let zeros = |at: usize| {
        pairs.iter().filter(|pair| pair.get(at) == Some(&0)).count() * 10 >= pairs.len() * 9
    };
    let units: Vec<u16> = if zeros(1) {
        pairs.iter().map(|pair| u16::from_le_bytes(*pair)).collect()
    } else if zeros(0) {
        pairs.iter().map(|pair| u16::from_be_bytes(*pair)).collect()
    } else {
        return None;
    };
    String::from_utf16(&units)
        .ok()
        .filter(|text| is_readable(text))
}

fn is_readable(text: &str) -> bool {
    text.chars().all(|c| !c.is_control() || c.is_whitespace())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Encodes in the standard alphabet; the tests' own, so that the decoder is not tested by itself.
    fn base64(bytes: &[u8]) -> String {
        const DIGITS: &[u8; 64] =
            b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
        let mut out = String::new();
        for chunk in bytes.chunks(3) {
            let bits = chunk
                .iter()
                .fold(0u32, |bits, byte| bits << 8 | u32::from(*byte))
                << (8 * (3 - chunk.len()));
            for place in 0..=chunk.len() {
                let digit = (bits >> (18 - 6 * place) & 63) as usize;
                out.push(DIGITS.get(digit).copied().map_or('=', char::from));
            }
            out.push_str(&"=".repeat(3 - chunk.len()));
        }
        out
    }

    fn noise(length: usize) -> Vec<u8> {
        let mut state = 12_345u32;
        let mut step = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 24) as u8
        };
        (0..length).map(|_| step()).collect()
    }

    #[test]
    fn base64_of_a_note_is_text_for_the_detector() {
        let note = "Patient Marlow Vance, MRN 4471902, was seen on 3/4/2025 for a cough that does not go away.";
        assert_eq!(
            encoded_runs(&base64(note.as_bytes())),
            vec![Encoded::Text(note.into())]
        );
        assert_eq!(
            encoded_runs(&format!("see {} thanks", base64(note.as_bytes()))),
            vec![Encoded::Text(note.into())]
        );
        let hex: String = note.bytes().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(encoded_runs(&hex), vec![Encoded::Text(note.into())]);
        let wide: Vec<u8> = note.encode_utf16().flat_map(u16::to_le_bytes).collect();
        assert_eq!(
            encoded_runs(&base64(&wide)),
            vec![Encoded::Text(note.into())]
        );
    }

    #[test]
    fn files_and_archives_are_named() {
        for (magic, kind) in MAGIC {
            let file = [magic, &noise(100)[..]].concat();
            assert_eq!(
                encoded_runs(&format!("data:x;base64,{}", base64(&file))),
                vec![kind.clone()]
            );
        }
    }

    #[test]
    fn noise_is_unknown_in_every_wrapping() {
        let encoded = base64(&noise(300));
        assert_eq!(encoded_runs(&encoded), vec![Encoded::Unknown]);
        for separator in ["\n", "\r\n", "\\n"] {
            let lines: Vec<String> = encoded
                .as_bytes()
                .chunks(64)
                .map(|line| String::from_utf8_lossy(line).into_owned())
                .collect();
            assert_eq!(
                encoded_runs(&lines.join(separator)),
                vec![Encoded::Unknown],
                "{separator:?}"
            );
        }
        let hex: String = noise(65).iter().map(|byte| format!("{byte:02X}")).collect();
        assert_eq!(encoded_runs(&hex), vec![Encoded::Unknown]);
    }

    #[test]
    fn short_runs_and_plain_text_are_left_alone() {
        let sequence = "ACGTTGCA".repeat(40);
        let rule = "-".repeat(200);
        let digest: String = noise(64).iter().map(|byte| format!("{byte:02x}")).collect();
        for text in [
            "",
            "plain words",
            &sequence,
            &rule,
            &digest,
            &base64(&noise(60)),
        ] {
            assert_eq!(encoded_runs(text), Vec::new(), "{text}");
        }
        let prose = "The patient was seen and sent home with advice to drink more water and rest. "
            .repeat(20);
        assert_eq!(encoded_runs(&prose), Vec::new());
    }
}
