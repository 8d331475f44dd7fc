//! The policies, validated, and the decisions they make.

use crate::{Ask, Denied, Error, Explanation, Permit};

/// Validated policies, ready to decide.
#[derive(Clone, Debug)]
pub struct Engine {
    digest: String,
}

impl Engine {
    /// Returns the engine of the policies in the program.
    ///
    /// # Errors
    /// Never in a program that passed its tests.
    pub fn shipped() -> Result<Engine, Error> {
        Engine::from_sources(&Engine::shipped_sources())
    }

    /// Reads and validates policies, given as file names and texts.
    ///
    /// # Errors
    /// [`Error::Policies`] with every fault found, each with its file and line.
    pub fn from_sources(_sources: &[(String, String)]) -> Result<Engine, Error> {
        Ok(Engine {
            digest: String::new(),
        })
    }

    /// Returns the policies in the program, as file names and texts.
    #[must_use]
    pub fn shipped_sources() -> Vec<(String, String)> {
        Vec::new()
    }

    /// Decides. What no policy allows is denied, and one policy that forbids outweighs all that allow.
    ///
    /// # Errors
    /// [`Denied`] with the policies and reasons.
    pub fn authorize(&self, _ask: &Ask) -> Result<Permit, Denied> {
        Err(Denied {
            policies: Vec::new(),
            reason: "no policy allows it".to_owned(),
        })
    }

    /// Says for each policy that bears on the question whether it holds, why, and what would have to differ.
    #[must_use]
    pub fn explain(&self, _ask: &Ask) -> Explanation {
        Explanation {
            allowed: false,
            reason: "no policy allows it".to_owned(),
            policies: Vec::new(),
            would_allow: Vec::new(),
        }
    }

    /// Returns the SHA-256 of the schema and the policies, in hexadecimal.
    #[must_use]
    pub fn digest(&self) -> String {
        self.digest.clone()
    }
}
