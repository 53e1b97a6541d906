//! Tells the linker where the memory of the emulated machine lies, so that a plain `cargo build --target` is enough.

use std::path::PathBuf;
use std::{env, fs, io};

/// The start and the size of the flash and of the working memory: those of QEMU's `microbit`.
const CORTEX_M0: &str = "FLASH : ORIGIN = 0x00000000, LENGTH = 256K\n    RAM : ORIGIN = 0x20000000, LENGTH = 16K";
/// Those of QEMU's `mps2-an386`.
const CORTEX_M4: &str = "FLASH : ORIGIN = 0x00000000, LENGTH = 4M\n    RAM : ORIGIN = 0x20000000, LENGTH = 4M";

fn main() -> io::Result<()> {
    println!("cargo::rerun-if-changed=build.rs");
    let target = env::var("TARGET").unwrap_or_default();
    let folder = PathBuf::from(env::var_os("OUT_DIR").unwrap_or_default());
    let memory = if target.starts_with("thumbv6m") {
        CORTEX_M0
    } else {
        CORTEX_M4
    };
    fs::write(folder.join("memory.x"), format!("MEMORY\n{{\n    {memory}\n}}\n"))?;
    println!("cargo::rustc-link-search={}", folder.display());
    // The linker script of cortex-m-rt, which reads memory.x.
    println!("cargo::rustc-link-arg=-Tlink.x");
    // QEMU loads the segments as they are: no page of a file system has to be aligned.
    println!("cargo::rustc-link-arg=--nmagic");
    Ok(())
}
