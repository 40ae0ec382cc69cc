-- Data tables, flows and usage.

CREATE TABLE data_table (
    id {text} PRIMARY KEY,
    name {text} NOT NULL,
    name_key {text} NOT NULL UNIQUE,
    description {text} NOT NULL,
    row_schema {text} NOT NULL,
    row_count BIGINT NOT NULL,
    version BIGINT NOT NULL,
    created BIGINT NOT NULL,
    modified BIGINT NOT NULL
);

CREATE TABLE data_row (
    table_id {text} NOT NULL REFERENCES data_table (id) ON DELETE CASCADE,
    row_key {text} NOT NULL,
    value {text} NOT NULL,
    PRIMARY KEY (table_id, row_key)
);

CREATE TABLE flow (
    id {text} PRIMARY KEY,
    flow_type {text} NOT NULL,
    name {text} NOT NULL,
    name_key {text} NOT NULL,
    description {text} NOT NULL,
    yaml {text} NOT NULL,
    published BIGINT,
    version BIGINT NOT NULL,
    created BIGINT NOT NULL,
    modified BIGINT NOT NULL,
    UNIQUE (flow_type, name_key)
);

CREATE TABLE flow_version (
    flow_id {text} NOT NULL REFERENCES flow (id) ON DELETE CASCADE,
    number BIGINT NOT NULL,
    yaml {text} NOT NULL,
    published BIGINT NOT NULL,
    published_by {text} NOT NULL,
    PRIMARY KEY (flow_id, number)
);

-- No foreign key: counters are written beside the writers, and a client may go meanwhile.
CREATE TABLE api_usage (
    client_id {text} NOT NULL,
    hour BIGINT NOT NULL,
    template {text} NOT NULL,
    method {text} NOT NULL,
    status_200 BIGINT NOT NULL,
    status_300 BIGINT NOT NULL,
    status_400 BIGINT NOT NULL,
    status_429 BIGINT NOT NULL,
    status_500 BIGINT NOT NULL,
    requests BIGINT NOT NULL,
    PRIMARY KEY (client_id, hour, template, method)
);
CREATE INDEX api_usage_by_hour ON api_usage (hour);
