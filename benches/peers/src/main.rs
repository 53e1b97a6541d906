//! This crate beside the others that do PKCE, and beside what bounds them all from below, interleaved in one run.
//!
//! Prints Markdown: the ratios that must hold with their limits, then each crate with its allocations.

mod allocations;
mod builds;
mod cases;
mod chart;
mod machine;
mod ratios;
mod rounds;

use std::process::ExitCode;

use cases::{Id, Inputs};
use rounds::{Effort, Times};

const USAGE: &str = "\
usage: peers [--check] [--ratios] [--quick] [--svg FILE]
  --check     print the ratios in each of three builds, and those of the program `every-length`; exit with 1 if one misses
  --ratios    print the ratios in this build alone; exit with 1 if one misses
  --quick     fewer rounds
  --svg FILE  also draw the crates as a bar chart
";

#[derive(Default)]
struct Options {
    check: bool,
    ratios: bool,
    quick: bool,
    svg: Option<String>,
}

impl Options {
    fn parse(mut arguments: impl Iterator<Item = String>) -> Option<Self> {
        let mut options = Self::default();
        while let Some(argument) = arguments.next() {
            match argument.as_str() {
                "--check" => options.check = true,
                "--ratios" => options.ratios = true,
                "--quick" => options.quick = true,
                "--svg" => options.svg = Some(arguments.next()?),
                _ => return None,
            }
        }
        Some(options)
    }
}

fn main() -> ExitCode {
    let Some(options) = Options::parse(std::env::args().skip(1)) else {
        eprint!("{USAGE}");
        return ExitCode::from(2);
    };
    if options.check {
        return match builds::run_each(&[("every-length", &["1.35", "0.8"]), ("peers", &["--ratios"])]) {
            Ok(true) => ExitCode::SUCCESS,
            Ok(false) => ExitCode::FAILURE,
            Err(error) => {
                eprintln!("cargo: {error}");
                ExitCode::from(2)
            }
        };
    }
    let inputs = Inputs::new();
    inputs.check();
    let mut cases = cases::all(&inputs);
    let counts: Vec<(Id, usize)> = cases
        .iter_mut()
        .map(|case| (case.id, allocations::per_call(case)))
        .collect();
    let times = rounds::measure(&mut cases, if options.quick { Effort::QUICK } else { Effort::FULL });

    println!("Measured on {}.\n", machine::processor());
    let missed = ratios::print(&times);
    if !options.ratios {
        println!();
        print_crates(&times, &counts);
    }
    if let Some(file) = options.svg
        && let Err(error) = std::fs::write(&file, chart::svg(&times))
    {
        eprintln!("{file}: {error}");
        return ExitCode::from(2);
    }
    if missed > 0 {
        eprintln!("{missed} ratio(s) above the limit");
    }
    if options.ratios && missed > 0 {
        ExitCode::FAILURE
    } else {
        ExitCode::SUCCESS
    }
}

fn print_crates(times: &Times, counts: &[(Id, usize)]) {
    println!("| operation | crate | call | allocations | time, one `compress256` = 1 |");
    println!("|---|---|---|---:|---:|");
    for line in cases::LINES {
        let count = counts
            .iter()
            .find(|(id, _)| *id == line.id)
            .map_or(0, |(_, count)| *count);
        let time = times.ratio(line.id, Id::Compress);
        println!(
            "| {} | {} | {} | {count} | {time:.2} |",
            line.operation, line.by, line.call
        );
    }
}
