//! Builds the page, and serves it on this machine.

mod build;

use std::error::Error;
use std::io::{self, Write};
use std::path::Path;
use std::process::ExitCode;

use axum::Router;
use axum::http::HeaderValue;
use axum::http::header::CACHE_CONTROL;
use clap::Parser;
use tokio::net::TcpListener;
use tower_http::services::ServeDir;
use tower_http::set_header::SetResponseHeaderLayer;

/// Builds the page that makes and checks PKCE values, and serves it on this machine.
#[derive(Parser)]
#[command(name = "serve")]
struct Options {
    /// The port on 127.0.0.1 to serve on; 0 takes a free one
    #[arg(long, default_value_t = 8000)]
    port: u16,
    /// Builds the page, prints its folder, and exits; any web server can serve it
    #[arg(long)]
    build_only: bool,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    match run(&Options::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            // Unlike `eprintln!`, does not panic if the reader is gone.
            let _ = writeln!(io::stderr(), "serve: {why}");
            ExitCode::FAILURE
        }
    }
}

async fn run(options: &Options) -> Result<(), Box<dyn Error>> {
    let folder = build::page()?;
    if options.build_only {
        return print(&format!("{}\n", folder.display()));
    }
    serve(&folder, options.port).await
}

async fn serve(folder: &Path, port: u16) -> Result<(), Box<dyn Error>> {
    let listener = TcpListener::bind(("127.0.0.1", port))
        .await
        .map_err(|why| format!("port {port}: {why}"))?;
    print(&format!("serving http://{}/\n", listener.local_addr()?))?;
    let no_store = SetResponseHeaderLayer::overriding(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    let router = Router::new().fallback_service(ServeDir::new(folder)).layer(no_store);
    Ok(axum::serve(listener, router).await?)
}

/// Unlike `println!`, does not panic if the reader is gone.
fn print(text: &str) -> Result<(), Box<dyn Error>> {
    let mut out = io::stdout().lock();
    let written = out.write_all(text.as_bytes()).and_then(|()| out.flush());
    Ok(written.map_err(|why| format!("cannot write to standard output: {why}"))?)
}
