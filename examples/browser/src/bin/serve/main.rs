//! Builds the page, and serves it on this machine. See `HELP`.

mod build;
mod http;

use std::error::Error;
use std::process::ExitCode;

const USAGE: &str = "usage: serve [--port N] [--build-only]";
const HELP: &str = "Builds the page that makes and checks PKCE values, and serves it on this machine.

usage: serve [--port N] [--build-only]

  --port N      the port on 127.0.0.1 to serve on; 0 takes a free one [default: 8000]
  --build-only  builds the page, prints its folder, and exits; any web server can serve it
  -h, --help    prints this text";

struct Options {
    port: u16,
    build_only: bool,
    help: bool,
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
        help: false,
    };
    let mut arguments = lexopt::Parser::from_env();
    while let Some(argument) = arguments.next()? {
        match argument {
            lexopt::Arg::Long("port") => options.port = lexopt::ValueExt::parse(&arguments.value()?)?,
            lexopt::Arg::Long("build-only") => options.build_only = true,
            lexopt::Arg::Long("help") | lexopt::Arg::Short('h') => options.help = true,
            other => return Err(other.unexpected()),
        }
    }
    Ok(options)
}

fn run(options: &Options) -> Result<(), Box<dyn Error>> {
    if options.help {
        println!("{HELP}");
        return Ok(());
    }
    let folder = build::page()?;
    if options.build_only {
        println!("{}", folder.display());
        return Ok(());
    }
    http::serve(&folder, options.port)
}
