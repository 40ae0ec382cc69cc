-- Several actions of a category may have one name.
ALTER TABLE action DROP CONSTRAINT action_category_key_name_key_key;
