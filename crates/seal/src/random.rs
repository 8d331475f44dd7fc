//! Randomness as an argument, so that what uses it stays a function and tests can repeat it.

use crate::Error;

/// A source of random bytes. In production this is [`SystemRandom`].
pub trait Random: Send + Sync {
    /// Fills the whole buffer.
    ///
    /// # Errors
    /// [`Error::Random`]; the buffer must then not be used.
    fn fill(&self, buffer: &mut [u8]) -> Result<(), Error>;
}

/// The random generator of the cryptographic module, seeded by the operating system.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemRandom;

impl Random for SystemRandom {
    fn fill(&self, buffer: &mut [u8]) -> Result<(), Error> {
        aws_lc_rs::rand::fill(buffer).map_err(|_| Error::Random)
    }
}
