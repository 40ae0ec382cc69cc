-- How often the definitions have changed: what a node has to know to see whether it has seen everything.
-- The row stays locked until the change is committed. So numbers are given in the order of the commits,
-- and whoever reads a number sees every change that has one as low.

CREATE TABLE revision (
    scope {text} PRIMARY KEY,
    number BIGINT NOT NULL
);
INSERT INTO revision (scope, number) VALUES ('definitions', 1);
