//! Where workflows are found: those of files first, then those of the store.

use super::number::parse_number;
use super::shapes::{Flow, FlowVersion};
use crate::changes::managed;
use crate::error::ApiError;
use crate::state::Api;
use crate::wire::id as parse_id;
use axum::extract::FromRef;
use std::sync::Arc;
use tollgate_architect::Workflow;
use tollgate_config::{Division, Organization};
use tollgate_definitions::{Live, Workflows};
use tollgate_store::{EntityId, Pages, PublishedWorkflow, Store};

/// The workflows that there are. All of them are in the home division: nothing says another.
pub(crate) struct Known {
    pub(super) live: Arc<Live>,
    pub(super) workflows: Arc<Workflows>,
    organization: Arc<Organization>,
}

impl FromRef<Api> for Known {
    fn from_ref(api: &Api) -> Self {
        Self {
            live: FromRef::from_ref(api),
            workflows: FromRef::from_ref(api),
            organization: FromRef::from_ref(api),
        }
    }
}

/// Where a workflow is from.
pub(super) enum Origin<'a> {
    File(Arc<Workflow>),
    Store(&'a Store, EntityId),
}

impl Known {
    /// The division that all of them are in.
    pub(super) fn home(&self) -> &Division {
        self.organization.home()
    }

    /// A workflow of the store, as answers show it.
    pub(super) fn show(&self, stored: &PublishedWorkflow) -> Flow {
        Flow::of_store(stored, self.home())
    }

    /// All of them, in no order.
    pub(super) async fn all(&self) -> Result<Vec<Flow>, ApiError> {
        let files = self.workflows.files();
        let of_files = files.by_id.iter();
        let mut all: Vec<_> = of_files
            .map(|(id, it)| Flow::of_file(id, it, self.home()))
            .collect();
        if let Ok(store) = self.live.store() {
            let mut pages = Pages::default();
            while let Some(page) = pages.next() {
                pages.add(store.workflows(page).await)?;
            }
            all.extend(pages.found().iter().map(|it| self.show(it)));
        }
        Ok(all)
    }

    /// The workflow with this id.
    pub(super) async fn get(&self, id: &str) -> Result<Flow, ApiError> {
        match self.origin(id)? {
            Origin::File(workflow) => Ok(Flow::of_file(id, &workflow, self.home())),
            Origin::Store(store, id) => Ok(self.show(&store.workflow(&id).await?)),
        }
    }

    /// The version of a workflow that a text names.
    pub(super) async fn version(&self, id: &str, version: &str) -> Result<FlowVersion, ApiError> {
        let number = number(version)?;
        match self.origin(id)? {
            Origin::File(workflow) => {
                only_first(&workflow, number)?;
                Ok(FlowVersion::of_file(id, &workflow))
            }
            Origin::Store(store, of) => {
                let version = store.workflow_version(&of, number).await?;
                Ok(FlowVersion::of_store(id, &version))
            }
        }
    }

    /// Where the workflow with this id is to be looked for. One of the store may be missing there.
    pub(super) fn origin(&self, id: &str) -> Result<Origin<'_>, ApiError> {
        if let Some(workflow) = self.workflows.files().by_id.get(id) {
            return Ok(Origin::File(Arc::clone(workflow)));
        }
        match self.live.store() {
            Ok(store) => Ok(Origin::Store(store, parse_id(id)?)),
            Err(_) => Err(ApiError::not_found(format!(
                "There is no workflow with the id {id:?}."
            ))),
        }
    }

    /// The store and the id in it of a workflow that is to be changed.
    pub(super) fn changeable(&self, id: &str) -> Result<(&Store, EntityId), ApiError> {
        if self.workflows.files().by_id.contains_key(id) {
            return Err(managed("workflow"));
        }
        Ok((self.live.store()?, parse_id(id)?))
    }
}

/// The number that a text of a path names.
pub(super) fn number(version: &str) -> Result<u32, ApiError> {
    parse_number(version).ok_or_else(|| {
        ApiError::not_found(format!(
            "There is no version {version:?}; versions are called 1.0, 2.0 and so on."
        ))
    })
}

/// A workflow of a file has one version.
pub(super) fn only_first(workflow: &Workflow, number: u32) -> Result<(), ApiError> {
    if number == 1 {
        return Ok(());
    }
    let name = workflow.name();
    Err(ApiError::not_found(format!(
        "There is no version {number}.0 of {name:?}: it is of a file of the service's, and has 1.0 alone."
    )))
}
