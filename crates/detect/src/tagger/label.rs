//! Labels: for each class of the tagger the first, an inner, the last and the only unit of a span; and outside.

#[cfg(feature = "training")]
use crate::class::Class;

/// What the tagger tells apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tag {
    Name,
    Place,
    Organisation,
    Day,
    /// Any other identifier.
    Number,
}

impl Tag {
    pub(crate) const ALL: [Tag; 5] = [
        Tag::Name,
        Tag::Place,
        Tag::Organisation,
        Tag::Day,
        Tag::Number,
    ];

    /// Returns the tag of a class.
    #[cfg(feature = "training")]
    pub(crate) fn of(class: Class) -> Tag {
        match class {
            Class::Name => Tag::Name,
            Class::Location => Tag::Place,
            Class::Org => Tag::Organisation,
            Class::Date => Tag::Day,
            _ => Tag::Number,
        }
    }
}

/// The part of a span that a unit is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    First,
    Inner,
    Last,
    Only,
}

/// The number of labels.
pub(crate) const LABELS: usize = 1 + 4 * Tag::ALL.len();
/// Weights of a feature: one a label, rounded up for the machine.
pub(crate) const ROW: usize = 24;

/// A label: outside, or a part of a span of some tag.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Label(u8);

impl Label {
    pub(crate) const OUTSIDE: Label = Label(0);

    pub(crate) fn of(tag: Tag, part: Part) -> Label {
        Label(1 + 4 * tag as u8 + part as u8)
    }

    pub(crate) fn index(self) -> usize {
        usize::from(self.0)
    }

    pub(crate) fn number(self) -> u64 {
        u64::from(self.0)
    }

    /// Returns the tag of a span that goes on after this unit.
    pub(crate) fn open(self) -> Option<Tag> {
        let number = self.0.checked_sub(1)?;
        let open = matches!(number % 4, 0 | 1);
        Tag::ALL
            .get(usize::from(number / 4))
            .copied()
            .filter(|_| open)
    }
}
