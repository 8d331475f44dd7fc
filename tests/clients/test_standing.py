"""What ends while a stream runs ends the stream: a key that is revoked, an app that is disabled, an agreement that is
terminated. The vendor is slow enough that the whole answer would take far longer than the change. And the end of the
server itself."""

import datetime
import json
import signal
import socket
import threading
import time

import pytest

from harness import KEY, Covenant
from upstream import Upstream

SPOKEN = "the wound is clean and dry and the patient walks well " * 20


@pytest.fixture
def vendor():
    vendor = Upstream()
    vendor.say = lambda body: SPOKEN
    return vendor


@pytest.fixture
def gateway(tmp_path, vendor):
    covenant = Covenant(tmp_path).start()
    covenant.vendor("acme")
    covenant.model("gpt", "acme", vendor.base("slow"))
    covenant.model("claude", "acme", vendor.base("slow")[:-3], "anthropic")
    covenant.key = covenant.app("ward")
    yield covenant
    covenant.stop()


def revoke_key(covenant):
    prefix = KEY.search(covenant.key).group(0).split("_")[1]
    covenant.run("app", "key", "revoke", "ward", prefix, "--why", "test")


def disable_app(covenant):
    covenant.run("app", "disable", "ward", "--why", "test")


def terminate_agreement(covenant):
    today = datetime.datetime.now(datetime.timezone.utc).date().isoformat()
    covenant.run("baa", "terminate", "acme-baa", "--on", today, "--reason", "test")


def stream(covenant, path, model, midway):
    """Reads a stream over a plain socket and calls `midway` once text has come; returns the data of every event."""
    body = json.dumps({"model": model, "stream": True, "max_tokens": 1000, "messages": [{"role": "user", "content": "How is it?"}]}).encode()
    head = f"POST {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Bearer {covenant.key}\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    received = b""
    with socket.create_connection(("127.0.0.1", covenant.port)) as connection:
        connection.sendall(head.encode() + body)
        while part := connection.recv(1 << 16):
            received += part
            if midway and b"wound" in received:
                midway()
                midway = None
    assert b" 200 OK" in received.split(b"\r\n", 1)[0]
    return [line[6:].decode() for line in received.splitlines() if line.startswith(b"data: ")]


@pytest.mark.parametrize(
    "change, code",
    [(revoke_key, "invalid_key"), (disable_app, "invalid_key"), (terminate_agreement, "no_longer_covered")],
)
@pytest.mark.parametrize("path, model", [("/v1/chat/completions", "gpt"), ("/v1/messages", "claude")])
def test_what_ends_under_a_stream_ends_it(gateway, path, model, change, code):
    events = stream(gateway, path, model, lambda: change(gateway))
    last = json.loads(events[-1])
    assert code in json.dumps(last), last
    assert last["error"]["message"]
    if model == "claude":
        assert last["type"] == "error"
    said = "".join(events)
    assert "[DONE]" not in said and "message_stop" not in said and "finish_reason\": \"stop" not in said
    assert said.count("w") < len(SPOKEN), "the whole answer came"

    failed = [event for event in gateway.events() if event["kind"] == "failed"]
    assert len(failed) == 1 and failed[0]["outcome"]["code"] == code, failed
    assert [payload["kind"] for payload in failed[0]["payloads"]] == ["answer"]
    gateway.run("ledger", "verify")


def test_a_stream_that_still_stands_runs_to_its_end(gateway):
    events = stream(gateway, "/v1/chat/completions", "gpt", lambda: gateway.run("vendor", "add", "beta", "--name", "Beta", "--why", "test"))
    assert events[-1] == "[DONE]"


def test_stopping_under_load_is_orderly_and_leaves_no_request_open(tmp_path, vendor):
    """Twenty times: status 0, nothing said of a fault, and every request that was cut has its end in the ledger."""
    covenant = Covenant(tmp_path).start()
    covenant.vendor("acme")
    covenant.model("gpt", "acme", vendor.base("slow"))
    covenant.model("quick", "acme", vendor.base())
    covenant.key = covenant.app("ward")
    covenant.stop()
    config = covenant.config.read_text()
    covenant.config.write_text(config.replace("# shutdown_grace_ms = 20000 ", "shutdown_grace_ms = 100 "))
    assert "\nshutdown_grace_ms = 100 " in covenant.config.read_text()

    def client(model, streamed, stop):
        while not stop.is_set():
            try:
                covenant.post("/v1/chat/completions", {"model": model, "stream": streamed, "messages": [{"role": "user", "content": "How is it?"}]}, covenant.key)
            except (OSError, ValueError, IndexError):
                time.sleep(0.01)

    for round in range(20):
        covenant.log = tmp_path / f"serve-{round}.log"
        covenant.start()
        stop = threading.Event()
        clients = [threading.Thread(target=client, args=(model, streamed, stop)) for model, streamed in [("gpt", True), ("gpt", True), ("quick", True), ("quick", False), ("quick", False)]]
        for one in clients:
            one.start()
        time.sleep(0.1 + round * 0.02)
        covenant.process.send_signal(signal.SIGTERM)
        assert covenant.process.wait() == 0
        stop.set()
        for one in clients:
            one.join()
        log = covenant.log.read_text()
        assert "panic" not in log and "fault of our own" not in log and "ERROR" not in log and "interrupted" not in log, log
    kinds = [event["kind"] for event in covenant.events()]
    assert "interrupted" not in kinds and kinds.count("failed") > 0
    assert kinds.count("forwarded") == kinds.count("answered") + kinds.count("failed")
    covenant.run("ledger", "verify")
