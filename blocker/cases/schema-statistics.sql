-- How often something happened, by month (UTC), ground and kind: no case, no name, no person. What the ledger's steps add
-- says tallies.py, what reports add the view below; `redhand cases verify` counts both anew.

CREATE TABLE tallies (
    month   TEXT NOT NULL,
    ground  TEXT NOT NULL,  -- empty where a report names none
    subject TEXT NOT NULL,
    part    TEXT NOT NULL,
    count   INTEGER NOT NULL,
    PRIMARY KEY (month, ground, subject, part)
) STRICT, WITHOUT ROWID;
-- What is in force is the sum of all that began and ended before.
CREATE INDEX tallies_in_force ON tallies (month, ground, part, count) WHERE subject = 'in_force';

CREATE TRIGGER tallies_of_nothing AFTER UPDATE ON tallies WHEN new.count = 0 BEGIN
    DELETE FROM tallies
    WHERE month = new.month AND ground = new.ground AND subject = new.subject AND part = new.part;
END;

-- A report counts in the month in which it came in, a referral in the one in which the platform was asked, each as what
-- became of it so far. Hours as tallies.hours has them.
CREATE VIEW report_tallies AS
    SELECT number, strftime('%Y-%m', received_at) AS month, coalesce(ground, '') AS ground, 'reports' AS subject,
        state AS part
    FROM reports
    UNION ALL
    SELECT number, strftime('%Y-%m', sent_at), coalesce(ground, ''), 'referrals', referral_state
    FROM reports WHERE referral_state IS NOT NULL
    UNION ALL
    SELECT number, strftime('%Y-%m', sent_at), coalesce(ground, ''), 'hours_referral',
        CAST(min(720, max(1, (unixepoch(referral_ended_at) - unixepoch(seen_at) + 3599) / 3600)) AS TEXT)
    FROM reports WHERE referral_state = 'removed';

CREATE TRIGGER reports_counted AFTER INSERT ON reports BEGIN
    INSERT INTO tallies SELECT month, ground, subject, part, 1 FROM report_tallies WHERE number = new.number
    ON CONFLICT DO UPDATE SET count = count + 1;
END;
CREATE TRIGGER reports_discounted BEFORE UPDATE OF state, referral_state, referral_ended_at ON reports BEGIN
    INSERT INTO tallies SELECT month, ground, subject, part, -1 FROM report_tallies WHERE number = old.number
    ON CONFLICT DO UPDATE SET count = count - 1;
END;
CREATE TRIGGER reports_recounted AFTER UPDATE OF state, referral_state, referral_ended_at ON reports BEGIN
    INSERT INTO tallies SELECT month, ground, subject, part, 1 FROM report_tallies WHERE number = new.number
    ON CONFLICT DO UPDATE SET count = count + 1;
END;
