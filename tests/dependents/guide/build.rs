//! Writes each code block of the guide to a file `block-N.rs` that `main.rs` includes as an expression. Its value is the
//! tuple of the variables in `RESULTS`.

use std::{env, fs, path::Path};

const GUIDE: &str = "../../../src/guides/with_other_crates.md";
const RESULTS: [&str; 2] = ["(url, state, response)", "(verifier, challenge)"];

fn main() {
    println!("cargo::rerun-if-changed={GUIDE}");
    let guide = fs::read_to_string(GUIDE).expect("the guide");
    let blocks: Vec<&str> = guide.split("\n```").skip(1).step_by(2).collect();
    assert_eq!(blocks.len(), RESULTS.len(), "code blocks in the guide");
    for ((number, block), result) in (1..).zip(blocks).zip(RESULTS) {
        let (_, code) = block.split_once('\n').expect("code");
        let file = Path::new(&env::var("OUT_DIR").expect("set by cargo")).join(format!("block-{number}.rs"));
        fs::write(file, format!("{{\n{code}\n{result}\n}}\n")).expect("a writable directory");
    }
}
