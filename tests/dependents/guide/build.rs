//! Writes each code block of the guide to a file `block-N.rs` that `main.rs` includes as an expression. Its value is the
//! tuple of the variables in `RESULT`.

use std::{env, fs, path::Path};

const GUIDE: &str = "../../../src/guides/with_other_crates.md";
const RESULT: &str = "(url, state, response)";

fn main() {
    println!("cargo::rerun-if-changed={GUIDE}");
    let guide = fs::read_to_string(GUIDE).expect("the guide");
    let blocks: Vec<&str> = guide.split("\n```").skip(1).step_by(2).collect();
    assert_eq!(blocks.len(), 2, "code blocks in the guide");
    for (number, block) in (1..).zip(blocks) {
        let (_, code) = block.split_once('\n').expect("code");
        let file = Path::new(&env::var("OUT_DIR").expect("set by cargo")).join(format!("block-{number}.rs"));
        fs::write(file, format!("{{\n{code}\n{RESULT}\n}}\n")).expect("a writable directory");
    }
}
