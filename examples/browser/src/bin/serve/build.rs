//! The folder with the page: the files of `site`, the glue that wasm-bindgen makes, and the wasm file as a script.

use std::error::Error;
use std::path::{self, Path, PathBuf};
use std::process::Command;
use std::{env, fs};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use wasm_bindgen_cli_support::Bindgen;

const TARGET: &str = "wasm32-unknown-unknown";
const SITE: [&str; 3] = ["index.html", "page.js", "style.css"];

pub fn page() -> Result<PathBuf, Box<dyn Error>> {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    let target = match env::var_os("CARGO_TARGET_DIR") {
        Some(target) => path::absolute(target)?,
        None => package.join("target"),
    };
    // This does nothing if the target is there. A Rust that does not come from rustup has to have it already.
    let _ = Command::new("rustup")
        .args(["--quiet", "target", "add", TARGET])
        .status();
    compile(package, &target)?;

    let folder = target.join("page");
    fs::create_dir_all(&folder)?;
    for file in SITE {
        fs::copy(package.join("site").join(file), folder.join(file))?;
    }
    let mut output = Bindgen::new()
        .input_path(target.join(TARGET).join("wasm/pkce_page.wasm"))
        .web(true)?
        .typescript(false)
        .omit_default_module_path(true)
        .generate_output()?;
    fs::write(folder.join("pkce_page.js"), output.js())?;
    // The page may not connect to anything, not even to where it came from. So the wasm file comes as a script.
    let wasm = STANDARD.encode(output.wasm_mut().emit_wasm());
    fs::write(folder.join("wasm.js"), format!("export default \"{wasm}\";\n"))?;
    Ok(folder)
}

fn compile(package: &Path, target: &Path) -> Result<(), Box<dyn Error>> {
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let status = Command::new(cargo)
        .current_dir(package)
        .args([
            "build",
            "--quiet",
            "--locked",
            "--lib",
            "--profile=wasm",
            "--target",
            TARGET,
        ])
        .arg("--target-dir")
        .arg(target)
        .status()
        .map_err(|why| format!("cargo: {why}"))?;
    if status.success() {
        Ok(())
    } else {
        Err(format!("cargo failed: {status}").into())
    }
}
