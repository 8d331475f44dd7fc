//! Where each byte of the normalised text came from.
//!
//! Between two entries normalised and original text are the same bytes; an entry stands only where they part. A text
//! that needed no change has no entries.
//!
//! Beside the original offset each place has a *reach*: the measure by which look-ahead is bounded. It counts a
//! character of the original as one where it was replaced and a byte as one where it was kept, so it is the number
//! of characters for ASCII and for everything the normaliser rewrites, and never less than that number.

/// A place of the original text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Place {
    /// Bytes of the original before it.
    pub(crate) raw: usize,
    /// At least the characters of the original before it.
    pub(crate) reach: usize,
}

/// One place where normalised and original text part, or run together again.
#[derive(Clone, Copy, Debug)]
struct Entry {
    /// Offset in the normalised buffer.
    normal: usize,
    place: Place,
    /// For a replaced piece its extent in the original; `None` where both texts are the same bytes from here on.
    replaced: Option<Place>,
}

/// Maps offsets of a normalised buffer back to the original text.
#[derive(Clone, Debug, Default)]
pub(crate) struct Map {
    entries: Vec<Entry>,
}

impl Map {
    /// Adds an entry. One at the same place of the normalised text is then never asked for again: what it stood for
    /// vanished.
    fn push(&mut self, entry: Entry) {
        match self.entries.last_mut() {
            Some(last) if last.normal == entry.normal => *last = entry,
            _ => self.entries.push(entry),
        }
    }

    /// Records that from `normal` on both texts are the same bytes.
    pub(super) fn same(&mut self, normal: usize, place: Place) {
        self.push(Entry {
            normal,
            place,
            replaced: None,
        });
    }

    /// Records that what follows at `normal` stands for a piece of the original of the given extent.
    pub(super) fn replaced(&mut self, normal: usize, place: Place, extent: Place) {
        self.push(Entry {
            normal,
            place,
            replaced: Some(extent),
        });
    }

    /// Returns the place where the character at `normal` starts.
    pub(crate) fn start(&self, normal: usize) -> Place {
        match self.last_at(normal) {
            None => Place {
                raw: normal,
                reach: normal,
            },
            Some(entry) if entry.replaced.is_some() => entry.place,
            Some(entry) => entry.place.plus(normal - entry.normal),
        }
    }

    /// Returns the place after the last character before `normal`.
    pub(crate) fn end(&self, normal: usize) -> Place {
        let Some(last) = normal.checked_sub(1) else {
            return self.start(0);
        };
        match self.last_at(last) {
            None => Place {
                raw: normal,
                reach: normal,
            },
            Some(Entry {
                place,
                replaced: Some(extent),
                ..
            }) => Place {
                raw: place.raw + extent.raw,
                reach: place.reach + extent.reach,
            },
            Some(entry) => entry.place.plus(normal - entry.normal),
        }
    }

    /// Forgets what lies before `normal`, which becomes offset 0.
    pub(crate) fn drain(&mut self, normal: usize) {
        let place = self.start(normal);
        // A cut inside a replaced piece leaves the rest of it standing for the whole piece.
        let replaced = self.last_at(normal).and_then(|entry| entry.replaced);
        let passed = self.entries.partition_point(|entry| entry.normal < normal);
        self.entries.drain(..passed);
        for entry in &mut self.entries {
            entry.normal -= normal;
        }
        if self.entries.first().is_none_or(|entry| entry.normal > 0) {
            self.entries.insert(
                0,
                Entry {
                    normal: 0,
                    place,
                    replaced,
                },
            );
        }
    }

    fn last_at(&self, normal: usize) -> Option<&Entry> {
        let after = self.entries.partition_point(|entry| entry.normal <= normal);
        self.entries.get(after.checked_sub(1)?)
    }
}

impl Place {
    fn plus(self, bytes: usize) -> Place {
        Place {
            raw: self.raw + bytes,
            reach: self.reach + bytes,
        }
    }
}
