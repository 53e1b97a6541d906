//! The features in `Cargo.toml` are those in the README, and the same ones are on by default.
#![cfg(not(miri))] // Reads files.

use std::collections::BTreeMap;

const README: &str = include_str!("../README.md");
const MANIFEST: &str = include_str!("../Cargo.toml");

/// The features in the table of the README, and whether each is on by default.
fn documented() -> BTreeMap<&'static str, bool> {
    let (_, table) = README.split_once("\n## Features\n").unwrap();
    let (table, _) = table.split_once("\n## ").unwrap();
    table
        .lines()
        .filter_map(|row| row.strip_prefix("| `")?.split_once("` | "))
        .map(|(name, rest)| match rest.split_once(" | ") {
            Some(("yes", _)) => (name, true),
            Some(("no", _)) => (name, false),
            _ => panic!("{name} is neither on nor off by default"),
        })
        .collect()
}

/// The features of the package, and whether each is on by default.
fn declared(manifest: &'static str) -> BTreeMap<&'static str, bool> {
    let (_, table) = manifest.split_once("\n[features]\n").unwrap();
    let (table, _) = table.split_once("\n[").unwrap();
    let mut features: BTreeMap<_, _> = table
        .lines()
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| line.split_once(" = "))
        .collect();
    let default = features.remove("default").unwrap();
    let is_default = |name: &str| default.contains(&format!("\"{name}\""));
    features.into_keys().map(|name| (name, is_default(name))).collect()
}

#[test]
fn features_are_documented_with_their_default() {
    assert_eq!(declared(MANIFEST), documented());
    assert_eq!(documented().len(), 6);
}

/// Control.
#[test]
fn a_feature_that_is_on_or_not_documented_is_seen() {
    let more = "\n[features]\ndefault = [\"a\", \"b\"]\na = []\nb = [\"dep:b\"]\n# c = []\nd = []\n\n[dependencies]\n";
    assert_eq!(declared(more), BTreeMap::from([("a", true), ("b", true), ("d", false)]));
}
