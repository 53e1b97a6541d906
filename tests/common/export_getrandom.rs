//! The build script of a test program with `getrandom.rs`: exports that function, so that a look-up by name finds it.

fn main() {
    println!("cargo:rerun-if-changed=../../common/export_getrandom.rs");
    println!("cargo:rustc-link-arg-bins=-Wl,--export-dynamic-symbol=getrandom");
}
