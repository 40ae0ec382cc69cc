//! The platform's words for what the audit log tells of: which service, which type of entity, which actions.
//!
//! The store's own words stay as they were written; here they get the names that the platform's audits have. That
//! services and entity types have these names is *documented* (enumerations of the vendor's Java SDK); which service
//! each type belongs to, and the service `Tollgate` of what the platform has no name for, is *ours*.

use crate::request::capital;
use serde::Serialize;
use utoipa::ToSchema;

/// A type of entity, as the store and as the platform name it.
pub(super) struct Kind {
    /// The store's word.
    word: &'static str,
    /// The service that it belongs to.
    pub(super) service: &'static str,
    /// The platform's name for it.
    name: &'static str,
    /// The path that has it by its id, up to the id.
    path: Option<&'static str>,
    /// What is done to it, in the store's words.
    actions: &'static [&'static str],
}

const EDITS: &[&str] = &["create", "update", "delete"];
const PUBLISHED: &[&str] = &["create", "update", "publish", "delete"];
/// The service of what the platform has no name for.
const OWN: &str = "Tollgate";

const fn kind(
    (word, service, name): (&'static str, &'static str, &'static str),
    path: Option<&'static str>,
    actions: &'static [&'static str],
) -> Kind {
    Kind {
        word,
        service,
        name,
        path,
        actions,
    }
}

const KINDS: &[Kind] = &[
    kind(
        ("integration", "Integrations", "Integration"),
        Some("/api/v2/integrations/"),
        &["create", "update", "configure", "delete"],
    ),
    kind(
        ("credential", "Integrations", "Credential"),
        Some("/api/v2/integrations/credentials/"),
        EDITS,
    ),
    kind(
        ("action", "Integrations", "Action"),
        Some("/api/v2/integrations/actions/"),
        PUBLISHED,
    ),
    kind(("draft", "Integrations", "ActionDraft"), None, EDITS),
    kind(
        ("flow", "Architect", "Flow"),
        Some("/api/v2/flows/"),
        PUBLISHED,
    ),
    kind(
        ("table", "Datatables", "Schema"),
        Some("/api/v2/flows/datatables/"),
        &["create", "update", "import", "delete"],
    ),
    kind(("row", "Datatables", "Row"), None, EDITS),
    kind(
        ("client", "PeoplePermissions", "OAuthClient"),
        Some("/api/v2/oauth/clients/"),
        &["create", "update", "newSecret", "delete"],
    ),
    kind(
        ("token", "PeoplePermissions", "AccessToken"),
        None,
        &["issue", "revoke", "deny"],
    ),
    kind(
        ("execution", OWN, "Execution"),
        None,
        &["execute", "test", "queue", "cancel", "pass"],
    ),
    kind(("limit", OWN, "Limit"), None, &["update", "forget"]),
    kind(("closing", OWN, "Closing"), None, &["open"]),
    kind(("log", OWN, "Log"), None, &["update"]),
    kind(("keys", OWN, "SealingKeys"), None, &["rotate"]),
    kind(("audit", OWN, "Audit"), None, &["lose"]),
];

/// The kind that the store has this word for; none for a word that isn't in the table.
pub(super) fn of_word(word: &str) -> Option<&'static Kind> {
    KINDS.iter().find(|it| it.word == word)
}

/// The service's name as it is written, whatever its case.
pub(super) fn service(name: &str) -> Option<&'static str> {
    let mut services = KINDS.iter().map(|it| it.service);
    services.find(|it| it.eq_ignore_ascii_case(name))
}

/// The store's words for the types of entities of a service.
pub(super) fn words_of(service: &str) -> Vec<String> {
    let of = KINDS.iter().filter(|it| it.service == service);
    of.map(|it| it.word.to_owned()).collect()
}

/// The store's word for a type of entity, by the platform's name or the store's own, whatever its case.
pub(super) fn word(entity_type: &str) -> Option<&'static str> {
    let named = |it: &&Kind| {
        [it.name, it.word]
            .iter()
            .any(|it| it.eq_ignore_ascii_case(entity_type))
    };
    KINDS.iter().find(named).map(|it| it.word)
}

/// The store's word for an action, whatever its case. One that isn't in the table is taken as it is.
pub(super) fn action(name: &str) -> String {
    let mut known = KINDS.iter().flat_map(|it| it.actions);
    let known = known.find(|it| it.eq_ignore_ascii_case(name));
    known.map_or_else(|| name.to_owned(), |it| (*it).to_owned())
}

/// All services' names.
pub(super) fn services() -> Vec<&'static str> {
    let mut found: Vec<_> = KINDS.iter().map(|it| it.service).collect();
    found.dedup();
    found
}

/// All names of types of entities.
pub(super) fn entity_types() -> Vec<&'static str> {
    KINDS.iter().map(|it| it.name).collect()
}

impl Kind {
    /// The service and the platform's name of an entity's type.
    pub(super) fn shown(word: &str) -> (&'static str, String) {
        match of_word(word) {
            Some(kind) => (kind.service, kind.name.to_owned()),
            None => (OWN, capital(word)),
        }
    }

    /// Where the entity is, if it has a path of its own.
    pub(super) fn uri(word: &str, id: &str) -> Option<String> {
        let path = of_word(word)?.path?;
        Some(format!("{path}{id}"))
    }
}

/// Which services audits can be asked of.
#[derive(Serialize, ToSchema)]
#[schema(as = AuditQueryServiceMapping)]
pub(super) struct ServiceMapping {
    services: Vec<ServiceView>,
}

/// A service that audits can be asked of.
#[derive(Serialize, ToSchema)]
#[schema(as = AuditQueryService)]
pub(super) struct ServiceView {
    #[schema(value_type = String)]
    name: &'static str,
    entities: Vec<EntityView>,
}

/// A type of entity, and what is done to one.
#[derive(Serialize, ToSchema)]
#[schema(as = AuditQueryEntity)]
pub(super) struct EntityView {
    #[schema(value_type = String)]
    name: &'static str,
    actions: Vec<String>,
}

impl ServiceMapping {
    /// All of them.
    pub(super) fn all() -> Self {
        let entities = |service| {
            let kinds = KINDS.iter().filter(move |it| it.service == service);
            let entities = kinds.map(|it| EntityView {
                name: it.name,
                // The platform's audits write actions with a capital letter.
                actions: it.actions.iter().map(|it| capital(it)).collect(),
            });
            entities.collect()
        };
        let services = services().into_iter().map(|name| ServiceView {
            name,
            entities: entities(name),
        });
        Self {
            services: services.collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tollgate_store::Entity;

    #[test]
    fn every_kind_of_thing_that_is_stored_has_a_name() {
        for entity in [
            Entity::Integration,
            Entity::Credential,
            Entity::Action,
            Entity::Draft,
            Entity::Client,
            Entity::Token,
            Entity::Table,
            Entity::Row,
            Entity::Workflow,
            Entity::Keys,
        ] {
            assert!(of_word(entity.word()).is_some(), "{entity}");
        }
        assert_eq!(word("ACTION"), Some("action"));
        assert_eq!(word("actiondraft"), Some("draft"));
        assert_eq!(
            (action("NEWSECRET"), capital("newSecret")),
            ("newSecret".into(), "NewSecret".into())
        );
        assert_eq!(service("architect"), Some("Architect"));
        assert_eq!(Kind::shown("novelty"), (OWN, "Novelty".to_owned()));
    }
}
