//! Signed notes and verifier keys as C2SP signed-note describes them: Ed25519 (0x01) for the log, timestamped
//! Ed25519 (0x04, C2SP tlog-cosignature) for witnesses. Other types are lines of unknown keys: kept, not believed.

use std::fmt;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use covenant_seal::{SigningKey, hex, sha256, unhex, verify_signature};

use crate::Error;

/// The most signature lines a note may have; the specification asks for at least 16.
const MAX_SIGNATURES: usize = 64;
/// The largest note.
const MAX_NOTE_BYTES: usize = 512 * 1024;

/// What a verifier key signs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyKind {
    /// The note text itself: a log.
    Log,
    /// The note text with a time: a witness.
    Witness,
}

impl KeyKind {
    const fn type_byte(self) -> u8 {
        match self {
            KeyKind::Log => 0x01,
            KeyKind::Witness => 0x04,
        }
    }

    fn from_type_byte(byte: u8) -> Option<KeyKind> {
        [KeyKind::Log, KeyKind::Witness]
            .into_iter()
            .find(|kind| kind.type_byte() == byte)
    }
}

/// A public key with its name: a *vkey*, `name+hex(key id)+base64(type || public key)`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerifierKey {
    name: String,
    kind: KeyKind,
    public: [u8; 32],
}

impl VerifierKey {
    /// Names a public key.
    ///
    /// # Errors
    /// [`Error::Format`] when the name is empty or has spaces or a plus sign.
    pub fn new(
        name: impl Into<String>,
        kind: KeyKind,
        public: [u8; 32],
    ) -> Result<VerifierKey, Error> {
        let name = name.into();
        if !is_key_name(&name) {
            return Err(vkey_problem(
                "the name is empty or has spaces or a plus sign",
            ));
        }
        Ok(VerifierKey { name, kind, public })
    }

    /// Returns the name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns whether it is a log's or a witness's.
    pub fn kind(&self) -> KeyKind {
        self.kind
    }

    /// Returns the public key.
    pub fn public(&self) -> &[u8; 32] {
        &self.public
    }

    /// Returns the key id that stands in signatures.
    pub fn id(&self) -> [u8; 4] {
        let mut bytes = self.name.clone().into_bytes();
        bytes.extend_from_slice(&[b'\n', self.kind.type_byte()]);
        bytes.extend_from_slice(&self.public);
        let [a, b, c, d, ..] = sha256(&bytes);
        [a, b, c, d]
    }

    /// Checks a signature line of this key over a note's text; returns the time of a witness, in seconds since 1970.
    fn verify(&self, text: &str, signature: &[u8]) -> Result<Option<u64>, Error> {
        let bad = || Error::BadSignature(self.name.clone());
        match self.kind {
            KeyKind::Log => {
                verify_signature(&self.public, text.as_bytes(), signature).map_err(|_| bad())?;
                Ok(None)
            }
            KeyKind::Witness => {
                let (time, signature) = signature.split_first_chunk::<8>().ok_or_else(bad)?;
                let time = u64::from_be_bytes(*time);
                // The specification bounds the time, and a witness must not leave it out.
                if time == 0 || time > i64::MAX.unsigned_abs() {
                    return Err(bad());
                }
                let message = cosigned_message(text, time);
                verify_signature(&self.public, message.as_bytes(), signature).map_err(|_| bad())?;
                Ok(Some(time))
            }
        }
    }
}

impl fmt::Display for VerifierKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut key = vec![self.kind.type_byte()];
        key.extend_from_slice(&self.public);
        write!(
            f,
            "{}+{}+{}",
            self.name,
            hex(&self.id()),
            BASE64.encode(key)
        )
    }
}

impl FromStr for VerifierKey {
    type Err = Error;

    fn from_str(text: &str) -> Result<VerifierKey, Error> {
        let mut parts = text.trim().splitn(3, '+');
        let (Some(name), Some(id), Some(key)) = (parts.next(), parts.next(), parts.next()) else {
            return Err(vkey_problem("it does not have three parts separated by +"));
        };
        let key = BASE64
            .decode(key)
            .map_err(|_| vkey_problem("the key is not base64"))?;
        let (kind, public) = key.split_first().ok_or(vkey_problem("the key is empty"))?;
        let kind = KeyKind::from_type_byte(*kind).ok_or(vkey_problem(
            "the signature type is neither Ed25519 nor an Ed25519 cosignature",
        ))?;
        let public = public
            .try_into()
            .map_err(|_| vkey_problem("the public key is not 32 bytes"))?;
        let key = VerifierKey::new(name, kind, public)?;
        let is_lower = !id.bytes().any(|byte| byte.is_ascii_uppercase());
        if is_lower && unhex(id).as_deref() == Some(key.id().as_slice()) {
            Ok(key)
        } else {
            Err(vkey_problem("the key id does not belong to the key"))
        }
    }
}

fn vkey_problem(problem: &'static str) -> Error {
    Error::Format {
        what: "verifier key",
        problem,
    }
}

/// A private key with the name it signs under.
#[derive(Debug)]
pub struct Signer {
    key: SigningKey,
    verifier: VerifierKey,
}

impl Signer {
    /// Names a log's private key; the name should be the origin of its checkpoints.
    ///
    /// # Errors
    /// [`Error::Format`] when the name is empty or has spaces or a plus sign.
    pub fn log(name: impl Into<String>, key: SigningKey) -> Result<Signer, Error> {
        Signer::new(name, KeyKind::Log, key)
    }

    /// Names a witness's private key.
    ///
    /// # Errors
    /// [`Error::Format`] when the name is empty or has spaces or a plus sign.
    pub fn witness(name: impl Into<String>, key: SigningKey) -> Result<Signer, Error> {
        Signer::new(name, KeyKind::Witness, key)
    }

    fn new(name: impl Into<String>, kind: KeyKind, key: SigningKey) -> Result<Signer, Error> {
        let verifier = VerifierKey::new(name, kind, key.public())?;
        Ok(Signer { key, verifier })
    }

    /// Returns the public half.
    pub fn verifier_key(&self) -> &VerifierKey {
        &self.verifier
    }

    /// Signs a note's text; `at_s` (seconds since 1970) is only used by a witness.
    pub(crate) fn sign(&self, text: &str, at_s: u64) -> SignatureLine {
        let signature = match self.verifier.kind {
            KeyKind::Log => self.key.sign(text.as_bytes()).to_vec(),
            KeyKind::Witness => {
                let mut bytes = at_s.to_be_bytes().to_vec();
                bytes.extend_from_slice(&self.key.sign(cosigned_message(text, at_s).as_bytes()));
                bytes
            }
        };
        SignatureLine {
            name: self.verifier.name.clone(),
            key_id: self.verifier.id(),
            signature,
        }
    }
}

/// What a witness signs (C2SP tlog-cosignature, Ed25519 signed message).
fn cosigned_message(text: &str, at_s: u64) -> String {
    format!("cosignature/v1\ntime {at_s}\n{text}")
}

/// One signature line of a note: `— name base64(key id || signature)`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignatureLine {
    /// Name of the key that made it.
    pub name: String,
    /// Id of the key that made it.
    pub key_id: [u8; 4],
    /// The signature; what is in it depends on the key.
    pub signature: Vec<u8>,
}

impl SignatureLine {
    /// Says whether the line claims to be of this key: name and id are the same.
    pub fn is_of(&self, key: &VerifierKey) -> bool {
        self.name == key.name && self.key_id == key.id()
    }
}

impl fmt::Display for SignatureLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut bytes = self.key_id.to_vec();
        bytes.extend_from_slice(&self.signature);
        write!(f, "\u{2014} {} {}", self.name, BASE64.encode(bytes))
    }
}

impl FromStr for SignatureLine {
    type Err = Error;

    fn from_str(line: &str) -> Result<SignatureLine, Error> {
        let problem = |problem| Error::Format {
            what: "signature line",
            problem,
        };
        let rest = line
            .strip_prefix("\u{2014} ")
            .ok_or(problem("it does not start with an em dash and a space"))?;
        let (name, encoded) = rest.split_once(' ').ok_or(problem("it has no signature"))?;
        if !is_key_name(name) {
            return Err(problem(
                "the key name is empty or has spaces or a plus sign",
            ));
        }
        let bytes = BASE64
            .decode(encoded)
            .map_err(|_| problem("the signature is not base64"))?;
        let (key_id, signature) = bytes
            .split_first_chunk::<4>()
            .ok_or(problem("the signature is too short"))?;
        if signature.is_empty() {
            return Err(problem("the signature is too short"));
        }
        Ok(SignatureLine {
            name: name.to_owned(),
            key_id: *key_id,
            signature: signature.to_vec(),
        })
    }
}

/// A key that has signed, and when, if it says so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verified {
    /// The key whose signature was checked.
    pub key: VerifierKey,
    /// The time in a witness's cosignature, in seconds since 1970.
    pub at_s: Option<u64>,
}

/// A text with signature lines.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Note {
    /// The signed text, with its last newline.
    pub(crate) text: String,
    pub(crate) signatures: Vec<SignatureLine>,
}

impl Note {
    /// Returns who of `keys` has signed. Lines of other keys are ignored.
    ///
    /// # Errors
    /// [`Error::BadSignature`] when a line claims to be of one of the keys and is not.
    pub(crate) fn verified(&self, keys: &[VerifierKey]) -> Result<Vec<Verified>, Error> {
        let mut verified: Vec<Verified> = Vec::new();
        for line in &self.signatures {
            let Some(key) = keys.iter().find(|key| line.is_of(key)) else {
                continue;
            };
            let at_s = key.verify(&self.text, &line.signature)?;
            if !verified.iter().any(|seen| seen.key == *key) {
                verified.push(Verified {
                    key: key.clone(),
                    at_s,
                });
            }
        }
        Ok(verified)
    }
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.text)?;
        self.signatures
            .iter()
            .try_for_each(|line| writeln!(f, "{line}"))
    }
}

impl FromStr for Note {
    type Err = Error;

    fn from_str(note: &str) -> Result<Note, Error> {
        let problem = |problem| Error::Format {
            what: "signed note",
            problem,
        };
        if note.len() > MAX_NOTE_BYTES {
            return Err(problem("it is too large"));
        }
        if note.bytes().any(|byte| byte < 0x20 && byte != b'\n') {
            return Err(problem("it has control characters"));
        }
        let split = note
            .rfind("\n\n")
            .ok_or(problem("no empty line stands before the signatures"))?;
        let (text, rest) = note.split_at(split + 1);
        let lines = rest
            .strip_prefix('\n')
            .and_then(|lines| lines.strip_suffix('\n'));
        let lines = lines.ok_or(problem("it does not end in a newline"))?;
        let signatures: Vec<SignatureLine> = lines
            .split('\n')
            .map(str::parse)
            .collect::<Result<_, _>>()?;
        if signatures.len() > MAX_SIGNATURES {
            return Err(problem("it has too many signatures"));
        }
        Ok(Note {
            text: text.to_owned(),
            signatures,
        })
    }
}

fn is_key_name(name: &str) -> bool {
    !name.is_empty()
        && !name
            .chars()
            .any(|c| c.is_whitespace() || c.is_control() || c == '+')
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

    use super::*;

    /// A note is accepted when the key of the case has signed it.
    fn accepts(key: &str, note: &str) -> Result<bool, Error> {
        Ok(!note.parse::<Note>()?.verified(&[key.parse()?])?.is_empty())
    }

    #[test]
    fn notes_are_accepted_and_refused_as_the_cases_say() {
        let cases = include_str!("../../../testdata/ledger/notes.txt");
        let mut checked = 0;
        for case in cases.split_terminator("~~~~\n") {
            let (head, rest) = case.split_once('\n').unwrap();
            let (name, expected) = head.split_once(": ").unwrap();
            let (key, note) = rest.split_once('\n').unwrap();
            match expected {
                "accept" => assert_eq!(accepts(key, note), Ok(true), "{name}"),
                "refuse" => assert_ne!(accepts(key, note), Ok(true), "{name}"),
                other => panic!("{name}: {other}"),
            }
            checked += 1;
        }
        assert_eq!(checked, 28);
    }

    #[test]
    fn an_accepted_note_is_written_as_it_was_read() {
        let cases = include_str!("../../../testdata/ledger/notes.txt");
        let case = cases.split_terminator("~~~~\n").next().unwrap();
        let (_, note) = case.split_once('\n').unwrap().1.split_once('\n').unwrap();
        assert_eq!(note.parse::<Note>().unwrap().to_string(), note);
    }

    #[test]
    fn a_note_may_have_sixteen_signatures_but_not_a_thousand() {
        let line = "\u{2014} a.example AAAAAAA=\n";
        assert!(
            format!("text\n\n{}", line.repeat(16))
                .parse::<Note>()
                .is_ok()
        );
        assert!(
            format!("text\n\n{}", line.repeat(1000))
                .parse::<Note>()
                .is_err()
        );
    }
}
