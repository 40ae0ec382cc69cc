//! Upstream credentials.

use super::list::{Select, by_id, one_id};
use super::{Store, audit, check, current, found, free, sealing};
use crate::backend::{Row, Tx, corrupt, values};
use crate::error::{Entity, Invalid, StoreError, StoreResult};
use crate::limits;
use crate::seal::{KeyRing, Place};
use crate::seam::{
    By, Credential, CredentialKind, CredentialQuery, CredentialSort, EntityId, Expected,
    NewCredential, Page, Version,
};
use serde_json::json;
use std::collections::BTreeMap;
use tollgate_secret::Secret;

const COLUMNS: &str = "id, name, kind, fields, version, created, modified";
type Fields = BTreeMap<String, Secret>;

impl CredentialKind {
    /// The platform's word for it.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::PureCloudOAuthClient => "pureCloudOAuthClient",
            Self::UserDefinedOAuth => "userDefinedOAuth",
            Self::BasicAuth => "basicAuth",
            Self::UserDefined => "userDefined",
            Self::ZendeskApiToken => "zendeskApiToken",
        }
    }

    /// The type with that word.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        [
            Self::PureCloudOAuthClient,
            Self::UserDefinedOAuth,
            Self::BasicAuth,
            Self::UserDefined,
            Self::ZendeskApiToken,
        ]
        .into_iter()
        .find(|kind| kind.word() == word)
    }
}

impl Store {
    /// Makes one.
    ///
    /// # Errors
    /// `Conflict` for a taken id.
    pub async fn create_credential(&self, new: NewCredential, by: &By) -> StoreResult<Credential> {
        check::name("name", &new.name)?;
        check_fields(&new.fields)?;
        let made = Credential {
            id: new.id,
            name: new.name,
            kind: new.kind,
            fields: new.fields.keys().cloned().collect(),
            version: Version::FIRST,
            created: by.at,
            modified: by.at,
        };
        let mut tx = self.write().await?;
        let outcome = create(&mut tx, &self.ring, made, &new.fields, by).await;
        tx.finish(outcome).await
    }

    /// One by id, without values.
    pub async fn credential(&self, id: &EntityId) -> StoreResult<Credential> {
        let row = self
            .first(&by_id(COLUMNS, "credential"), one_id(id))
            .await?;
        found(row, Entity::Credential, id, read)
    }

    /// A page of them, without values.
    pub async fn list_credentials(&self, query: &CredentialQuery) -> StoreResult<Page<Credential>> {
        let order = match query.sort.key {
            CredentialSort::Name => "name_key",
            CredentialSort::Type => "kind",
            CredentialSort::Created => "created",
            CredentialSort::Modified => "modified",
        };
        Select::new(COLUMNS, "credential")
            .name("name_key", query.name.as_ref())
            .compare("kind", "=", query.kind.map(CredentialKind::word))
            .page(self, (order, "id", query.sort.descending), query.page, read)
            .await
    }

    /// Changes the name, and replaces all fields if any are given.
    ///
    /// # Errors
    /// `NotFound`, `Stale`.
    pub async fn update_credential(
        &self,
        id: &EntityId,
        expected: Expected,
        name: Option<String>,
        fields: Option<Fields>,
        by: &By,
    ) -> StoreResult<Credential> {
        if let Some(name) = &name {
            check::name("name", name)?;
        }
        if let Some(fields) = &fields {
            check_fields(fields)?;
        }
        let mut tx = self.write().await?;
        let outcome = change(&mut tx, &self.ring, (id, expected), (name, fields), by).await;
        tx.finish(outcome).await
    }

    /// Removes one.
    ///
    /// # Errors
    /// `NotFound`, `Stale`; `InUse` while an integration's configuration refers to it.
    pub async fn delete_credential(
        &self,
        id: &EntityId,
        expected: Expected,
        by: &By,
    ) -> StoreResult<()> {
        let mut tx = self.write().await?;
        let outcome = delete(&mut tx, id, expected, by).await;
        tx.finish(outcome).await
    }

    /// The values. For the engine, when it builds a token request or a header; for nothing else.
    ///
    /// # Errors
    /// `NotFound`; `Unsealable` when no key of the ring opens a field.
    pub async fn reveal_credential(&self, id: &EntityId) -> StoreResult<Fields> {
        // One snapshot, so that no update comes between the record and its fields.
        let mut tx = self.snapshot().await?;
        let outcome = async {
            get(&mut tx, id).await?;
            sealing::open_all(&mut tx, &self.ring, Entity::Credential, id).await
        }
        .await;
        tx.finish(outcome).await
    }
}

async fn get(tx: &mut Tx, id: &EntityId) -> StoreResult<Credential> {
    let row = tx.first(&by_id(COLUMNS, "credential"), one_id(id)).await?;
    found(row, Entity::Credential, id, read)
}

async fn create(
    tx: &mut Tx,
    ring: &KeyRing,
    made: Credential,
    fields: &Fields,
    by: &By,
) -> StoreResult<Credential> {
    let taken = "SELECT 1 FROM credential WHERE id = $1";
    free(tx, Entity::Credential, "id", taken, one_id(&made.id)).await?;
    let insert = format!(
        "INSERT INTO credential (name_key, {COLUMNS}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)"
    );
    let row = values![
        check::key(&made.name),
        &made.id,
        &made.name,
        made.kind.word(),
        json!(made.fields).to_string(),
        made.version,
        made.created,
        made.modified,
    ];
    tx.execute(&insert, row).await?;
    seal(tx, ring, &made.id, fields).await?;
    audit::note(
        tx,
        by,
        "create",
        Entity::Credential,
        made.id.as_str(),
        told(&made),
    )
    .await?;
    Ok(made)
}

async fn change(
    tx: &mut Tx,
    ring: &KeyRing,
    (id, expected): (&EntityId, Expected),
    (name, fields): (Option<String>, Option<Fields>),
    by: &By,
) -> StoreResult<Credential> {
    let mut it = get(tx, id).await?;
    current(Entity::Credential, expected, it.version)?;
    it.name = name.unwrap_or(it.name);
    it.version = it.version.next();
    it.modified = by.at;
    if let Some(fields) = &fields {
        it.fields = fields.keys().cloned().collect();
        sealing::forget(tx, Entity::Credential, id).await?;
        seal(tx, ring, id, fields).await?;
    }
    let row = values![
        id,
        &it.name,
        check::key(&it.name),
        json!(it.fields).to_string(),
        it.version,
        it.modified,
    ];
    tx.execute(
        "UPDATE credential SET name = $2, name_key = $3, fields = $4, version = $5, modified = $6 \
         WHERE id = $1",
        row,
    )
    .await?;
    let mut detail = told(&it);
    detail["fieldsReplaced"] = fields.is_some().into();
    audit::note(tx, by, "update", Entity::Credential, id.as_str(), detail).await?;
    Ok(it)
}

async fn delete(tx: &mut Tx, id: &EntityId, expected: Expected, by: &By) -> StoreResult<()> {
    let it = get(tx, id).await?;
    current(Entity::Credential, expected, it.version)?;
    let used = "SELECT integration_id FROM integration_credential WHERE credential_id = $1 \
                ORDER BY integration_id LIMIT 1";
    if let Some(mut row) = tx.first(used, one_id(id)).await? {
        return Err(StoreError::InUse {
            entity: Entity::Credential,
            by: Entity::Integration,
            id: row.id()?,
        });
    }
    sealing::forget(tx, Entity::Credential, id).await?;
    tx.execute("DELETE FROM credential WHERE id = $1", one_id(id))
        .await?;
    audit::note(tx, by, "delete", Entity::Credential, id.as_str(), told(&it)).await
}

async fn seal(tx: &mut Tx, ring: &KeyRing, id: &EntityId, fields: &Fields) -> StoreResult<()> {
    for (field, secret) in fields {
        let place = Place {
            entity: Entity::Credential.word(),
            id: id.as_str(),
            field,
        };
        sealing::put(tx, ring, place, secret).await?;
    }
    Ok(())
}

fn check_fields(fields: &Fields) -> StoreResult<()> {
    check::at_most("fields", fields.len(), limits::CREDENTIAL_FIELDS)?;
    for (name, secret) in fields {
        check::name("fields", name)?;
        if secret.expose().len() > limits::CREDENTIAL_BYTES {
            return Err(Invalid::new(name, "is larger than 64 KiB").into());
        }
    }
    Ok(())
}

fn told(it: &Credential) -> serde_json::Value {
    json!({"name": it.name, "type": it.kind.word(), "fields": it.fields, "version": it.version.0})
}

fn read(row: &mut Row) -> StoreResult<Credential> {
    Ok(Credential {
        id: row.id()?,
        name: row.text()?,
        kind: CredentialKind::from_word(&row.text()?)
            .ok_or_else(|| corrupt("credential", "an unknown type"))?,
        fields: row.parsed()?,
        version: row.version()?,
        created: row.time()?,
        modified: row.time()?,
    })
}
