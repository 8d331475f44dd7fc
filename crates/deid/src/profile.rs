//! Profiles: which treatment each class and kind gets, and what happens where the detector is unsure.

use std::collections::BTreeMap;

use covenant_detect::{Class, Kind};

use crate::Treatment;

/// What happens to a finding the detector is unsure of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum UnsurePolicy {
    /// It is treated like any other finding.
    #[default]
    Remove,
    /// It passes and is counted.
    Keep,
}

/// What happens where a value must go and a token cannot stand: numbers, fixed words of a schema.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OnTyped {
    /// The request is refused with the path.
    #[default]
    Refuse,
    /// The value is generalised to something of its type that says less.
    Generalize,
}

/// A named set of treatments. A class no rule names is pseudonymised, so nothing passes by omission.
#[derive(Clone, Debug, PartialEq)]
pub struct Profile {
    /// The name events carry.
    pub name: String,
    /// The rule of law by which what is kept passes, for the notes of a report; empty where none is named.
    pub citation: String,
    /// What happens to findings the detector is unsure of.
    pub unsure: UnsurePolicy,
    /// What happens where a token cannot stand.
    pub on_typed: OnTyped,
    /// The year it is, by the caller's clock: a year more than 89 before it says an age over 89, and a year of two
    /// digits is the latest that is not after it. Without it nothing of a date stays where dates are generalised.
    pub as_of_year: Option<i32>,
    default: Treatment,
    classes: BTreeMap<Class, Treatment>,
    kinds: BTreeMap<Kind, Treatment>,
}

/// Why a profile was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ProfileError {
    /// A row names neither a class (`name`), nor a kind (`zip`), nor a kind of a class (`location.zip`).
    #[error("row {row}: unknown class or kind")]
    UnknownName {
        /// The row, from 1.
        row: usize,
    },
    /// A row names a treatment that does not exist.
    #[error("row {row}: {source}")]
    UnknownTreatment {
        /// The row, from 1.
        row: usize,
        /// What was expected.
        source: crate::UnknownTreatment,
    },
    /// Two rows speak of the same class or kind.
    #[error("row {row}: {name} is named twice")]
    NamedTwice {
        /// The row, from 1.
        row: usize,
        /// The class or kind.
        name: String,
    },
    /// A treatment that is for data that leaves for good stands in a profile for the gateway.
    #[error("profile {profile}: {name} may not be given {treatment} on a gateway route")]
    NotOnAGateway {
        /// The profile.
        profile: String,
        /// The class or kind.
        name: String,
        /// The treatment.
        treatment: Treatment,
    },
}

impl Profile {
    /// Starts a profile in which everything is pseudonymised.
    pub fn builder(name: impl Into<String>) -> ProfileBuilder {
        ProfileBuilder {
            profile: Profile {
                name: name.into(),
                citation: String::new(),
                unsure: UnsurePolicy::Remove,
                on_typed: OnTyped::Refuse,
                as_of_year: None,
                default: Treatment::Pseudonymize,
                classes: BTreeMap::new(),
                kinds: BTreeMap::new(),
            },
        }
    }

    /// Returns the Safe Harbor profile of a gateway route: all classes out, dates to the year, ages over 89 to
    /// "90 or older", ZIP codes to three digits, unsure findings removed.
    ///
    /// What is removed becomes a numbered token: such a code comes from nothing about the person (164.514(c)(1)).
    pub fn safe_harbor() -> Profile {
        Profile::builder("safe-harbor")
            .citation("45 CFR 164.514(b)(2)")
            .class(Class::Date, Treatment::Generalize)
            .class(Class::Age, Treatment::Generalize)
            .kind(Kind::Zip, Treatment::Generalize)
            .build()
    }

    /// Returns the Safe Harbor profile for files: as [`Profile::safe_harbor`], but what is removed does not come
    /// back, for a keyed code in a file is derived from the value (164.514(c)).
    pub fn safe_harbor_files() -> Profile {
        let mut profile = Profile::safe_harbor();
        profile.default = Treatment::Redact;
        profile
    }

    /// Reads a profile from rows of a table: a class (`NAME` or `name`), a kind (`zip`) or both (`location.zip`),
    /// and a treatment. A kind's row is stronger than its class's.
    ///
    /// # Errors
    /// Says the row that cannot be read.
    pub fn from_table<'a>(
        name: impl Into<String>,
        rows: impl IntoIterator<Item = (&'a str, &'a str)>,
    ) -> Result<Profile, ProfileError> {
        let mut profile = Profile::builder(name).build();
        profile.lay(rows)?;
        Ok(profile)
    }

    /// Returns this profile under another name, with rows laid over it as [`Profile::from_table`] reads them. A row of
    /// a class takes the place of all this profile said of the class and its kinds; what no row names stays.
    ///
    /// # Errors
    /// Says the row that cannot be read.
    pub fn overlaid<'a>(
        &self,
        name: impl Into<String>,
        rows: impl IntoIterator<Item = (&'a str, &'a str)>,
    ) -> Result<Profile, ProfileError> {
        let mut over = Profile::builder(name).build();
        over.lay(rows)?;
        let mut profile = self.clone();
        profile.name = over.name;
        profile
            .kinds
            .retain(|kind, _| !over.classes.contains_key(&kind.class()));
        profile.classes.extend(over.classes);
        profile.kinds.extend(over.kinds);
        Ok(profile)
    }

    fn lay<'a>(
        &mut self,
        rows: impl IntoIterator<Item = (&'a str, &'a str)>,
    ) -> Result<(), ProfileError> {
        for (position, (subject, treatment)) in rows.into_iter().enumerate() {
            let row = position + 1;
            let subject = Subject::parse(subject).ok_or(ProfileError::UnknownName { row })?;
            let treatment = treatment
                .parse()
                .map_err(|source| ProfileError::UnknownTreatment { row, source })?;
            let before = match subject {
                Subject::Class(class) => self.classes.insert(class, treatment),
                Subject::Kind(kind) => self.kinds.insert(kind, treatment),
            };
            if before.is_some() {
                return Err(ProfileError::NamedTwice {
                    row,
                    name: subject.to_string(),
                });
            }
        }
        Ok(())
    }

    /// Returns what is done with a finding of this class and kind.
    pub fn treatment(&self, class: Class, kind: Kind) -> Treatment {
        let of_class = || self.classes.get(&class).copied().unwrap_or(self.default);
        self.kinds.get(&kind).copied().unwrap_or_else(of_class)
    }

    /// Checks that the profile holds only what may stand on a gateway route: block, redact, pseudonymize, keep, and
    /// generalising of dates, ages and ZIP codes.
    ///
    /// # Errors
    /// Names the first class or kind with a treatment for data that leaves for good.
    pub fn check_gateway(&self) -> Result<(), ProfileError> {
        for kind in Kind::ALL {
            let treatment = self.treatment(kind.class(), *kind);
            let coarser = matches!(kind.class(), Class::Date | Class::Age) || *kind == Kind::Zip;
            if treatment == Treatment::Surrogate || (treatment == Treatment::Generalize && !coarser)
            {
                let name = format!("{}.{}", kind.class().as_str().to_ascii_lowercase(), kind);
                return Err(ProfileError::NotOnAGateway {
                    profile: self.name.clone(),
                    name,
                    treatment,
                });
            }
        }
        Ok(())
    }
}

/// Builds a [`Profile`] rule by rule.
#[derive(Clone, Debug)]
#[must_use]
pub struct ProfileBuilder {
    profile: Profile,
}

impl ProfileBuilder {
    /// Gives every class that no other rule names a treatment.
    pub fn everything(mut self, treatment: Treatment) -> ProfileBuilder {
        self.profile.default = treatment;
        self
    }

    /// Gives a class a treatment.
    pub fn class(mut self, class: Class, treatment: Treatment) -> ProfileBuilder {
        self.profile.classes.insert(class, treatment);
        self
    }

    /// Gives a kind a treatment that is stronger than its class's.
    pub fn kind(mut self, kind: Kind, treatment: Treatment) -> ProfileBuilder {
        self.profile.kinds.insert(kind, treatment);
        self
    }

    /// Says what happens to unsure findings.
    pub fn unsure(mut self, policy: UnsurePolicy) -> ProfileBuilder {
        self.profile.unsure = policy;
        self
    }

    /// Says what happens where a token cannot stand.
    pub fn on_typed(mut self, on_typed: OnTyped) -> ProfileBuilder {
        self.profile.on_typed = on_typed;
        self
    }

    /// Names the rule of law by which what is kept passes.
    pub fn citation(mut self, citation: impl Into<String>) -> ProfileBuilder {
        self.profile.citation = citation.into();
        self
    }

    /// Sets the year it is, by the caller's clock.
    pub fn as_of_year(mut self, year: i32) -> ProfileBuilder {
        self.profile.as_of_year = Some(year);
        self
    }

    /// Returns the profile.
    pub fn build(self) -> Profile {
        self.profile
    }
}

/// What a row of a table speaks of.
enum Subject {
    Class(Class),
    Kind(Kind),
}

impl Subject {
    fn parse(text: &str) -> Option<Subject> {
        if let Ok(class) = text.to_ascii_uppercase().parse() {
            return Some(Subject::Class(class));
        }
        let lower = text.to_ascii_lowercase();
        let Some((class, kind)) = lower.split_once('.') else {
            return lower.parse().ok().map(Subject::Kind);
        };
        let class: Class = class.to_ascii_uppercase().parse().ok()?;
        let kind: Kind = kind.parse().ok()?;
        (kind.class() == class).then_some(Subject::Kind(kind))
    }
}

impl std::fmt::Display for Subject {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Subject::Class(class) => class.fmt(f),
            Subject::Kind(kind) => kind.fmt(f),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    fn table(rows: &[(&'static str, &'static str)]) -> Result<Profile, ProfileError> {
        Profile::from_table("table", rows.iter().copied())
    }

    #[test]
    fn a_row_of_a_kind_is_stronger_than_its_class_and_what_no_row_names_becomes_a_token() {
        let rows = [
            ("LOCATION", "keep"),
            ("location.street", "pseudonymize"),
            ("zip", "generalize"),
        ];
        let profile = table(&rows).unwrap();
        let treatment = |kind: Kind| profile.treatment(kind.class(), kind);
        assert_eq!(treatment(Kind::City), Treatment::Keep);
        assert_eq!(treatment(Kind::Street), Treatment::Pseudonymize);
        assert_eq!(treatment(Kind::Zip), Treatment::Generalize);
        assert_eq!(treatment(Kind::Person), Treatment::Pseudonymize);
        assert_eq!(
            (profile.unsure, profile.on_typed),
            (UnsurePolicy::Remove, OnTyped::Refuse)
        );
    }

    #[test]
    fn rows_laid_over_a_profile_replace_what_it_said_of_their_class_and_nothing_else() {
        let rows = [("LOCATION", "redact"), ("date.weekday", "keep")];
        let profile = Profile::safe_harbor().overlaid("expert", rows).unwrap();
        let treatment = |kind: Kind| profile.treatment(kind.class(), kind);
        assert_eq!(profile.name, "expert");
        assert_eq!(treatment(Kind::Zip), Treatment::Redact);
        assert_eq!(treatment(Kind::City), Treatment::Redact);
        assert_eq!(treatment(Kind::Weekday), Treatment::Keep);
        assert_eq!(treatment(Kind::Date), Treatment::Generalize);
        assert_eq!(treatment(Kind::Age90), Treatment::Generalize);
        assert_eq!(treatment(Kind::Person), Treatment::Pseudonymize);
        assert!(
            Profile::safe_harbor()
                .overlaid("x", [("nmae", "keep")])
                .is_err()
        );
    }

    #[test]
    fn a_table_that_cannot_be_read_is_refused_with_its_row() {
        let message = |rows: &[(&'static str, &'static str)]| table(rows).unwrap_err().to_string();
        assert_eq!(
            message(&[("name", "keep"), ("nmae", "keep")]),
            "row 2: unknown class or kind"
        );
        assert_eq!(
            message(&[("name.zip", "keep")]),
            "row 1: unknown class or kind"
        );
        assert_eq!(
            message(&[("name", "keep"), ("NAME", "redact")]),
            "row 2: NAME is named twice"
        );
        assert!(
            message(&[("name", "hide")]).starts_with("row 1: unknown treatment; expected block")
        );
    }

    #[test]
    fn a_gateway_route_takes_no_treatment_for_data_that_leaves_for_good() {
        Profile::safe_harbor().check_gateway().unwrap();
        let message = |subject, treatment| {
            let profile = table(&[(subject, treatment)]).unwrap();
            profile.check_gateway().unwrap_err().to_string()
        };
        let surrogate = "profile table: name.person may not be given surrogate on a gateway route";
        assert_eq!(message("name", "surrogate"), surrogate);
        assert!(message("location", "generalize").contains("location.street"));
        table(&[
            ("date", "generalize"),
            ("age", "generalize"),
            ("zip", "generalize"),
        ])
        .unwrap()
        .check_gateway()
        .unwrap();
    }

    #[test]
    fn safe_harbor_keeps_nothing() {
        for profile in [Profile::safe_harbor(), Profile::safe_harbor_files()] {
            for kind in Kind::ALL {
                assert_ne!(
                    profile.treatment(kind.class(), *kind),
                    Treatment::Keep,
                    "{kind}"
                );
            }
            assert_eq!(profile.unsure, UnsurePolicy::Remove);
        }
        let files = Profile::safe_harbor_files();
        let coded = |kind: &&Kind| files.treatment(kind.class(), **kind) == Treatment::Pseudonymize;
        assert_eq!(
            Kind::ALL.iter().find(coded),
            None,
            "a code in a file is not Safe Harbor"
        );
    }
}
