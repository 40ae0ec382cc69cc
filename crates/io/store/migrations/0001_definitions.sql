-- Definitions, callers, sealed values and the audit log.
-- {text}, {blob} and {serial} are the back-end's words. Times are milliseconds since 1970, flags 0 or 1,
-- …_key columns hold the folded text that is searched, sorted and kept unique.

CREATE TABLE meta (
    name {text} PRIMARY KEY,
    value {text} NOT NULL
);

CREATE TABLE sealing_key (
    key_id {text} PRIMARY KEY,
    proof {blob} NOT NULL,
    first_used BIGINT NOT NULL
);

CREATE TABLE sealed (
    entity {text} NOT NULL,
    entity_id {text} NOT NULL,
    field {text} NOT NULL,
    key_id {text} NOT NULL REFERENCES sealing_key (key_id),
    value {blob} NOT NULL,
    PRIMARY KEY (entity, entity_id, field)
);
CREATE INDEX sealed_by_key ON sealed (key_id);

CREATE TABLE audit (
    seq {serial},
    at BIGINT NOT NULL,
    actor {text} NOT NULL,
    action {text} NOT NULL,
    entity_type {text} NOT NULL,
    entity_id {text} NOT NULL,
    detail {text} NOT NULL
);
CREATE INDEX audit_by_time ON audit (at, seq);
CREATE INDEX audit_by_entity ON audit (entity_type, entity_id, at);
CREATE INDEX audit_by_actor ON audit (actor, at);

CREATE TABLE credential (
    id {text} PRIMARY KEY,
    name {text} NOT NULL,
    name_key {text} NOT NULL,
    kind {text} NOT NULL,
    fields {text} NOT NULL,
    version BIGINT NOT NULL,
    created BIGINT NOT NULL,
    modified BIGINT NOT NULL
);

CREATE TABLE integration (
    id {text} PRIMARY KEY,
    name {text} NOT NULL,
    name_key {text} NOT NULL UNIQUE,
    type_id {text} NOT NULL,
    enabled BIGINT NOT NULL,
    notes {text} NOT NULL,
    attributes {text} NOT NULL,
    config_name {text} NOT NULL,
    properties {text} NOT NULL,
    advanced {text} NOT NULL,
    config_notes {text} NOT NULL,
    credentials {text} NOT NULL,
    config_version BIGINT NOT NULL,
    version BIGINT NOT NULL,
    created BIGINT NOT NULL,
    modified BIGINT NOT NULL
);

CREATE TABLE integration_credential (
    integration_id {text} NOT NULL REFERENCES integration (id) ON DELETE CASCADE,
    place {text} NOT NULL,
    credential_id {text} NOT NULL REFERENCES credential (id),
    PRIMARY KEY (integration_id, place)
);
CREATE INDEX integration_credential_by_credential ON integration_credential (credential_id);

CREATE TABLE action (
    id {text} PRIMARY KEY,
    integration_id {text} NOT NULL REFERENCES integration (id),
    name {text} NOT NULL,
    name_key {text} NOT NULL,
    category {text} NOT NULL,
    category_key {text} NOT NULL,
    secure BIGINT NOT NULL,
    config {text} NOT NULL,
    contract {text} NOT NULL,
    version BIGINT NOT NULL,
    created BIGINT NOT NULL,
    modified BIGINT NOT NULL,
    UNIQUE (category_key, name_key)
);
CREATE INDEX action_by_integration ON action (integration_id);

CREATE TABLE draft (
    id {text} PRIMARY KEY,
    integration_id {text} NOT NULL REFERENCES integration (id),
    name {text} NOT NULL,
    name_key {text} NOT NULL,
    category {text} NOT NULL,
    category_key {text} NOT NULL,
    secure BIGINT NOT NULL,
    config {text} NOT NULL,
    contract {text} NOT NULL,
    version BIGINT NOT NULL,
    created BIGINT NOT NULL,
    modified BIGINT NOT NULL,
    based_on BIGINT
);
CREATE INDEX draft_by_integration ON draft (integration_id);

CREATE TABLE client (
    id {text} PRIMARY KEY,
    name {text} NOT NULL,
    name_key {text} NOT NULL,
    description {text} NOT NULL,
    grants {text} NOT NULL,
    validity BIGINT NOT NULL,
    active BIGINT NOT NULL,
    secret_hash {text} NOT NULL,
    version BIGINT NOT NULL,
    created BIGINT NOT NULL,
    modified BIGINT NOT NULL,
    created_by {text} NOT NULL,
    modified_by {text} NOT NULL
);

CREATE TABLE token (
    hash {blob} PRIMARY KEY,
    client_id {text} NOT NULL REFERENCES client (id) ON DELETE CASCADE,
    issued BIGINT NOT NULL,
    expires BIGINT NOT NULL
);
CREATE INDEX token_by_client ON token (client_id, issued);
CREATE INDEX token_by_expiry ON token (expires);
