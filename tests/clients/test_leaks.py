"""Values no recogniser was written from, in every dialect; then the raw bytes of everything are searched for them.

What the detector finds must be in no byte the vendor received, whatever the shape of the request. What it misses is
counted, printed, and fails above the share published for these values (docs/DETECTION.md).
"""

import json
import random
import re
import socket
import subprocess

import pytest
from faker import Faker

from harness import BINARY, ROOT, read_response

CONVERSATIONS = 40
TEMPLATES = [
    "Patient {name}, MRN {mrn}, was seen on 04/11/2024 for follow-up of hypertension. Phone {phone}.",
    "Pt: {name}\nAddress: {street}, {city}\nHome phone: {phone}\nE-mail: {email}\nContinue lisinopril 10 mg daily.",
    "Spoke with Mrs. {last} today. Her son {name} can be reached at {phone}. SSN on file: {ssn}.",
    "Dear Dr. {last},\nThank you for seeing {name} (medical record number {mrn}). She lives at {street}.\nKind regards",
    "{name} called about the refill of metformin. Callback number {phone}, portal e-mail {email}.",
]


def published_miss_rate():
    text = (ROOT / "docs" / "DETECTION.md").read_text()
    return float(re.search(r"more than ([0-9.]+) ?% of the planted values", text).group(1)) / 100


def invented(seed):
    Faker.seed(seed)
    fake = Faker(random.Random(seed).choice(["en_US", "en_US", "es_MX", "vi_VN", "pl_PL", "de_DE", "en_IN", "it_IT"]))
    us = Faker("en_US")
    us.seed_instance(seed)
    first, last = fake.first_name().title(), fake.last_name().title()
    return {"name": f"{first} {last}", "last": last, "mrn": str(us.random_number(8, fix_len=True)), "phone": us.numerify("(2##) 555-01##"),
            "street": us.street_address(), "city": us.city(), "email": us.email(), "ssn": us.numerify("21#-4#-5###")}


def requests_for(number, text):
    """The same text in every dialect and in several shapes."""
    half = text.index(" ", len(text) // 2)
    arguments = json.dumps({"summary": text})
    chat = [
        [{"role": "user", "content": text}],
        [{"role": "user", "content": [{"type": "text", "text": text[:half]}, {"type": "text", "text": text[half:]}]}],
        [{"role": "system", "content": text}, {"role": "user", "content": "Summarise."}],
        [{"role": "user", "content": "x"}, {"role": "assistant", "content": None, "tool_calls": [{"id": "call_1", "type": "function", "function": {"name": "f", "arguments": arguments}}]},
         {"role": "tool", "tool_call_id": "call_1", "content": text}],
    ][number % 4]
    stream = bool(number % 2)
    yield "/v1/chat/completions", {"model": "gpt", "messages": chat, "stream": stream}
    yield "/v1/responses", {"model": "gpt", "input": text, "stream": stream}
    yield "/v1/completions", {"model": "gpt", "prompt": text, "stream": stream}
    yield "/v1/embeddings", {"model": "gpt", "input": [text]}
    yield "/v1/messages", {"model": "claude", "max_tokens": 99, "system": "Be brief.", "messages": [{"role": "user", "content": [{"type": "text", "text": text}]}], "stream": stream}
    yield "/v1/messages/count_tokens", {"model": "claude", "messages": [{"role": "user", "content": text}]}


def found_values(texts):
    """What `covenant detect` finds in each text, as the strings themselves."""
    lines = "".join(json.dumps({"id": str(i), "text": text}) + "\n" for i, text in enumerate(texts))
    done = subprocess.run([str(BINARY), "detect", "-", "--format", "json"], input=lines, capture_output=True, text=True, check=True)
    keep = {"DATE", "ORG", "AGE"}  # pass for treatment, with city, state and ZIP
    found = []
    for text, line in zip(texts, done.stdout.splitlines()):
        spans = [span for span in json.loads(line)["spans"] if span["class"] not in keep and span["kind"] not in ("city", "county", "zip", "landmark")]
        found.append({text[span["start"] : span["end"]] for span in spans})
    return found


def test_found_values_reach_no_byte_anywhere(house, upstream):
    chosen = random.Random(20240611)
    values = [invented(seed) for seed in range(CONVERSATIONS)]
    texts = [chosen.choice(TEMPLATES).format(**value) for value in values]
    planted = [{value[key] for key in value if value[key] in text and key not in ("city", "last")} for value, text in zip(values, texts)]
    found = found_values(texts)
    leaked, missed, total = [], [], 0
    for number, (text, secret) in enumerate(zip(texts, planted)):
        for path, body in requests_for(number, text):
            upstream.forget()
            status, _, answer = house.post(path, body, house.key, **{"X-Covenant-Patient": f"opaque-{number}"})
            assert status == 200, (path, status, answer)
            received = bytes(upstream.received).decode("utf-8", "replace")
            received += received.encode("ascii", "backslashreplace").decode("unicode_escape", "replace") if "\\u" in received else ""
            leaked += [(path, value) for value in found[number] if len(value) > 3 and re.search(rf"(?<!\w){re.escape(value)}(?!\w)", received)]
            for value in secret:
                total += 1
                missed += [(path, value)] if value in received else []
    rate = len(missed) / total
    print(f"\nplanted {total}, missed {len(missed)} ({rate:.2%}): {sorted(set(value for _, value in missed))}")
    assert leaked == []
    assert rate <= published_miss_rate()
    at_rest(house, {value for number in found for value in number if len(value) > 5} | {f"opaque-{n}" for n in range(CONVERSATIONS)} | {house.key})


def at_rest(house, values):
    """No found value, patient reference or key is in a file of the data directory, the log or the metrics."""
    places = house.raw_bytes() | {"/metrics": house.get("/metrics")[2]}
    seen = [(place, value) for place, data in places.items() for value in values if value.encode() in data]
    assert seen == []


@pytest.mark.parametrize("body", [b"{", b'{"model":"gpt","messages":[{"role":"user","content":"Margaret Okonkwo MRN 48211907"}', b'{"model": Margaret}',
                                  b'{"model":"gpt","Margaret Okonkwo":1,"messages":[]}', b'{"model":"gpt","model":"gpt","messages":[]}', b"\xff\xfe", b'{"model":"gpt","messages":"Margaret"}',
                                  b'{"model":"gpt","messages":[{"role":"user","content":"\\ud800 Margaret"}]}', b'{"model":"gpt","messages":[{"role":"user","content":"Margaret\\u0000"}]}',
                                  b"[" * 100_000, b'{"model":"gpt","messages":' + b"[" * 500 + b"]" * 500 + b"}"])
def test_bad_json_is_refused_without_repeating_it(house, upstream, body):
    status, headers, answer = house.post("/v1/chat/completions", body, house.key)
    assert status in (400, 413, 422) and headers["x-request-id"]
    assert "Margaret" not in json.dumps(answer) and "48211907" not in json.dumps(answer)
    assert upstream.requests == []
    assert b"Margaret" not in house.log.read_bytes()


def test_a_hundred_megabytes_are_refused_without_being_read(house, upstream):
    fields = f"Authorization: Bearer {house.key}\r\nContent-Type: application/json\r\nContent-Length: {100 << 20}\r\nExpect: 100-continue\r\n"
    head = f"POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{fields}\r\n"
    with socket.create_connection(("127.0.0.1", house.port), 60) as connection:
        connection.sendall(head.encode())
        status, _, _ = read_response(connection)
    assert status == 413
    assert upstream.requests == []


def test_a_path_that_is_not_served_names_those_that_are(house):
    status, _, answer = house.post("/v1/audio/speech", {"model": "gpt"}, house.key)
    assert status == 404 and "/v1/chat/completions" in json.dumps(answer)
