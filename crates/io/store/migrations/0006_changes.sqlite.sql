DROP TRIGGER integration_insert_counts;
DROP TRIGGER integration_update_counts;
DROP TRIGGER integration_delete_counts;
DROP TRIGGER credential_insert_counts;
DROP TRIGGER credential_update_counts;
DROP TRIGGER credential_delete_counts;
DROP TRIGGER action_insert_counts;
DROP TRIGGER action_update_counts;
DROP TRIGGER action_delete_counts;
CREATE TRIGGER integration_insert_counts AFTER INSERT ON integration
BEGIN
    UPDATE revision SET number = number + 1 WHERE scope = 'definitions';
    INSERT INTO definition_change (entity, entity_id, number)
    VALUES ('integration', NEW.id, (SELECT number FROM revision WHERE scope = 'definitions'))
    ON CONFLICT (entity, entity_id) DO UPDATE SET number = excluded.number;
END;
CREATE TRIGGER integration_update_counts AFTER UPDATE ON integration
BEGIN
    UPDATE revision SET number = number + 1 WHERE scope = 'definitions';
    INSERT INTO definition_change (entity, entity_id, number)
    VALUES ('integration', NEW.id, (SELECT number FROM revision WHERE scope = 'definitions'))
    ON CONFLICT (entity, entity_id) DO UPDATE SET number = excluded.number;
END;
CREATE TRIGGER integration_delete_counts AFTER DELETE ON integration
BEGIN
    UPDATE revision SET number = number + 1 WHERE scope = 'definitions';
    DELETE FROM definition_change WHERE entity = 'integration' AND entity_id = OLD.id;
    INSERT INTO definition_change (entity, entity_id, number)
    VALUES ('integration', '', (SELECT number FROM revision WHERE scope = 'definitions'))
    ON CONFLICT (entity, entity_id) DO UPDATE SET number = excluded.number;
END;
CREATE TRIGGER credential_insert_counts AFTER INSERT ON credential
BEGIN
    UPDATE revision SET number = number + 1 WHERE scope = 'definitions';
    INSERT INTO definition_change (entity, entity_id, number)
    VALUES ('credential', NEW.id, (SELECT number FROM revision WHERE scope = 'definitions'))
    ON CONFLICT (entity, entity_id) DO UPDATE SET number = excluded.number;
END;
CREATE TRIGGER credential_update_counts AFTER UPDATE ON credential
BEGIN
    UPDATE revision SET number = number + 1 WHERE scope = 'definitions';
    INSERT INTO definition_change (entity, entity_id, number)
    VALUES ('credential', NEW.id, (SELECT number FROM revision WHERE scope = 'definitions'))
    ON CONFLICT (entity, entity_id) DO UPDATE SET number = excluded.number;
END;
CREATE TRIGGER credential_delete_counts AFTER DELETE ON credential
BEGIN
    UPDATE revision SET number = number + 1 WHERE scope = 'definitions';
    DELETE FROM definition_change WHERE entity = 'credential' AND entity_id = OLD.id;
    INSERT INTO definition_change (entity, entity_id, number)
    VALUES ('credential', '', (SELECT number FROM revision WHERE scope = 'definitions'))
    ON CONFLICT (entity, entity_id) DO UPDATE SET number = excluded.number;
END;
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
