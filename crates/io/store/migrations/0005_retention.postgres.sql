DROP TRIGGER audit_keeps ON audit;
CREATE TRIGGER audit_keeps BEFORE UPDATE OR TRUNCATE ON audit
FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse();
CREATE FUNCTION audit_refuse_unless_removed() RETURNS trigger LANGUAGE plpgsql AS
'BEGIN
    IF EXISTS (
        SELECT 1 FROM audit_removal r
        WHERE r.kind = CASE WHEN OLD.entity_type IN (''execution'', ''token'', ''audit'')
                            THEN ''executions'' ELSE ''changes'' END
          AND r.until_at >= OLD.at AND (r.until_at > OLD.at OR r.until_seq >= OLD.seq)
    ) THEN RETURN OLD; END IF;
    RAISE EXCEPTION ''the audit log is append-only'';
END';
CREATE TRIGGER audit_stays BEFORE DELETE ON audit
FOR EACH ROW EXECUTE FUNCTION audit_refuse_unless_removed();
CREATE FUNCTION audit_removal_refuse() RETURNS trigger LANGUAGE plpgsql AS
'BEGIN RAISE EXCEPTION ''what was removed of the audit log is append-only''; END';
CREATE TRIGGER audit_removal_stays BEFORE DELETE OR TRUNCATE ON audit_removal
FOR EACH STATEMENT EXECUTE FUNCTION audit_removal_refuse();
CREATE TRIGGER audit_removal_grows BEFORE UPDATE ON audit_removal FOR EACH ROW
WHEN (NEW.kind <> OLD.kind OR NEW.number <> OLD.number OR NEW.day <> OLD.day OR NEW.entries <= OLD.entries)
EXECUTE FUNCTION audit_removal_refuse();
