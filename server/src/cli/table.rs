//! Tables for people: columns aligned, nothing else.

/// A table with its header. Cells are cut by nothing; the last column is as wide as it likes.
pub(super) fn table<const N: usize>(header: [&str; N], rows: &[[String; N]]) -> String {
    let header = header.map(str::to_owned);
    let lines: Vec<&[String; N]> = std::iter::once(&header).chain(rows).collect();
    let widths: [usize; N] = std::array::from_fn(|column| {
        let cells = lines.iter().map(|line| line[column].chars().count());
        cells.max().unwrap_or_default()
    });
    let mut text = String::new();
    for line in lines {
        let cells: Vec<String> = line.iter().zip(widths).map(|(cell, width)| format!("{cell:width$}")).collect();
        text.push_str(cells.join("  ").trim_end());
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_as_wide_as_their_widest_cell() {
        let row = |cells: [&str; 3]| cells.map(str::to_owned);
        let rows = [row(["é", "bb", ""]), row(["ccc", "d", "last cell"])];
        assert_eq!(table(["A", "B", "C"], &rows), "A    B   C\né    bb\nccc  d   last cell\n");
    }
}
