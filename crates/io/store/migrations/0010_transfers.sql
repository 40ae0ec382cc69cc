-- What clients bring and take in their own time: transfers. The secret of a transfer's link is in the table sealed.

-- state: awaiting (the client's bytes aren't there yet), ready (it waits to be seen to, or is seen to),
-- succeeded, failed.
-- due: when it may be taken; while somebody sees to it, when its claim to do so ends.
-- claim: grows whenever the transfer changes hands; who has an older number writes no more.
-- bytes: of its pieces.
-- link_until: when its link ends, and with it what can be fetched; keep_until: when it is forgotten.
CREATE TABLE transfer (
    id {text} PRIMARY KEY,
    kind {text} NOT NULL,
    caller {text} NOT NULL,
    actor {text} NOT NULL,
    subject {text} NOT NULL,
    terms {text} NOT NULL,
    state {text} NOT NULL,
    report {text} NOT NULL,
    bytes BIGINT NOT NULL,
    due BIGINT NOT NULL,
    claim BIGINT NOT NULL,
    attempts BIGINT NOT NULL,
    created BIGINT NOT NULL,
    ended BIGINT,
    link_until BIGINT NOT NULL,
    keep_until BIGINT NOT NULL
);
CREATE INDEX transfer_due ON transfer (due, id) WHERE state = 'ready';
CREATE INDEX transfer_by_subject ON transfer (kind, subject, created);
CREATE INDEX transfer_old ON transfer (keep_until);

-- What was brought, or can be fetched, in pieces numbered from 0.
CREATE TABLE transfer_piece (
    transfer_id {text} NOT NULL REFERENCES transfer (id) ON DELETE CASCADE,
    number BIGINT NOT NULL,
    bytes {blob} NOT NULL,
    PRIMARY KEY (transfer_id, number)
);

-- Rows that an import has read and that aren't the data table's yet.
CREATE TABLE transfer_row (
    transfer_id {text} NOT NULL REFERENCES transfer (id) ON DELETE CASCADE,
    row_key {text} NOT NULL,
    value {text} NOT NULL,
    PRIMARY KEY (transfer_id, row_key)
);

-- The division that a data table was given; empty: none, so it is at home.
ALTER TABLE data_table ADD COLUMN division {text} NOT NULL DEFAULT '';
