DROP TRIGGER integration_counts ON integration;
DROP TRIGGER credential_counts ON credential;
DROP TRIGGER action_counts ON action;
DROP FUNCTION definitions_changed();
CREATE FUNCTION definition_changed() RETURNS trigger LANGUAGE plpgsql AS
'DECLARE
    changed TEXT := '''';
    next BIGINT;
BEGIN
    UPDATE revision SET number = number + 1 WHERE scope = ''definitions'' RETURNING number INTO next;
    IF TG_OP = ''DELETE'' THEN
        DELETE FROM definition_change WHERE entity = TG_TABLE_NAME AND entity_id = OLD.id;
    ELSE
        changed := NEW.id;
    END IF;
    INSERT INTO definition_change (entity, entity_id, number) VALUES (TG_TABLE_NAME, changed, next)
    ON CONFLICT (entity, entity_id) DO UPDATE SET number = excluded.number;
    PERFORM pg_notify(''tollgate_definitions'', '''');
    RETURN NULL;
END';
CREATE TRIGGER integration_counts AFTER INSERT OR UPDATE OR DELETE ON integration
FOR EACH ROW EXECUTE FUNCTION definition_changed();
CREATE TRIGGER credential_counts AFTER INSERT OR UPDATE OR DELETE ON credential
FOR EACH ROW EXECUTE FUNCTION definition_changed();
CREATE TRIGGER action_counts AFTER INSERT OR UPDATE OR DELETE ON action
FOR EACH ROW EXECUTE FUNCTION definition_changed();
