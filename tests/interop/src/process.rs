use std::fs::{self, File};
use std::io::{self, BufRead as _, BufReader, Read as _};
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

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

/// The example server. Killed when this is dropped.
pub struct Server {
    process: Child,
    pub issuer: String,
}

impl Server {
    pub fn start(binary: &str, flags: &[&str]) -> Fallible<Self> {
        Self::spawn(Command::new(binary), flags, Stdio::null())
    }

    /// Starts it with its log in a file.
    pub fn start_with_log(binary: &str, log: &str, flags: &[&str]) -> Fallible<Self> {
        Self::spawn(Command::new(binary), flags, File::create(log)?.into())
    }

    /// Starts it with a limit on open files.
    pub fn start_with_files(binary: &str, files: u32, flags: &[&str]) -> Fallible<Self> {
        let mut command = Command::new("sh");
        command.args(["-c", &format!("ulimit -n {files}; exec \"$0\" \"$@\""), binary]);
        Self::spawn(command, flags, Stdio::null())
    }

    fn spawn(mut command: Command, flags: &[&str], log: Stdio) -> Fallible<Self> {
        command
            .args(["--listen", "127.0.0.1:0"])
            .args(flags)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(log);
        let mut server = Self {
            process: command
                .spawn()
                .map_err(|e| format!("{:?}: {e}", command.get_program()))?,
            issuer: String::new(),
        };
        let stdout = server.process.stdout.take().ok_or("no standard output")?;
        let mut line = String::new();
        BufReader::new(stdout).read_line(&mut line)?;
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

    /// Waits until it has ended. `None` if it does not.
    pub fn wait(&mut self) -> Fallible<Option<ExitStatus>> {
        until(|| Ok(self.process.try_wait()?.is_some()))?;
        Ok(self.process.try_wait()?)
    }

    /// The exit code and the standard error of a start that must fail.
    pub fn fails_to_start(binary: &str, flags: &[&str]) -> Fallible<(Option<i32>, String)> {
        let mut command = Command::new(binary);
        command
            .args(flags)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped());
        let mut server = Self {
            process: command.spawn()?,
            issuer: String::new(),
        };
        let stderr = server.process.stderr.take().ok_or("no standard error")?;
        let Some(status) = server.wait()? else {
            return Ok((None, "it runs".to_owned()));
        };
        let mut text = String::new();
        stderr.take(10_000).read_to_string(&mut text)?;
        Ok((status.code(), text))
    }
}

impl Drop for Server {
    /// SIGKILL.
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// A folder of its own, removed when this is dropped.
pub struct Folder(pub PathBuf);

impl Folder {
    pub fn create() -> io::Result<Self> {
        static NEXT: AtomicUsize = AtomicUsize::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("pkce-core-interop-{}-{number}", std::process::id()));
        fs::create_dir(&path)?;
        Ok(Self(path))
    }

    /// The path of a file in it.
    pub fn file(&self, name: &str) -> Fallible<String> {
        let path = self.0.join(name);
        Ok(path
            .to_str()
            .ok_or("the path of temporary files is not UTF-8")?
            .to_owned())
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}
