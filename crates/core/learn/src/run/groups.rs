//! Whose calls may count together.

use crate::finding::Group;
use crate::observations::Observations;
use std::collections::BTreeSet;
use tollgate_model::{AttemptId, EndpointId};

/// Endpoints looked at by themselves in one study.
const ENDPOINTS: usize = 4;
/// Clients looked at by themselves in one study.
const CLIENTS: usize = 2;
/// The latest refusals say which groups are looked at; this many at the most.
const LATEST: usize = 256;

impl Observations {
    /// The groups that the refused calls belong to, narrow to wide.
    pub(super) fn groups(&self, fresh: &BTreeSet<AttemptId>) -> Vec<Group> {
        // No more than that there are two of them has to be known.
        let (mut clients, mut endpoints) = (BTreeSet::new(), BTreeSet::new());
        for record in self.ring.iter() {
            if clients.len() < 2 {
                clients.extend(record.call.client);
            }
            if endpoints.len() < 2 {
                endpoints.insert(record.call.endpoint);
            }
        }
        let mut groups = BTreeSet::new();
        let records = fresh.iter().rev().take(LATEST);
        for record in records.filter_map(|attempt| self.ring.get(*attempt)) {
            let some = |of: fn(&Group) -> bool| groups.iter().filter(|group| of(group)).count();
            let of_endpoints = some(|group| matches!(group, Group::Endpoint(_)));
            let of_clients = some(|group| matches!(group, Group::Client(_)));
            if record.call.token.is_some() {
                groups.insert(Group::Token);
            }
            if endpoints.len() > 1
                && record.call.endpoint != EndpointId::UNKNOWN
                && of_endpoints < ENDPOINTS
            {
                groups.insert(Group::Endpoint(record.call.endpoint));
            }
            if let Some(client) = record.call.client
                && clients.len() > 1
                && of_clients < CLIENTS
            {
                groups.insert(Group::Client(client));
                groups.insert(Group::ClientTokens(client));
            }
        }
        groups.insert(match endpoints.first() {
            Some(&only) if endpoints.len() == 1 && only != EndpointId::UNKNOWN => {
                Group::Endpoint(only)
            }
            _ => Group::Upstream,
        });
        groups.into_iter().collect()
    }
}
