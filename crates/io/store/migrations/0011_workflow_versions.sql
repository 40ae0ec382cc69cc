-- A workflow's text is that of its versions. What was saved and never published was acknowledged to nobody: it goes.
DELETE FROM flow WHERE published IS NULL;
ALTER TABLE flow DROP COLUMN yaml;
ALTER TABLE flow ADD COLUMN active BIGINT NOT NULL DEFAULT 1;
-- The input and output variables of a version, as JSON Schema; null where it was published before these columns were there.
ALTER TABLE flow_version ADD COLUMN input_schema {text};
ALTER TABLE flow_version ADD COLUMN output_schema {text};
