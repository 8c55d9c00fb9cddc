-- The ministry's store. The truth about a procedure is `events`; `cases` is what they add up to.

CREATE TABLE meta (
    key   TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT;
INSERT INTO meta VALUES ('schema', '5');

-- Beside `body`, all of which the events make, what is searched for: derived from the case alone (rows.case_to_row).
CREATE TABLE cases (
    id            TEXT PRIMARY KEY,
    state         TEXT NOT NULL,
    directive     TEXT UNIQUE,  -- the last number that was allotted to it
    seq           INTEGER NOT NULL UNIQUE,
    ground        TEXT NOT NULL,
    awaited       TEXT,
    awaited_until TEXT,
    awaited_then  TEXT,
    turned_at     TEXT NOT NULL,
    due_at        TEXT,
    told          INTEGER NOT NULL,  -- providers that have, or had, an order to carry out while the case stands so
    asked_until   TEXT,              -- when the first of their orders that is still open is due
    sought        TEXT NOT NULL,     -- number, directive and names, line by line: a search looks for parts of them
    body          TEXT NOT NULL
) STRICT;
-- Whole in an index, so that a search reads no body but those that it shows.
CREATE INDEX cases_by_move ON cases (seq DESC, state, ground, awaited, awaited_until, awaited_then);
CREATE INDEX cases_by_state ON cases (state, seq DESC);
CREATE INDEX cases_by_text ON cases (seq DESC, sought, state, ground, awaited, awaited_until, awaited_then);
CREATE INDEX cases_by_turn ON cases (awaited, due_at, turned_at, awaited_until);
CREATE INDEX cases_by_next_turn ON cases (awaited_then, due_at, turned_at, awaited_until, id);
CREATE INDEX cases_by_wait ON cases (awaited, awaited_until, turned_at, id);
-- The last number of a year, at once: longer numbers follow shorter ones.
CREATE INDEX cases_by_number ON cases (substr(id, 1, 5), length(id), id);
CREATE INDEX cases_by_directive ON cases (substr(directive, 1, 8), length(directive), directive);
CREATE INDEX cases_by_due ON cases (due_at) WHERE due_at IS NOT NULL;
CREATE INDEX cases_asked ON cases (asked_until, id) WHERE asked_until IS NOT NULL;
CREATE INDEX cases_told ON cases (seq DESC) WHERE told > 0 AND asked_until IS NULL;

-- What stands beside a case is derived from it alone as well, row by row (projections.py).
CREATE TABLE case_names (
    case_id TEXT NOT NULL REFERENCES cases (id) DEFERRABLE INITIALLY DEFERRED,
    name    TEXT NOT NULL,
    PRIMARY KEY (case_id, name)
) STRICT, WITHOUT ROWID;
CREATE INDEX case_names_by_name ON case_names (name, case_id);

-- The orders to providers that are not carried out.
CREATE TABLE orders (
    case_id TEXT NOT NULL REFERENCES cases (id) DEFERRABLE INITIALLY DEFERRED,
    isp     TEXT NOT NULL,
    due_at  TEXT,  -- none while its clock rests
    waits   TEXT CHECK (waits IN ('receipt', 'done')),  -- for what of the provider
    list    TEXT,
    serial  INTEGER NOT NULL,
    onboarding TEXT,  -- the directive that ordered it together with others
    PRIMARY KEY (case_id, isp)
) STRICT, WITHOUT ROWID;
CREATE INDEX orders_by_end ON orders (isp, due_at);
CREATE INDEX orders_by_onboarding ON orders (onboarding, waits) WHERE onboarding IS NOT NULL AND waits IS NOT NULL;
CREATE INDEX orders_by_version ON orders (isp, waits, list, serial) WHERE waits IS NOT NULL;

-- What the system must look at by itself, and from when on.
CREATE TABLE appointments (
    case_id TEXT NOT NULL REFERENCES cases (id) DEFERRABLE INITIALLY DEFERRED,
    what    TEXT NOT NULL,
    whom    TEXT NOT NULL,
    since   TEXT NOT NULL,
    until   TEXT,
    PRIMARY KEY (case_id, what, whom, since)
) STRICT, WITHOUT ROWID;
CREATE INDEX appointments_by_time ON appointments (what, since, until, whom);

-- How many orders each provider carried out, by how long it took, and what the looks at its resolvers came to: the sums
-- of what each case adds.
CREATE TABLE provider_tallies (
    isp     TEXT NOT NULL,
    what    TEXT NOT NULL CHECK (what IN ('in-time', 'late', 'asked', 'past')),
    seconds INTEGER NOT NULL,  -- from receipt to done; -1 where no receipt is recorded
    n       INTEGER NOT NULL,
    PRIMARY KEY (isp, what, seconds)
) STRICT, WITHOUT ROWID;
CREATE TRIGGER provider_tallies_of_nothing AFTER UPDATE ON provider_tallies WHEN new.n = 0 BEGIN
    DELETE FROM provider_tallies WHERE isp = new.isp AND what = new.what AND seconds = new.seconds;
END;

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
    hash        TEXT NOT NULL UNIQUE,
    seal        TEXT NOT NULL  -- of the service's key, on all columns before it
) STRICT;
CREATE INDEX events_by_case ON events (case_id, seq);
CREATE INDEX events_by_actor ON events (actor, seq);
CREATE INDEX events_by_step ON events (transition, seq);

CREATE TABLE documents (
    number    TEXT PRIMARY KEY,
    case_id   TEXT NOT NULL,  -- or what it is about, as its event has it
    seq       INTEGER NOT NULL REFERENCES events (seq) DEFERRABLE INITIALLY DEFERRED,
    kind      TEXT NOT NULL,
    recipient TEXT NOT NULL,
    mail      TEXT NOT NULL,
    subject   TEXT NOT NULL,
    text      TEXT NOT NULL,
    sha256    TEXT NOT NULL,
    issued_at TEXT NOT NULL,
    seal      TEXT NOT NULL
) STRICT;
CREATE INDEX documents_by_case ON documents (case_id, number);
CREATE INDEX documents_by_number ON documents (substr(number, 1, 7), length(number), number);
CREATE INDEX documents_by_event ON documents (seq);
CREATE INDEX documents_by_hash ON documents (sha256);
CREATE INDEX documents_by_recipient ON documents (recipient, seq);

-- What must still happen outside. `id` is `<event>.<n>`: the same after every restart, so that a channel knows it again.
CREATE TABLE outbox (
    id         TEXT PRIMARY KEY,
    seq        INTEGER NOT NULL REFERENCES events (seq) DEFERRABLE INITIALLY DEFERRED,
    ordinal    INTEGER NOT NULL,
    case_id    TEXT NOT NULL,
    kind       TEXT NOT NULL,
    payload    TEXT NOT NULL,
    seal       TEXT NOT NULL,  -- on the columns before it; those after it change
    attempts   INTEGER NOT NULL DEFAULT 0,
    next_at    TEXT NOT NULL,
    last_error TEXT,
    done       INTEGER NOT NULL DEFAULT 0 CHECK (done IN (0, 1))  -- when, the event that records it says
) STRICT;
CREATE INDEX outbox_undone ON outbox (seq, ordinal) WHERE NOT done;
CREATE INDEX outbox_by_time ON outbox (kind, next_at) WHERE NOT done;
CREATE INDEX outbox_by_case ON outbox (case_id, kind, seq, ordinal) WHERE NOT done;

-- What came in and was read, by the SHA-256 of its bytes: a mail's, or those of the link that an owner answered by. What
-- is found again is not recorded again.
CREATE TABLE post (
    sha256 TEXT PRIMARY KEY,
    seq    INTEGER REFERENCES events (seq) DEFERRABLE INITIALLY DEFERRED
) STRICT;

-- The links by which owners answer. That one was used stands in `post`.
CREATE TABLE answer_links (
    document  TEXT PRIMARY KEY REFERENCES documents (number),
    sha256    TEXT NOT NULL UNIQUE,
    opened_at TEXT  -- first, by whomever: no proof of anything
) STRICT;

CREATE TRIGGER events_stay BEFORE UPDATE ON events BEGIN SELECT RAISE(ABORT, 'events are never changed'); END;
CREATE TRIGGER events_remain BEFORE DELETE ON events BEGIN SELECT RAISE(ABORT, 'events are never deleted'); END;
CREATE TRIGGER documents_stay BEFORE UPDATE ON documents BEGIN SELECT RAISE(ABORT, 'documents are never changed'); END;
CREATE TRIGGER documents_remain BEFORE DELETE ON documents BEGIN SELECT RAISE(ABORT, 'documents are never deleted'); END;
CREATE TRIGGER orders_stay BEFORE UPDATE OF id, seq, ordinal, case_id, kind, payload, seal ON outbox
    BEGIN SELECT RAISE(ABORT, 'what was decided is never changed'); END;
CREATE TRIGGER orders_remain BEFORE DELETE ON outbox BEGIN SELECT RAISE(ABORT, 'what was decided is never deleted'); END;
CREATE TRIGGER stamp_stays BEFORE UPDATE ON meta BEGIN SELECT RAISE(ABORT, 'the stamp stays for good'); END;
CREATE TRIGGER stamp_remains BEFORE DELETE ON meta BEGIN SELECT RAISE(ABORT, 'the stamp stays for good'); END;
CREATE TRIGGER post_stays BEFORE UPDATE ON post BEGIN SELECT RAISE(ABORT, 'post is never changed'); END;
CREATE TRIGGER post_remains BEFORE DELETE ON post BEGIN SELECT RAISE(ABORT, 'post is never deleted'); END;

-- Reports, before they are cases.
CREATE TABLE reports (
    id          INTEGER PRIMARY KEY,
    number      TEXT NOT NULL UNIQUE,
    source      TEXT NOT NULL,
    reference   TEXT,
    url         TEXT NOT NULL,
    key         TEXT NOT NULL,  -- what two spellings of the address share
    ground      TEXT,
    note        TEXT NOT NULL,
    seen_at     TEXT NOT NULL,
    received_at TEXT NOT NULL,
    state       TEXT NOT NULL CHECK (state IN ('received', 'duplicate', 'dismissed', 'referred', 'case')),
    of_number   TEXT,
    times       INTEGER NOT NULL DEFAULT 1,
    platform    TEXT,
    channel     TEXT,
    sent_at     TEXT,
    referral_state TEXT CHECK (referral_state IN ('sent', 'acknowledged', 'removed', 'declined', 'no-answer')),
    referral_acknowledged_at TEXT,
    referral_ended_at TEXT,
    UNIQUE (source, reference)
) STRICT;
CREATE INDEX reports_by_key ON reports (key, id);
CREATE INDEX reports_by_state ON reports (state, id);
-- Those that wait for their answer, the oldest first; then the others, the newest first (2^53 is more than there will be).
CREATE INDEX reports_referred ON reports (iif(referral_ended_at IS NULL, id, 9007199254740992 - id))
    WHERE referral_state IS NOT NULL;
CREATE INDEX reports_removed ON reports (id) WHERE referral_state = 'removed';
CREATE TRIGGER reports_remain BEFORE DELETE ON reports BEGIN SELECT RAISE(ABORT, 'reports are never deleted'); END;

-- Whoever reported, if they wished to be reached: apart, so that it can be erased.
CREATE TABLE reporters (
    report   TEXT PRIMARY KEY REFERENCES reports (number),
    reach    TEXT NOT NULL,
    erase_at TEXT NOT NULL
) STRICT;
CREATE INDEX reporters_by_end ON reporters (erase_at);

-- Machines that may report: a token each, as its SHA-256 alone.
CREATE TABLE machines (
    kind       TEXT NOT NULL CHECK (kind IN ('provider', 'source')),
    id         TEXT NOT NULL,
    sha256     TEXT NOT NULL UNIQUE,
    created_at TEXT NOT NULL,
    PRIMARY KEY (kind, id)
) STRICT;

-- What providers report: a version in force at a resolver of theirs. The same report twice is one.
CREATE TABLE acknowledgements (
    isp         TEXT NOT NULL,
    resolver    TEXT NOT NULL,
    digest      TEXT NOT NULL,
    list        TEXT NOT NULL,
    serial      INTEGER NOT NULL,
    in_force_at TEXT NOT NULL,
    received_at TEXT NOT NULL,
    PRIMARY KEY (isp, digest, resolver)
) STRICT;
CREATE INDEX acknowledgements_by_version ON acknowledgements (isp, list, resolver, serial);

-- Of each resolver the newest.
CREATE TABLE resolvers (
    isp         TEXT NOT NULL,
    list        TEXT NOT NULL,
    resolver    TEXT NOT NULL,
    serial      INTEGER NOT NULL,
    digest      TEXT NOT NULL,
    in_force_at TEXT NOT NULL,
    received_at TEXT NOT NULL,
    PRIMARY KEY (isp, list, resolver)
) STRICT, WITHOUT ROWID;
CREATE TRIGGER resolvers_follow AFTER INSERT ON acknowledgements BEGIN
    INSERT INTO resolvers
    VALUES (new.isp, new.list, new.resolver, new.serial, new.digest, new.in_force_at, new.received_at)
    ON CONFLICT DO UPDATE SET serial = excluded.serial, digest = excluded.digest,
        in_force_at = excluded.in_force_at, received_at = excluded.received_at
    WHERE excluded.serial >= serial;
END;
