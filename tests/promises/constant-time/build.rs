//! Exports the harness's own `getrandom`, so that the crate of that name, which looks it up by name, finds it before that
//! of the C library.

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rustc-link-arg-bins=-Wl,--export-dynamic-symbol=getrandom");
}
