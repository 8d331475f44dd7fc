//! [`Phi`]: protected health information that cannot be printed, serialised, copied or used by accident.

use zeroize::Zeroize;

/// A value that holds protected health information.
///
/// It implements none of the traits through which a value leaks: each of these does not compile.
///
/// ```compile_fail,E0277
/// println!("{}", covenant_seal::Phi::new("invented"));
/// ```
/// ```compile_fail,E0277
/// println!("{:?}", covenant_seal::Phi::new("invented"));
/// ```
/// ```compile_fail,E0277
/// fn write<T: serde::Serialize>(_: T) {}
/// write(covenant_seal::Phi::new("invented"));
/// ```
/// ```compile_fail,E0599
/// covenant_seal::Phi::new(String::from("invented")).len();
/// ```
/// ```compile_fail,E0614
/// let phi = covenant_seal::Phi::new(String::from("invented"));
/// let text: &str = &*phi;
/// ```
/// ```compile_fail,E0599
/// covenant_seal::Phi::new(String::from("invented")).clone();
/// ```
/// ```compile_fail,E0308
/// let text: &str = covenant_seal::Phi::new("invented");
/// ```
/// ```compile_fail,E0616
/// covenant_seal::Phi::new("invented").0;
/// ```
///
/// The one way to the value is written out, so that a reader of the code finds every such place:
///
/// ```
/// let phi = covenant_seal::Phi::new(String::from("invented"));
/// assert_eq!(phi.expose().len(), 8);
/// ```
#[must_use]
pub struct Phi<T>(T);

impl<T> Phi<T> {
    /// Marks a value as protected health information.
    pub const fn new(value: T) -> Phi<T> {
        Phi(value)
    }

    /// Returns the value; what the caller does with it is on the caller.
    pub const fn expose(&self) -> &T {
        &self.0
    }

    /// Gives the value up; what the caller does with it is on the caller.
    pub fn into_exposed(self) -> T {
        self.0
    }

    /// Changes the value; what comes out is PHI too.
    pub fn map<U>(self, change: impl FnOnce(T) -> U) -> Phi<U> {
        Phi(change(self.0))
    }

    /// Borrows the value as PHI.
    pub const fn as_ref(&self) -> Phi<&T> {
        Phi(&self.0)
    }
}

impl<T: Zeroize> Phi<T> {
    /// Wipes the value in place, where the owner knows that it is not needed any more.
    pub fn wipe(&mut self) {
        self.0.zeroize();
    }
}
