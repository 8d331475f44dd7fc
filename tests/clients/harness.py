"""A real `covenant serve` in a directory of its own, set up through the real commands, beside a recording vendor."""

import json
import os
import pathlib
import re
import signal
import socket
import subprocess
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
BINARY = pathlib.Path(os.environ.get("COVENANT_BINARY", ROOT / "target" / "debug" / "covenant"))
KEY = re.compile(r"\bcov(?:op)?_[A-Za-z0-9]+_[A-Za-z0-9]+")


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Covenant:
    """One gateway: `directory` holds everything it keeps, `log` what it prints."""

    def __init__(self, directory, *settings):
        self.directory = pathlib.Path(directory)
        self.directory.mkdir(exist_ok=True)
        self.data = self.directory / "data"
        self.config = self.directory / "covenant.toml"
        self.operator_key = self.directory / "operator.key"
        self.log = self.directory / "serve.log"
        self.port = free_port()
        self.process = None
        self._init(settings)

    def _init(self, settings):
        said = self.run("init", "--operator", "ada.lindgren", "--directory", str(self.data), "--key-file", str(self.directory / "kek.key"), config=False)
        self.operator_key.write_text(KEY.search(said.stdout + said.stderr).group(0))
        self.operator_key.chmod(0o600)
        written = self.config.read_text().replace("127.0.0.1:8787", f"127.0.0.1:{self.port}")
        self.config.write_text("\n".join([written, *settings, ""]))

    def run(self, *arguments, check=True, config=True, cwd=None, stdin=None):
        command = [str(BINARY), *arguments]
        environment = {k: v for k, v in os.environ.items() if not k.startswith("COVENANT_")}
        if config:
            environment["COVENANT_CONFIG"] = str(self.config)
            environment["COVENANT_OPERATOR_KEY_FILE"] = str(self.operator_key)
        done = subprocess.run(command, capture_output=True, text=True, env=environment, cwd=cwd or self.directory, input=stdin)
        if check and done.returncode != 0:
            raise AssertionError(f"covenant {' '.join(arguments)} ended with {done.returncode}:\n{done.stdout}\n{done.stderr}")
        return done

    def start(self, wait=True):
        environment = {k: v for k, v in os.environ.items() if not k.startswith("COVENANT_")}
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen([str(BINARY), "serve", "--config", str(self.config)], stdout=log, stderr=log, env=environment, cwd=self.directory)
        if wait:
            self.until_ready()
        return self

    def until_ready(self):
        for _ in range(600):
            if self.process.poll() is not None:
                raise AssertionError(f"covenant serve ended with {self.process.returncode}:\n{self.log.read_text()[-3000:]}")
            try:
                if self.get("/readyz")[0] == 200:
                    return
            except OSError:
                pass
            time.sleep(0.05)
        raise AssertionError("the gateway is not ready")

    def stop(self):
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            self.process.wait(60)

    def kill(self):
        self.process.kill()
        self.process.wait()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    def get(self, path, headers=()):
        return self.http("GET", path, headers)

    def http(self, method, path, headers=(), body=b""):
        """One request over a plain socket: status, headers (lower case), body. Nothing is added and nothing is retried."""
        head = f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1:{self.port}\r\nConnection: close\r\nContent-Length: {len(body)}\r\n"
        head += "".join(f"{name}: {value}\r\n" for name, value in headers) + "\r\n"
        with socket.create_connection(("127.0.0.1", self.port), 60) as connection:
            connection.sendall(head.encode() + body)
            return read_response(connection)

    def post(self, path, body, key, **headers):
        fields = [("Authorization", f"Bearer {key}"), ("Content-Type", "application/json")]
        fields += [(name.replace("_", "-"), value) for name, value in headers.items()]
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        status, head, answer = self.http("POST", path, fields, data)
        try:
            return status, head, json.loads(answer)
        except ValueError:
            return status, head, answer

    def vendor(self, vendor, signed=True, features=()):
        self.run("vendor", "add", vendor, "--name", vendor.title(), "--why", "test")
        if signed:
            paper = self.directory / "agreement.pdf"
            paper.write_bytes(b"%PDF-1.7 signed\n")
            extra = [part for feature in features for part in ("--feature", feature)]
            self.run("baa", "draft", f"{vendor}-baa", "--vendor", vendor, "--service", "*", "--model", "*", "--effective", "2024-01-01", *extra, "--why", "test")
            self.run("baa", "sign", f"{vendor}-baa", "--by", "Ada Lindgren", "--on", "2024-01-01", "--document", str(paper), "--why", "test")

    def model(self, alias, vendor, upstream, dialect="openai", *extra):
        self.run("model", "add", alias, "--vendor", vendor, "--service", "api", "--upstream", upstream, "--dialect", dialect, *extra, "--why", "test")

    def app(self, name, *extra, purposes=("treatment",)):
        given = [part for purpose in purposes for part in ("--purpose", purpose)]
        said = self.run("app", "add", name, "--name", name, *given, "--default-purpose", purposes[0], *extra, "--why", "test")
        return KEY.search(said.stdout + said.stderr).group(0)

    def events(self):
        said = self.run("ledger", "show", "--limit", "100000", "--format", "json").stdout
        return [json.loads(line)["event"] for line in said.splitlines() if line.strip()]

    def raw_bytes(self):
        """Everything that rests: every file of the data directory and the log."""
        files = [path for path in self.data.rglob("*") if path.is_file()] + [self.log]
        return {str(path): path.read_bytes() for path in files if path.exists()}


def read_response(connection):
    data = b""
    while part := connection.recv(1 << 16):
        data += part
    head, _, body = data.partition(b"\r\n\r\n")
    lines = head.decode("latin-1").split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines[1:])}
    if headers.get("transfer-encoding") == "chunked":
        body = unchunk(body)
    return int(lines[0].split()[1]) if lines[0] else 0, headers, body


def unchunk(data):
    out = b""
    while data:
        size, _, data = data.partition(b"\r\n")
        length = int(size, 16)
        out, data = out + data[:length], data[length + 2 :]
        if length == 0:
            break
    return out
