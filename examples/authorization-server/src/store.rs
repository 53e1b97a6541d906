//! The authorization codes that were issued and not yet redeemed, with what each is bound to.
//!
//! The challenge and its method are two columns of text, either both set or both NULL. `CodeChallenge::from_stored` reads
//! them back: a damaged row is an error, never a code without a challenge.
//!
//! One thread owns the database. It commits all requests that wait for it in one transaction, so that one fsync serves
//! many logins, and a handler continues when its change is on disk. A used code stays used, even after a power failure.

use std::fmt;
use std::fs::OpenOptions;
#[cfg(unix)]
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use pkce_core::{CodeChallenge, StoredChallengeError};
use rusqlite::{Connection, ErrorCode, OptionalExtension as _, Row, TransactionBehavior, params};
use sha2::{Digest as _, Sha256};
use tokio::sync::oneshot;
use tokio::time::timeout;

use crate::server::now;

/// Codes are looked up by their hash: a reader of the database cannot redeem them, and the time of a look-up reveals
/// nothing about a code. (A plain challenge, however, is a verifier in the clear. An S256 challenge needs no such care.)
const SCHEMA: &str = "
CREATE TABLE IF NOT EXISTS authorization_codes (
    code_sha256           BLOB PRIMARY KEY,
    client_id             TEXT NOT NULL,
    redirect_uri          TEXT,             -- NULL if the authorization request had none
    code_challenge        TEXT,             -- both NULL if the authorization request had no challenge
    code_challenge_method TEXT,
    expires_at            INTEGER NOT NULL, -- seconds since 1970
    CHECK ((code_challenge IS NULL) = (code_challenge_method IS NULL))
) STRICT, WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS authorization_codes_expires_at ON authorization_codes (expires_at);
";

/// With a write-ahead log, a commit is one fsync, and `FULL` is what makes SQLite wait for it. `secure_delete` overwrites
/// deleted rows with zeros.
const SETTINGS: &str = "
PRAGMA journal_mode = WAL;
PRAGMA synchronous = FULL;
PRAGMA secure_delete = ON;
PRAGMA temp_store = MEMORY;
";

const INSERT: &str = "
INSERT INTO authorization_codes (code_sha256, client_id, redirect_uri, code_challenge, code_challenge_method, expires_at)
VALUES (?1, ?2, ?3, ?4, ?5, ?6)";

/// One statement finds the code and removes it, so only one of many racing requests gets the row.
const REDEEM: &str = "
DELETE FROM authorization_codes WHERE code_sha256 = ?1 AND client_id = ?2 AND expires_at > ?3
RETURNING redirect_uri, code_challenge, code_challenge_method";

const FORGET_EXPIRED: &str = "DELETE FROM authorization_codes WHERE expires_at <= ?1";

/// How many requests may wait for the database. Any more are refused.
const QUEUE: usize = 1024;

/// How long one of them may wait.
const WAIT: Duration = Duration::from_secs(5);

/// How long SQLite waits for another process that has locked the file.
const LOCK_WAIT: Duration = Duration::from_secs(2);

/// How long after the last request expired codes and the write-ahead log are cleared.
const IDLE: Duration = Duration::from_secs(1);

pub struct Store {
    /// `None` only while it is dropped.
    queue: Option<SyncSender<Request>>,
    writer: Option<JoinHandle<()>>,
    /// Whether the last change was refused because the database is busy, so that a lock is one line in the log.
    busy: AtomicBool,
}

/// What the authorization request said, to compare the token request with.
pub struct Grant {
    /// As it was sent, `None` if it was not.
    pub redirect_uri: Option<String>,
    /// `None` only if the authorization request had none, which the policy of some clients allows.
    pub challenge: Option<CodeChallenge>,
}

#[derive(Clone, Debug)]
pub enum StoreError {
    /// Nothing is known to be wrong, but it would take too long.
    Busy,
    Database(Arc<rusqlite::Error>),
    /// The two columns hold no challenge. This is never the client's fault.
    Challenge(StoredChallengeError),
}

/// A change, and who waits for its result.
struct Request {
    change: Change,
    reply: oneshot::Sender<Result<Option<Grant>, StoreError>>,
}

enum Change {
    Insert {
        code_sha256: [u8; 32],
        client_id: String,
        grant: Grant,
        expires_at: i64,
    },
    Redeem {
        code_sha256: [u8; 32],
        client_id: String,
    },
}

impl Store {
    /// A database in memory. The codes are lost when the server ends.
    pub fn in_memory() -> Result<Self, StoreError> {
        Self::start(Connection::open_in_memory()?)
    }

    /// A new file is readable by its owner alone, and so are the files that SQLite puts beside it.
    pub fn open(file: &Path) -> Result<Self, StoreError> {
        let mut options = OpenOptions::new();
        #[cfg(unix)]
        options.mode(0o600);
        // SQLite says what is wrong if this fails. An existing file keeps its mode.
        let _ = options.append(true).create_new(true).open(file);
        Self::start(Connection::open(file)?)
    }

    fn start(connection: Connection) -> Result<Self, StoreError> {
        connection.busy_timeout(LOCK_WAIT)?;
        connection.execute_batch(SETTINGS)?;
        connection.execute_batch(SCHEMA)?;
        tidy(&connection)?;
        let (queue, requests) = sync_channel(QUEUE);
        Ok(Self {
            queue: Some(queue),
            writer: Some(thread::spawn(move || write(connection, &requests))),
            busy: AtomicBool::new(false),
        })
    }

    /// Stores a new code.
    pub async fn insert(&self, code: &str, client_id: &str, grant: Grant, expires_at: i64) -> Result<(), StoreError> {
        let change = Change::Insert {
            code_sha256: hash(code),
            client_id: client_id.to_owned(),
            grant,
            expires_at,
        };
        self.apply(change).await.map(|_| ())
    }

    /// Removes the code for good, and returns what it is bound to. `None` if there is no such code, if it has expired, or
    /// if it belongs to another client, which can still redeem it.
    pub async fn redeem(&self, code: &str, client_id: &str) -> Result<Option<Grant>, StoreError> {
        let change = Change::Redeem {
            code_sha256: hash(code),
            client_id: client_id.to_owned(),
        };
        self.apply(change).await
    }

    /// Has a change made, and logs a failure.
    async fn apply(&self, change: Change) -> Result<Option<Grant>, StoreError> {
        let result = self.enqueue(change).await;
        let busy = matches!(result, Err(StoreError::Busy));
        let was_busy = self.busy.swap(busy, Ordering::Relaxed);
        if let Err(e) = &result
            && !(busy && was_busy)
        {
            eprintln!("authorization-server: {e}");
        }
        result
    }

    async fn enqueue(&self, change: Change) -> Result<Option<Grant>, StoreError> {
        let (reply, result) = oneshot::channel();
        let queue = self.queue.as_ref().ok_or(StoreError::Busy)?;
        queue
            .try_send(Request { change, reply })
            .map_err(|_| StoreError::Busy)?;
        match timeout(WAIT, result).await {
            Ok(Ok(result)) => result,
            Ok(Err(_)) | Err(_) => Err(StoreError::Busy),
        }
    }
}

/// Waits until the database is closed.
impl Drop for Store {
    fn drop(&mut self) {
        drop(self.queue.take());
        if let Some(writer) = self.writer.take() {
            let _ = writer.join();
        }
    }
}

/// What the thread does that owns the database.
fn write(mut connection: Connection, requests: &Receiver<Request>) {
    loop {
        match requests.recv_timeout(IDLE) {
            Ok(first) => {
                let mut batch = vec![first];
                batch.extend(requests.try_iter().take(QUEUE));
                // Nobody waits for these any more.
                batch.retain(|request| !request.reply.is_closed());
                commit(&mut connection, batch);
            }
            Err(RecvTimeoutError::Timeout) => match tidy(&connection) {
                // The next time will do.
                Ok(()) | Err(StoreError::Busy) => {}
                Err(e) => eprintln!("authorization-server: {e}"),
            },
            Err(RecvTimeoutError::Disconnected) => return,
        }
    }
}

/// Applies all changes of a batch, and tells the results once they are on disk.
fn commit(connection: &mut Connection, batch: Vec<Request>) {
    let (changes, replies): (Vec<Change>, Vec<_>) = batch.into_iter().map(|r| (r.change, r.reply)).unzip();
    match apply(connection, &changes) {
        Ok(results) => {
            for (reply, result) in replies.into_iter().zip(results) {
                let _ = reply.send(result);
            }
        }
        Err(e) => {
            for reply in replies {
                let _ = reply.send(Err(e.clone()));
            }
        }
    }
}

fn apply(
    connection: &mut Connection,
    changes: &[Change],
) -> Result<Vec<Result<Option<Grant>, StoreError>>, StoreError> {
    let now = now();
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    transaction.prepare_cached(FORGET_EXPIRED)?.execute([now])?;
    let results = changes.iter().map(|change| change.apply(&transaction, now)).collect();
    transaction.commit()?;
    Ok(results)
}

/// Forgets expired codes, and empties the write-ahead log, in which the old contents of a page stay after a deletion.
fn tidy(connection: &Connection) -> Result<(), StoreError> {
    connection.prepare_cached(FORGET_EXPIRED)?.execute([now()])?;
    // Its row says whether another process was in the way. Then the next time will do.
    connection
        .prepare_cached("PRAGMA wal_checkpoint(TRUNCATE)")?
        .query_row([], |_| Ok(()))?;
    Ok(())
}

impl Change {
    fn apply(&self, connection: &Connection, now: i64) -> Result<Option<Grant>, StoreError> {
        match self {
            Self::Insert {
                code_sha256,
                client_id,
                grant,
                expires_at,
            } => {
                let (challenge, method) = CodeChallenge::to_stored(grant.challenge.as_ref());
                connection.prepare_cached(INSERT)?.execute(params![
                    code_sha256,
                    client_id,
                    grant.redirect_uri,
                    challenge,
                    method,
                    expires_at,
                ])?;
                Ok(None)
            }
            Self::Redeem { code_sha256, client_id } => {
                let mut statement = connection.prepare_cached(REDEEM)?;
                let row = statement.query_row(params![code_sha256, client_id, now], grant);
                row.optional()?.transpose()
            }
        }
    }
}

/// The outer result is SQLite's, the inner one says whether the two columns hold a challenge.
fn grant(row: &Row<'_>) -> rusqlite::Result<Result<Grant, StoreError>> {
    let redirect_uri = row.get(0)?;
    // Borrowed, because a plain challenge is a secret: the only copy is in the `CodeChallenge`, which is wiped.
    let challenge = CodeChallenge::from_stored(row.get_ref(1)?.as_str_or_null()?, row.get_ref(2)?.as_str_or_null()?);
    Ok(challenge
        .map(|challenge| Grant {
            redirect_uri,
            challenge,
        })
        .map_err(StoreError::Challenge))
}

fn hash(code: &str) -> [u8; 32] {
    Sha256::digest(code).into()
}

impl From<rusqlite::Error> for StoreError {
    fn from(e: rusqlite::Error) -> Self {
        match e.sqlite_error_code() {
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Self::Busy,
            _ => Self::Database(Arc::new(e)),
        }
    }
}

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Busy => f.write_str("the database is busy, or locked by another process"),
            Self::Database(e) => write!(f, "{e}"),
            Self::Challenge(e) => write!(f, "{e}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use pkce_core::{CodeChallenge, CodeChallengeMethod};

    use super::{Grant, Store};
    use crate::server::now;

    const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

    #[tokio::test]
    async fn a_code_is_redeemed_once_by_its_client_in_time() {
        let challenge = CodeChallenge::parse(CHALLENGE, CodeChallengeMethod::S256).ok();
        assert!(challenge.is_some());
        let redirect_uri = Some("http://127.0.0.1:5000/callback".to_owned());
        let store = Store::in_memory().expect("a database");
        for (redirect_uri, challenge) in [(redirect_uri, challenge), (None, None)] {
            for (code, expires_at) in [("code", now() + 60), ("expired", now())] {
                let grant = Grant {
                    redirect_uri: redirect_uri.clone(),
                    challenge: challenge.clone(),
                };
                store.insert(code, "app", grant, expires_at).await.expect("inserted");
            }
            for (code, client_id) in [("other", "app"), ("code", "other"), ("expired", "app")] {
                let grant = store.redeem(code, client_id).await.expect("no server error");
                assert!(grant.is_none(), "{code} {client_id}");
            }
            let grant = store.redeem("code", "app").await.expect("no server error");
            let grant = grant.expect("what was stored");
            assert_eq!((grant.redirect_uri, grant.challenge), (redirect_uri, challenge));
            assert!(store.redeem("code", "app").await.expect("no server error").is_none());
        }
    }
}
