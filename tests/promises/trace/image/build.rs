//! Links the image with `image.ld`, at fixed addresses.

use std::env;

fn main() {
    println!("cargo::rerun-if-changed=image.ld");
    let folder = env::var("CARGO_MANIFEST_DIR").unwrap_or_default();
    println!("cargo::rustc-link-arg-bins=-T{folder}/image.ld");
    // x86_64-unknown-none is linked as position-independent otherwise, and nothing here relocates it.
    println!("cargo::rustc-link-arg-bins=--no-pie");
}
