"""What breaks on machines: power, disks, keys, two processes, vendors. A clear error, and nothing acknowledged is lost."""

import concurrent.futures
import os
import random
import shutil
import subprocess
import time

import pytest

from harness import Covenant
from notes import NOTE, SECRETS, absent
from upstream import Upstream

KILLS = 20


@pytest.fixture
def own(tmp_path):
    """A gateway of the test's own, with one covered vendor that echoes."""
    covenant = Covenant(tmp_path / "house")
    covenant.upstream = Upstream()
    covenant.start()
    covenant.vendor("covered")
    covenant.model("gpt", "covered", covenant.upstream.base())
    covenant.key = covenant.app("clinic")
    yield covenant
    covenant.stop()


def chat(covenant, text=NOTE):
    return covenant.post("/v1/chat/completions", {"model": "gpt", "messages": [{"role": "user", "content": text}]}, covenant.key)


def test_kill_at_any_moment_loses_nothing_acknowledged(own, tmp_path):
    answered = set()

    def client():
        while True:
            try:
                status, headers, _ = chat(own)
            except (OSError, ValueError, IndexError):
                return
            if status == 200:
                answered.add(headers["x-request-id"])

    chosen = random.Random(7)
    for _ in range(KILLS):
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            for _ in range(8):
                pool.submit(client)
            time.sleep(chosen.uniform(0.05, 0.4))
            own.kill()
        own.start()
    kinds = {}
    for event in own.events():
        kinds.setdefault(event.get("request"), set()).add(event["kind"])
    assert len(answered) > KILLS
    assert [request for request in answered if not {"forwarded", "answered"} <= kinds.get(request, set())] == []
    assert [request for request, seen in kinds.items() if "forwarded" in seen and not seen & {"answered", "failed", "interrupted"}] == []
    own.run("ledger", "verify")


def test_a_second_writer_is_refused(own):
    second = own.run("serve", "--config", str(own.config), check=False)
    assert second.returncode != 0 and "another" in second.stderr.lower()


def test_a_missing_or_wrong_key_is_named(own, tmp_path):
    own.stop()
    key = own.directory / "kek.key"
    saved = tmp_path / "saved.key"
    shutil.move(key, saved)
    gone = own.run("serve", "--config", str(own.config), check=False)
    assert gone.returncode != 0 and "kek.key" in gone.stderr
    other = Covenant(tmp_path / "other")
    shutil.copy(other.directory / "kek.key", key)
    wrong = own.run("serve", "--config", str(own.config), check=False)
    assert wrong.returncode != 0 and "wrong key" in wrong.stderr.lower()
    shutil.move(saved, key)
    own.start()


def test_an_edited_register_row_is_refused_by_name(own):
    own.stop()
    database = next(own.data.glob("*.db"))
    script = "import sqlite3,sys; d=sqlite3.connect(sys.argv[1]); print(d.execute(\"update register set body=zeroblob(length(body)) where kind='vendor'\").rowcount); d.commit()"
    subprocess.run(["python3", "-c", script, str(database)], check=True)
    refused = own.run("serve", "--config", str(own.config), check=False)
    assert refused.returncode != 0 and "vendor" in refused.stderr


def test_a_corrupted_page_is_noticed(own):
    for _ in range(5):
        assert chat(own)[0] == 200
    own.stop()
    database = next(own.data.glob("*.db"))
    subprocess.run(["python3", "-c", "import sqlite3,sys; sqlite3.connect(sys.argv[1]).execute('pragma wal_checkpoint(truncate)')", str(database)], check=True)
    data = bytearray(database.read_bytes())
    for page in range(2, len(data) // 4096):
        data[page * 4096 + 3000 : page * 4096 + 3900] = os.urandom(900)
    database.write_bytes(data)
    opened = own.run("ledger", "verify", check=False)
    assert opened.returncode != 0


@pytest.fixture
def small_disk(tmp_path):
    mount = tmp_path / "small"
    mount.mkdir()
    if os.geteuid() != 0 or subprocess.run(["mount", "-t", "tmpfs", "-o", "size=6m", "tmpfs", str(mount)], capture_output=True).returncode != 0:
        pytest.skip("a small file system cannot be mounted here")
    yield mount
    subprocess.run(["umount", "-l", str(mount)])


def fill(path):
    with open(path, "wb", buffering=0) as full:
        for size in (65536, 4096, 512, 1):
            try:
                while full.write(b"x" * size) == size:
                    pass
            except OSError:
                pass  # no room for another piece of this size


def test_a_full_disk_refuses_and_recovers(small_disk):
    covenant = Covenant(small_disk)
    covenant.upstream = Upstream()
    covenant.log = small_disk.parent / "serve.log"
    covenant.start()
    try:
        covenant.vendor("covered")
        covenant.model("gpt", "covered", covenant.upstream.base())
        covenant.key = covenant.app("clinic")
        assert chat(covenant)[0] == 200
        filler = small_disk / "filler"
        fill(filler)
        status = 200
        for _ in range(400):
            before = len(covenant.upstream.requests)
            status, _, answer = chat(covenant)
            if status != 200:
                break
        assert status == 503, (status, answer)
        assert absent(str(answer).encode()) == []
        assert len(covenant.upstream.requests) == before, "nothing may be sent that is not recorded"
        assert covenant.get("/readyz")[0] == 503
        filler.unlink()
        for _ in range(100):
            status, _, answer = chat(covenant)
            if status == 200:
                break
            time.sleep(0.05)
        assert status == 200, answer
        assert covenant.get("/readyz")[0] == 200
        covenant.run("ledger", "verify")
    finally:
        covenant.stop()


def test_a_revoked_key_and_a_terminated_agreement_hold_within_a_second(own):
    assert chat(own)[0] == 200
    own.run("baa", "terminate", "covered-baa", "--on", "2024-02-01", "--reason", "test")
    time.sleep(1)
    sent = len(own.upstream.requests)
    assert chat(own)[0] == 403
    assert len(own.upstream.requests) == sent


def test_a_vendor_that_dies_mid_stream_is_recorded_as_failed(own):
    own.model("cut", "covered", own.upstream.base("cut"))
    body = {"model": "cut", "stream": True, "messages": [{"role": "user", "content": NOTE}]}
    _, headers, answer = own.post("/v1/chat/completions", body, own.key)
    assert b"[DONE]" not in (answer if isinstance(answer, bytes) else b"")
    kinds = [event["kind"] for event in own.events() if event.get("request") == headers["x-request-id"]]
    assert kinds[:2] == ["forwarded", "answering"] and kinds[-1] == "failed"


def test_a_caller_that_goes_away_cancels_the_vendors_request(own):
    import socket

    own.model("hang", "covered", own.upstream.base("hang"))
    body = b'{"model":"hang","stream":true,"messages":[{"role":"user","content":"a rather long question about lisinopril and potassium levels"}]}'
    head = f"POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {own.key}\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    with socket.create_connection(("127.0.0.1", own.port)) as connection:
        connection.sendall(head.encode() + body)
        connection.recv(100)
    for _ in range(100):
        kinds = [event["kind"] for event in own.events()]
        if kinds[-1] in ("failed", "interrupted", "answered"):
            break
        time.sleep(0.1)
    assert kinds[-1] in ("failed", "interrupted", "answered")


def test_content_is_nowhere_in_the_clear(own):
    for _ in range(3):
        chat(own)
    own.stop()
    for place, data in own.raw_bytes().items():
        assert absent(data, [secret for secret in SECRETS if len(secret) > 5]) == [], place
