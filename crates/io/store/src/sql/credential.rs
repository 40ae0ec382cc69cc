//! Upstream credentials: what may be shown in a row, the values sealed beside it.

use super::layout::{Layout, layout};
use super::list::Select;
use super::record::{self, Record};
use super::{audit, check, sealed};
use crate::backend::{Mode, Tx, cells, read_json, values};
use crate::error::{Entity, Invalid, StoreResult};
use crate::id::{EntityId, Version};
use crate::limits;
use crate::seal::{KeyRing, SealedField};
use crate::seam::{
    Author, Credential, CredentialCursor, CredentialKind, CredentialQuery, CredentialSort,
    CredentialUpdate, Expected, NewCredential,
};
use crate::store::Store;
use serde_json::{Value as Json, json};
use std::collections::BTreeMap;
use tollgate_secret::Secret;

/// The values of a credential by the names of its fields.
type Fields = BTreeMap<String, Secret>;

layout! {
    Credential as Credential in "credential", unique [];
    id, name, kind, fields, version, created, modified;
}

cells! {
    CredentialKind as String: |word| Ok(Self::from_word(&word)), |kind| kind.word().to_owned();
    Vec<String> as String: |text| read_json(&text), |names| json!(names).to_string();
}

impl Record for Credential {
    type Query = CredentialQuery;

    fn detail(&self) -> Json {
        let kind = self.kind.word();
        json!({"name": self.name, "type": kind, "fields": self.fields, "version": self.version.0})
    }

    fn select(query: &CredentialQuery) -> StoreResult<Select> {
        let column = match query.sort.key {
            CredentialSort::Name => "name_key",
            CredentialSort::Type => "kind",
            CredentialSort::Created => "created",
            CredentialSort::Modified => "modified",
        };
        Ok(
            Select::of::<Self>(column, query.sort.descending, query.page)
                .name("name_key", query.name.as_ref())
                .compare("kind", "=", query.kind.as_ref()),
        )
    }

    async fn release(tx: &mut Tx, id: &EntityId, _by: &Author) -> StoreResult<()> {
        let users = "SELECT integration_id FROM integration_credential WHERE credential_id = $1 \
                     ORDER BY integration_id LIMIT 1";
        record::unused::<Self>(tx, id, Entity::Integration, users).await?;
        sealed::forget(tx, Entity::Credential, id).await
    }
}

impl Store {
    /// Makes a credential.
    ///
    /// # Errors
    /// `Conflict` for a taken id.
    pub async fn create_credential(
        &self,
        new: NewCredential,
        by: &Author,
    ) -> StoreResult<Credential> {
        check::name("name", &new.name)?;
        check::name("type", new.kind.word())?;
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
        self.change(async |tx| {
            let made = record::create(tx, made, Vec::new(), by).await?;
            seal(tx, &self.ring, &made.id, &new.fields).await?;
            Ok(made)
        })
        .await
    }

    /// Changes a credential's name and type, and replaces all its fields if any are given.
    ///
    /// # Errors
    /// `NotFound`, `Stale`.
    pub async fn update_credential(
        &self,
        id: &EntityId,
        expected: Expected,
        update: CredentialUpdate,
        by: &Author,
    ) -> StoreResult<Credential> {
        let CredentialUpdate { name, kind, fields } = update;
        if let Some(name) = &name {
            check::name("name", name)?;
        }
        if let Some(kind) = &kind {
            check::name("type", kind.word())?;
        }
        if let Some(fields) = &fields {
            check_fields(fields)?;
        }
        self.change(async |tx| {
            let mut credential: Credential = record::current(tx, id, expected).await?;
            credential.name = name.unwrap_or(credential.name);
            credential.kind = kind.unwrap_or(credential.kind);
            credential.touch(by);
            if let Some(fields) = &fields {
                credential.fields = fields.keys().cloned().collect();
                sealed::forget(tx, Entity::Credential, id).await?;
                seal(tx, &self.ring, id, fields).await?;
            }
            record::replace(tx, &credential).await?;
            let mut detail = credential.detail();
            detail["fieldsReplaced"] = fields.is_some().into();
            audit::note(tx, by, "update", Entity::Credential, id.as_str(), detail).await?;
            Ok(credential)
        })
        .await
    }

    /// A part of all credentials, at most `size` of them, ordered by id.
    pub async fn credentials_at(
        &self,
        cursor: &CredentialCursor,
        size: u32,
    ) -> StoreResult<Vec<Credential>> {
        let (condition, id, order) = match cursor {
            CredentialCursor::Start => (">", "", "ASC"),
            CredentialCursor::After(id) => (">", id.as_str(), "ASC"),
            CredentialCursor::Before(id) => ("<", id.as_str(), "DESC"),
        };
        let sql = format!(
            "SELECT {} FROM credential WHERE id {condition} $1 ORDER BY id {order} LIMIT $2",
            Credential::COLUMNS
        );
        let rows = self.read(&sql, values![id, size.min(limits::PAGE)]).await?;
        let found = rows.into_iter().map(|mut row| Credential::read(&mut row));
        let mut found = found.collect::<StoreResult<Vec<_>>>()?;
        found.sort_by(|a, b| a.id.as_str().cmp(b.id.as_str()));
        Ok(found)
    }

    /// The values of a credential, by field: for whoever builds a token request or a header, and for
    /// nothing else.
    ///
    /// # Errors
    /// `NotFound`; `Unsealable` when no key of the ring opens a field.
    pub async fn reveal_credential(&self, id: &EntityId) -> StoreResult<Fields> {
        // One snapshot, so that no update comes between the record and its fields.
        self.within(Mode::Read, async |tx| {
            record::there::<Credential>(tx, id).await?;
            sealed::open_all(tx, &self.ring, Entity::Credential, id).await
        })
        .await
    }
}

async fn seal(tx: &mut Tx, ring: &KeyRing, id: &EntityId, fields: &Fields) -> StoreResult<()> {
    for (field, secret) in fields {
        let place = SealedField {
            entity: Entity::Credential.word(),
            id: id.as_str(),
            field,
        };
        sealed::put(tx, ring, place, secret).await?;
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
