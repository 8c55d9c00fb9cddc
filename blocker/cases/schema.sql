-- The ministry's store. The truth about a procedure is `events`; `cases` is what they add up to.

CREATE TABLE meta (
    key   TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT;
INSERT INTO meta VALUES ('schema', '1');

CREATE TABLE cases (
    id        TEXT PRIMARY KEY,
    state     TEXT NOT NULL,
    directive TEXT UNIQUE,
    seq       INTEGER NOT NULL,
    body      TEXT NOT NULL
) STRICT;
CREATE INDEX cases_by_move ON cases (seq DESC);
CREATE INDEX cases_by_state ON cases (state);

CREATE TABLE events (
    seq         INTEGER PRIMARY KEY,
    case_id     TEXT NOT NULL,  -- or what it is about, where that is no case: then no state either
    transition  TEXT NOT NULL,
    from_state  TEXT,
    to_state    TEXT,
    actor       TEXT NOT NULL,
    role        TEXT NOT NULL,
    at_utc      TEXT NOT NULL,
    reason_code TEXT NOT NULL,
    legal_basis TEXT NOT NULL,
    data        TEXT NOT NULL,
    doc_sha256  TEXT NOT NULL,
    prev_hash   TEXT NOT NULL,
    hash        TEXT NOT NULL UNIQUE
) STRICT;
CREATE INDEX events_by_case ON events (case_id, seq);

CREATE TABLE documents (
    number    TEXT PRIMARY KEY,
    case_id   TEXT NOT NULL REFERENCES cases (id) DEFERRABLE INITIALLY DEFERRED,
    seq       INTEGER NOT NULL REFERENCES events (seq) DEFERRABLE INITIALLY DEFERRED,
    kind      TEXT NOT NULL,
    recipient TEXT NOT NULL,
    mail      TEXT NOT NULL,
    subject   TEXT NOT NULL,
    text      TEXT NOT NULL,
    sha256    TEXT NOT NULL,
    issued_at TEXT NOT NULL
) STRICT;
CREATE INDEX documents_by_case ON documents (case_id, number);

-- What must still happen outside. `id` is `<event>.<n>`: the same after every restart, so that a channel knows it again.
CREATE TABLE outbox (
    id         TEXT PRIMARY KEY,
    seq        INTEGER NOT NULL REFERENCES events (seq) DEFERRABLE INITIALLY DEFERRED,
    ordinal    INTEGER NOT NULL,
    case_id    TEXT NOT NULL REFERENCES cases (id) DEFERRABLE INITIALLY DEFERRED,
    kind       TEXT NOT NULL,
    payload    TEXT NOT NULL,
    attempts   INTEGER NOT NULL DEFAULT 0,
    next_at    TEXT NOT NULL,
    last_error TEXT,
    done_at    TEXT
) STRICT;
CREATE INDEX outbox_undone ON outbox (seq, ordinal) WHERE done_at IS NULL;

CREATE TABLE accounts (
    number      TEXT PRIMARY KEY,
    role        TEXT NOT NULL CHECK (role IN ('officer', 'approver')),
    password    TEXT NOT NULL,
    created_at  TEXT NOT NULL,
    failures    INTEGER NOT NULL DEFAULT 0,
    locked_until TEXT
) STRICT;

CREATE TRIGGER events_stay BEFORE UPDATE ON events BEGIN SELECT RAISE(ABORT, 'events are never changed'); END;
CREATE TRIGGER events_remain BEFORE DELETE ON events BEGIN SELECT RAISE(ABORT, 'events are never deleted'); END;
CREATE TRIGGER documents_stay BEFORE UPDATE ON documents BEGIN SELECT RAISE(ABORT, 'documents are never changed'); END;
CREATE TRIGGER documents_remain BEFORE DELETE ON documents BEGIN SELECT RAISE(ABORT, 'documents are never deleted'); END;
CREATE TRIGGER stamp_stays BEFORE UPDATE ON meta BEGIN SELECT RAISE(ABORT, 'the stamp stays for good'); END;
CREATE TRIGGER stamp_remains BEFORE DELETE ON meta BEGIN SELECT RAISE(ABORT, 'the stamp stays for good'); END;
