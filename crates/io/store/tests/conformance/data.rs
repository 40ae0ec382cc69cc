//! Data tables, workflows, usage, audit, starting.

use crate::Place;
use crate::definitions::{id, integration, json};
use crate::secrets::raw;
use crate::support::{NOW, by, open};
use tollgate_store::*;
use tollgate_store::{Integration, Table};

/// Number of the last migration.
const SCHEMA: i64 = 11;

fn table(name: &str) -> TableBody {
    TableBody {
        name: name.into(),
        description: String::new(),
        schema: json("{\"type\":\"object\"}"),
        division: String::new(),
    }
}

fn row(key: &str, value: &str) -> Row {
    Row {
        key: key.into(),
        value: json(value),
    }
}

pub(crate) async fn a_table_and_its_rows_live(place: Place) {
    let s = &place.store;
    let made = s
        .create::<Table>((id("t"), table("Hours")), &by(0))
        .await
        .unwrap();
    let taken = s
        .create::<Table>((id("u"), table("HOURS")), &by(0))
        .await
        .unwrap_err();
    assert!(
        matches!(taken, StoreError::Conflict { what: "name", .. }),
        "{taken}"
    );
    assert_eq!(s.table_named("hours").await.unwrap(), made);
    for key in ["b", "a", "Ä", "B"] {
        s.insert_row(&made.id, row(key, "{\"x\": 1}"), &by(1))
            .await
            .unwrap();
    }
    let again = s
        .insert_row(&made.id, row("a", "{}"), &by(1))
        .await
        .unwrap_err();
    assert!(
        matches!(
            again,
            StoreError::Conflict {
                entity: Entity::Row,
                ..
            }
        ),
        "{again}"
    );
    let keys = s
        .list_rows(&made.id, false, PageRequest::new(3, 1).unwrap())
        .await
        .unwrap();
    assert_eq!(
        (
            keys.total,
            keys.items
                .iter()
                .map(|r| r.key.as_str())
                .collect::<Vec<_>>()
        ),
        (4, vec!["B", "a", "b"]),
        "byte by byte"
    );
    s.update_row(&made.id, row("a", "{\"x\": 2}"), &by(2))
        .await
        .unwrap();
    assert_eq!(s.row(&made.id, "a").await.unwrap(), row("a", "{\"x\": 2}"));
    s.delete_row(&made.id, "b", &by(3)).await.unwrap();
    for gone in [
        s.row(&made.id, "b").await.err(),
        s.delete_row(&made.id, "b", &by(3)).await.err(),
        s.update_row(&made.id, row("b", "{}"), &by(3)).await.err(),
    ] {
        assert!(
            matches!(
                gone,
                Some(StoreError::NotFound {
                    entity: Entity::Row,
                    ..
                })
            ),
            "{gone:?}"
        );
    }
    assert!(matches!(
        s.insert_row(&id("none"), row("a", "{}"), &by(3)).await,
        Err(StoreError::NotFound {
            entity: Entity::Table,
            ..
        })
    ));
    let long = row(&"k".repeat(257), "{}");
    assert!(matches!(
        s.insert_row(&made.id, long, &by(3)).await,
        Err(StoreError::Invalid(_))
    ));
    let changed = s
        .update::<Table>(
            &made.id,
            Expected::Version(Version(1)),
            table("Opening"),
            &by(4),
        )
        .await
        .unwrap();
    assert_eq!(
        changed.version,
        Version(2),
        "rows don't count as changes of the table"
    );
    let used = s
        .delete_table(&made.id, Expected::Version(Version(2)), false, &by(5))
        .await
        .unwrap_err();
    assert!(
        matches!(
            used,
            StoreError::InUse {
                by: Entity::Row,
                ..
            }
        ),
        "{used}"
    );
    s.delete_table(&made.id, Expected::Version(Version(2)), true, &by(5))
        .await
        .unwrap();
    // A table of the same id starts empty.
    s.create::<Table>((id("t"), table("Hours")), &by(6))
        .await
        .unwrap();
    assert_eq!(
        s.list_rows(&made.id, false, PageRequest::default())
            .await
            .unwrap()
            .total,
        0
    );
    s.delete_table(&made.id, Expected::Any, false, &by(7))
        .await
        .unwrap();
}

fn workflow(name: &str, yaml: &str) -> NewWorkflowVersion {
    NewWorkflowVersion {
        kind: "workflow".into(),
        name: name.into(),
        description: String::new(),
        yaml: yaml.into(),
        input_schema: JsonText::parse(r#"{"type":"object"}"#).unwrap(),
        output_schema: JsonText::default(),
    }
}

pub(crate) async fn a_workflow_is_published_again_and_again(place: Place) {
    let s = &place.store;
    let one = s.publish_workflow(workflow("Main", "a: 1\n"), &by(1)).await;
    let one = one.unwrap();
    let id = &one.workflow.id;
    assert_eq!(
        (one.workflow.published, one.workflow.version),
        (1, Version(1))
    );
    assert_eq!(
        (one.last.number, one.last.published_by.as_str()),
        (1, "cli")
    );
    assert_eq!(s.workflow(id).await.unwrap(), one);
    let other = NewWorkflowVersion {
        kind: "bot".into(),
        ..workflow("Main", "b: 1\n")
    };
    let other = s.publish_workflow(other, &by(1)).await.unwrap();
    assert_ne!(
        &other.workflow.id, id,
        "a name is unique within the type alone"
    );

    let mut inactive = one.clone();
    inactive.workflow.active = false;
    inactive.workflow.version = Version(2);
    inactive.workflow.modified = by(2).at;
    assert_eq!(s.deactivate_workflow(id, &by(2)).await.unwrap(), inactive);
    let two = s.publish_workflow(workflow("MAIN", "a: 2\n"), &by(3)).await;
    let two = two.unwrap();
    assert_eq!((&two.workflow.id, two.workflow.created), (id, by(1).at));
    assert_eq!((two.workflow.published, two.workflow.active), (2, true));
    assert_eq!(two.workflow.name, "MAIN", "as it was published last");

    let ended = WorkflowVersion {
        ended: Some(by(3).at),
        ..one.last.clone()
    };
    assert_eq!(s.workflow_version(id, 1).await.unwrap(), ended);
    assert_eq!(s.workflow_version(id, 2).await.unwrap(), two.last);
    let page = |size, number| PageRequest::new(size, number).unwrap();
    let versions = s.workflow_versions(id, page(25, 1)).await.unwrap();
    assert_eq!(versions.items, [two.last.clone(), ended.clone()]);
    let second = s.workflow_versions(id, page(1, 2)).await.unwrap();
    assert_eq!((second.items, second.total), (vec![ended], 2));
    assert_eq!(s.workflow_text(id, 1).await.unwrap(), "a: 1\n");
    assert_eq!(s.workflow_text(id, 2).await.unwrap(), "a: 2\n");
    let all = s.workflows(page(25, 1)).await.unwrap();
    let mut expected = vec![two.clone(), other.clone()];
    expected.sort_by(|one, other| one.workflow.id.cmp(&other.workflow.id));
    assert_eq!(all.items, expected);

    let missing = EntityId::random();
    let both = [other.workflow.id.clone(), missing.clone()];
    assert!(s.delete_workflows(&both, &by(4)).await.is_err());
    let both = [other.workflow.id, id.clone()];
    s.delete_workflows(&both, &by(4)).await.unwrap();
    assert_eq!(s.workflows(page(25, 1)).await.unwrap().total, 0);
    assert!(s.workflow(id).await.is_err());
    assert!(s.workflow_version(id, 1).await.is_err());
    assert!(s.workflow_text(id, 1).await.is_err());
    assert!(s.workflow_versions(&missing, page(25, 1)).await.is_err());
    assert!(s.deactivate_workflow(&missing, &by(4)).await.is_err());
}

pub(crate) async fn a_page_has_a_bound_in_bytes(place: Place) {
    let s = &place.store;
    // Forty schemas just below a megabyte each: more than an answer holds.
    let long = format!("{{\"title\": {:?}}}", "x".repeat(1_000_000));
    for n in 0..40 {
        let new = NewWorkflowVersion {
            input_schema: JsonText::parse(long.as_str()).unwrap(),
            ..workflow(&format!("Flow {n}"), "a: 1\n")
        };
        s.publish_workflow(new, &by(n)).await.unwrap();
    }
    let list = |size| s.workflows(PageRequest::new(size, 1).unwrap());
    let refused = list(40).await.unwrap_err();
    assert!(
        matches!(&refused, StoreError::Invalid(i) if i.field == "pageSize"),
        "{refused}"
    );
    let page = list(20).await.unwrap();
    assert_eq!(
        (page.items.len(), page.total),
        (20, 40),
        "and the connection is fit for the next"
    );
}

pub(crate) async fn usage_adds_up(place: Place) {
    let s = &place.store;
    let client = |state| ClientBody {
        name: "c".into(),
        description: String::new(),
        grants: Default::default(),
        access_token_validity_seconds: 300,
        state,
        flows: ["voice".to_owned()].into(),
        default_flow: Some("email".to_owned()),
        ..ClientBody::default()
    };
    for name in ["a", "b"] {
        s.create_client(id(name), client(ClientState::Active), &by(0))
            .await
            .unwrap();
    }
    let hour = 3_600;
    let delta = |client: &str, seconds, method: &str| UsageDelta {
        client: id(client),
        at: NOW.plus_seconds(seconds),
        template: "/api/v2/x/{id}".into(),
        method: method.into(),
        counts: UsageCounts {
            status_200: 2,
            status_429: 1,
            requests: 3,
            ..Default::default()
        },
    };
    let batch = [
        delta("a", 0, "GET"),
        delta("a", 1, "GET"),
        delta("a", hour, "POST"),
        delta("b", 0, "GET"),
        delta("gone", 0, "GET"),
    ];
    s.add_usage(&batch).await.unwrap();
    s.add_usage(&batch[..1]).await.unwrap();
    let query = UsageQuery {
        client: None,
        from: WallTime(0),
        until: NOW.plus_seconds(10 * hour),
        grain: UsageGrain::Span,
        by_client: false,
        by_template: false,
        by_method: false,
    };
    let rows = |q: UsageQuery| async move {
        let rows = s.usage(&q).await.unwrap();
        rows.into_iter()
            .map(|r| (r.client.map(|c| c.to_string()), r.method, r.counts.requests))
            .collect::<Vec<_>>()
    };
    assert_eq!(
        rows(query.clone()).await,
        [(None, None, 15)],
        "five times three; of the one that isn't there, none"
    );
    let by_client = UsageQuery {
        by_client: true,
        ..query.clone()
    };
    assert_eq!(
        rows(by_client).await,
        [(Some("a".into()), None, 12), (Some("b".into()), None, 3)]
    );
    let of_a = UsageQuery {
        client: Some(id("a")),
        by_method: true,
        ..query.clone()
    };
    assert_eq!(
        rows(of_a).await,
        [
            (None, Some("GET".into()), 9),
            (None, Some("POST".into()), 3)
        ]
    );
    let hours = s
        .usage(&UsageQuery {
            grain: UsageGrain::Hour,
            ..query.clone()
        })
        .await
        .unwrap();
    assert_eq!(hours.len(), 2);
    assert_eq!(hours[0].at.unwrap().0 % 3_600_000, 0);
    assert_eq!(
        (
            hours[0].counts.status_200,
            hours[0].counts.status_429,
            hours[0].counts.status_500
        ),
        (8, 4, 0)
    );
    let days = s
        .usage(&UsageQuery {
            grain: UsageGrain::Day,
            by_template: true,
            ..query.clone()
        })
        .await
        .unwrap();
    assert!(
        days.iter()
            .all(|r| r.at.unwrap().0 % 86_400_000 == 0 && r.template.is_some())
    );
    let (first, second) = (hours[0].at.unwrap(), hours[1].at.unwrap());
    for (starts, expected) in [
        (
            vec![first, second],
            vec![(Some(first), 12), (Some(second), 3)],
        ),
        (
            vec![WallTime(0), second],
            vec![(Some(WallTime(0)), 12), (Some(second), 3)],
        ),
        (vec![WallTime(0)], vec![(Some(WallTime(0)), 15)]),
    ] {
        let spans = UsageQuery {
            grain: UsageGrain::Spans(starts),
            by_client: false,
            by_method: false,
            ..query.clone()
        };
        let spans = s.usage(&spans).await.unwrap();
        let spans: Vec<_> = spans.iter().map(|it| (it.at, it.counts.requests)).collect();
        assert_eq!(spans, expected);
    }
    let none = UsageQuery {
        until: WallTime(0),
        ..query.clone()
    };
    assert_eq!(rows(none).await, []);
    let ever = UsageQuery {
        from: WallTime(i64::MIN),
        until: WallTime(i64::MAX),
        ..query.clone()
    };
    assert_eq!(rows(ever).await, [(None, None, 15)]);
    // Counting beside each other loses nothing.
    let many = (0..8).map(|_| s.add_usage(&batch[..3]));
    for outcome in join_all(many).await {
        outcome.unwrap();
    }
    assert_eq!(rows(query.clone()).await, [(None, None, 15 + 8 * 9)]);
    assert_eq!(
        s.forget_usage(NOW.plus_seconds(hour)).await.unwrap(),
        3,
        "hours that begin before it"
    );
    assert_eq!(rows(query).await, []);
}

/// Runs all at once.
async fn join_all<F: Future>(futures: impl Iterator<Item = F>) -> Vec<F::Output> {
    let mut running: Vec<_> = futures.map(|f| (Box::pin(f), None)).collect();
    std::future::poll_fn(|cx| {
        for (future, output) in &mut running {
            if output.is_none()
                && let std::task::Poll::Ready(value) = future.as_mut().poll(cx)
            {
                *output = Some(value);
            }
        }
        if running.iter().all(|(_, output)| output.is_some()) {
            std::task::Poll::Ready(())
        } else {
            std::task::Poll::Pending
        }
    })
    .await;
    running
        .into_iter()
        .filter_map(|(_, output)| output)
        .collect()
}

pub(crate) async fn the_audit_log_tells_all_and_keeps_it(place: Place) {
    let s = &place.store;
    let it = s
        .create::<Integration>(integration("CRM"), &by(0))
        .await
        .unwrap();
    let update = IntegrationUpdate {
        notes: Some("n".into()),
        ..Default::default()
    };
    s.update::<Integration>(&it.id, Expected::Any, update, &by(1))
        .await
        .unwrap();
    let executed = AuditEvent {
        by: Author {
            actor: Actor::client(&id("x")),
            at: by(2).at,
        },
        action: "execute".into(),
        entity_type: "action".into(),
        entity_id: "a1".into(),
        detail: json("{\"outcome\":\"success\"}"),
    };
    s.record(&[executed]).await.unwrap();
    s.delete::<Integration>(&it.id, Expected::Any, &by(3))
        .await
        .unwrap();
    let list = |query: AuditQuery| async move {
        let page = s.audit(&query).await.unwrap();
        page.items.into_iter().map(|e| e.action).collect::<Vec<_>>()
    };
    assert_eq!(
        list(AuditQuery::default()).await,
        ["delete", "execute", "update", "create"]
    );
    assert_eq!(
        list(AuditQuery {
            oldest_first: true,
            page: PageRequest::new(2, 2).unwrap(),
            ..Default::default()
        })
        .await,
        ["execute", "delete"]
    );
    assert_eq!(
        list(AuditQuery {
            from: Some(by(1).at),
            until: Some(by(3).at),
            ..Default::default()
        })
        .await,
        ["execute", "update"]
    );
    assert_eq!(
        list(AuditQuery {
            actors: vec!["client:x".into(), "client:nobody".into()],
            ..Default::default()
        })
        .await,
        ["execute"]
    );
    assert_eq!(
        list(AuditQuery {
            entity_types: vec!["integration".into()],
            actions: vec!["delete".into()],
            ..Default::default()
        })
        .await,
        ["delete"]
    );
    assert_eq!(
        list(AuditQuery {
            entity_ids: vec!["a1".into()],
            ..Default::default()
        })
        .await,
        ["execute"]
    );
    // One after the other, whatever comes meanwhile.
    for oldest_first in [false, true] {
        let (mut behind, mut seen) = (None, Vec::new());
        loop {
            let query = AuditQuery {
                behind,
                oldest_first,
                page: PageRequest::new(1, 1).unwrap(),
                ..Default::default()
            };
            let page = s.audit(&query).await.unwrap();
            assert_eq!(page.total, 4 - seen.len() as u64);
            let Some(entry) = page.items.into_iter().next() else {
                break;
            };
            behind = Some((entry.at, entry.seq));
            let one = AuditQuery {
                seq: Some(entry.seq),
                ..Default::default()
            };
            assert_eq!(
                s.audit(&one).await.unwrap().items,
                std::slice::from_ref(&entry)
            );
            seen.push(entry.action);
        }
        let all = AuditQuery {
            oldest_first,
            ..Default::default()
        };
        assert_eq!(seen, list(all).await);
    }
    for sql in ["UPDATE audit SET actor = 'nobody'", "DELETE FROM audit"] {
        let refused = raw(&place.url, sql).await.unwrap_err();
        assert!(refused.contains("append-only"), "{refused}");
    }
    assert_eq!(list(AuditQuery::default()).await.len(), 4);
    let many = |count| {
        vec![
            AuditEvent {
                by: by(9),
                action: "many".into(),
                entity_type: "x".into(),
                entity_id: "x".into(),
                detail: json("{}")
            };
            count
        ]
    };
    s.record(&many(250)).await.unwrap();
    let written = AuditQuery {
        actions: vec!["many".into()],
        ..Default::default()
    };
    assert_eq!(s.audit(&written).await.unwrap().total, 250);
    assert!(matches!(
        s.record(&many(1001)).await,
        Err(StoreError::Invalid(_))
    ));
}

pub(crate) async fn a_failed_change_is_not_in_the_audit_log(place: Place) {
    let s = &place.store;
    s.create::<Integration>(integration("CRM"), &by(0))
        .await
        .unwrap();
    let _ = s
        .create::<Integration>(integration("CRM"), &by(1))
        .await
        .unwrap_err();
    let _ = s
        .delete::<Integration>(&id("i-crm"), Expected::Version(Version(9)), &by(1))
        .await
        .unwrap_err();
    assert_eq!(s.audit(&AuditQuery::default()).await.unwrap().total, 1);
    // And the other way round: no entry, no change.
    let sql = match s.backend() {
        "postgres" => "ALTER TABLE audit ADD CONSTRAINT never CHECK (action <> 'update')",
        _ => {
            "CREATE TRIGGER never BEFORE INSERT ON audit WHEN NEW.action = 'update' BEGIN SELECT RAISE(ABORT, 'never'); END"
        }
    };
    raw(&place.url, sql).await.unwrap();
    let before = s.get::<Integration>(&id("i-crm")).await.unwrap();
    let update = IntegrationUpdate {
        notes: Some("n".into()),
        ..Default::default()
    };
    let error = s
        .update::<Integration>(&before.id, Expected::Any, update, &by(2))
        .await
        .unwrap_err();
    assert!(
        matches!(
            error,
            StoreError::Database {
                disconnected: false,
                ..
            }
        ),
        "{error}"
    );
    assert_eq!(s.get::<Integration>(&before.id).await.unwrap(), before);
    assert!(
        s.create::<Integration>(integration("Next"), &by(3))
            .await
            .is_ok(),
        "and the connection is fit for the next"
    );
}

pub(crate) async fn many_nodes_start_at_once(place: Place) {
    // A store that nobody has opened yet.
    let url = match place.url.strip_prefix("sqlite:") {
        Some(path) => format!("sqlite:{path}-new"),
        None => {
            raw(&place.url, "CREATE DATABASE fresh").await.unwrap();
            let (base, _) = place.url.rsplit_once('/').unwrap();
            format!("{base}/fresh")
        }
    };
    let nodes = join_all((0..4).map(|_| open(&url))).await;
    let last = format!("INSERT INTO schema_migration VALUES ({SCHEMA}, '', '', 0)");
    assert!(raw(&url, &last).await.is_err(), "every step was applied");
    nodes[0]
        .create::<Integration>(integration("CRM"), &by(0))
        .await
        .unwrap();
    assert!(nodes[3].get::<Integration>(&id("i-crm")).await.is_ok());
}
