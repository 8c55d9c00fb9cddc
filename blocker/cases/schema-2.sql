-- What the second version of the store adds: roles that read, the audit of sign-ins, the post that came in.

CREATE TABLE people (
    number       TEXT PRIMARY KEY,
    role         TEXT NOT NULL CHECK (role IN ('officer', 'approver', 'overseer', 'auditor', 'isp')),
    isp          TEXT CHECK ((role = 'isp') = (isp IS NOT NULL)),
    password     TEXT NOT NULL,
    created_at   TEXT NOT NULL,
    failures     INTEGER NOT NULL DEFAULT 0,
    locked_until TEXT
) STRICT;
INSERT INTO people SELECT number, role, NULL, password, created_at, failures, locked_until FROM accounts;
DROP TABLE accounts;
ALTER TABLE people RENAME TO accounts;

-- Who came and went. Refusals of one minute are one row, so that a stranger who guesses cannot fill the disk; no client's
-- address, and of numbers that are no account's nothing at all: somebody may have typed a password there.
CREATE TABLE sign_ins (
    at      TEXT NOT NULL,
    number  TEXT NOT NULL,
    outcome TEXT NOT NULL CHECK (outcome IN ('in', 'out', 'refused', 'paused')),
    times   INTEGER NOT NULL DEFAULT 1,
    PRIMARY KEY (at, number, outcome)
) STRICT;

-- Mail that was read, by the SHA-256 of its bytes: a file that is found again is not recorded again.
CREATE TABLE post (
    sha256 TEXT PRIMARY KEY,
    seq    INTEGER REFERENCES events (seq) DEFERRABLE INITIALLY DEFERRED
) STRICT;

CREATE INDEX documents_by_hash ON documents (sha256);
CREATE INDEX documents_by_recipient ON documents (recipient, seq);

CREATE TRIGGER sign_ins_remain BEFORE DELETE ON sign_ins BEGIN SELECT RAISE(ABORT, 'sign-ins are never deleted'); END;
CREATE TRIGGER post_stays BEFORE UPDATE ON post BEGIN SELECT RAISE(ABORT, 'post is never changed'); END;
CREATE TRIGGER post_remains BEFORE DELETE ON post BEGIN SELECT RAISE(ABORT, 'post is never deleted'); END;

-- The stamp says trial or real and stays for good; the version of the schema moves on.
DROP TRIGGER stamp_stays;
UPDATE meta SET value = '2' WHERE key = 'schema';
CREATE TRIGGER stamp_stays BEFORE UPDATE ON meta BEGIN SELECT RAISE(ABORT, 'the stamp stays for good'); END;
