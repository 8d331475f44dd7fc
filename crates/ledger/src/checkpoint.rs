//! Checkpoints (C2SP tlog-checkpoint): origin, size and root of the tree, signed by the log, cosigned by witnesses.

use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;

use crate::Error;
use crate::note::Note;
use crate::tree::Hash;

pub use crate::note::{KeyKind, SignatureLine, Signer, Verified, VerifierKey};

/// The head of a log: this many entries have this root.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    /// The name of the log, such as `clinic.example/covenant`.
    pub origin: String,
    /// How many entries.
    pub size: u64,
    /// The root of the tree over them.
    pub root: Hash,
}

impl Checkpoint {
    /// Returns the text that is signed.
    pub fn text(&self) -> String {
        format!(
            "{}\n{}\n{}\n",
            self.origin,
            self.size,
            BASE64.encode(self.root)
        )
    }

    /// Returns the signed note.
    ///
    /// # Errors
    /// [`Error::Format`] when the origin cannot stand in a note, or the signer is not a log's or has another name.
    pub fn sign(&self, signer: &Signer) -> Result<String, Error> {
        let key = signer.verifier_key();
        if key.kind() != KeyKind::Log || key.name() != self.origin {
            return Err(problem("the signer is not the log of this origin"));
        }
        let note = Note {
            text: self.text(),
            signatures: vec![signer.sign(&self.text(), 0)],
        };
        Ok(note.to_string())
    }
}

impl FromStr for Checkpoint {
    type Err = Error;

    /// Reads the text of a checkpoint, without signatures. Extension lines are allowed and dropped.
    fn from_str(text: &str) -> Result<Checkpoint, Error> {
        let body = text
            .strip_suffix('\n')
            .ok_or(problem("it does not end in a newline"))?;
        let mut lines = body.split('\n');
        let (Some(origin), Some(size), Some(root)) = (lines.next(), lines.next(), lines.next())
        else {
            return Err(problem("it has fewer than three lines"));
        };
        if origin.is_empty() || lines.any(str::is_empty) {
            return Err(problem("it has an empty line"));
        }
        let size = decimal(size).ok_or(problem("its size is not a decimal number"))?;
        let root = hash(root).ok_or(problem("its root is not the base64 of 32 bytes"))?;
        Ok(Checkpoint {
            origin: origin.to_owned(),
            size,
            root,
        })
    }
}

/// Reads a signed checkpoint without checking who signed it: for looking at, never for believing.
///
/// # Errors
/// [`Error::Format`] saying what is wrong.
pub fn parse_note(note: &str) -> Result<(Checkpoint, Vec<SignatureLine>), Error> {
    let note: Note = note.parse()?;
    Ok((note.text.parse()?, note.signatures))
}

/// Opens a signed checkpoint: one of `keys` must be a log's key with the origin as its name and must have signed.
///
/// Returns also every other of `keys` that has signed, with the time where it is a witness.
///
/// # Errors
/// [`Error::BadSignature`] when a line claims to be of one of the keys and is not, [`Error::Unsigned`] when the log
/// has not signed, [`Error::Format`] when it is not a checkpoint.
pub fn open(note: &str, keys: &[VerifierKey]) -> Result<(Checkpoint, Vec<Verified>), Error> {
    let note: Note = note.parse()?;
    let checkpoint: Checkpoint = note.text.parse()?;
    let verified = note.verified(keys)?;
    let is_log =
        |by: &Verified| by.key.kind() == KeyKind::Log && by.key.name() == checkpoint.origin;
    if verified.iter().any(is_log) {
        Ok((checkpoint, verified))
    } else {
        Err(Error::Unsigned)
    }
}

/// Adds a witness's line to a checkpoint. A line of the same witness is replaced; all others stay as they are.
///
/// # Errors
/// [`Error::UnknownWitness`] when the line is of none of `witnesses`, [`Error::BadSignature`] when it does not
/// verify, [`Error::Format`] when note or line are not in their format.
pub fn add_cosignature(note: &str, line: &str, witnesses: &[VerifierKey]) -> Result<String, Error> {
    let mut note: Note = note.parse()?;
    let line: SignatureLine = line.trim_end_matches('\n').parse()?;
    let witness = witnesses
        .iter()
        .find(|key| key.kind() == KeyKind::Witness && line.is_of(key))
        .ok_or(Error::UnknownWitness)?;
    Note {
        text: note.text.clone(),
        signatures: vec![line.clone()],
    }
    .verified(std::slice::from_ref(witness))?;
    note.signatures.retain(|kept| !kept.is_of(witness));
    note.signatures.push(line);
    Ok(note.to_string())
}

/// Makes a witness's line for a checkpoint at `at_s` seconds since 1970. The witness must have checked the
/// checkpoint's signature and its consistency with the last one it saw.
///
/// # Errors
/// [`Error::Format`] when it is not a checkpoint or the signer is not a witness's.
pub fn cosign(note: &str, witness: &Signer, at_s: u64) -> Result<SignatureLine, Error> {
    if witness.verifier_key().kind() != KeyKind::Witness {
        return Err(problem("the signer is not a witness"));
    }
    let note: Note = note.parse()?;
    Checkpoint::from_str(&note.text)?;
    Ok(witness.sign(&note.text, at_s))
}

fn problem(problem: &'static str) -> Error {
    Error::Format {
        what: "checkpoint",
        problem,
    }
}

/// Reads a decimal number without sign or leading zeros.
pub(crate) fn decimal(text: &str) -> Option<u64> {
    let plain = text == "0" || !text.starts_with('0');
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    if plain && digits {
        text.parse().ok()
    } else {
        None
    }
}

/// Reads the base64 of a hash.
pub(crate) fn hash(text: &str) -> Option<Hash> {
    BASE64.decode(text).ok()?.try_into().ok()
}
