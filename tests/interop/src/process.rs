use std::io::{BufRead as _, BufReader};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::Fallible;

/// The longest that anything may take on a busy machine. Only a server that is at fault takes that long.
const LIMIT: Duration = Duration::from_secs(60);

/// Looks again and again until something is so, and returns whether it is.
pub fn until(mut is_so: impl FnMut() -> Fallible<bool>) -> Fallible<bool> {
    let start = Instant::now();
    while !is_so()? {
        if start.elapsed() > LIMIT {
            return Ok(false);
        }
        thread::sleep(Duration::from_millis(20));
    }
    Ok(true)
}

/// A server that prints where it listens. Killed when this is dropped.
pub struct Server {
    process: Child,
    pub issuer: String,
    /// Not closed while the server runs, because it may print more.
    stdout: Option<BufReader<ChildStdout>>,
}

impl Server {
    pub fn start(binary: &str, flags: &[&str]) -> Fallible<Self> {
        Self::spawn(Command::new(binary).args(flags).stderr(Stdio::null()))
    }

    /// Starts it with what else the command has, such as a log.
    pub fn spawn(command: &mut Command) -> Fallible<Self> {
        command
            .args(["--listen", "127.0.0.1:0"])
            .stdin(Stdio::null())
            .stdout(Stdio::piped());
        let mut server = Self {
            process: command
                .spawn()
                .map_err(|e| format!("{:?}: {e}", command.get_program()))?,
            issuer: String::new(),
            stdout: None,
        };
        let stdout = server.process.stdout.take().ok_or("no standard output")?;
        let mut line = String::new();
        server.stdout.insert(BufReader::new(stdout)).read_line(&mut line)?;
        server.issuer = line
            .trim_end()
            .strip_prefix("listening on ")
            .ok_or("the server did not start")?
            .to_owned();
        Ok(server)
    }

    /// The address of its socket.
    pub fn address(&self) -> &str {
        self.issuer.strip_prefix("http://").unwrap_or(&self.issuer)
    }

    /// Sends a signal, such as `INT`.
    pub fn signal(&self, name: &str) -> Fallible<()> {
        let pid = self.process.id().to_string();
        let sent = Command::new("kill").args(["-s", name, &pid]).status()?;
        if sent.success() {
            Ok(())
        } else {
            Err("kill failed".into())
        }
    }

    /// Waits until it has ended, and returns its exit code, if it ends with one.
    pub fn exit_code(&mut self) -> Fallible<String> {
        until(|| Ok(self.process.try_wait()?.is_some()))?;
        let code = self.process.try_wait()?.and_then(|status| status.code());
        Ok(code.map_or("none".to_owned(), |code| code.to_string()))
    }
}

impl Drop for Server {
    /// SIGKILL.
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// The path of a file in a temporary folder.
pub fn file(folder: &TempDir, name: &str) -> Fallible<String> {
    let path = folder.path().join(name).into_os_string().into_string();
    path.map_err(|_| "the path of temporary files is not UTF-8".into())
}
