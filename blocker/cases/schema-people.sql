-- Who may sign in at the desk, and what gave them that: the tables of blocker/people.

CREATE TABLE accounts (
    number       TEXT PRIMARY KEY,
    role         TEXT NOT NULL
        CHECK (role IN ('officer', 'approver', 'overseer', 'auditor', 'isp', 'administrator')),
    isp          TEXT CHECK ((role = 'isp') = (isp IS NOT NULL)),
    password     TEXT,  -- argon2id; none until its owner has chosen one
    created_at   TEXT NOT NULL,
    invited_at   TEXT,
    closed_at    TEXT,
    failures     INTEGER NOT NULL DEFAULT 0,
    locked_until TEXT
) STRICT;

-- Who came and went. Refusals of one minute are one row, so that a stranger who guesses cannot fill the disk; no client's
-- address, and of numbers that are no account's nothing at all: somebody may have typed a password there.
CREATE TABLE sign_ins (
    at      TEXT NOT NULL,
    number  TEXT NOT NULL,
    outcome TEXT NOT NULL CHECK (outcome IN ('in', 'out', 'refused', 'paused')),
    times   INTEGER NOT NULL DEFAULT 1,
    PRIMARY KEY (at, number, outcome)
) STRICT;

-- What an authenticator app and the desk share: sealed by the key file, since the desk must read it to compare.
CREATE TABLE one_time_codes (
    number  TEXT PRIMARY KEY REFERENCES accounts (number),
    secret  BLOB NOT NULL,
    step    INTEGER NOT NULL,  -- of the last code that was taken: it and all before are worth nothing any more
    made_at TEXT NOT NULL
) STRICT;

CREATE TABLE recovery_codes (
    sha256 TEXT PRIMARY KEY,
    number TEXT NOT NULL REFERENCES accounts (number)
) STRICT;

CREATE TABLE passkeys (
    id         BLOB PRIMARY KEY,
    number     TEXT NOT NULL REFERENCES accounts (number),
    name       TEXT NOT NULL,
    public_key BLOB NOT NULL,
    counter    INTEGER NOT NULL,
    made_at    TEXT NOT NULL
) STRICT;
CREATE INDEX passkeys_by_number ON passkeys (number);

CREATE TRIGGER sign_ins_remain BEFORE DELETE ON sign_ins BEGIN SELECT RAISE(ABORT, 'sign-ins are never deleted'); END;
CREATE TRIGGER accounts_remain BEFORE DELETE ON accounts BEGIN SELECT RAISE(ABORT, 'accounts are closed'); END;

-- What one person proposed and another approves or refuses: what gives power, or takes it (blocker/people/powers.py).
CREATE TABLE proposals (
    id          INTEGER PRIMARY KEY,
    power       TEXT NOT NULL,
    target      TEXT NOT NULL,
    role        TEXT NOT NULL,
    isp         TEXT,
    half        TEXT,  -- SHA-256 of the half of the invitation that the proposer was shown
    proposed_by TEXT NOT NULL REFERENCES accounts (number),
    proposed_at TEXT NOT NULL,
    decided_by  TEXT REFERENCES accounts (number),
    decided_at  TEXT,
    verdict     TEXT CHECK (verdict IN ('approve', 'refuse')),
    CHECK (verdict <> 'approve' OR decided_by <> proposed_by),
    CHECK (target NOT IN (proposed_by, decided_by) OR decided_by IS NULL)
) STRICT;
CREATE UNIQUE INDEX proposals_pending ON proposals (target) WHERE verdict IS NULL;

-- A way in for somebody who has no password yet: two halves, which two people handed over.
CREATE TABLE invitations (
    number TEXT PRIMARY KEY REFERENCES accounts (number),
    first  TEXT NOT NULL,
    second TEXT NOT NULL,
    until  TEXT NOT NULL
) STRICT;

-- Closing and inviting anew take password and factors in the same statement: no way in of before is left.
CREATE TRIGGER nothing_of_before AFTER UPDATE OF invited_at, closed_at ON accounts BEGIN
    UPDATE accounts SET password = NULL, failures = 0, locked_until = NULL WHERE number = new.number;
    DELETE FROM one_time_codes WHERE number = new.number;
    DELETE FROM recovery_codes WHERE number = new.number;
    DELETE FROM passkeys WHERE number = new.number;
    DELETE FROM invitations WHERE number = new.number;
END;
CREATE TRIGGER decisions_stay BEFORE UPDATE ON proposals WHEN old.verdict IS NOT NULL
    BEGIN SELECT RAISE(ABORT, 'what was decided is never changed'); END;
CREATE TRIGGER proposals_remain BEFORE DELETE ON proposals BEGIN SELECT RAISE(ABORT, 'proposals are never deleted'); END;

-- Settings of the procedure that one person proposed and another approves or refuses (blocker/people/agreement.py). What
-- is in force says the ledger.
CREATE TABLE settings_proposals (
    id          INTEGER PRIMARY KEY,
    terms       TEXT NOT NULL,
    proposed_by TEXT NOT NULL REFERENCES accounts (number),
    proposed_at TEXT NOT NULL,
    decided_by  TEXT REFERENCES accounts (number),
    verdict     TEXT CHECK (verdict IN ('approve', 'refuse')),
    CHECK ((verdict IS NULL) = (decided_by IS NULL)),
    CHECK (verdict IS NOT 'approve' OR decided_by <> proposed_by)
) STRICT;
CREATE UNIQUE INDEX settings_proposals_pending ON settings_proposals ((verdict IS NULL)) WHERE verdict IS NULL;
CREATE TRIGGER settings_proposals_stay BEFORE UPDATE ON settings_proposals WHEN old.verdict IS NOT NULL
    OR new.terms <> old.terms OR new.proposed_by <> old.proposed_by
    BEGIN SELECT RAISE(ABORT, 'what was proposed or decided is never changed'); END;
CREATE TRIGGER settings_proposals_remain BEFORE DELETE ON settings_proposals
    BEGIN SELECT RAISE(ABORT, 'proposals are never deleted'); END;
