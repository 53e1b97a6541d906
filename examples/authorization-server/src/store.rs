//! The authorization codes that were issued and not yet redeemed, with what each is bound to.
//!
//! The challenge and its method are two columns of text, either both there or both NULL. They come back to life through
//! `CodeChallenge::parse`, and a row that does not parse is an error: never a code without a challenge.

use std::fmt;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use pkce_core::{CodeChallenge, StoredChallengeError};
use rusqlite::{Connection, OptionalExtension as _, Row, params};
use sha2::{Digest as _, Sha256};

/// Codes are looked up by their hash: whoever reads the database cannot redeem them, and the time of a look-up says
/// nothing about a code. (A plain challenge, however, is a verifier in the clear. S256 needs no such care.)
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

const INSERT: &str = "
INSERT INTO authorization_codes (code_sha256, client_id, redirect_uri, code_challenge, code_challenge_method, expires_at)
VALUES (?1, ?2, ?3, ?4, ?5, ?6)";

/// One statement finds the code and ends it, so that of many requests that race only one gets the row.
const REDEEM: &str = "
DELETE FROM authorization_codes WHERE code_sha256 = ?1 AND client_id = ?2
RETURNING redirect_uri, code_challenge, code_challenge_method, expires_at";

pub struct Store(Mutex<Connection>);

/// What the authorization request said, for the token request to be held against.
pub struct Grant {
    /// As it was sent, `None` if it was not.
    pub redirect_uri: Option<String>,
    /// `None` only if the authorization request had none, which only some policies allow.
    pub challenge: Option<CodeChallenge>,
}

#[derive(Debug)]
pub enum StoreError {
    Database(rusqlite::Error),
    /// A challenge is stored, and is none: the server's own fault.
    BrokenChallenge(StoredChallengeError),
}

impl Store {
    /// A database in memory: the codes go when the server ends.
    pub fn in_memory() -> rusqlite::Result<Self> {
        Self::with(Connection::open_in_memory()?)
    }

    pub fn open(file: &Path) -> rusqlite::Result<Self> {
        Self::with(Connection::open(file)?)
    }

    fn with(connection: Connection) -> rusqlite::Result<Self> {
        connection.execute_batch(SCHEMA)?;
        Ok(Self(Mutex::new(connection)))
    }

    /// Keeps a new code, and forgets those whose time is over.
    pub fn insert(
        &self,
        code: &str,
        client_id: &str,
        grant: &Grant,
        expires_at: i64,
        now: i64,
    ) -> Result<(), StoreError> {
        let challenge = grant.challenge.as_ref();
        self.transaction(|connection| {
            connection.execute("DELETE FROM authorization_codes WHERE expires_at <= ?1", [now])?;
            connection.prepare_cached(INSERT)?.execute(params![
                hash(code),
                client_id,
                grant.redirect_uri,
                challenge.map(CodeChallenge::as_str),
                challenge.map(|c| c.method().as_str()),
                expires_at,
            ])
        })?;
        Ok(())
    }

    /// Takes the code out, for good, and gives what it is bound to. `None` if there is no such code, or it is over, or it
    /// is another client's, which may still redeem it.
    pub fn redeem(&self, code: &str, client_id: &str, now: i64) -> Result<Option<Grant>, StoreError> {
        let row = self.transaction(|connection| {
            let mut statement = connection.prepare_cached(REDEEM)?;
            statement.query_row(params![hash(code), client_id], columns).optional()
        })?;
        let Some((redirect_uri, challenge, method, expires_at)) = row else {
            return Ok(None);
        };
        if expires_at <= now {
            return Ok(None);
        }
        let challenge =
            CodeChallenge::from_stored(challenge.as_deref(), method.as_deref()).map_err(StoreError::BrokenChallenge)?;
        Ok(Some(Grant {
            redirect_uri,
            challenge,
        }))
    }

    /// An explicit transaction, because its commit can fail and says so. A code whose end was not written down would be
    /// good for a second token, so no answer is given before that.
    fn transaction<T>(&self, work: impl FnOnce(&Connection) -> rusqlite::Result<T>) -> rusqlite::Result<T> {
        // A thread that panicked left no half-done work behind: its transaction was rolled back.
        let mut connection = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let transaction = connection.transaction()?;
        let result = work(&transaction)?;
        transaction.commit()?;
        Ok(result)
    }
}

type Columns = (Option<String>, Option<String>, Option<String>, i64);

fn columns(row: &Row<'_>) -> rusqlite::Result<Columns> {
    Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?))
}

fn hash(code: &str) -> [u8; 32] {
    Sha256::digest(code).into()
}

impl From<rusqlite::Error> for StoreError {
    fn from(e: rusqlite::Error) -> Self {
        Self::Database(e)
    }
}

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Database(e) => write!(f, "database: {e}"),
            Self::BrokenChallenge(e) => write!(f, "a stored code_challenge is broken: {e}"),
        }
    }
}

#[cfg(test)]
impl Store {
    /// Damage, as a migration that went wrong would leave it.
    pub fn damage(&self, sql: &str) {
        let connection = self.0.lock().expect("no test panics under the lock");
        connection
            .execute_batch(&format!("PRAGMA ignore_check_constraints = ON; {sql}"))
            .expect("valid SQL");
    }
}

#[cfg(test)]
mod tests {
    use std::thread;

    use pkce_core::{CodeChallenge, CodeChallengeMethod, StoredChallengeError};

    use super::{Grant, Store, StoreError};

    const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

    fn grant() -> Grant {
        Grant {
            redirect_uri: Some("http://127.0.0.1:5000/callback".to_owned()),
            challenge: Some(CodeChallenge::parse(CHALLENGE, CodeChallengeMethod::S256).expect("a challenge")),
        }
    }

    fn store_with_one_code() -> Store {
        let store = Store::in_memory().expect("a database");
        store.insert("code", "app", &grant(), 60, 0).expect("inserted");
        store
    }

    fn is_redeemed(store: &Store, code: &str, client_id: &str, now: i64) -> bool {
        store.redeem(code, client_id, now).expect("no server error").is_some()
    }

    #[test]
    fn gives_back_what_was_stored_and_only_once() {
        let store = store_with_one_code();
        let redeemed = store
            .redeem("code", "app", 59)
            .expect("no server error")
            .expect("a grant");
        assert_eq!(redeemed.redirect_uri, grant().redirect_uri);
        assert_eq!(redeemed.challenge, grant().challenge);
        assert!(!is_redeemed(&store, "code", "app", 59));
    }

    #[test]
    fn a_code_expires() {
        assert!(!is_redeemed(&store_with_one_code(), "code", "app", 60));
        let store = store_with_one_code();
        store.insert("another", "app", &grant(), 120, 60).expect("inserted");
        // Gone, not only refused: the clock may be set back.
        assert!(!is_redeemed(&store, "code", "app", 0));
        assert!(is_redeemed(&store, "another", "app", 60));
    }

    #[test]
    fn another_client_does_not_consume_a_code() {
        let store = store_with_one_code();
        assert!(!is_redeemed(&store, "code", "other", 0));
        assert!(!is_redeemed(&store, "other", "app", 0));
        assert!(is_redeemed(&store, "code", "app", 0));
    }

    #[test]
    fn no_challenge_stays_no_challenge() {
        let store = Store::in_memory().expect("a database");
        let nothing = Grant {
            redirect_uri: None,
            challenge: None,
        };
        store.insert("code", "app", &nothing, 60, 0).expect("inserted");
        let redeemed = store
            .redeem("code", "app", 0)
            .expect("no server error")
            .expect("a grant");
        assert_eq!((redeemed.redirect_uri, redeemed.challenge), (None, None));
    }

    #[test]
    fn a_damaged_row_is_an_error_and_never_no_challenge() {
        for (column, value) in [
            ("code_challenge", "''"),
            ("code_challenge", "'short'"),
            ("code_challenge", "code_challenge || '='"),
            ("code_challenge_method", "''"),
            ("code_challenge_method", "'s256'"),
            ("code_challenge", "NULL"),
            ("code_challenge_method", "NULL"),
        ] {
            let store = store_with_one_code();
            store.damage(&format!("UPDATE authorization_codes SET {column} = {value}"));
            let answer = store.redeem("code", "app", 0);
            let half = matches!(
                answer,
                Err(StoreError::BrokenChallenge(StoredChallengeError::Incomplete))
            );
            assert_eq!(half, value == "NULL", "{column} = {value}");
            assert!(
                matches!(answer, Err(StoreError::BrokenChallenge(_))),
                "{column} = {value}"
            );
        }
    }

    #[test]
    fn the_database_refuses_half_a_challenge() {
        let store = store_with_one_code();
        let connection = store.0.lock().expect("no test panics under the lock");
        for column in ["code_challenge", "code_challenge_method"] {
            let update = format!("UPDATE authorization_codes SET {column} = NULL");
            assert!(connection.execute(&update, []).is_err());
        }
    }

    #[test]
    fn one_of_many_racing_requests_gets_the_code() {
        let store = store_with_one_code();
        let winners = thread::scope(|scope| {
            let racers: Vec<_> = (0..50)
                .map(|_| scope.spawn(|| is_redeemed(&store, "code", "app", 0)))
                .collect();
            racers
                .into_iter()
                .map(|r| r.join().expect("no panic"))
                .filter(|won| *won)
                .count()
        });
        assert_eq!(winners, 1);
    }
}
