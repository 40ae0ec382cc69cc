//! Why an action or an integration can't be found or called.

/// There is no store: what there is comes from the configuration file alone.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error(
    "This service runs from its configuration file alone. To make changes through the API, add [store] with url \
     and key_file to the file and run `tollgate init`."
)]
pub struct NoStore;

/// Why an action or an integration of the catalogue can't be called.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum LookupError {
    /// There is no action of this id.
    #[error("There is no action with the id {0:?}; list them to see their ids.")]
    NoAction(String),
    /// There is no integration of this id.
    #[error("There is no integration with the id {0:?}; list them to see their ids.")]
    NoIntegration(String),
    /// The action can't be compiled, and why.
    #[error("The action can't be used as it is stored: {0}")]
    Unusable(String),
    /// The integration is disabled or incomplete.
    #[error("The integration {integration:?} can't be called: {why}")]
    Inactive {
        /// The integration's name.
        integration: String,
        /// What is missing.
        why: String,
    },
}

/// Why two names don't lead to one action.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum NameError {
    /// There is no integration of this name or id, or none that the caller may know of.
    #[error(
        "There is no integration with the name or id {0:?} that this caller sees; list them to see their names."
    )]
    NoIntegration(String),
    /// The integration has no action of this name.
    #[error(
        "The integration {integration:?} has no action with the name {name:?}; list its actions to see their names."
    )]
    NoAction {
        /// The integration's name.
        integration: String,
        /// The name.
        name: String,
    },
    /// Several integrations have the name.
    #[error(
        "Several integrations have the name {name:?}; give the id of one of them in its place: {}.",
        .ids.join(", ")
    )]
    Integrations {
        /// The name.
        name: String,
        /// Their ids.
        ids: Vec<String>,
    },
    /// Several actions of the integration have the name.
    #[error(
        "Several actions of the integration have the name {name:?}; rename all but one, or execute one by its id: {}.",
        .ids.join(", ")
    )]
    Actions {
        /// The name.
        name: String,
        /// Their ids.
        ids: Vec<String>,
    },
}
