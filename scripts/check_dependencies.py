#!/usr/bin/env python3
"""Checks licences, banned crates and sources of everything the build resolves, against deny.toml, offline.

Advisories need their database; where `cargo deny` is installed, `scripts/test` runs it as well.
"""
import json
import re
import subprocess
import sys
import tomllib


def satisfied(expression, allowed):
    """Whether an SPDX expression holds with the allowed licences: AND needs both sides, OR one."""
    expression = expression.replace("/", " OR ")
    tokens = re.findall(r"\(|\)|[A-Za-z0-9.+-]+(?: WITH [A-Za-z0-9.-]+)?", expression)
    words = {"AND": "and", "OR": "or", "(": "(", ")": ")"}
    return eval(" ".join(words.get(t, str(t in allowed)) for t in tokens))  # only True/False/and/or/brackets


def main():
    rules = tomllib.load(open("deny.toml", "rb"))
    allowed = set(rules["licenses"]["allow"])
    banned = {b["name"]: b["reason"] for b in rules["bans"]["deny"]}
    command = ["cargo", "metadata", "--format-version", "1", "--locked", "--filter-platform", "x86_64-unknown-linux-gnu"]
    metadata = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    tree = ["cargo", "tree", "--workspace", "--locked", "--edges", "all", "--prefix", "none", "--format", "{p}", "--no-dedupe"]
    built = subprocess.run(tree, capture_output=True, text=True, check=True).stdout
    resolved = {tuple(line.split()[:2]) for line in built.splitlines() if line}
    faults, count = [], 0
    for package in metadata["packages"]:
        if (package["name"], "v" + package["version"]) not in resolved:
            continue
        count += 1
        name = f"{package['name']} {package['version']}"
        if package["name"] in banned:
            faults.append(f"{name}: banned: {banned[package['name']]}")
        if not satisfied(package["license"] or "", allowed) if package["license"] else True:
            faults.append(f"{name}: licence {package['license']} is not on the list")
        if package["source"] not in (None, "registry+https://github.com/rust-lang/crates.io-index"):
            faults.append(f"{name}: comes from an unknown source")
    for fault in faults:
        print(f"check_dependencies: {fault}", file=sys.stderr)
    print(f"check_dependencies: {count} packages, {len(faults)} faults")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
