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
use pkce_core::ServerPolicy;
use tokio::net::TcpListener;
use url::Url;

use crate::clients::{Clients, Pkce, Registration};
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
    /// SQLite file for the codes [default: in memory]
    #[arg(long, value_name = "FILE")]
    database: Option<PathBuf>,
    /// A client and its redirect URI; may be repeated. Any port of a loopback address matches
    /// [default: example-client=http://127.0.0.1/callback]
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
    writeln!(io::stdout(), "listening on {}", server.issuer).map_err(|e| format!("standard output: {e}"))?;
    connections::serve(listener, server::router(Arc::new(server))).await;
    Ok(())
}

fn clients(flags: &Flags, policy: ServerPolicy) -> Result<Clients, String> {
    let mut clients = Clients::default();
    for registration in &flags.clients {
        clients.register(registration, Pkce::Required(policy))?;
    }
    for registration in &flags.clients_without_pkce {
        clients.register(registration, Pkce::Optional(policy.allow_non_pkce()))?;
    }
    if clients.is_empty() {
        let default = "example-client=http://127.0.0.1/callback".parse()?;
        clients.register(&default, Pkce::Required(policy))?;
    }
    Ok(clients)
}

/// Clients compare the issuer character by character, so only the canonical spelling is accepted.
fn issuer(text: &str) -> Result<String, String> {
    let url = Url::parse(text).map_err(|e| e.to_string())?;
    if !["http", "https"].contains(&url.scheme()) || url.origin().ascii_serialization() != text {
        return Err("must be like https://server.example, in lower case, without a path".to_owned());
    }
    Ok(text.to_owned())
}
