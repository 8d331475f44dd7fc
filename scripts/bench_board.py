"""Sets a gateway up through its commands, runs the measuring programs beside it, and prints the board."""

import csv
import datetime
import json
import os
import pathlib
import platform
import re
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests" / "clients"))
os.environ["COVENANT_BINARY"] = str(ROOT / "target" / "release" / "covenant")
from harness import Covenant, free_port  # noqa: E402

RELEASE = ROOT / "target" / "release"
NOTES = ROOT.parent / "shared" / "data" / "text" / "aci-bench" / "train.csv"


def machine():
    model = re.search(r"model name\s*: (.*)", pathlib.Path("/proc/cpuinfo").read_text())
    memory = int(re.search(r"MemTotal:\s+(\d+)", pathlib.Path("/proc/meminfo").read_text()).group(1)) // 1024**2
    return f"{os.cpu_count()} cores ({model.group(1) if model else platform.machine()}), {memory} GiB, Linux {platform.release()}"


def gateway(directory):
    covenant = Covenant(directory)
    covenant.start()
    covenant.vendor("mock")
    port = free_port()
    covenant.model("bench", "mock", f"http://127.0.0.1:{port}/v1")
    key = directory / "app.key"
    key.write_text(covenant.app("bench"))
    command = [str(RELEASE / "covenant-bench"), "--gateway", f"127.0.0.1:{covenant.port}", "--key-file", str(key), "--mock-port", str(port),
               "--data", str(covenant.data), "--pid", str(covenant.process.pid)]
    try:
        figures = json.loads(subprocess.run(command, stdout=subprocess.PIPE, check=True, text=True).stdout)
    finally:
        covenant.stop()
    figures["ledger verifies after the run"] = covenant.run("ledger", "verify").returncode == 0
    return figures


def appends(directory):
    return json.loads(subprocess.run([str(RELEASE / "examples" / "append_rate"), "256", "100000", str(directory)], stdout=subprocess.PIPE, check=True, text=True).stdout)


def detection(directory):
    text = directory / "notes.txt"
    if NOTES.exists():
        csv.field_size_limit(1 << 24)
        text.write_text("\n".join(row["note"] for row in csv.DictReader(NOTES.open())))
    else:
        text.write_text((ROOT / "crates" / "cli" / "assets" / "note.txt").read_text() * 200)
    said = subprocess.run([str(RELEASE / "examples" / "throughput"), str(text), "5", "whole"], stdout=subprocess.PIPE, check=True, text=True).stdout
    return {"megabytes_per_second": float(re.search(r"whole .* ([0-9.]+) MB/s", said).group(1)), "built": said.splitlines()[0]}


def shares(metrics):
    """Where the time of one request goes, one at a time: mean microseconds a request, from the gateway's and the store's own figures."""

    def totals(text):
        stages = re.findall(r'covenant_gateway_stage_seconds_sum\{stage="(\w+)"\} ([0-9.e-]+)', text)
        store = re.findall(r"covenant_store_(seal|commit)_seconds_sum ([0-9.e-]+)", text)
        requests = re.findall(r'covenant_gateway_stage_seconds_count\{stage="identify"\} ([0-9.e-]+)', text)
        return {name: float(value) for name, value in stages + store}, float(requests[0]) if requests else 0.0

    (before, first), (after, last) = totals(metrics["before"]), totals(metrics["after"])
    return {name: 1e6 * (total - before.get(name, 0.0)) / max(1.0, last - first) for name, total in after.items()}


def table(figures):
    lines = ["| figure | measured | must reach |", "|---|---|---|"]
    for name, value in figures.items():
        if isinstance(value, dict) and "bar" in value:
            lines.append(f"| {name} | {value['value']:,} {'' if value['met'] else '**(not met)**'} | {value['must be']} {value['bar']:,} |")
        elif isinstance(value, dict) and "p50_ms" in value:
            lines.append(f"| {name} | p50 {value['p50_ms']} ms, p99 {value['p99_ms']} ms | |")
        elif not isinstance(value, dict):
            lines.append(f"| {name} | {value} | |")
    return "\n".join(lines)


def main():
    with tempfile.TemporaryDirectory(dir=ROOT / "target") as folder:
        folder = pathlib.Path(folder)
        figures = gateway(folder)
        stages = shares(figures.pop("metrics"))
        log = appends(folder)
        scan = detection(folder)
    rate, speed = log["appends_per_second"], scan["megabytes_per_second"]
    figures["durable ledger appends a second"] = {"value": round(rate), "bar": 10_000, "must be": ">=", "met": rate >= 10_000}
    figures["synchronous"] = "FULL (the store checks it at every opening, and does not open otherwise)"
    figures["one durable append alone (microseconds)"] = json.dumps(log["alone_us"])
    figures["detector"] = scan["built"]
    figures["detection, one core (MB/s)"] = {"value": round(speed, 2), "bar": 4, "must be": ">=", "met": speed >= 4}
    where = "\n".join(f"| {stage} | {microseconds:.0f} |" for stage, microseconds in sorted(stages.items(), key=lambda item: -item[1]))
    text = f"""Measured on {datetime.date.today()} on {machine()}. Client, mock model and gateway share the cores.

{table(figures)}

Where the time of a request goes (1 KB note, one at a time; mean microseconds a request; `seal` and `commit` are parts of
`record`, which stands for two records, and `upstream` holds the mock model's answer):

| stage | microseconds |
|---|---|
{where}
"""
    print(text)
    if "--write" in sys.argv:
        head = "# Benchmarks\n\n`./scripts/bench --write` makes this page; each bar is computed from the disk and the direct call of the same run.\n\n"
        (ROOT / "docs" / "BENCHMARKS.md").write_text(head + text)


main()
