//! What a node is told that asks what has changed.

use crate::Place;
use crate::definitions::{action, id, integration};
use crate::secrets::{credential, raw};
use crate::support::by;
use std::collections::BTreeSet;
use tollgate_store::*;
use tollgate_store::{Action, Integration};

/// Ids of integrations, credentials and actions that were changed, and of what is left where some were
/// removed.
#[derive(PartialEq, Debug, Default)]
struct Told {
    integrations: Vec<String>,
    credentials: Vec<String>,
    actions: Vec<String>,
    left: [Option<Vec<String>>; 3],
}

fn told(changes: &DefinitionChanges) -> Told {
    let left = |ids: &Option<BTreeSet<EntityId>>| {
        let ids = ids.as_ref()?;
        Some(ids.iter().map(ToString::to_string).collect())
    };
    Told {
        integrations: changes
            .integrations
            .iter()
            .map(|i| i.id.to_string())
            .collect(),
        credentials: changes
            .credentials
            .iter()
            .map(|c| c.id.to_string())
            .collect(),
        actions: changes.actions.iter().map(|a| a.id.to_string()).collect(),
        left: [
            left(&changes.integrations_left),
            left(&changes.credentials_left),
            left(&changes.actions_left),
        ],
    }
}

pub(crate) async fn changes_tell_what_became_of_the_definitions(place: Place) {
    let s = &place.store;
    let names = |ids: &[&str]| ids.iter().map(ToString::to_string).collect::<Vec<_>>();
    let mut seen = 0;
    let mut news = async || {
        let changes = s.definition_changes(seen).await.unwrap();
        assert!(changes.revision >= seen && !changes.more);
        assert_eq!(changes.revision, s.revision().await.unwrap());
        seen = changes.revision;
        told(&changes)
    };
    assert_eq!(news().await, Told::default());
    let crm = s
        .create::<Integration>(integration("CRM"), &by(0))
        .await
        .unwrap();
    let key = s
        .create_credential(credential("key"), &by(0))
        .await
        .unwrap();
    for name in ["one", "two"] {
        let new = action(&format!("a-{name}"), &crm.id, name, "c");
        s.create::<Action>(new, &by(0)).await.unwrap();
    }
    let all = Told {
        integrations: names(&[crm.id.as_str()]),
        credentials: names(&[key.id.as_str()]),
        actions: names(&["a-one", "a-two"]),
        ..Told::default()
    };
    assert_eq!(news().await, all);
    assert_eq!(news().await, Told::default(), "once");

    // What is no definition, and what was not done.
    s.draft_from_action(&id("a-one"), &by(1)).await.unwrap();
    assert!(
        s.create::<Integration>(integration("CRM"), &by(1))
            .await
            .is_err()
    );
    assert_eq!(news().await, Told::default());

    let config = IntegrationConfig {
        credentials: [("basicAuth".to_owned(), key.id.clone())].into(),
        ..IntegrationConfig::default()
    };
    s.update_integration_config(&crm.id, Expected::Any, config, &by(2))
        .await
        .unwrap();
    s.publish_draft(&id("a-one"), Expected::Any, &by(2))
        .await
        .unwrap();
    let wanted = Told {
        integrations: names(&[crm.id.as_str()]),
        actions: names(&["a-one"]),
        ..Told::default()
    };
    assert_eq!(news().await, wanted);

    s.delete::<Action>(&id("a-two"), Expected::Any, &by(3))
        .await
        .unwrap();
    raw(&place.url, "UPDATE credential SET name = 'by hand'")
        .await
        .unwrap();
    let wanted = Told {
        credentials: names(&[key.id.as_str()]),
        left: [None, None, Some(names(&["a-one"]))],
        ..Told::default()
    };
    assert_eq!(news().await, wanted);
    // One that was made and removed since.
    let gone = s
        .create::<Integration>(integration("Gone"), &by(4))
        .await
        .unwrap();
    s.delete::<Integration>(&gone.id, Expected::Any, &by(4))
        .await
        .unwrap();
    let wanted = Told {
        left: [Some(names(&[crm.id.as_str()])), None, None],
        ..Told::default()
    };
    assert_eq!(news().await, wanted);
    // Who asks for all is told all that there is.
    let changes = told(&s.definition_changes(0).await.unwrap());
    assert_eq!(changes.integrations, names(&[crm.id.as_str()]));
    assert_eq!(changes.actions, names(&["a-one"]));
}

pub(crate) async fn many_changes_come_in_parts(place: Place) {
    let s = &place.store;
    // Each is nearly a megabyte: fewer than forty fit into one answer.
    for n in 0..40 {
        let new = integration(&format!("Number {n}"));
        let made = s.create::<Integration>(new, &by(0)).await.unwrap();
        let config = IntegrationConfig {
            properties: JsonText::parse(format!("\"{}\"", "x".repeat(1_000_000))).unwrap(),
            ..IntegrationConfig::default()
        };
        s.update_integration_config(&made.id, Expected::Any, config, &by(0))
            .await
            .unwrap();
    }
    let (mut seen, mut found, mut parts) = (0, BTreeSet::new(), 0);
    loop {
        let changes = s.definition_changes(seen).await.unwrap();
        found.extend(changes.integrations.into_iter().map(|i| i.id));
        (seen, parts) = (changes.revision, parts + 1);
        if !changes.more {
            break;
        }
    }
    assert_eq!(found.len(), 40);
    assert!(parts > 1 && parts < 40, "{parts}");
    assert_eq!(seen, s.revision().await.unwrap());
}
