//! Objects whose keys keep their order and stand once.

use std::fmt;

use super::Json;

/// From this size on, keys are compared sorted rather than each with each.
const SORT_FROM: usize = 16;

/// A JSON object: keys in the order they were written, none twice. Look-ups walk the keys.
#[derive(Clone, Default, PartialEq)]
pub struct Object {
    // INVARIANT: no key stands twice.
    entries: Vec<(String, Json)>,
}

impl Object {
    /// Returns an object without keys.
    pub fn new() -> Object {
        Object::default()
    }

    /// Builds an object from its entries.
    ///
    /// # Errors
    /// Gives the position of an entry whose key stood before.
    pub fn from_entries(entries: Vec<(String, Json)>) -> Result<Object, usize> {
        match Object::repeated_key(&entries) {
            Some(position) => Err(position),
            None => Ok(Object { entries }),
        }
    }

    /// Takes entries whose keys were found to differ.
    pub(super) fn from_unique(entries: Vec<(String, Json)>) -> Object {
        Object { entries }
    }

    /// Returns the entries in their order.
    pub fn into_entries(self) -> Vec<(String, Json)> {
        self.entries
    }

    /// Returns the value of a key.
    pub fn get(&self, key: &str) -> Option<&Json> {
        self.entries
            .iter()
            .find(|(name, _)| name == key)
            .map(|(_, value)| value)
    }

    /// Returns the value of a key, to be changed.
    pub fn get_mut(&mut self, key: &str) -> Option<&mut Json> {
        self.entries
            .iter_mut()
            .find(|(name, _)| name == key)
            .map(|(_, value)| value)
    }

    /// Tells whether a key is there.
    pub fn contains_key(&self, key: &str) -> bool {
        self.get(key).is_some()
    }

    /// Sets a key: in its place where it is there, else at the end. Returns the value it had.
    pub fn insert(&mut self, key: impl Into<String>, value: Json) -> Option<Json> {
        let key = key.into();
        match self.get_mut(&key) {
            Some(place) => Some(std::mem::replace(place, value)),
            None => {
                self.entries.push((key, value));
                None
            }
        }
    }

    /// Takes a key out; the order of the others stays.
    pub fn remove(&mut self, key: &str) -> Option<Json> {
        let position = self.entries.iter().position(|(name, _)| name == key)?;
        Some(self.entries.remove(position).1)
    }

    /// Walks keys and values in their order.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = (&str, &Json)> + ExactSizeIterator {
        self.entries
            .iter()
            .map(|(key, value)| (key.as_str(), value))
    }

    /// Walks keys and values in their order; the values may be changed.
    pub fn iter_mut(
        &mut self,
    ) -> impl DoubleEndedIterator<Item = (&str, &mut Json)> + ExactSizeIterator {
        self.entries
            .iter_mut()
            .map(|(key, value)| (key.as_str(), value))
    }

    /// Walks the keys in their order.
    pub fn keys(&self) -> impl DoubleEndedIterator<Item = &str> + ExactSizeIterator {
        self.entries.iter().map(|(key, _)| key.as_str())
    }

    /// Returns the position of the first entry, in document order, whose key stood before.
    pub(super) fn repeated_key(entries: &[(String, Json)]) -> Option<usize> {
        if entries.len() < SORT_FROM {
            let seen_before = |position: usize, key: &str| {
                entries
                    .iter()
                    .take(position)
                    .any(|(earlier, _)| earlier == key)
            };
            return entries
                .iter()
                .enumerate()
                .find(|(position, (key, _))| seen_before(*position, key))
                .map(|(at, _)| at);
        }
        let mut keys: Vec<(&str, usize)> = entries
            .iter()
            .enumerate()
            .map(|(at, (key, _))| (key.as_str(), at))
            .collect();
        keys.sort_unstable();
        keys.windows(2)
            .filter_map(|pair| match pair {
                [(first, _), (second, at)] if first == second => Some(*at),
                _ => None,
            })
            .min()
    }

    /// Returns the number of keys.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Tells whether there is no key.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }
}

impl fmt::Debug for Object {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "object({})", self.len())
    }
}

/// Of two entries with the same key the later value stands, in the earlier place.
impl<K: Into<String>> FromIterator<(K, Json)> for Object {
    fn from_iter<I: IntoIterator<Item = (K, Json)>>(entries: I) -> Object {
        let entries: Vec<(String, Json)> = entries
            .into_iter()
            .map(|(key, value)| (key.into(), value))
            .collect();
        if Object::repeated_key(&entries).is_none() {
            return Object { entries };
        }
        let mut object = Object::new();
        for (key, value) in entries {
            object.insert(key, value);
        }
        object
    }
}

/// Builds an object value from its fields.
pub fn object<const N: usize>(fields: [(&str, Json); N]) -> Json {
    Json::Object(fields.into_iter().collect())
}
