-- An integration has one name and one text of notes, which its configuration shows too: what the configuration
-- had beside them is gone, but for notes, which are put behind the integration's own.
UPDATE integration SET notes = CASE WHEN notes = '' THEN config_notes ELSE notes || '
' || config_notes END
WHERE config_notes <> '' AND config_notes <> notes;
ALTER TABLE integration DROP COLUMN config_name;
ALTER TABLE integration DROP COLUMN config_notes;
