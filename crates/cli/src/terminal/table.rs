//! Rows under headings.

use super::{Paper, Text, Tone};

/// Rows under headings, each column as wide as its widest cell.
pub(crate) fn table<const N: usize>(
    paper: &Paper,
    headings: [&str; N],
    rows: &[[Text; N]],
) -> String {
    let heading = headings.map(|heading| Text::of(Tone::Dim, heading));
    let mut widths = headings.map(|heading| heading.chars().count());
    for row in rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = cell.width().max(*width);
        }
    }
    let lines = std::iter::once(&heading)
        .chain(rows)
        .map(|row| line(paper, row, &widths));
    lines.collect::<Vec<_>>().join("\n")
}

fn line<const N: usize>(paper: &Paper, row: &[Text; N], widths: &[usize; N]) -> String {
    let mut line = String::new();
    for (cell, width) in row.iter().zip(widths) {
        line.push_str(&paper.paint(cell));
        line.push_str(&" ".repeat(width.saturating_sub(cell.width()) + 2));
    }
    line.trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_line_up() {
        let paper = Paper {
            width: 80,
            colour: false,
        };
        let rows = [
            [Text::plain("a"), Text::plain("b")],
            [Text::plain("long"), Text::plain("c")],
        ];
        assert_eq!(
            table(&paper, ["x", "y"], &rows),
            "x     y\na     b\nlong  c"
        );
    }
}
