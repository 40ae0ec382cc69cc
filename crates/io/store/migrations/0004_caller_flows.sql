-- The flows that a caller may name beside its default flow (a JSON list), and that default; empty: the
-- service's.

ALTER TABLE client ADD COLUMN flows {text} NOT NULL DEFAULT '[]';
ALTER TABLE client ADD COLUMN default_flow {text} NOT NULL DEFAULT '';
