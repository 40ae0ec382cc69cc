CREATE TRIGGER integration_insert_counts AFTER INSERT ON integration
BEGIN UPDATE revision SET number = number + 1 WHERE scope = 'definitions'; END;
CREATE TRIGGER integration_update_counts AFTER UPDATE ON integration
BEGIN UPDATE revision SET number = number + 1 WHERE scope = 'definitions'; END;
CREATE TRIGGER integration_delete_counts AFTER DELETE ON integration
BEGIN UPDATE revision SET number = number + 1 WHERE scope = 'definitions'; END;
CREATE TRIGGER credential_insert_counts AFTER INSERT ON credential
BEGIN UPDATE revision SET number = number + 1 WHERE scope = 'definitions'; END;
CREATE TRIGGER credential_update_counts AFTER UPDATE ON credential
BEGIN UPDATE revision SET number = number + 1 WHERE scope = 'definitions'; END;
CREATE TRIGGER credential_delete_counts AFTER DELETE ON credential
BEGIN UPDATE revision SET number = number + 1 WHERE scope = 'definitions'; END;
CREATE TRIGGER action_insert_counts AFTER INSERT ON action
BEGIN UPDATE revision SET number = number + 1 WHERE scope = 'definitions'; END;
CREATE TRIGGER action_update_counts AFTER UPDATE ON action
BEGIN UPDATE revision SET number = number + 1 WHERE scope = 'definitions'; END;
CREATE TRIGGER action_delete_counts AFTER DELETE ON action
BEGIN UPDATE revision SET number = number + 1 WHERE scope = 'definitions'; END;
