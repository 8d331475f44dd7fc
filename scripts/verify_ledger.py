#!/usr/bin/env python3
"""Checks an exported log from the C2SP specifications alone (tlog-tiles, tlog-checkpoint, signed-note,
tlog-cosignature): SHA-256 and Ed25519, and nothing of Covenant's. No key that opens anything is needed.

It recomputes the hash of every entry, every tile and the root, checks the log's signature, and with --since that the
log extends a checkpoint that was saved earlier. Exit status: 0 whole, 1 not whole, 2 wrong use.
"""

import argparse
import base64
import hashlib
import pathlib
import re
import sys

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

LOG, WITNESS = 0x01, 0x04  # signature types of signed-note


class Bad(Exception):
    """The log is not whole; the message says where."""


def sha256(data):
    return hashlib.sha256(data).digest()


def decode(text):
    try:
        return base64.b64decode(text, validate=True)
    except ValueError as error:
        raise Bad(f"not base64: {error}") from error


class Key:
    """A verifier key: name+hex(key id)+base64(type || public key)."""
    def __init__(self, text):
        try:
            self.name, key_id, key = text.strip().split("+", 2)
            key = base64.b64decode(key, validate=True)
            self.id, self.kind, self.public = bytes.fromhex(key_id), key[0], key[1:]
            wanted = sha256(self.name.encode() + b"\n" + key)[:4]
        except (ValueError, IndexError) as error:
            raise argparse.ArgumentTypeError("not a verifier key") from error
        if self.id != wanted or self.kind not in (LOG, WITNESS) or len(self.public) != 32:
            raise argparse.ArgumentTypeError("not an Ed25519 verifier key, or its key id does not belong to it")

    def verify(self, text, signature):
        if self.kind == WITNESS:
            time, signature = int.from_bytes(signature[:8], "big"), signature[8:]
            text = f"cosignature/v1\ntime {time}\n{text}"
        try:
            Ed25519PublicKey.from_public_bytes(self.public).verify(signature, text.encode())
        except InvalidSignature as error:
            raise Bad(f"the signature of {self.name} does not verify") from error


class Checkpoint:
    """A signed checkpoint; the first of `keys` is the log's, `signed_by` are those of them that have signed."""
    def __init__(self, path, keys):
        try:
            note = pathlib.Path(path).read_bytes().decode()
        except (OSError, UnicodeDecodeError) as error:
            raise Bad(f"checkpoint {path} cannot be read: {error}") from error
        text, separator, signatures = note.rpartition("\n\n")
        lines = text.split("\n")
        control = any(character < " " and character != "\n" for character in note)
        complete = separator and signatures.endswith("\n") and len(lines) >= 3 and "" not in lines
        if control or not complete or not re.fullmatch("0|[1-9][0-9]{0,18}", lines[1]):
            raise Bad(f"{path} is not a signed checkpoint")
        self.origin, self.size, self.root = lines[0], int(lines[1]), decode(lines[2])
        self.signed_by = []
        for line in signatures.removesuffix("\n").split("\n"):
            parts = re.fullmatch(r"\u2014 ([^\s+]+) (\S+)", line)
            if not parts:
                raise Bad(f"{path} has a line that is no signature")
            signature = decode(parts[2])
            for key in (key for key in keys if (key.name, key.id) == (parts[1], signature[:4])):
                key.verify(text + "\n", signature[4:])
                self.signed_by.append(key)
        if keys[0].name != self.origin or keys[0] not in self.signed_by:
            raise Bad(f"{path} is not signed by the log")


def append(peaks, leaf):
    """Appends a leaf hash to the complete subtrees (number of leaves, hash) of a tree, largest first."""
    peaks.append((1, leaf))
    while len(peaks) > 1 and peaks[-2][0] == peaks[-1][0]:
        (count, left), (_, right) = peaks[-2:]
        peaks[-2:] = [(2 * count, sha256(b"\x01" + left + right))]


def root(peaks):
    result = peaks[-1][1] if peaks else sha256(b"")
    for _, left in reversed(peaks[:-1]):
        result = sha256(b"\x01" + left + result)
    return result


class Export:
    """An exported log, checked from its first entry to its last."""
    def __init__(self, directory, checkpoints):
        self.directory, self.checkpoints = pathlib.Path(directory), checkpoints
        self.peaks, self.entries, self.files = [], 0, 0

    def read(self, kind, index, width, unit):
        """The file of a tile or bundle; a full one may have taken the place of a partial one."""
        digits = f"{index:0{-(-len(str(index)) // 3) * 3}}"
        parts = [digits[at:at + 3] for at in range(0, len(digits), 3)]
        path = "/".join([f"tile/{kind}"] + ["x" + part for part in parts[:-1]] + parts[-1:])
        for name, count in ([(f"{path}.p/{width}", width)] if width < 256 else []) + [(path, 256)]:
            if (self.directory / name).is_file():
                self.files += 1
                return name, (self.directory / name).read_bytes(), count
        raise Bad(f"{path} is missing: entry {unit * 256 * index} is the first it should cover")

    def bundle(self, index, width):
        """The leaf hashes of a bundle."""
        name, data, count = self.read("entries", index, width, 1)
        hashes, at = [], 0
        while at + 2 <= len(data) and (end := at + 2 + int.from_bytes(data[at:at + 2], "big")) <= len(data):
            hashes.append(sha256(b"\x00" + data[at + 2:end]))
            at = end
        if at != len(data) or len(hashes) != count:
            self.tile(0, index, hashes[:width], width)  # names an earlier entry, if one is bad
            raise Bad(f"entry {256 * index + min(len(hashes), width - 1)}: {name} does not hold {count} entries")
        return hashes[:width]

    def tile(self, level, index, hashes, width):
        """Compares a stored tile with the hashes that were computed; `width` is what it should hold."""
        unit = 256 ** level
        name, data, count = self.read(level, index, width, unit)
        for node, wanted in enumerate(hashes):
            if data[32 * node:32 * node + 32] != wanted:
                raise Bad(f"entry {unit * (256 * index + node)}: its hash in {name} is not that of the entries")
        if len(data) != 32 * count:
            raise Bad(f"entry {unit * 256 * index}: {name} does not hold {count} hashes")

    def compare_roots(self):
        for name, checkpoint in self.checkpoints.items():
            if self.entries == checkpoint.size and root(self.peaks) != checkpoint.root:
                raise Bad(f"the first {self.entries} entries are not those of the {name} checkpoint")

    def verify(self, size):
        hashes, level = [], 0
        self.compare_roots()
        while size >> (8 * level):  # level by level: a full tile's root is a hash of the level above
            above, nodes = [], size >> (8 * level)
            for first in range(0, nodes, 256):
                width = min(256, nodes - first)
                tile = self.bundle(first // 256, width) if level == 0 else hashes[first:first + width]
                self.tile(level, first // 256, tile, width)
                subtree = []
                for node in tile:
                    append(subtree, node)
                    if level == 0:
                        append(self.peaks, node)
                        self.entries += 1
                        self.compare_roots()
                above += [root(subtree)] if width == 256 else []
            hashes, level = above, level + 1
        for name, checkpoint in self.checkpoints.items():
            if checkpoint.size > size:
                raise Bad(f"entry {size}: the log ends here, but the {name} checkpoint has {checkpoint.size} entries")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("directory", help="the exported log: checkpoint, tile/0/..., tile/entries/...")
    parser.add_argument("--vkey", required=True, type=Key, metavar="VKEY", help="verifier key of the log")
    parser.add_argument("--since", metavar="CHECKPOINT", help="a checkpoint of this log that was saved earlier")
    parser.add_argument("--witness", action="append", default=[], type=Key, metavar="VKEY",
                        help="verifier key of a witness that must have cosigned; may be repeated")
    options = parser.parse_args()
    keys = [options.vkey, *options.witness]
    if [key.kind for key in keys] != [LOG] + [WITNESS] * len(options.witness):
        parser.error("--vkey takes a log's key (type 1), --witness a witness's (type 4)")
    try:
        head = Checkpoint(pathlib.Path(options.directory) / "checkpoint", keys)
        since = Checkpoint(options.since, keys) if options.since else None
        for key in (key for key in keys if key not in head.signed_by):
            raise Bad(f"{key.name} has not signed the checkpoint")
        export = Export(options.directory, {"log's": head} | ({"saved": since} if since else {}))
        export.verify(head.size)
    except Bad as bad:
        print(f"NOT WHOLE: {bad}")
        return 1
    elsewhere = [f"a saved checkpoint of size {since.size}"] if since else []
    elsewhere += [f"witness {key.name}" for key in options.witness]
    print(f"log {head.origin}: checkpoint, {export.entries} entries, {export.files} tiles and bundles checked")
    print(f"size {head.size}, root {base64.b64encode(head.root).decode()}")
    print("measured against", ", ".join(elsewhere) or "itself: consistency only, no checkpoint from elsewhere was given")
    return 0


if __name__ == "__main__":
    sys.exit(main())
