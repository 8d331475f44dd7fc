//! Texts side by side.

use super::{Paper, Text, Tone};

/// One column: a title and its text.
pub(crate) struct Pane {
    pub(crate) title: Text,
    pub(crate) body: Text,
}

/// The narrowest column that is still pleasant to read.
const NARROWEST: usize = 36;

/// Panes beside one another, as many to a row as fit.
pub(crate) fn side_by_side(paper: &Paper, panes: &[Pane]) -> String {
    let abreast = (paper.width / (NARROWEST + 3)).clamp(1, panes.len().max(1));
    let rows = panes.chunks(abreast).map(|row| one_row(paper, row));
    rows.collect::<Vec<_>>().join("\n\n")
}

fn one_row(paper: &Paper, panes: &[Pane]) -> String {
    let width = paper.width.saturating_sub(3 * panes.len() + 1) / panes.len().max(1);
    let titles: Vec<Text> = panes.iter().map(|pane| pane.title.clone()).collect();
    let columns: Vec<Vec<Text>> = panes.iter().map(|pane| pane.body.wrap(width)).collect();
    let height = columns.iter().map(Vec::len).max().unwrap_or(0);
    let rule = vec![Text::of(Tone::Dim, "─".repeat(width)); panes.len()];
    let mut lines = vec![
        join(paper, &titles, width, " │ "),
        join(paper, &rule, width, "─┼─"),
    ];
    for index in 0..height {
        let cells: Vec<Text> = columns
            .iter()
            .map(|column| column.get(index).cloned().unwrap_or_default())
            .collect();
        lines.push(join(paper, &cells, width, " │ "));
    }
    lines.join("\n")
}

fn join(paper: &Paper, cells: &[Text], width: usize, between: &str) -> String {
    let between = paper.paint(&Text::of(Tone::Dim, between));
    let mut line = String::from("  ");
    for (index, cell) in cells.iter().enumerate() {
        if index > 0 {
            line.push_str(&between);
        }
        line.push_str(&paper.paint(cell));
        line.push_str(&" ".repeat(width.saturating_sub(cell.width())));
    }
    line.trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pane(title: &str, body: &str) -> Pane {
        Pane {
            title: Text::plain(title),
            body: Text::plain(body),
        }
    }

    #[test]
    fn two_columns_at_eighty_three_at_one_hundred_and_forty() {
        let panes = [pane("sent", "a b"), pane("seen", "c"), pane("back", "d")];
        let at = |width| {
            side_by_side(
                &Paper {
                    width,
                    colour: false,
                },
                &panes,
            )
        };
        assert!(
            at(80)
                .lines()
                .next()
                .is_some_and(|line| line.contains("seen") && !line.contains("back"))
        );
        assert!(
            at(140)
                .lines()
                .next()
                .is_some_and(|line| line.contains("back"))
        );
        assert!(at(80).lines().all(|line| line.chars().count() <= 80));
        assert!(at(140).lines().all(|line| line.chars().count() <= 140));
    }
}
