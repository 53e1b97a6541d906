//! Builds the page, and serves it on this machine. See `HELP`.

mod build;
mod http;

use std::error::Error;
use std::io::{self, Write};
use std::process::ExitCode;

const HELP: &str = "Builds the page that makes and checks PKCE values, and serves it on this machine.

usage: serve [--port N] [--build-only]

  --port N      the port on 127.0.0.1 to serve on; 0 takes a free one [default: 8000]
  --build-only  builds the page, prints its folder, and exits; any web server can serve it
  -h, --help    prints this text
";

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            // Unlike `eprintln!`, does not panic if the reader is gone.
            let _ = writeln!(io::stderr(), "serve: {why}");
            ExitCode::from(if why.is::<lexopt::Error>() { 2 } else { 1 })
        }
    }
}

fn run() -> Result<(), Box<dyn Error>> {
    let mut port = 8000;
    let mut build_only = false;
    let mut arguments = lexopt::Parser::from_env();
    while let Some(argument) = arguments.next()? {
        match argument {
            lexopt::Arg::Long("port") => port = lexopt::ValueExt::parse(&arguments.value()?)?,
            lexopt::Arg::Long("build-only") => build_only = true,
            lexopt::Arg::Long("help") | lexopt::Arg::Short('h') => return print(HELP),
            other => return Err(other.unexpected().into()),
        }
    }
    let folder = build::page()?;
    if build_only {
        print(&format!("{}\n", folder.display()))
    } else {
        http::serve(&folder, port)
    }
}

/// Unlike `println!`, does not panic if the reader is gone.
fn print(text: &str) -> Result<(), Box<dyn Error>> {
    let mut out = io::stdout().lock();
    let written = out.write_all(text.as_bytes()).and_then(|()| out.flush());
    Ok(written.map_err(|why| format!("cannot write to standard output: {why}"))?)
}
