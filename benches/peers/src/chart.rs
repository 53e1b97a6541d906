//! The crates as a bar chart: plain SVG with a background of its own, in the colours that the reader's system prefers.

use std::fmt::Write;

use crate::cases::Id;
use crate::rounds::Times;

const WIDTH: usize = 760;
const MARGIN: usize = 16;
/// Where the bars begin, right of the names.
const LEFT: usize = 310;
/// How long the longest is; the rest of the width is for its figure.
const LONGEST: f64 = 375.0;
const BAR: usize = 18;
const STEP: usize = 26;
const TITLE: usize = 34;

const STYLE: &str = "\
text { font: 13px system-ui, sans-serif; fill: #1f2328 } .title { font-weight: 600 } .name { text-anchor: end }
.ground { fill: #ffffff } .ours { fill: #0969da } .peer { fill: #818b98 } .limit { fill: none; stroke: #59636e }
@media (prefers-color-scheme: dark) {
  text { fill: #e6edf3 }
  .ground { fill: #0d1117 } .ours { fill: #4493f8 } .peer { fill: #6e7681 } .limit { stroke: #9198a1 }
}";

struct Panel {
    title: &'static str,
    bars: &'static [Bar],
}

struct Bar {
    class: &'static str,
    name: &'static str,
    id: Id,
}

#[rustfmt::skip] // A table.
const PANELS: &[Panel] = &[
    Panel { title: "Verify 43 characters: time, one SHA-256 compression = 1, shorter is faster", bars: &[
        Bar { class: "limit", name: "limit: compress256", id: Id::Compress },
        Bar { class: "ours", name: "pkce-core: check_token_request", id: Id::Token(43) },
        Bar { class: "limit", name: "for scale: Sha256::digest", id: Id::Digest },
        Bar { class: "peer", name: "oauth2: its challenge, ==", id: Id::Oauth2Verify },
        Bar { class: "peer", name: "pkce-std: borrowed, verify", id: Id::PkceStdVerify },
        Bar { class: "peer", name: "oauth2-types: verify", id: Id::Oauth2TypesVerify },
        Bar { class: "peer", name: "pkce: its challenge, ==", id: Id::PkceVerify },
    ] },
    Panel { title: "Generate a verifier and its challenge: time, one SHA-256 compression = 1, shorter is faster", bars: &[
        Bar { class: "limit", name: "limit: 32 octets from the system", id: Id::OsFill },
        Bar { class: "ours", name: "pkce-core: generate (from the system)", id: Id::GenerateAndChallenge },
        Bar { class: "limit", name: "limit: 32 octets of ChaCha12", id: Id::ChaChaFill },
        Bar { class: "ours", name: "pkce-core: generate_from_rng (ChaCha12)", id: Id::FromRngAndChallenge },
        Bar { class: "peer", name: "oauth2 (its own generator)", id: Id::Oauth2New },
        Bar { class: "peer", name: "pkce-std (its own generator)", id: Id::PkceStdNew },
        Bar { class: "peer", name: "pkce (its own generator)", id: Id::PkceNew },
    ] },
];

pub fn svg(times: &Times) -> String {
    let height = 2 * MARGIN + PANELS.iter().map(height_of).sum::<usize>();
    let mut body = String::new();
    let mut top = MARGIN;
    for panel in PANELS {
        body += &panel_svg(panel, top, times);
        top += height_of(panel);
    }
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" width=\"{WIDTH}\" height=\"{height}\" \
         role=\"img\">\n<title>The time of pkce-core beside other crates</title>\n<style>\n{STYLE}\n</style>\n\
         <rect class=\"ground\" width=\"100%\" height=\"100%\"/>\n{body}</svg>\n"
    )
}

fn height_of(panel: &Panel) -> usize {
    TITLE + STEP * panel.bars.len()
}

fn panel_svg(panel: &Panel, top: usize, times: &Times) -> String {
    let values: Vec<f64> = panel.bars.iter().map(|bar| times.ratio(bar.id, Id::Compress)).collect();
    let most = values.iter().fold(0.0_f64, |most, value| most.max(*value));
    let mut svg = String::new();
    let _ = writeln!(
        svg,
        "<text class=\"title\" x=\"{MARGIN}\" y=\"{}\">{}</text>",
        top + 16,
        panel.title
    );
    for (number, (bar, value)) in panel.bars.iter().zip(values).enumerate() {
        let y = top + TITLE + STEP * number;
        let (base, length) = (y - 5 + BAR, value / most * LONGEST);
        let _ = writeln!(
            svg,
            "<text class=\"name\" x=\"{}\" y=\"{base}\">{}</text><rect class=\"{}\" x=\"{LEFT}\" y=\"{y}\" width=\"{length:.1}\" \
             height=\"{BAR}\" rx=\"2\"/><text x=\"{:.1}\" y=\"{base}\">{value:.1}</text>",
            LEFT - 8,
            bar.name,
            bar.class,
            LEFT as f64 + length + 6.0,
        );
    }
    svg
}
