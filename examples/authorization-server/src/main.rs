//! An OAuth 2.0 authorization server for public clients, small enough to be read: how a server uses `pkce-core`.
//!
//! The two decisions are in `authorize.rs` and `token.rs`; `store.rs` shows what to keep between them.

mod authorize;
mod clients;
mod error;
mod metadata;
mod page;
mod parameters;
mod server;
mod store;
#[cfg(test)]
mod tests;
mod token;

use std::error::Error;
use std::io::{self, Write as _};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use clap::Parser;
use pkce_core::ServerPolicy;
use tokio::net::TcpListener;
use url::Url;

use crate::clients::Client;
use crate::server::{Policy, Server};
use crate::store::Store;

/// An OAuth 2.0 authorization server for public clients. It is an example: it has no accounts and one consent button.
#[derive(Parser)]
struct Flags {
    /// Address to listen on; port 0 takes a free one
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:8080")]
    listen: SocketAddr,
    /// Origin that clients reach the server by, without a slash at its end [default: http:// and the address]
    #[arg(long, value_name = "URL", value_parser = issuer)]
    issuer: Option<String>,
    /// SQLite file for the codes [default: in memory]
    #[arg(long, value_name = "FILE")]
    database: Option<PathBuf>,
    /// A client and its redirect URI; may be given more than once. The port of a loopback address is free
    #[arg(
        long = "client",
        value_name = "ID=REDIRECT_URI",
        default_value = "example-client=http://127.0.0.1/callback"
    )]
    clients: Vec<Client>,
    /// How long a code can be redeemed, 600 at most
    #[arg(long, value_name = "SECONDS", default_value_t = 60, value_parser = clap::value_parser!(i64).range(1..=600))]
    code_lifetime: i64,
    /// Accept the method plain, too
    #[arg(long)]
    allow_plain: bool,
    /// Accept requests without PKCE, too
    #[arg(long)]
    allow_non_pkce: bool,
}

#[tokio::main]
async fn main() -> ExitCode {
    match serve(Flags::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(e) => {
            eprintln!("authorization-server: {e}");
            ExitCode::FAILURE
        }
    }
}

async fn serve(flags: Flags) -> Result<(), Box<dyn Error>> {
    let policy = policy(&flags);
    let store = match &flags.database {
        Some(file) => Store::open(file)?,
        None => Store::in_memory()?,
    };
    let listener = TcpListener::bind(flags.listen).await?;
    let issuer = match flags.issuer {
        Some(issuer) => issuer,
        None => format!("http://{}", listener.local_addr()?),
    };
    writeln!(io::stdout(), "listening on {issuer}")?;
    let server = Server {
        issuer,
        clients: flags.clients,
        policy,
        code_lifetime: flags.code_lifetime,
        store,
    };
    axum::serve(listener, server::router(Arc::new(server)))
        .with_graceful_shutdown(ctrl_c())
        .await?;
    Ok(())
}

fn policy(flags: &Flags) -> Policy {
    let mut policy = ServerPolicy::new();
    if flags.allow_plain {
        policy = policy.allow_plain();
    }
    if flags.allow_non_pkce {
        Policy::Lenient(policy.allow_non_pkce())
    } else {
        Policy::Strict(policy)
    }
}

/// Clients compare the issuer character by character, so it must be spelled in the one way in which they build it.
fn issuer(text: &str) -> Result<String, String> {
    let url = Url::parse(text).map_err(|e| e.to_string())?;
    if !["http", "https"].contains(&url.scheme()) || url.origin().ascii_serialization() != text {
        return Err("must be like https://server.example, in lower case, without a path".to_owned());
    }
    Ok(text.to_owned())
}

async fn ctrl_c() {
    if let Err(e) = tokio::signal::ctrl_c().await {
        eprintln!("authorization-server: Ctrl-C cannot be waited for: {e}");
        std::future::pending().await
    }
}
