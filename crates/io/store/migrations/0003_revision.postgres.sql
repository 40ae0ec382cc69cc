CREATE FUNCTION definitions_changed() RETURNS trigger LANGUAGE plpgsql AS
'BEGIN
    UPDATE revision SET number = number + 1 WHERE scope = ''definitions'';
    PERFORM pg_notify(''tollgate_definitions'', '''');
    RETURN NULL;
END';
CREATE TRIGGER integration_counts AFTER INSERT OR UPDATE OR DELETE ON integration
FOR EACH STATEMENT EXECUTE FUNCTION definitions_changed();
CREATE TRIGGER credential_counts AFTER INSERT OR UPDATE OR DELETE ON credential
FOR EACH STATEMENT EXECUTE FUNCTION definitions_changed();
CREATE TRIGGER action_counts AFTER INSERT OR UPDATE OR DELETE ON action
FOR EACH STATEMENT EXECUTE FUNCTION definitions_changed();
