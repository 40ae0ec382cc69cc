DROP TRIGGER audit_stays;
CREATE TRIGGER audit_stays BEFORE DELETE ON audit
WHEN NOT EXISTS (
    SELECT 1 FROM audit_removal r
    WHERE r.kind = CASE WHEN OLD.entity_type IN ('execution', 'token', 'audit') THEN 'executions' ELSE 'changes' END
      AND r.until_at >= OLD.at AND (r.until_at > OLD.at OR r.until_seq >= OLD.seq)
)
BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END;
CREATE TRIGGER audit_removal_grows BEFORE UPDATE ON audit_removal
WHEN NEW.kind <> OLD.kind OR NEW.number <> OLD.number OR NEW.day <> OLD.day OR NEW.entries <= OLD.entries
BEGIN SELECT RAISE(ABORT, 'what was removed of the audit log is append-only'); END;
CREATE TRIGGER audit_removal_stays BEFORE DELETE ON audit_removal
BEGIN SELECT RAISE(ABORT, 'what was removed of the audit log is append-only'); END;
