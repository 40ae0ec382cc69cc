-- Which revision each definition was last changed at, so that a node reads what is new to it and no more.
-- entity is the name of the definition's table. A row whose entity_id is empty has the revision at which a
-- definition of that table was last removed. Every row has a revision of its own.

CREATE TABLE definition_change (
    entity {text} NOT NULL,
    entity_id {text} NOT NULL,
    number BIGINT NOT NULL UNIQUE,
    PRIMARY KEY (entity, entity_id)
);
INSERT INTO definition_change (entity, entity_id, number)
SELECT entity, id, (SELECT number FROM revision WHERE scope = 'definitions')
    + ROW_NUMBER() OVER (ORDER BY entity, id)
FROM (
    SELECT 'integration' AS entity, id FROM integration
    UNION ALL SELECT 'credential', id FROM credential
    UNION ALL SELECT 'action', id FROM action
) AS definition;
UPDATE revision SET number = number + (SELECT COUNT(*) FROM definition_change) WHERE scope = 'definitions';
