//! The map from codes to originals, sealed on disk: the one file of `covenant deid` that holds PHI.
//!
//! Three lines: the format, a data key wrapped under the key of the run, and the map sealed under that data key.

use crate::exit::Failure;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use covenant_deid::TokenMap;
use covenant_seal::{
    Context, DataKey, KeyService as _, LocalKey, SystemRandom, WrappedKey, Zeroizing, open, seal,
};
use std::fmt::Display;
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

const FORMAT: &str = "covenant-map-v1";
const CONTEXT: Context<'static> = Context {
    tenant: "files",
    record: "map",
    kind: "map",
};

/// The maps of several texts, joined: a code stands for one value under one key, whichever text it is in.
#[derive(Default)]
pub(crate) struct Joined {
    bytes: Zeroizing<Vec<u8>>,
}

impl Joined {
    /// Adds the map of one more text. A written map is a mark and its entries, and stays one when entries follow.
    pub(crate) fn add(&mut self, map: &TokenMap) {
        let written = map.to_bytes();
        let mark = TokenMap::new().to_bytes().len();
        let entries = if self.bytes.is_empty() {
            Some(written.as_slice())
        } else {
            written.get(mark..)
        };
        self.bytes.extend_from_slice(entries.unwrap_or_default());
    }
}

/// Seals the maps into a new file.
pub(crate) fn write(file: &Path, map: &Joined, kek: &LocalKey) -> Result<(), Failure> {
    let failed = |error: &dyn Display| Failure::cannot_open(format!("{}: {error}", file.display()));
    let key = DataKey::generate(&SystemRandom).map_err(|error| failed(&error))?;
    let wrapped = kek
        .wrap(&key, &CONTEXT, &SystemRandom)
        .map_err(|error| failed(&error))?;
    let sealed = seal(&key, &CONTEXT, &map.bytes, &SystemRandom).map_err(|error| failed(&error))?;
    let mut opened = std::fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(file)
        .map_err(|error| failed(&error))?;
    let (wrapped, sealed) = (BASE64.encode(wrapped.as_bytes()), BASE64.encode(sealed));
    writeln!(opened, "{FORMAT}\n{wrapped}\n{sealed}").map_err(|error| failed(&error))?;
    opened.sync_all().map_err(|error| failed(&error))
}

/// Opens a sealed map.
pub(crate) fn read(file: &Path, kek: &LocalKey) -> Result<TokenMap, Failure> {
    let failed = |error: &dyn Display| Failure::cannot_open(format!("{}: {error}", file.display()));
    let text = std::fs::read_to_string(file).map_err(|error| failed(&error))?;
    let lines: Vec<&str> = text.lines().collect();
    let [FORMAT, wrapped, sealed] = lines.as_slice() else {
        return Err(failed(&"not a map that `covenant deid --map` wrote"));
    };
    let decode = |line: &str| BASE64.decode(line).map_err(|_| failed(&"damaged"));
    let key = kek
        .unwrap(&WrappedKey::from_bytes(decode(wrapped)?), &CONTEXT)
        .map_err(|error| failed(&error))?;
    let bytes = open(&key, &CONTEXT, &decode(sealed)?).map_err(|error| failed(&error))?;
    match bytes.is_empty() {
        true => Ok(TokenMap::new()),
        false => TokenMap::from_bytes(&bytes).map_err(|error| failed(&error)),
    }
}
