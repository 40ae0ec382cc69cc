//! What is known of the definitions that the store has, and which of it isn't in the picture yet.

use crate::Catalog;
use crate::action::{CatalogAction, auth_id};
use std::collections::{BTreeMap, BTreeSet};
use tollgate_store::{ActionStamp, Credential, DefinitionChanges, EntityId, Integration};

/// What a node knows of the store's definitions, by their ids.
///
/// All of it is as it was at one revision. Changes are taken in as they come; what follows from them (a document to
/// read, an integration to make anew) stays listed here until it is done, so that whatever breaks off is done by
/// the next round. A definition counts as changed because the store says so, not by its version: one that
/// was removed and made again has the version it had.
#[derive(Default)]
pub(super) struct KnownDefinitions {
    revision: i64,
    pub(super) integrations: BTreeMap<String, Integration>,
    /// All credentials. Their values are read when an integration is made of them.
    pub(super) credentials: BTreeMap<EntityId, Credential>,
    /// Actions whose documents are to be read.
    pub(super) unread: BTreeMap<String, ActionStamp>,
    /// Integrations that are to be made anew.
    pub(super) stale: BTreeSet<String>,
    /// Whether there is something that isn't shown.
    news: bool,
}

impl KnownDefinitions {
    /// The revision up to which everything is known.
    pub(super) fn revision(&self) -> i64 {
        self.revision
    }

    /// Whether something has changed since [`Self::is_shown`].
    pub(super) fn is_news(&self) -> bool {
        self.news
    }

    /// Notes that all that is known is in the picture.
    pub(super) fn is_shown(&mut self) {
        self.news = false;
    }

    /// All integrations are to be made anew.
    pub(super) fn make_all_anew(&mut self) {
        self.stale.extend(self.integrations.keys().cloned());
        self.news = true;
    }

    /// Takes changes in, and removes what is gone from the next picture.
    pub(super) fn take(&mut self, changes: DefinitionChanges, next: &mut Catalog) {
        let any_left = [
            &changes.integrations_left,
            &changes.credentials_left,
            &changes.actions_left,
        ];
        self.news |= any_left.iter().any(|left| left.is_some())
            || !changes.integrations.is_empty()
            || !changes.credentials.is_empty()
            || !changes.actions.is_empty();
        self.revision = changes.revision;
        for integration in changes.integrations {
            let id = integration.id.to_string();
            self.stale.insert(id.clone());
            self.integrations.insert(id, integration);
        }
        for credential in changes.credentials {
            let users = self.integrations.iter().filter(|(_, integration)| {
                let mut used = integration.config.credentials.values();
                used.any(|id| *id == credential.id)
            });
            self.stale.extend(users.map(|(id, _)| id.clone()));
            self.credentials.insert(credential.id.clone(), credential);
        }
        for stamp in changes.actions {
            let integration = stamp.integration_id.as_str();
            if stamp.id.as_str() == auth_id(integration) {
                self.stale.insert(integration.to_owned());
            }
            self.unread.insert(stamp.id.to_string(), stamp);
        }
        if let Some(left) = changes.actions_left {
            let left: BTreeSet<_> = left.iter().map(EntityId::as_str).collect();
            self.unread.retain(|id, _| left.contains(id.as_str()));
            let gone = next.retain_stored_actions(|id| left.contains(id));
            let logins = gone.iter().filter(|entry| entry.is_auth());
            self.stale
                .extend(logins.map(|entry| entry.integration.clone()));
        }
        if let Some(left) = changes.integrations_left {
            let left: BTreeSet<_> = left.iter().map(EntityId::as_str).collect();
            self.integrations.retain(|id, _| left.contains(id.as_str()));
            next.retain_stored_integrations(|id| left.contains(id));
        }
        if let Some(left) = changes.credentials_left {
            self.credentials.retain(|id, _| left.contains(id));
        }
    }

    /// Whether this is, compiled, what is to be read. An integration's own login is always read: its id is known
    /// before it is made, so that another node may have made another of the same version.
    pub(super) fn is_unread(&self, compiled: &CatalogAction) -> bool {
        let stamp = self.unread.get(&compiled.id);
        !compiled.is_auth() && stamp.is_some_and(|stamp| stamp.version.0 == compiled.version)
    }
}
