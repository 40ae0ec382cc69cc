-- How long entries of the audit log are kept, and what was removed of it; batches that are written once.
--
-- Executions, logins and refused logins are of one kind, everything else are changes.
CREATE INDEX audit_executions ON audit (at, seq) WHERE entity_type IN ('execution', 'token', 'audit');
CREATE INDEX audit_changes ON audit (at, seq) WHERE entity_type NOT IN ('execution', 'token', 'audit');

-- What was removed of a kind on a day: how many entries, up to which, and the digest of all that were ever
-- removed. The table sealed holds the same under a sealing key.
CREATE TABLE audit_removal (
    kind {text} NOT NULL,
    number BIGINT NOT NULL,
    day BIGINT NOT NULL,
    entries BIGINT NOT NULL,
    until_at BIGINT NOT NULL,
    until_seq BIGINT NOT NULL,
    digest {blob} NOT NULL,
    PRIMARY KEY (kind, number)
);
CREATE INDEX audit_removal_by_end ON audit_removal (kind, until_at, until_seq);

-- The last batch of each writer that was kept: who repeats one is told that it is there.
CREATE TABLE journal_batch (
    writer {text} PRIMARY KEY,
    number BIGINT NOT NULL,
    at BIGINT NOT NULL
);
CREATE INDEX journal_batch_by_time ON journal_batch (at);
