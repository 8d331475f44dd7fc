-- What rests in the store. Nothing here is readable: events, payloads and the bodies of register rows are sealed,
-- subjects are keyed hashes, and what stands in the clear (ids, kinds, times) is no PHI by definition and is
-- authenticated: by a keyed tag, by the sealed event it repeats, or by the Merkle tree.

-- Whose store this is. `head.tag` covers every row.
CREATE TABLE meta (
    name  TEXT PRIMARY KEY NOT NULL,
    value BLOB NOT NULL
) STRICT, WITHOUT ROWID;

-- The state after the last commit: one row, replaced by every commit, with a keyed tag over it, over `meta` and over
-- the digest of the whole register.
CREATE TABLE head (
    id               INTEGER PRIMARY KEY NOT NULL CHECK (id = 1),
    size             INTEGER NOT NULL,
    root             BLOB NOT NULL,
    at_ms            INTEGER NOT NULL,
    note             TEXT NOT NULL,
    register_version INTEGER NOT NULL,
    register_digest  BLOB NOT NULL,
    tag              BLOB NOT NULL
) STRICT;

-- The leaves of the log. What stands beside `leaf` repeats what is sealed in it, for look-up; verify compares.
CREATE TABLE events (
    idx     INTEGER PRIMARY KEY NOT NULL,
    id      TEXT NOT NULL UNIQUE,
    kind    TEXT NOT NULL,
    at_ms   INTEGER NOT NULL,
    request TEXT,
    leaf    BLOB NOT NULL
) STRICT;
CREATE INDEX events_by_request ON events (request) WHERE request IS NOT NULL;

-- No function of this program changes or deletes an event; these catch a mistake, not an attacker.
CREATE TRIGGER events_are_never_changed BEFORE UPDATE ON events
BEGIN SELECT RAISE(ABORT, 'events are never changed'); END;
CREATE TRIGGER events_are_never_deleted BEFORE DELETE ON events
BEGIN SELECT RAISE(ABORT, 'events are never deleted'); END;

-- Full tiles of the tree (C2SP tlog-tiles): 256 hashes of one level, and the hash of the subtree they make.
-- Partial tiles are worked out from the leaves and the roots below.
CREATE TABLE tiles (
    level  INTEGER NOT NULL,
    idx    INTEGER NOT NULL,
    root   BLOB NOT NULL,
    hashes BLOB NOT NULL,
    UNIQUE (level, idx)
) STRICT;

-- Requests that were forwarded or are being answered, and are not closed yet.
CREATE TABLE open_requests (
    request TEXT PRIMARY KEY NOT NULL,
    idx     INTEGER NOT NULL REFERENCES events (idx)
) STRICT, WITHOUT ROWID;

-- Keys, wrapped under the key-encryption key; the wrap binds every other column. `subject` is a keyed hash.
CREATE TABLE keys (
    id         TEXT PRIMARY KEY NOT NULL,
    kind       TEXT NOT NULL CHECK (kind IN ('root', 'log', 'subject')),
    subject    BLOB,
    from_index INTEGER NOT NULL,
    created_ms INTEGER NOT NULL,
    wrapped    BLOB NOT NULL
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX keys_by_subject ON keys (subject) WHERE subject IS NOT NULL;
CREATE INDEX log_keys ON keys (from_index) WHERE kind = 'log';

-- Prompts, answers and maps, each sealed under a key of its own. `idx` is the event that holds the digest of `sealed`;
-- a shredded payload keeps its row and names the event that says so. Where no patient is known, the key stands here,
-- wrapped under the key-encryption key: `key` names it.
CREATE TABLE payloads (
    id            TEXT PRIMARY KEY NOT NULL,
    kind          TEXT NOT NULL,
    idx           INTEGER NOT NULL REFERENCES events (idx),
    keep_until_ms INTEGER NOT NULL,
    shredded_by   INTEGER REFERENCES events (idx),
    key           TEXT,
    wrapped       BLOB,
    sealed        BLOB,
    CHECK ((sealed IS NULL) = (shredded_by IS NOT NULL)),
    CHECK ((key IS NULL) = (wrapped IS NULL)),
    CHECK (key IS NULL OR sealed IS NOT NULL)
) STRICT;
CREATE INDEX payloads_due ON payloads (keep_until_ms) WHERE shredded_by IS NULL;

-- The key of a payload whose patients are known, wrapped once under each one's key.
CREATE TABLE payload_keys (
    payload TEXT NOT NULL REFERENCES payloads (id),
    key     TEXT NOT NULL REFERENCES keys (id),
    wrapped BLOB NOT NULL,
    PRIMARY KEY (payload, key)
) STRICT, WITHOUT ROWID;
CREATE INDEX payload_keys_by_key ON payload_keys (key);

-- Vendors, agreements, models, decisions, apps, operators, policies, legal holds: every version that ever held, each
-- with a keyed tag. `body` is sealed, bound to kind, id and version. A removed row is a version without one.
CREATE TABLE register (
    kind    TEXT NOT NULL,
    id      TEXT NOT NULL,
    version INTEGER NOT NULL,
    idx     INTEGER NOT NULL REFERENCES events (idx),
    body    BLOB,
    tag     BLOB NOT NULL,
    PRIMARY KEY (kind, id, version)
) STRICT, WITHOUT ROWID;

-- Checkpoints that witnesses cosigned, as signed notes.
CREATE TABLE cosigned (
    idx  INTEGER PRIMARY KEY NOT NULL REFERENCES events (idx),
    size INTEGER NOT NULL,
    note TEXT NOT NULL
) STRICT;

-- The way in for small commits: one insertion of all their rows here is one statement and so one transaction by itself.
-- What would be a conversation with SQLite (begin, insert, insert, commit) is one message, and the statement stays
-- prepared, because its text depends on the number of rows alone. `what` says what a row is; the rest are its values.
CREATE VIEW commit_rows AS
SELECT NULL AS what, NULL AS a, NULL AS b, NULL AS c, NULL AS d, NULL AS e, NULL AS f, NULL AS g;

CREATE TRIGGER commit_key INSTEAD OF INSERT ON commit_rows WHEN NEW.what = 'key'
BEGIN
    INSERT INTO keys (id, kind, subject, from_index, created_ms, wrapped)
    VALUES (NEW.a, NEW.b, NEW.c, NEW.d, NEW.e, NEW.f);
END;

CREATE TRIGGER commit_event INSTEAD OF INSERT ON commit_rows WHEN NEW.what = 'event'
BEGIN
    INSERT INTO events (idx, id, kind, at_ms, request, leaf)
    VALUES (NEW.a, NEW.b, NEW.c, NEW.d, NEW.e, NEW.f);
END;

CREATE TRIGGER commit_open INSTEAD OF INSERT ON commit_rows WHEN NEW.what = 'open'
BEGIN
    INSERT OR REPLACE INTO open_requests (request, idx) VALUES (NEW.a, NEW.b);
END;

CREATE TRIGGER commit_close INSTEAD OF INSERT ON commit_rows WHEN NEW.what = 'close'
BEGIN
    DELETE FROM open_requests WHERE request = NEW.a;
END;

CREATE TRIGGER commit_payload INSTEAD OF INSERT ON commit_rows WHEN NEW.what = 'payload'
BEGIN
    INSERT INTO payloads (id, kind, idx, keep_until_ms, key, wrapped, sealed)
    VALUES (NEW.a, NEW.b, NEW.c, NEW.d, NEW.e, NEW.f, NEW.g);
END;

CREATE TRIGGER commit_payload_key INSTEAD OF INSERT ON commit_rows WHEN NEW.what = 'payload key'
BEGIN
    INSERT INTO payload_keys (payload, key, wrapped) VALUES (NEW.a, NEW.b, NEW.c);
END;

CREATE TRIGGER commit_head INSTEAD OF INSERT ON commit_rows WHEN NEW.what = 'head'
BEGIN
    UPDATE head SET size = NEW.a, root = NEW.b, at_ms = NEW.c, note = NEW.d, register_version = NEW.e,
        register_digest = NEW.f, tag = NEW.g;
END;
