-- Several actions of a category may have one name. SQLite takes no constraint from a table, so that the table is made
-- anew, with the triggers of 0006.
CREATE TABLE action_anew (
    id TEXT PRIMARY KEY,
    integration_id TEXT NOT NULL REFERENCES integration (id),
    name TEXT NOT NULL,
    name_key TEXT NOT NULL,
    category TEXT NOT NULL,
    category_key TEXT NOT NULL,
    secure BIGINT NOT NULL,
    config TEXT NOT NULL,
    contract TEXT NOT NULL,
    version BIGINT NOT NULL,
    created BIGINT NOT NULL,
    modified BIGINT NOT NULL
);
INSERT INTO action_anew SELECT id, integration_id, name, name_key, category, category_key, secure, config, contract,
    version, created, modified FROM action;
DROP TABLE action;
ALTER TABLE action_anew RENAME TO action;
CREATE INDEX action_by_integration ON action (integration_id);
CREATE TRIGGER action_insert_counts AFTER INSERT ON action
BEGIN
    UPDATE revision SET number = number + 1 WHERE scope = 'definitions';
    INSERT INTO definition_change (entity, entity_id, number)
    VALUES ('action', NEW.id, (SELECT number FROM revision WHERE scope = 'definitions'))
    ON CONFLICT (entity, entity_id) DO UPDATE SET number = excluded.number;
END;
CREATE TRIGGER action_update_counts AFTER UPDATE ON action
BEGIN
    UPDATE revision SET number = number + 1 WHERE scope = 'definitions';
    INSERT INTO definition_change (entity, entity_id, number)
    VALUES ('action', NEW.id, (SELECT number FROM revision WHERE scope = 'definitions'))
    ON CONFLICT (entity, entity_id) DO UPDATE SET number = excluded.number;
END;
CREATE TRIGGER action_delete_counts AFTER DELETE ON action
BEGIN
    UPDATE revision SET number = number + 1 WHERE scope = 'definitions';
    DELETE FROM definition_change WHERE entity = 'action' AND entity_id = OLD.id;
    INSERT INTO definition_change (entity, entity_id, number)
    VALUES ('action', '', (SELECT number FROM revision WHERE scope = 'definitions'))
    ON CONFLICT (entity, entity_id) DO UPDATE SET number = excluded.number;
END;
