//! An OAuth 2.0 authorization server for public clients: how a server uses `pkce-core`.
//!
//! The two decisions are in `authorize.rs` and `token.rs`; `store.rs` shows what to keep between them.

mod authorize;
mod clients;
mod connections;
mod error;
mod metadata;
mod page;
mod parameters;
mod server;
mod store;
#[cfg(test)]
mod tests;
mod token;

use std::io::{self, Write as _};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use clap::Parser;
use pkce_core::{LenientPolicy, ServerPolicy};
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use url::Url;

use crate::clients::{Clients, Registration};
use crate::server::Server;
use crate::store::Store;

/// An OAuth 2.0 authorization server for public clients. It is an example: it has no accounts and one consent page.
#[derive(Parser)]
struct Flags {
    /// Address to listen on; port 0 picks a free one
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:8080")]
    listen: SocketAddr,
    /// Origin that clients reach the server by, without a trailing slash [default: http:// and the address]
    #[arg(long, value_name = "URL", value_parser = issuer)]
    issuer: Option<String>,
    /// SQLite file for the codes, created for its owner alone [default: in memory]
    #[arg(long, value_name = "FILE")]
    database: Option<PathBuf>,
    /// A client and its redirect URI; may be repeated. Any port of a loopback address matches
    /// [default: example-client=http://127.0.0.1/callback, which the first client that is named here replaces]
    #[arg(long = "client", value_name = "ID=REDIRECT_URI")]
    clients: Vec<Registration>,
    /// A client that may leave PKCE out; may be repeated
    #[arg(long = "client-without-pkce", value_name = "ID=REDIRECT_URI")]
    clients_without_pkce: Vec<Registration>,
    /// How long a code can be redeemed, 600 at most
    #[arg(long, value_name = "SECONDS", default_value_t = 60, value_parser = clap::value_parser!(i64).range(1..=600))]
    code_lifetime: i64,
    /// Also accept the method plain
    #[arg(long)]
    allow_plain: bool,
}

#[tokio::main]
async fn main() -> ExitCode {
    match run(Flags::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(e) => {
            eprintln!("authorization-server: {e}");
            ExitCode::FAILURE
        }
    }
}

async fn run(flags: Flags) -> Result<(), String> {
    let policy = match flags.allow_plain {
        true => ServerPolicy::new().allow_plain(),
        false => ServerPolicy::new(),
    };
    let policy = policy.allow_non_pkce();
    let store = match &flags.database {
        Some(file) => Store::open(file).map_err(|e| format!("cannot use the database {}: {e}", file.display()))?,
        None => Store::in_memory().map_err(|e| format!("cannot make a database in memory: {e}"))?,
    };
    let listener = TcpListener::bind(flags.listen).await.map_err(|e| {
        let address = flags.listen;
        format!("cannot listen on {address}: {e}. Choose another address with --listen; port 0 picks a free one")
    })?;
    let issuer = match &flags.issuer {
        Some(issuer) => issuer.clone(),
        None => {
            let address = listener.local_addr().map_err(|e| e.to_string())?;
            if address.ip().is_unspecified() {
                let (ip, port) = (address.ip(), address.port());
                return Err(format!(
                    "clients cannot reach a server at {ip}, which means all addresses of this machine. Name the one that \
                     they use with --issuer, such as --issuer http://127.0.0.1:{port}"
                ));
            }
            format!("http://{address}")
        }
    };
    let server = Server {
        clients: clients(&flags, policy)?,
        issuer,
        policy,
        code_lifetime: flags.code_lifetime,
        store,
    };
    let (stop, signals) = mpsc::unbounded_channel();
    let handler = move || {
        let _ = stop.send(());
    };
    ctrlc::set_handler(handler).map_err(|e| format!("cannot wait for signals: {e}"))?;
    writeln!(io::stdout(), "listening on {}", server.issuer).map_err(|e| format!("standard output: {e}"))?;
    connections::serve(listener, server::router(Arc::new(server)), signals).await;
    Ok(())
}

fn clients(flags: &Flags, policy: LenientPolicy) -> Result<Clients, String> {
    let mut clients = Clients::default();
    for (registrations, pkce_required) in [(&flags.clients, true), (&flags.clients_without_pkce, false)] {
        for registration in registrations {
            clients.register(registration, policy.require_pkce(pkce_required))?;
        }
    }
    if clients.is_empty() {
        let default = "example-client=http://127.0.0.1/callback".parse()?;
        clients.register(&default, policy.require_pkce(true))?;
    }
    Ok(clients)
}

/// Clients compare the issuer character by character, so only the canonical spelling is accepted.
fn issuer(text: &str) -> Result<String, String> {
    let url = Url::parse(text).map_err(|e| format!("{e}; it must be like https://server.example"))?;
    if !["http", "https"].contains(&url.scheme()) {
        return Err("its scheme must be https, or http for a trial".to_owned());
    }
    let origin = url.origin().ascii_serialization();
    let fault = if text == origin {
        return Ok(origin);
    } else if !url.username().is_empty() || url.password().is_some() {
        "it has a user name or a password"
    } else if url.query().is_some() || url.fragment().is_some() {
        "it has a query or a fragment"
    } else if url.path() != "/" {
        "it has a path"
    } else if text.ends_with('/') {
        "it ends with a slash"
    } else {
        "it is not in its canonical form"
    };
    Err(format!("{fault}; use {origin}"))
}
