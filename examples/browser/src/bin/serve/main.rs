//! Builds the page, and serves it on this machine.
//!
//!     serve [--port N] [--build-only]
//!
//! `--port 0` takes a free port. `--build-only` prints the folder with the page, to be put on any web server.

mod build;
mod http;

use std::error::Error;
use std::process::ExitCode;

const USAGE: &str = "usage: serve [--port N] [--build-only]";

struct Options {
    port: u16,
    build_only: bool,
}

fn main() -> ExitCode {
    let options = match options() {
        Ok(options) => options,
        Err(why) => {
            eprintln!("serve: {why}\n{USAGE}");
            return ExitCode::from(2);
        }
    };
    match run(&options) {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("serve: {why}");
            ExitCode::FAILURE
        }
    }
}

fn options() -> Result<Options, lexopt::Error> {
    let mut options = Options {
        port: 8000,
        build_only: false,
    };
    let mut arguments = lexopt::Parser::from_env();
    while let Some(argument) = arguments.next()? {
        match argument {
            lexopt::Arg::Long("port") => options.port = lexopt::ValueExt::parse(&arguments.value()?)?,
            lexopt::Arg::Long("build-only") => options.build_only = true,
            other => return Err(other.unexpected()),
        }
    }
    Ok(options)
}

fn run(options: &Options) -> Result<(), Box<dyn Error>> {
    let folder = build::page()?;
    if options.build_only {
        println!("{}", folder.display());
        return Ok(());
    }
    http::serve(&folder, options.port)
}
