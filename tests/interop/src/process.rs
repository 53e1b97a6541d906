use std::fs;
use std::io::{self, BufRead as _, BufReader, Read as _};
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use crate::Fallible;

/// The example server. Killed when this is dropped.
pub struct Server {
    process: Child,
    pub issuer: String,
}

impl Server {
    pub fn start(binary: &str, flags: &[&str]) -> Fallible<Self> {
        Self::spawn(Command::new(binary), flags)
    }

    /// Starts it with a limit on open files.
    pub fn start_with_files(binary: &str, files: u32, flags: &[&str]) -> Fallible<Self> {
        let mut command = Command::new("sh");
        command.args(["-c", &format!("ulimit -n {files}; exec \"$0\" \"$@\""), binary]);
        Self::spawn(command, flags)
    }

    fn spawn(mut command: Command, flags: &[&str]) -> Fallible<Self> {
        command
            .args(["--listen", "127.0.0.1:0"])
            .args(flags)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            // Its log, which holds what the cases provoke.
            .stderr(Stdio::null());
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

    /// SIGINT, as Ctrl-C sends it.
    pub fn interrupt(&self) -> Fallible<()> {
        let pid = self.process.id().to_string();
        let sent = Command::new("kill").args(["-INT", &pid]).status()?;
        if sent.success() {
            Ok(())
        } else {
            Err("kill failed".into())
        }
    }

    /// Waits until it has ended. `None` if it still runs after that time.
    pub fn wait(&mut self, limit: Duration) -> Fallible<Option<ExitStatus>> {
        let start = Instant::now();
        loop {
            match self.process.try_wait()? {
                None if start.elapsed() < limit => thread::sleep(Duration::from_millis(20)),
                status => return Ok(status),
            }
        }
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
        let Some(status) = server.wait(Duration::from_secs(10))? else {
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
