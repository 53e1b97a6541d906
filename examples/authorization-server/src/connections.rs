//! The sockets: how long a client may take, how many connections there may be, and how the server stops.
//!
//! `axum::serve` sets no limits of its own. A server behind a reverse proxy can use it and leave these to the proxy.

use std::process;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::sleep;

/// How many connections are open at a time. The operating system may allow fewer. Idle and slow ones soon make room.
const MAX_CONNECTIONS: usize = 512;

/// How long a client may take for the head of a request, and how long a connection may be idle between two requests.
const HEAD_TIME: Duration = Duration::from_secs(5);

/// The request line and the header fields, at most.
const HEAD_LIMIT: usize = 64 * 1024;

/// How long to wait after a failed `accept`.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// How long the requests that are being processed may take after the signal to stop.
const STOP_TIME: Duration = Duration::from_secs(10);

/// Serves until a signal, then finishes the requests at hand. A second signal ends the process at once.
pub async fn serve(listener: TcpListener, router: Router, mut signals: UnboundedReceiver<()>) {
    let room = Arc::new(Semaphore::new(MAX_CONNECTIONS));
    let graceful = GracefulShutdown::new();
    loop {
        let (stream, permit) = tokio::select! {
            accepted = accept(&listener, &room) => accepted,
            _ = signals.recv() => break,
        };
        let http = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(HEAD_TIME)
            .max_buf_size(HEAD_LIMIT)
            .serve_connection(TokioIo::new(stream), TowerToHyperService::new(router.clone()));
        let connection = graceful.watch(http);
        tokio::spawn(async move {
            let _permit = permit;
            // An error is the client's: it was too slow, sent something that is not HTTP, or has gone.
            let _ = connection.await;
        });
    }
    drop(listener);
    eprintln!("authorization-server: stopping; press Ctrl-C again to stop at once");
    tokio::select! {
        () = graceful.shutdown() => {}
        () = sleep(STOP_TIME) => {}
        _ = signals.recv() => process::exit(1),
    }
}

/// Returns the next connection, once there is room for it.
async fn accept(listener: &TcpListener, room: &Arc<Semaphore>) -> (TcpStream, OwnedSemaphorePermit) {
    let permit = room
        .clone()
        .acquire_owned()
        .await
        .expect("the semaphore is never closed");
    loop {
        match listener.accept().await {
            Ok((stream, _)) => return (stream, permit),
            // The client has gone already, or there are no file descriptors left until another connection ends.
            Err(_) => sleep(ACCEPT_PAUSE).await,
        }
    }
}
