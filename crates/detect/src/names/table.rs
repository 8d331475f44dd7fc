//! Tables and messages: columns of CSV by their header, fields of HL7 v2 by their number. Forward only.

use crate::token::Shape;

use super::label::{Field, Label};
use super::view::View;

/// The most columns that are remembered.
const MOST_COLUMNS: usize = 64;

/// Where in a table the current unit stands.
#[derive(Clone, Debug, Default)]
pub(crate) struct TableState {
    /// What the columns hold, of the last header seen.
    columns: Vec<Option<Field>>,
    delimiter: u8,
    line: Line,
}

#[derive(Clone, Debug, Default)]
struct Line {
    active: bool,
    delimiter: u8,
    column: usize,
    component: usize,
    quoted: bool,
    /// First unit of the current cell, once seen.
    cell: Option<usize>,
    /// The line may still be a header.
    header: bool,
    found: usize,
    kinds: Vec<Option<Field>>,
    /// Name of the HL7 segment.
    message: Option<[u8; 3]>,
}

/// What the table says of a unit that begins a cell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cell {
    Column(Field, u8),
    /// A name of HL7 v2, from here to the last of its components.
    MessageName,
    MessageField(Field),
}

impl TableState {
    /// Starts a segment.
    pub(crate) fn start(&mut self, view: &View<'_>, starts_line: bool) {
        let kinds = std::mem::take(&mut self.line.kinds);
        self.line = Line {
            active: starts_line,
            header: starts_line,
            kinds,
            ..Line::default()
        };
        self.line.kinds.clear();
        self.line.message = message(view);
        if self.line.message.is_some() {
            self.line.delimiter = b'|';
            self.line.header = false;
        }
    }

    /// Passes the unit at `index` and returns what it is the beginning of.
    pub(crate) fn pass(&mut self, view: &View<'_>, index: usize) -> Option<Cell> {
        if !self.line.active {
            return None;
        }
        let unit = view.unit(index)?;
        if index > 0 && unit.line_start {
            // A wrapped line is prose.
            self.line.active = false;
            return None;
        }
        if unit.space_before && index > 0 && view.is_tab_before(index) {
            self.delimit(view, index, b'\t');
        }
        if index == 0 && unit.shape == Shape::Sign && unit.first != b'"' {
            self.line.header = false;
        }
        if unit.shape == Shape::Sign {
            match unit.first {
                b'"' => self.line.quoted = !self.line.quoted,
                b'^' => self.line.component += 1,
                b'~' => self.line.component = 0,
                b',' | b'|' | b';' if !self.line.quoted => self.delimit(view, index, unit.first),
                b'_' | b'-' | b'\'' | b'#' | b'/' | b'(' | b')' | b'&' => {}
                _ => self.line.header = false,
            }
            return None;
        }
        let first = self.line.cell.is_none();
        if first {
            self.line.cell = Some(index);
        }
        if self.line.message.is_some() {
            return self.message_cell(view, index);
        }
        if first && self.line.delimiter_matches(self.delimiter) {
            self.column_cell()
        } else {
            None
        }
    }

    /// Ends a segment at the unit before `end`.
    pub(crate) fn end(&mut self, view: &View<'_>, end: usize) {
        if !self.line.active || self.line.message.is_some() {
            return;
        }
        self.close_cell(view, end);
        if self.line.header && self.line.column >= 1 && self.line.found > 0 {
            self.columns = std::mem::take(&mut self.line.kinds);
            self.delimiter = self.line.delimiter;
        } else if self.line.column == 0 {
            self.columns.clear();
        }
        self.line.active = false;
    }

    fn delimit(&mut self, view: &View<'_>, index: usize, sign: u8) {
        if self.line.delimiter == 0 {
            self.line.delimiter = sign;
        }
        if sign != self.line.delimiter {
            return;
        }
        self.close_cell(view, index);
        self.line.column += 1;
        self.line.component = 0;
        self.line.cell = None;
    }

    fn close_cell(&mut self, view: &View<'_>, end: usize) {
        if !self.line.header || self.line.kinds.len() >= MOST_COLUMNS {
            return;
        }
        let from = self.line.cell.unwrap_or(end);
        let words = (from..end)
            .filter(|at| view.unit(*at).is_some_and(|unit| unit.is_word()))
            .count();
        let numbers = (from..end).any(|at| {
            view.unit(at)
                .is_some_and(|unit| unit.shape == Shape::Number)
        });
        if words > 4
            || numbers
            || (from..end).any(|at| {
                matches!(
                    view.lower(at).as_str(),
                    "and" | "or" | "with" | "is" | "the" | "was"
                )
            })
        {
            self.line.header = false;
            return;
        }
        let field = Label::between(view, from, end).field(true);
        let role = field == Some(Field::Role);
        let field = field.map(|field| {
            if field == Field::Role {
                Field::Name
            } else {
                field
            }
        });
        self.line.found += usize::from(field.is_some() && !role);
        self.line.kinds.push(field);
    }

    fn column_cell(&self) -> Option<Cell> {
        let field = self.columns.get(self.line.column).copied().flatten()?;
        Some(Cell::Column(field, self.delimiter))
    }

    fn message_cell(&self, view: &View<'_>, index: usize) -> Option<Cell> {
        let name = self.line.message?;
        let number = self.line.column + usize::from(&name == b"MSH");
        let unit = view.unit(index)?;
        let begins = self.line.cell == Some(index)
            || view.is_sign(index.wrapping_sub(1), b'^')
            || view.is_sign(index.wrapping_sub(1), b'~');
        if !begins {
            return None;
        }
        let field = message_field(name, number)?;
        match field {
            Message::Person if unit.is_word() && self.line.component == 0 => {
                Some(Cell::MessageName)
            }
            Message::Clinician if unit.is_word() && self.line.component <= 1 => {
                Some(Cell::MessageName)
            }
            Message::Address if self.line.component == 2 => Some(Cell::MessageField(Field::City)),
            Message::Address if self.line.component == 8 => Some(Cell::MessageField(Field::County)),
            Message::Organisation if unit.is_word() && self.line.component == 0 => {
                Some(Cell::MessageField(Field::Organisation))
            }
            Message::Facility if unit.is_word() && self.line.component == 0 => {
                Some(Cell::MessageField(Field::Facility))
            }
            _ => None,
        }
    }
}

impl Line {
    /// The first cell of a row has no delimiter before it; later ones must have that of the header.
    fn delimiter_matches(&self, delimiter: u8) -> bool {
        self.delimiter == delimiter || self.column == 0
    }
}

/// Fields of HL7 v2 that hold names and places.
enum Message {
    /// XPN: family^given^middle
    Person,
    /// XCN: id^family^given^middle
    Clinician,
    /// XAD: street^other^city^state^zip^country^type^other^county
    Address,
    Organisation,
    Facility,
}

fn message_field(name: [u8; 3], number: usize) -> Option<Message> {
    Some(match (&name, number) {
        (b"PID", 5 | 6 | 9)
        | (b"NK1", 2 | 26 | 30)
        | (b"GT1", 3 | 4 | 42 | 45)
        | (b"IN1", 6 | 16)
        | (b"MRG", 7)
        | (b"STF", 3) => Message::Person,
        (b"PV1", 7 | 8 | 9 | 17 | 52)
        | (b"PD1", 4)
        | (b"ORC", 10 | 11 | 12 | 19)
        | (b"OBR", 10 | 16 | 28 | 32 | 33 | 34 | 35)
        | (b"OBX", 16)
        | (b"TXA", 5 | 9 | 10 | 11 | 22)
        | (b"ROL", 4)
        | (b"AIP", 3)
        | (b"DG1", 16)
        | (b"PR1", 8 | 11 | 12) => Message::Clinician,
        (b"PID", 11) | (b"NK1", 4) | (b"GT1", 5 | 17) | (b"IN1", 5 | 19) | (b"ORC", 22 | 24) => {
            Message::Address
        }
        (b"IN1", 4 | 11) | (b"GT1", 16) | (b"NK1", 13) => Message::Organisation,
        (b"MSH", 4 | 6) | (b"PD1", 3) | (b"ORC", 21) => Message::Facility,
        _ => return None,
    })
}

/// Returns the name of the HL7 segment that the text begins with.
fn message(view: &View<'_>) -> Option<[u8; 3]> {
    let text = view.segment.text.as_bytes();
    let start = view.unit(0)?.start;
    let name: [u8; 3] = text.get(start..start + 3)?.try_into().ok()?;
    let shaped = name
        .iter()
        .all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit());
    (shaped && text.get(start + 3) == Some(&b'|')).then_some(name)
}

/// Returns the index after a name of HL7 v2 that begins at `index`: up to four components.
pub(crate) fn message_name(view: &View<'_>, index: usize) -> usize {
    let mut end = index + 1;
    let mut at = index + 1;
    let mut components = 0;
    while let Some(unit) = view.unit(at) {
        if unit.shape == Shape::Sign {
            match unit.first {
                b'^' => components += 1,
                b'-' | b'\'' | b'.' => {}
                _ => break,
            }
        } else if unit.line_start {
            break;
        } else if unit.is_word() && components <= 3 {
            end = at + 1;
        }
        if components > 3 {
            break;
        }
        at += 1;
    }
    end
}
