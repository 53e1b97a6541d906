//! The tables of the migration guide: every new line stands in the program above them, which is a doc test.

const GUIDE: &str = include_str!("../src/guides/migration.md");

/// Without blanks, because the program breaks lines where a table cannot.
fn squeezed(text: &str) -> String {
    text.split_whitespace().collect()
}

#[test]
fn every_new_line_is_compiled() {
    let program = squeezed(GUIDE.split("```").nth(1).unwrap());
    let mut lines = 0;
    for row in GUIDE.lines().filter(|line| line.starts_with("| ")) {
        // A bar that is no border is escaped.
        let row = row.replace("\\|", "\0");
        let new = row.split('|').nth(3).unwrap().trim().replace('\0', "|");
        let Some(code) = new.strip_prefix('`').and_then(|code| code.strip_suffix('`')) else {
            assert!(["", "New"].contains(&new.as_str()), "{row}");
            continue;
        };
        assert!(program.contains(&squeezed(code)), "not in the program: {code}");
        lines += 1;
    }
    assert!(lines >= 35, "only {lines} lines were found");
}
