//! The command in a directory of its own, with an environment of its own.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use tempfile::TempDir;

/// A directory and the environment of the commands run in it.
pub(crate) struct Place {
    folder: TempDir,
    pub(crate) environment: BTreeMap<String, String>,
}

/// What a command did.
pub(crate) struct Ran {
    pub(crate) status: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Place {
    pub(crate) fn new() -> Place {
        Place {
            folder: tempfile::tempdir().unwrap(),
            environment: BTreeMap::new(),
        }
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn write(&self, name: &str, text: &str) {
        std::fs::write(self.path().join(name), text).unwrap();
    }

    /// Runs the command and waits for its end.
    pub(crate) fn run(&self, arguments: &[&str], input: &str) -> Ran {
        let mut child = self.command(arguments).spawn().unwrap();
        // A command that does not read its input closes it; that is no fault of the test.
        let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
        let done = child.wait_with_output().unwrap();
        Ran {
            status: done.status.code().unwrap_or(-1),
            stdout: String::from_utf8(done.stdout).unwrap(),
            stderr: String::from_utf8(done.stderr).unwrap(),
        }
    }

    /// Runs the command, which must succeed, and returns what it printed.
    pub(crate) fn done(&self, arguments: &[&str]) -> String {
        let ran = self.run(arguments, "");
        assert_eq!(
            ran.status, 0,
            "{arguments:?}\n{}\n{}",
            ran.stdout, ran.stderr
        );
        ran.stdout
    }

    /// A new installation: configuration, key, data, and the operator's key in the environment.
    pub(crate) fn installed() -> Place {
        let mut place = Place::new();
        let said = place.done(&["init", "--operator", "r.ames"]);
        place
            .environment
            .insert("COVENANT_OPERATOR_KEY".to_owned(), key_in(&said, "covop_"));
        let config = std::fs::read_to_string(place.path().join("covenant.toml")).unwrap();
        place.write(
            "covenant.toml",
            &config.replace("127.0.0.1:8787", "127.0.0.1:0"),
        );
        place
    }

    /// Starts a server and waits until it serves.
    pub(crate) fn serve(&self) -> Serving {
        let mut child = self.command(&["serve"]).spawn().unwrap();
        let (said, address) = mpsc::channel();
        let log = BufReader::new(child.stderr.take().unwrap());
        // The rest of the log is read too: a full pipe would stop the server.
        let reader = std::thread::spawn(move || {
            let mut all = String::new();
            for line in log.lines().map_while(Result::ok) {
                if let Some((_, rest)) = line.split_once("serving address=") {
                    let _ = said.send(rest.split_whitespace().next().unwrap().to_owned());
                }
                all.push_str(&line);
                all.push('\n');
            }
            all
        });
        let Ok(address) = address.recv() else {
            let mut out = String::new();
            let _ = child.stdout.take().unwrap().read_to_string(&mut out);
            panic!("the server ended: {}{out}", reader.join().unwrap());
        };
        Serving {
            address,
            child: Some(child),
            log: Some(reader),
        }
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_covenant"));
        command
            .args(arguments)
            .current_dir(self.path())
            .env_clear()
            .envs(&self.environment)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }
}

/// A running server.
pub(crate) struct Serving {
    pub(crate) address: String,
    child: Option<Child>,
    log: Option<std::thread::JoinHandle<String>>,
}

impl Serving {
    /// Sends SIGTERM and waits; returns the status and the log.
    pub(crate) fn terminate(mut self) -> (i32, String) {
        let mut child = self.child.take().unwrap();
        let id = child.id().to_string();
        assert!(
            Command::new("kill")
                .args(["-TERM", &id])
                .status()
                .unwrap()
                .success()
        );
        let status = child.wait().unwrap().code().unwrap_or(-1);
        (status, self.log.take().unwrap().join().unwrap())
    }

    /// One HTTP/1.1 exchange over a socket of its own: the status and the body.
    pub(crate) fn http(&self, method: &str, path: &str, key: &str, body: &str) -> (u16, String) {
        let mut stream = std::net::TcpStream::connect(&self.address).unwrap();
        write!(
            stream,
            "{method} {path} HTTP/1.1\r\nhost: test\r\nconnection: close\r\nauthorization: Bearer {key}\r\n\
             content-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        )
        .unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        let status = head.split_whitespace().nth(1).unwrap().parse().unwrap();
        (status, body.to_owned())
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        if let Some(mut child) = self.child.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// The first word of a text that begins like a key.
pub(crate) fn key_in(text: &str, marker: &str) -> String {
    let word = text
        .split_whitespace()
        .find(|word| word.starts_with(marker));
    word.unwrap_or_else(|| panic!("no {marker} key in:\n{text}"))
        .to_owned()
}

/// Every byte that rests in a directory.
pub(crate) fn bytes_in(folder: &Path) -> Vec<u8> {
    let mut bytes = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_file() {
            bytes.extend(std::fs::read(path).unwrap());
        }
    }
    bytes
}

/// Says whether bytes hold a text.
pub(crate) fn holds(bytes: &[u8], text: &str) -> bool {
    bytes
        .windows(text.len())
        .any(|window| window == text.as_bytes())
}
