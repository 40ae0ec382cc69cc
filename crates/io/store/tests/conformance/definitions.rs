//! Integrations, actions, drafts.

use crate::Place;
use crate::support::{by, open};
use std::collections::BTreeMap;
use tollgate_store::*;
use tollgate_store::{Action, Draft, Integration};

pub(crate) fn id(text: &str) -> EntityId {
    EntityId::parse(text).unwrap()
}

pub(crate) fn json(text: &str) -> JsonText {
    JsonText::parse(text).unwrap()
}

pub(crate) fn integration(name: &str) -> NewIntegration {
    let plain: String = name
        .to_lowercase()
        .chars()
        .filter(char::is_ascii_alphanumeric)
        .collect();
    NewIntegration {
        id: id(&format!("i-{plain}")),
        name: name.into(),
        type_id: "custom-rest-actions".into(),
        intended_state: IntendedState::Disabled,
        notes: "made by a test".into(),
        attributes: BTreeMap::from([("owner".into(), "tests".into())]),
    }
}

pub(crate) fn action(n: &str, integration: &EntityId, name: &str, category: &str) -> NewAction {
    NewAction {
        id: id(n),
        integration_id: integration.clone(),
        body: ActionBody {
            name: name.into(),
            category: category.into(),
            secure: false,
            config: json("{ \"request\" : {\"a\":1.0, \"b\":1e3} }"),
            contract: json("{\"input\":{}}"),
        },
    }
}

pub(crate) async fn an_integration_lives(place: Place) {
    let s = &place.store;
    let made = s
        .create::<Integration>(integration("CRM"), &by(0))
        .await
        .unwrap();
    assert_eq!(
        (made.version, made.config_version),
        (Version(1), Version(1))
    );
    assert_eq!(s.get::<Integration>(&made.id).await.unwrap(), made);

    let update = IntegrationUpdate {
        intended_state: Some(IntendedState::Enabled),
        ..Default::default()
    };
    let enabled = s
        .update::<Integration>(&made.id, Expected::Version(Version(1)), update, &by(1))
        .await
        .unwrap();
    assert_eq!(enabled.intended_state, IntendedState::Enabled);
    assert_eq!(
        (enabled.name.as_str(), enabled.notes.as_str()),
        ("CRM", "made by a test")
    );
    assert_eq!(
        (enabled.version, enabled.created, enabled.modified),
        (Version(2), by(0).at, by(1).at)
    );

    let config = IntegrationConfig {
        properties: json("{\"url\":\"https://crm.example\"}"),
        advanced: json("{}"),
        credentials: BTreeMap::new(),
    };
    let set = s
        .update_integration_config(
            &made.id,
            Expected::Version(Version(1)),
            config.clone(),
            &by(2),
        )
        .await
        .unwrap();
    assert_eq!((set.config_version, set.version), (Version(2), Version(3)));
    assert_eq!(set.config, config);

    // What was acknowledged is there when the store is opened anew.
    assert_eq!(
        open(&place.url)
            .await
            .get::<Integration>(&made.id)
            .await
            .unwrap(),
        set
    );

    s.delete::<Integration>(&made.id, Expected::Version(Version(3)), &by(3))
        .await
        .unwrap();
    assert!(matches!(
        s.get::<Integration>(&made.id).await,
        Err(StoreError::NotFound {
            entity: Entity::Integration,
            ..
        })
    ));
}

pub(crate) async fn an_integration_in_use_stays(place: Place) {
    let s = &place.store;
    let it = s
        .create::<Integration>(integration("CRM"), &by(0))
        .await
        .unwrap();
    s.create::<Draft>(action("a1", &it.id, "Lookup", "CRM"), &by(1))
        .await
        .unwrap();
    let error = s
        .delete::<Integration>(&it.id, Expected::Any, &by(2))
        .await
        .unwrap_err();
    assert!(
        matches!(
            error,
            StoreError::InUse {
                by: Entity::Draft,
                ..
            }
        ),
        "{error}"
    );
    s.publish_draft(&id("a1"), Expected::Any, &by(3))
        .await
        .unwrap();
    let error = s
        .delete::<Integration>(&it.id, Expected::Any, &by(4))
        .await
        .unwrap_err();
    assert!(
        matches!(
            error,
            StoreError::InUse {
                by: Entity::Action,
                ..
            }
        ),
        "{error}"
    );
    // Its own login isn't what is in the way, and stays until nothing is.
    let login = format!("{LOGIN}{}", it.id);
    s.create::<Action>(action(&login, &it.id, "Login", "CRM"), &by(4))
        .await
        .unwrap();
    s.draft_from_action(&id(&login), &by(4)).await.unwrap();
    let error = s
        .delete::<Integration>(&it.id, Expected::Any, &by(4))
        .await
        .unwrap_err();
    assert!(
        matches!(&error, StoreError::InUse { id: user, .. } if *user == id("a1")),
        "{error}"
    );
    assert!(s.get::<Action>(&id(&login)).await.is_ok());
    s.delete::<Action>(&id("a1"), Expected::Any, &by(5))
        .await
        .unwrap();
    s.delete::<Integration>(&it.id, Expected::Any, &by(6))
        .await
        .unwrap();
    assert!(s.get::<Action>(&id(&login)).await.is_err());
    assert!(s.get::<Draft>(&id(&login)).await.is_err());
    // One whose login is a draft yet.
    let it = s
        .create::<Integration>(integration("CRM"), &by(7))
        .await
        .unwrap();
    s.create::<Draft>(action(&login, &it.id, "Login", "CRM"), &by(7))
        .await
        .unwrap();
    s.delete::<Integration>(&it.id, Expected::Any, &by(8))
        .await
        .unwrap();
    assert!(s.get::<Draft>(&id(&login)).await.is_err());
}

pub(crate) async fn names_are_unique_whatever_their_case(place: Place) {
    let s = &place.store;
    let name_taken = |e: StoreError| {
        assert!(
            matches!(e, StoreError::Conflict { what: "name", .. }),
            "{e}"
        )
    };
    let it = s
        .create::<Integration>(integration("Übersicht"), &by(0))
        .await
        .unwrap();
    let again = NewIntegration {
        id: id("other"),
        ..integration("ÜBERSICHT")
    };
    name_taken(s.create::<Integration>(again, &by(1)).await.unwrap_err());
    let same_id = NewIntegration {
        name: "Other".into(),
        id: it.id.clone(),
        ..integration("x")
    };
    let error = s.create::<Integration>(same_id, &by(1)).await.unwrap_err();
    assert!(
        matches!(error, StoreError::Conflict { what: "id", .. }),
        "{error}"
    );

    s.create::<Action>(action("a1", &it.id, "Lookup", "CRM"), &by(2))
        .await
        .unwrap();
    // Names of actions aren't.
    s.create::<Action>(action("a2", &it.id, "Lookup", "CRM"), &by(3))
        .await
        .unwrap();
    s.create::<Draft>(action("a4", &it.id, "lookup", "CRM"), &by(4))
        .await
        .unwrap();
    s.publish_draft(&id("a4"), Expected::Any, &by(5))
        .await
        .unwrap();
    // Renaming to one's own name in another case is no conflict.
    let update = IntegrationUpdate {
        name: Some("übersicht".into()),
        ..Default::default()
    };
    s.update::<Integration>(&it.id, Expected::Any, update, &by(6))
        .await
        .unwrap();
}

pub(crate) async fn a_new_name_takes_its_actions_along(place: Place) {
    let s = &place.store;
    let made = |n: &str| NewIntegration {
        id: id(n),
        ..integration(n)
    };
    let crm = s.create::<Integration>(made("CRM"), &by(0)).await.unwrap();
    let erp = s.create::<Integration>(made("ERP"), &by(0)).await.unwrap();
    for (name, of, category) in [
        ("own", &crm.id, "crm"),
        ("other", &crm.id, "Elsewhere"),
        ("foreign", &erp.id, "CRM"),
    ] {
        let new = action(name, of, name, category);
        s.create::<Action>(new, &by(1)).await.unwrap();
        s.draft_from_action(&id(name), &by(1)).await.unwrap();
    }
    let change = ConfigurationChange {
        name: Some("Customers".into()),
        ..Default::default()
    };
    let (seen, by_now) = (Expected::Version(crm.config_version), by(2));
    let renamed = s.update_integration_config(&crm.id, seen, change.clone(), &by_now);
    let renamed = renamed.await.unwrap();
    assert_eq!(
        (
            renamed.name.as_str(),
            renamed.config_version,
            renamed.version
        ),
        ("Customers", Version(2), Version(2))
    );
    for (name, category, version) in [
        ("own", "Customers", 2),
        ("other", "Elsewhere", 1),
        ("foreign", "CRM", 1),
    ] {
        let action = s.get::<Action>(&id(name)).await.unwrap();
        let draft = s.get::<Draft>(&id(name)).await.unwrap();
        for (body, is) in [(&action.body, action.version), (&draft.body, draft.version)] {
            assert_eq!((body.category.as_str(), is), (category, Version(version)));
        }
        assert_eq!(
            draft.based_on,
            Some(action.version),
            "it is as up to date as before"
        );
    }
    s.publish_draft(&id("own"), Expected::Any, &by(3))
        .await
        .unwrap();

    // A taken name changes nothing; one that is given by the other way is seen by whoever had read the configuration.
    let taken = ConfigurationChange {
        name: Some("erp".into()),
        ..Default::default()
    };
    let error = s
        .update_integration_config(&crm.id, Expected::Any, taken, &by(4))
        .await;
    assert!(matches!(
        error,
        Err(StoreError::Conflict { what: "name", .. })
    ));
    assert_eq!(s.get::<Integration>(&crm.id).await.unwrap(), renamed);
    for (update, config_version) in [
        (
            IntegrationUpdate {
                intended_state: Some(IntendedState::Enabled),
                ..Default::default()
            },
            2,
        ),
        (
            IntegrationUpdate {
                name: Some("CRM".into()),
                ..Default::default()
            },
            3,
        ),
        (
            IntegrationUpdate {
                notes: Some("new".into()),
                ..Default::default()
            },
            4,
        ),
    ] {
        let now = s
            .update::<Integration>(&crm.id, Expected::Any, update, &by(5))
            .await
            .unwrap();
        assert_eq!(now.config_version, Version(config_version));
    }
    let late = Expected::Version(Version(3));
    let late = s
        .update_integration_config(&crm.id, late, change, &by(6))
        .await;
    assert!(matches!(late, Err(StoreError::Stale { .. })));
}

pub(crate) async fn a_stale_update_changes_nothing(place: Place) {
    let s = &place.store;
    let stale = |e: StoreError| {
        assert!(
            matches!(
                e,
                StoreError::Stale {
                    current: Version(2),
                    ..
                }
            ),
            "{e}"
        )
    };
    let old = Expected::Version(Version(1));
    let it = s
        .create::<Integration>(integration("CRM"), &by(0))
        .await
        .unwrap();
    let it = s
        .update::<Integration>(&it.id, old, IntegrationUpdate::default(), &by(1))
        .await
        .unwrap();
    let rename = IntegrationUpdate {
        name: Some("Gone".into()),
        ..Default::default()
    };
    stale(
        s.update::<Integration>(&it.id, old, rename, &by(2))
            .await
            .unwrap_err(),
    );
    stale(
        s.delete::<Integration>(&it.id, old, &by(2))
            .await
            .unwrap_err(),
    );
    assert_eq!(s.get::<Integration>(&it.id).await.unwrap(), it);

    let new = action("a1", &it.id, "Lookup", "CRM");
    let made = s.create::<Action>(new.clone(), &by(3)).await.unwrap();
    let it = s
        .update::<Action>(&made.id, old, new.body.clone(), &by(4))
        .await
        .unwrap();
    let other = ActionBody {
        name: "Gone".into(),
        ..new.body.clone()
    };
    stale(
        s.update::<Action>(&made.id, old, other.clone(), &by(5))
            .await
            .unwrap_err(),
    );
    stale(s.delete::<Action>(&made.id, old, &by(5)).await.unwrap_err());
    assert_eq!(s.get::<Action>(&made.id).await.unwrap(), it);

    s.draft_from_action(&made.id, &by(6)).await.unwrap();
    let draft = s
        .update::<Draft>(&made.id, old, new.body, &by(7))
        .await
        .unwrap();
    stale(
        s.update::<Draft>(&made.id, old, other, &by(8))
            .await
            .unwrap_err(),
    );
    stale(s.delete::<Draft>(&made.id, old, &by(8)).await.unwrap_err());
    stale(s.publish_draft(&made.id, old, &by(8)).await.unwrap_err());
    assert_eq!(s.get::<Draft>(&made.id).await.unwrap(), draft);
    assert_eq!(s.get::<Action>(&made.id).await.unwrap(), it);
}

pub(crate) async fn an_action_lives(place: Place) {
    let s = &place.store;
    let it = s
        .create::<Integration>(integration("CRM"), &by(0))
        .await
        .unwrap();
    let new = action("custom_-_1", &it.id, "Lookup", "CRM");
    let draft = s.create::<Draft>(new.clone(), &by(1)).await.unwrap();
    assert_eq!((draft.version, draft.based_on), (Version(1), None));
    assert!(matches!(
        s.get::<Action>(&draft.id).await,
        Err(StoreError::NotFound { .. })
    ));
    let made = s
        .publish_draft(&draft.id, Expected::Version(Version(1)), &by(2))
        .await
        .unwrap();
    assert_eq!(made.body, new.body, "documents come back byte for byte");
    assert_eq!(made.version, Version(1));
    assert!(matches!(
        s.get::<Draft>(&draft.id).await,
        Err(StoreError::NotFound { .. })
    ));

    let draft = s.draft_from_action(&made.id, &by(3)).await.unwrap();
    assert_eq!(
        (draft.based_on, &draft.body),
        (Some(Version(1)), &made.body)
    );
    let error = s.draft_from_action(&made.id, &by(3)).await.unwrap_err();
    assert!(
        matches!(
            error,
            StoreError::Conflict {
                entity: Entity::Draft,
                ..
            }
        ),
        "{error}"
    );
    let body = ActionBody {
        secure: true,
        contract: json("{}"),
        ..made.body.clone()
    };
    s.update::<Draft>(
        &made.id,
        Expected::Version(Version(1)),
        body.clone(),
        &by(4),
    )
    .await
    .unwrap();
    assert_eq!(
        s.get::<Action>(&made.id).await.unwrap(),
        made,
        "a draft doesn't touch the action"
    );
    let again = s
        .publish_draft(&made.id, Expected::Version(Version(2)), &by(5))
        .await
        .unwrap();
    assert_eq!(
        (again.version, &again.body, again.created),
        (Version(2), &body, made.created)
    );
    assert_eq!(
        open(&place.url)
            .await
            .get::<Action>(&made.id)
            .await
            .unwrap(),
        again
    );
    s.draft_from_action(&made.id, &by(6)).await.unwrap();
    s.delete::<Action>(&made.id, Expected::Version(Version(2)), &by(7))
        .await
        .unwrap();
    assert!(
        matches!(
            s.get::<Draft>(&made.id).await,
            Err(StoreError::NotFound { .. })
        ),
        "the draft goes too"
    );
    let nowhere = s
        .create::<Action>(action("a9", &id("nowhere"), "x", "y"), &by(8))
        .await
        .unwrap_err();
    assert!(
        matches!(
            nowhere,
            StoreError::NotFound {
                entity: Entity::Integration,
                ..
            }
        ),
        "{nowhere}"
    );
}

pub(crate) async fn lists_filter_sort_and_page(place: Place) {
    let s = &place.store;
    let it = s
        .create::<Integration>(integration("CRM"), &by(0))
        .await
        .unwrap();
    let other = s
        .create::<Integration>(integration("100%_other"), &by(0))
        .await
        .unwrap();
    for n in 0..7 {
        let mut new = action(
            &format!("a{n}"),
            &it.id,
            &format!("Name {}", 6 - n),
            if n < 3 { "Left" } else { "Right" },
        );
        new.body.secure = n == 0;
        if n == 6 {
            new.integration_id = other.id.clone();
        }
        s.create::<Action>(new, &by(n)).await.unwrap();
    }
    let names = |query: ActionQuery| async move {
        let page = s.list::<Action>(&query).await.unwrap();
        (
            page.total,
            page.items
                .into_iter()
                .map(|a| a.body.name)
                .collect::<Vec<_>>(),
        )
    };
    let page = |size, number| PageRequest::new(size, number).unwrap();
    let base = ActionQuery {
        page: page(3, 1),
        ..Default::default()
    };
    assert_eq!(
        names(base.clone()).await,
        (7, vec!["Name 0".into(), "Name 1".into(), "Name 2".into()])
    );
    assert_eq!(
        names(ActionQuery {
            page: page(3, 3),
            ..base.clone()
        })
        .await,
        (7, vec!["Name 6".into()])
    );
    assert_eq!(
        names(ActionQuery {
            page: page(3, 4),
            ..base.clone()
        })
        .await,
        (7, vec![])
    );
    let newest = Sort {
        key: ActionSort::Created,
        descending: true,
    };
    assert_eq!(
        names(ActionQuery {
            sort: newest,
            page: page(1, 1),
            ..base.clone()
        })
        .await
        .1,
        ["Name 0"]
    );
    // Equal keys: the id decides, so pages never overlap.
    let by_category = Sort {
        key: ActionSort::Category,
        descending: false,
    };
    let mut seen = Vec::new();
    for number in 1..=3 {
        seen.extend(
            names(ActionQuery {
                sort: by_category,
                page: page(3, number),
                ..base.clone()
            })
            .await
            .1,
        );
    }
    assert_eq!(
        seen,
        [
            "Name 6", "Name 5", "Name 4", "Name 3", "Name 2", "Name 1", "Name 0"
        ]
    );

    let left = ActionQuery {
        category: Some(NameFilter::Is("LEFT".into())),
        ..base.clone()
    };
    assert_eq!(names(left).await.0, 3);
    let part = ActionQuery {
        name: Some(NameFilter::Contains("E 5".into())),
        ..base.clone()
    };
    assert_eq!(names(part).await.1, ["Name 5"]);
    assert_eq!(
        names(ActionQuery {
            secure: Some(SecrecyFilter::Only),
            ..base.clone()
        })
        .await
        .1,
        ["Name 6"]
    );
    assert_eq!(
        names(ActionQuery {
            secure: Some(SecrecyFilter::Not),
            ..base.clone()
        })
        .await
        .0,
        6
    );
    assert_eq!(
        names(ActionQuery {
            integration_id: Some(other.id.clone()),
            ..base.clone()
        })
        .await
        .1,
        ["Name 0"]
    );
    let ids = ActionQuery {
        ids: vec![id("a1"), id("a2"), id("none")],
        ..base.clone()
    };
    assert_eq!(names(ids).await.1, ["Name 4", "Name 5"]);
    // Wildcards of LIKE are letters like others.
    for (text, total) in [
        ("%", 1),
        ("_", 1),
        ("\\", 0),
        ("0%_O", 1),
        ("0*_*O", 1),
        ("*0*", 1),
    ] {
        let query = IntegrationQuery {
            name: Some(NameFilter::Contains(text.into())),
            ..Default::default()
        };
        assert_eq!(
            s.list::<Integration>(&query).await.unwrap().total,
            total,
            "{text}"
        );
    }
    assert!(PageRequest::new(500, 400).is_ok() && PageRequest::new(500, 401).is_err());
    assert!(
        PageRequest::new(501, 1).is_err()
            && PageRequest::new(0, 1).is_err()
            && PageRequest::new(1, 0).is_err()
    );
}

pub(crate) async fn publishing_has_one_point(place: Place) {
    let s = place.store.clone();
    let it = s
        .create::<Integration>(integration("CRM"), &by(0))
        .await
        .unwrap();
    let new = action("a1", &it.id, "Lookup", "CRM");
    let mut version = s.create::<Action>(new, &by(1)).await.unwrap().version;
    for round in 0..10 {
        s.draft_from_action(&id("a1"), &by(round)).await.unwrap();
        let (one, two) = (s.clone(), s.clone());
        let publish = |store: std::sync::Arc<Store>| {
            tokio::spawn(async move {
                store
                    .publish_draft(&id("a1"), Expected::Version(Version(1)), &by(9))
                    .await
            })
        };
        let (first, second) = (publish(one), publish(two));
        let outcomes = [first.await.unwrap(), second.await.unwrap()];
        assert_eq!(
            outcomes.iter().filter(|o| o.is_ok()).count(),
            1,
            "one publishes: {outcomes:?}"
        );
        version = version.next();
        assert_eq!(s.get::<Action>(&id("a1")).await.unwrap().version, version);
        assert!(s.get::<Draft>(&id("a1")).await.is_err());
    }
}

pub(crate) async fn a_draft_does_not_overwrite_a_newer_action(place: Place) {
    let s = &place.store;
    let it = s
        .create::<Integration>(integration("CRM"), &by(0))
        .await
        .unwrap();
    let new = action("a1", &it.id, "Lookup", "CRM");
    s.create::<Action>(new.clone(), &by(1)).await.unwrap();
    s.draft_from_action(&id("a1"), &by(2)).await.unwrap();
    let body = ActionBody {
        config: json("{\"newer\":true}"),
        ..new.body
    };
    let newer = s
        .update::<Action>(&id("a1"), Expected::Any, body, &by(3))
        .await
        .unwrap();
    let error = s
        .publish_draft(&id("a1"), Expected::Version(Version(1)), &by(4))
        .await
        .unwrap_err();
    assert!(
        matches!(
            error,
            StoreError::Stale {
                entity: Entity::Action,
                current: Version(2)
            }
        ),
        "{error}"
    );
    assert_eq!(s.get::<Action>(&id("a1")).await.unwrap(), newer);
    assert!(
        s.get::<Draft>(&id("a1")).await.is_ok(),
        "and the draft isn't lost either"
    );
}

pub(crate) async fn one_of_many_writers_wins(place: Place) {
    let s = place.store.clone();
    let it = s
        .create::<Integration>(integration("CRM"), &by(0))
        .await
        .unwrap();
    // Two nodes, eight writers; each reads, and tries to be the one who raises the version.
    let other = std::sync::Arc::new(open(&place.url).await);
    let writers: Vec<_> = (0..8_u32)
        .map(|n| {
            let (store, id) = (
                if n % 2 == 0 { s.clone() } else { other.clone() },
                it.id.clone(),
            );
            tokio::spawn(async move {
                let mut won = 0;
                for _ in 0..10 {
                    let seen = store.get::<Integration>(&id).await.unwrap().version;
                    let update = IntegrationUpdate {
                        notes: Some(format!("{n}")),
                        ..Default::default()
                    };
                    match store
                        .update::<Integration>(&id, Expected::Version(seen), update, &by(n))
                        .await
                    {
                        Ok(_) => won += 1,
                        Err(StoreError::Stale { .. }) => {}
                        Err(e) => panic!("{e}"),
                    }
                }
                won
            })
        })
        .collect();
    let mut won = 0;
    for writer in writers {
        won += writer.await.unwrap();
    }
    assert_eq!(
        s.get::<Integration>(&it.id).await.unwrap().version,
        Version(1 + won),
        "each success counts once"
    );
    let query = AuditQuery {
        actions: vec!["update".into()],
        ..Default::default()
    };
    assert_eq!(s.audit(&query).await.unwrap().total, won as u64);
}

pub(crate) async fn bad_values_are_refused(place: Place) {
    let s = &place.store;
    for bad in ["", "a b", "a/b", "é", &"x".repeat(129)] {
        assert!(EntityId::parse(bad).is_err(), "{bad}");
    }
    for bad in ["", "{", "{} {}", "nul"] {
        assert!(JsonText::parse(bad).is_err(), "{bad}");
    }
    for name in ["", "a\u{0}b", "line\nbreak", &"x".repeat(257)] {
        let new = NewIntegration {
            name: name.into(),
            id: id("x"),
            ..integration("x")
        };
        let error = s.create::<Integration>(new, &by(0)).await.unwrap_err();
        assert!(
            matches!(&error, StoreError::Invalid(i) if i.field == "name"),
            "{error}"
        );
    }
    let notes = NewIntegration {
        notes: "a\u{0}".into(),
        ..integration("x")
    };
    assert!(matches!(
        s.create::<Integration>(notes, &by(0)).await,
        Err(StoreError::Invalid(_))
    ));
    // The longest names in the widest letters fit, also into the database's indexes.
    let wide = |seed: u32| -> String {
        (0..256_u32)
            .filter_map(|n| char::from_u32(0x2_0000 + seed + n * 37))
            .collect()
    };
    let it = s
        .create::<Integration>(
            NewIntegration {
                name: wide(0),
                ..integration("x")
            },
            &by(0),
        )
        .await
        .unwrap();
    s.create::<Action>(action("wide", &it.id, &wide(1), &wide(2)), &by(0))
        .await
        .unwrap();
    let event = |entity_id: String| AuditEvent {
        by: by(0),
        action: wide(3),
        entity_type: wide(4),
        entity_id,
        detail: JsonText::default(),
    };
    s.record(&[event(wide(5))]).await.unwrap();
    assert!(matches!(
        s.record(&[event("x".repeat(257))]).await,
        Err(StoreError::Invalid(_))
    ));
    // What can't be there is asked for in vain; the database isn't even asked.
    for odd in [
        "a\u{0}b".to_owned(),
        "x".repeat(100_000),
        "%_".repeat(60_000),
    ] {
        let vain = |outcome: StoreResult<u64>| {
            assert!(
                matches!(
                    outcome,
                    Ok(0) | Err(StoreError::Invalid(_) | StoreError::NotFound { .. })
                ),
                "{outcome:?}"
            );
        };
        vain(s.row(&it.id, &odd).await.map(|_| 1));
        for filter in [
            NameFilter::Is(odd.clone()),
            NameFilter::Contains(odd.clone()),
        ] {
            let query = ActionQuery {
                name: Some(filter),
                ..Default::default()
            };
            vain(s.list::<Action>(&query).await.map(|page| page.total));
        }
        let query = AuditQuery {
            actors: vec![odd.clone()],
            ..Default::default()
        };
        vain(s.audit(&query).await.map(|page| page.total));
    }
    let long = NewIntegration {
        name: "ü".repeat(256),
        id: id("long"),
        ..integration("x")
    };
    assert_eq!(
        s.create::<Integration>(long.clone(), &by(0))
            .await
            .unwrap()
            .name,
        long.name
    );
}
