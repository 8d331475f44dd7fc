"""The log, verified by a program that holds none of our code, and found out when it is touched."""

import json
import shutil
import subprocess
import sys

import pytest

from harness import ROOT
from notes import NOTE


@pytest.fixture
def exported(house, tmp_path):
    """An export of the log with a few requests in it, and the log's public key."""
    for _ in range(3):
        house.post("/v1/chat/completions", {"model": "gpt", "messages": [{"role": "user", "content": NOTE}]}, house.key)
    house.run("ledger", "export", str(tmp_path / "log"))
    vkey = json.loads(house.run("status", "--format", "json").stdout)["ledger"]["verifier_key"]
    return tmp_path / "log", vkey


def check(directory, vkey, *more):
    command = [sys.executable, str(ROOT / "scripts" / "verify_ledger.py"), str(directory), "--vkey", vkey, *more]
    return subprocess.run(command, capture_output=True, text=True)


def test_the_export_is_whole(exported):
    done = check(*exported)
    assert done.returncode == 0, done.stdout + done.stderr


def test_one_changed_byte_is_named(exported, tmp_path):
    directory, vkey = exported
    for bundle in sorted(path for path in (directory / "tile" / "entries").rglob("*") if path.is_file())[:1]:
        data = bytearray(bundle.read_bytes())
        data[len(data) // 2] ^= 1
        bundle.write_bytes(data)
    done = check(directory, vkey)
    assert done.returncode == 1 and "entry" in done.stdout + done.stderr


def test_a_log_that_was_cut_does_not_extend_a_saved_checkpoint(house, exported, tmp_path):
    directory, vkey = exported
    shutil.copytree(directory, tmp_path / "older")
    house.post("/v1/chat/completions", {"model": "gpt", "messages": [{"role": "user", "content": "more"}]}, house.key)
    saved = tmp_path / "saved.checkpoint"
    saved.write_text(house.run("ledger", "checkpoint").stdout)
    assert check(tmp_path / "older", vkey, "--since", str(saved)).returncode == 1


def test_verify_says_against_what(house, tmp_path):
    saved = tmp_path / "saved.checkpoint"
    saved.write_text(house.run("ledger", "checkpoint").stdout)
    assert "consistency only" in house.run("ledger", "verify").stdout
    measured = house.run("ledger", "verify", "--since", str(saved))
    assert "consistency only" not in measured.stdout


def test_a_request_leaves_its_events_in_order(house):
    status, headers, _ = house.post("/v1/chat/completions", {"model": "gpt", "messages": [{"role": "user", "content": NOTE}], "stream": True}, house.key)
    assert status == 200
    kinds = [event["kind"] for event in house.events() if event.get("request") == headers["x-request-id"]]
    assert kinds == ["forwarded", "answering", "answered"]


def test_a_refusal_is_recorded(house):
    status, headers, _ = house.post("/v1/chat/completions", {"model": "open", "messages": [{"role": "user", "content": NOTE}]}, house.key)
    assert status == 403
    assert [event["kind"] for event in house.events() if event.get("request") == headers["x-request-id"]] == ["refused"]


def test_an_inclusion_proof_is_given(house):
    proof = house.run("ledger", "prove", "0").stdout
    assert proof.startswith("c2sp.org/tlog-proof@v1\n")
