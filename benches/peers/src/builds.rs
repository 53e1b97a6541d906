//! The builds that people make, in each of which the ratios must hold: inlining, which decides what a
//! check costs, is different in each.

use std::env;
use std::io;
use std::process::Command;

/// The profiles of the workspace: the default release build, thin LTO, fat LTO with one unit.
const PROFILES: [&str; 3] = ["release", "thin-lto", "fat-lto"];

/// Builds and runs programs of the workspace in each build. Returns whether all of them succeeded.
pub fn run_each(programs: &[(&str, &[&str])]) -> io::Result<bool> {
    let mut all = true;
    for profile in PROFILES {
        for (program, arguments) in programs {
            println!("\n**{program}**, profile {profile}\n");
            let status = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
                .args(["run", "--quiet", "--locked", "--package", program])
                .args(["--profile", profile, "--"])
                .args(*arguments)
                .current_dir(env!("CARGO_MANIFEST_DIR"))
                .status()?;
            all &= status.success();
        }
    }
    Ok(all)
}
