//! The sockets: how long a connection may wait, how many there may be, and how the server stops.
//!
//! `axum::serve` sets no limits of its own. A server behind a reverse proxy can use it and leave these to the proxy.

use std::collections::BTreeMap;
use std::io::{self, ErrorKind};
use std::process;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::{Service as _, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
#[cfg(unix)]
use tokio::signal::unix::{Signal as Interrupt, Signal as Terminate, SignalKind, signal};
#[cfg(windows)]
use tokio::signal::windows::{CtrlC as Interrupt, CtrlClose as Terminate, ctrl_c, ctrl_close};
use tokio::sync::Notify;
use tokio::time::{sleep, timeout};

/// How many connections are open at a time. The operating system may allow fewer.
const MAX_CONNECTIONS: usize = 512;

/// How long a client may take for the head of a request, and how long a connection may be idle between two requests.
const HEAD_TIME: Duration = Duration::from_secs(5);

/// The request line and the header fields, at most.
const HEAD_LIMIT: usize = 64 * 1024;

/// How long to wait after a failed `accept` if no connection ends before.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// How long the requests that are being processed may take after the signal to stop.
const STOP_TIME: Duration = Duration::from_secs(3);

/// The signals to stop: Ctrl-C, and the one that service managers send. Neither is missed once this exists.
pub struct Signals {
    interrupt: Interrupt,
    terminate: Terminate,
}

impl Signals {
    #[cfg(unix)]
    pub fn listen() -> io::Result<Self> {
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
        })
    }

    #[cfg(windows)]
    pub fn listen() -> io::Result<Self> {
        Ok(Self {
            interrupt: ctrl_c()?,
            terminate: ctrl_close()?,
        })
    }

    /// Waits for a signal. Returns the exit code of a program that is ended by it.
    async fn next(&mut self) -> i32 {
        tokio::select! {
            _ = self.interrupt.recv() => 130,
            _ = self.terminate.recv() => 143,
        }
    }
}

/// Serves until a signal, then finishes the requests at hand. A second signal ends the process at once.
pub async fn serve(listener: TcpListener, router: Router, mut signals: Signals) {
    let connections = Arc::new(Connections::default());
    let graceful = GracefulShutdown::new();
    loop {
        let accepted = tokio::select! {
            accepted = accept(&listener, &connections) => accepted,
            _ = signals.next() => break,
        };
        match accepted {
            Ok(stream) => {
                let connection = Connection::open(&connections);
                tokio::spawn(serve_connection(stream, router.clone(), connection, graceful.watcher()));
            }
            // The client has gone already.
            Err(e) if matches!(e.kind(), ErrorKind::ConnectionAborted | ErrorKind::ConnectionReset) => {}
            // Most likely there are no file descriptors left.
            Err(_) => {
                connections.close_oldest();
                let _ = timeout(ACCEPT_PAUSE, connections.ended.notified()).await;
            }
        }
    }
    drop(listener);
    eprintln!("authorization-server: stopping; press Ctrl-C again to stop at once");
    tokio::select! {
        () = graceful.shutdown() => {}
        () = sleep(STOP_TIME) => {}
        code = signals.next() => process::exit(code),
    }
}

/// Accepts a connection as soon as there is room for one.
async fn accept(listener: &TcpListener, connections: &Connections) -> io::Result<TcpStream> {
    while connections.table().open >= MAX_CONNECTIONS {
        connections.close_oldest();
        connections.ended.notified().await;
    }
    Ok(listener.accept().await?.0)
}

async fn serve_connection(stream: TcpStream, router: Router, connection: Connection, watcher: Watcher) {
    // Dropped last, when the socket is closed.
    let connection = Arc::new(connection);
    let router = TowerToHyperService::new(router);
    let service = service_fn(|mut request: Request<Incoming>| {
        request.extensions_mut().insert(connection.clone());
        router.call(request.map(Body::new))
    });
    let http = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIME)
        .max_buf_size(HEAD_LIMIT)
        .serve_connection(TokioIo::new(stream), service);
    tokio::select! {
        // An error is the client's: it was too slow, sent something that is not HTTP, or has gone.
        _ = watcher.watch(http) => {}
        () = connection.close.notified() => {}
    }
}

/// All connections.
///
/// A connection either waits for its client or is busy with a request that has arrived. When there is no room for a new
/// one, the one that has waited longest is closed: idle and slow clients make way for others, and a request that is being
/// processed is never cut off.
#[derive(Default)]
struct Connections {
    table: Mutex<Table>,
    /// Notified whenever a connection has ended.
    ended: Notify,
}

#[derive(Default)]
struct Table {
    open: usize,
    next: u64,
    /// Ordered by when the wait began.
    waiting: BTreeMap<u64, Arc<Notify>>,
}

impl Connections {
    fn table(&self) -> MutexGuard<'_, Table> {
        // No operation on the table can panic halfway.
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn close_oldest(&self) {
        if let Some((_, close)) = self.table().waiting.pop_first() {
            close.notify_one();
        }
    }
}

/// One connection, which handlers find in the extensions of a request.
pub struct Connection {
    connections: Arc<Connections>,
    close: Arc<Notify>,
    /// The key in [`Table::waiting`]. Only read and written while the table is locked.
    key: AtomicU64,
}

/// While this lives, its connection is not closed to make room.
pub struct Busy(Arc<Connection>);

impl Connection {
    fn open(connections: &Arc<Connections>) -> Self {
        let connection = Self {
            connections: connections.clone(),
            close: Arc::default(),
            key: AtomicU64::default(),
        };
        connections.table().open += 1;
        connection.wait();
        connection
    }

    fn wait(&self) {
        let mut table = self.connections.table();
        let key = table.next;
        table.next += 1;
        table.waiting.insert(key, self.close.clone());
        self.key.store(key, Ordering::Relaxed);
    }

    /// `None` if the connection is about to be closed.
    pub fn busy(self: &Arc<Self>) -> Option<Busy> {
        let mut table = self.connections.table();
        table.waiting.remove(&self.key.load(Ordering::Relaxed))?;
        Some(Busy(self.clone()))
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        self.0.wait();
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        let mut table = self.connections.table();
        table.open -= 1;
        table.waiting.remove(&self.key.load(Ordering::Relaxed));
        drop(table);
        self.connections.ended.notify_one();
    }
}
