-- What programs of the platform write of a client: roles whose meaning is the configuration's (a JSON list), how it
-- would log in at the platform, and for other grants than client credentials its redirect URIs and scopes (JSON lists).

ALTER TABLE client ADD COLUMN roles {text} NOT NULL DEFAULT '[]';
ALTER TABLE client ADD COLUMN grant_type {text} NOT NULL DEFAULT 'CLIENT-CREDENTIALS';
ALTER TABLE client ADD COLUMN redirect_uris {text} NOT NULL DEFAULT '[]';
ALTER TABLE client ADD COLUMN scopes {text} NOT NULL DEFAULT '[]';
