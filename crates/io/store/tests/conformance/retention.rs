//! What goes with time and what proves it; batches; and the number that tells of changes.

use crate::Place;
use crate::definitions::{id, integration};
use crate::secrets::raw;
use crate::support::{NOW, by};
use sha2::{Digest, Sha256};
use tollgate_store::*;
use tollgate_store::{Integration, Table};

fn execution(number: u32) -> AuditEvent {
    AuditEvent {
        by: by(number),
        action: "execute".into(),
        entity_type: "execution".into(),
        entity_id: format!("a{number}"),
        detail: JsonText::default(),
    }
}

async fn entries(s: &Store, kind: AuditKind) -> Vec<AuditEntry> {
    let mut all = Vec::new();
    for number in 1.. {
        let query = AuditQuery {
            oldest_first: true,
            page: PageRequest::new(500, number).unwrap(),
            ..AuditQuery::default()
        };
        let page = s.audit(&query).await.unwrap();
        if page.items.is_empty() {
            break;
        }
        all.extend(page.items);
    }
    let wanted = kind == AuditKind::Executions;
    all.retain(|it| (it.entity_type == "execution") == wanted);
    all
}

/// As the documentation of [`AuditRemoval::digest`] says.
fn digest(entries: &[AuditEntry]) -> String {
    let mut digest = vec![0_u8; 32];
    for it in entries {
        let mut next = Sha256::new();
        next.update(&digest);
        let (seq, at) = (it.seq.to_string(), it.at.0.to_string());
        let texts = [
            &seq,
            &at,
            &it.actor,
            &it.action,
            &it.entity_type,
            &it.entity_id,
        ];
        for text in texts
            .map(String::as_str)
            .into_iter()
            .chain([it.detail.as_str()])
        {
            next.update((text.len() as u64).to_be_bytes());
            next.update(text);
        }
        digest = next.finalize().to_vec();
    }
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

pub(crate) async fn old_entries_go_and_leave_a_proof(place: Place) {
    let s = &place.store;
    for n in 0..20 {
        let name = format!("I{n}");
        let new = NewIntegration {
            id: id(&name),
            name,
            ..integration("x")
        };
        s.create::<Integration>(new, &by(n)).await.unwrap();
    }
    for part in [0..700, 700..1400] {
        let events: Vec<_> = part.map(execution).collect();
        s.record(&events).await.unwrap();
    }
    let before = entries(s, AuditKind::Executions).await;
    assert_eq!(before.len(), 1400);

    // Nothing is old yet; then all but 200 are.
    let days = |n: i64| WallTime(NOW.0 + n * 24 * 3_600_000);
    let remove = |kind, until: WallTime, now| s.remove_audit(kind, until, now);
    let none = remove(AuditKind::Executions, NOW, days(1)).await.unwrap();
    assert_eq!(none, 0);
    let until = NOW.plus_seconds(1200);
    let mut removed = Vec::new();
    loop {
        let now = days(if removed.len() < 2 { 1 } else { 2 });
        match remove(AuditKind::Executions, until, now).await.unwrap() {
            0 => break,
            count => removed.push(count),
        }
    }
    assert_eq!(removed, [500, 500, 200], "in small steps");
    assert_eq!(entries(s, AuditKind::Executions).await, before[1200..]);
    assert_eq!(entries(s, AuditKind::Changes).await.len(), 20);

    let records = s.audit_removals().await.unwrap();
    let told: Vec<_> = records.iter().map(|it| (it.number, it.entries)).collect();
    assert_eq!(told, [(1, 1000), (2, 200)], "one a day");
    assert!(records.iter().all(|it| it.fault.is_none()), "{records:?}");
    assert_eq!(records[0].digest, digest(&before[..1000]));
    assert_eq!(records[1].digest, digest(&before[..1200]));

    // What is left can't be removed by hand, nor what was removed be denied.
    for sql in [
        "DELETE FROM audit".to_owned(),
        format!("DELETE FROM audit WHERE seq = {}", before[1200].seq),
        "DELETE FROM audit WHERE entity_type = 'integration'".to_owned(),
        "UPDATE audit SET actor = 'nobody'".to_owned(),
        "DELETE FROM audit_removal".to_owned(),
        "UPDATE audit_removal SET entries = entries - 1".to_owned(),
    ] {
        let refused = raw(&place.url, &sql).await.unwrap_err();
        assert!(refused.contains("append-only"), "{sql}: {refused}");
    }
    assert_eq!(
        remove(AuditKind::Changes, until, days(2)).await.unwrap(),
        20
    );
    assert_eq!(remove(AuditKind::Changes, until, days(2)).await.unwrap(), 0);

    // A new key takes the records over; without the old one they can still be believed.
    assert_eq!(entries(s, AuditKind::Executions).await.len(), 200);
    let all = s.audit_removals().await.unwrap();
    assert_eq!(all.len(), 3);
    assert!(all.iter().all(|it| it.fault.is_none()), "{all:?}");
}

pub(crate) async fn a_record_that_was_forged_is_found(place: Place) {
    let s = &place.store;
    let events: Vec<_> = (0..10).map(execution).collect();
    s.record(&events).await.unwrap();
    let until = NOW.plus_seconds(5);
    let kind = AuditKind::Executions;
    assert_eq!(s.remove_audit(kind, until, NOW).await.unwrap(), 5);
    let faults = async || {
        let all = s.audit_removals().await.unwrap();
        all.iter().filter(|it| it.fault.is_some()).count()
    };
    assert_eq!(faults().await, 0);
    // More than was sealed.
    let more = "UPDATE audit_removal SET entries = entries + 1";
    raw(&place.url, more).await.unwrap();
    assert_eq!(faults().await, 1);
    // One that lets the others go, of somebody without a key.
    let forged = format!(
        "INSERT INTO audit_removal SELECT kind, number + 1, day, 5, {}, 1000000, digest FROM audit_removal",
        NOW.plus_seconds(100).0
    );
    raw(&place.url, &forged).await.unwrap();
    raw(&place.url, "DELETE FROM audit").await.unwrap();
    assert_eq!(faults().await, 2);
}

pub(crate) async fn a_batch_is_kept_once(place: Place) {
    let s = &place.store;
    let body = ClientBody {
        name: "c".into(),
        access_token_validity_seconds: 3600,
        ..ClientBody::default()
    };
    s.create_client(id("c"), body, &by(0)).await.unwrap();
    let batch = |writer: &str, number, count: u32| Batch {
        writer: id(writer),
        number,
        at: NOW,
        events: (0..count).map(execution).collect(),
        usage: vec![UsageDelta {
            client: id("c"),
            at: NOW,
            template: "/x".into(),
            method: "GET".into(),
            counts: UsageCounts {
                requests: u64::from(count),
                ..UsageCounts::default()
            },
        }],
    };
    for (writer, number, count) in [
        ("one", 1, 3),
        ("one", 1, 3),
        ("two", 1, 10),
        ("one", 2, 5),
        ("one", 2, 5),
        ("one", 1, 3),
    ] {
        s.keep_batch(&batch(writer, number, count)).await.unwrap();
    }
    assert_eq!(entries(s, AuditKind::Executions).await.len(), 18);
    let query = UsageQuery {
        client: None,
        from: NOW,
        until: NOW.plus_seconds(3600),
        grain: UsageGrain::Span,
        by_client: false,
        by_template: false,
        by_method: false,
    };
    assert_eq!(s.usage(&query).await.unwrap()[0].counts.requests, 18);
    // At once, as a try that timed out and the next one may be.
    let nine = batch("one", 9, 1);
    let tries = (0..4).map(|_| s.keep_batch(&nine));
    for done in futures_util::future::join_all(tries).await {
        done.unwrap();
    }
    assert_eq!(entries(s, AuditKind::Executions).await.len(), 19);
    assert_eq!(s.forget_writers(NOW).await.unwrap(), 0);
    assert_eq!(s.forget_writers(NOW.plus_seconds(1)).await.unwrap(), 2);
}

pub(crate) async fn a_revision_tells_of_every_change_of_definitions(place: Place) {
    let s = &place.store;
    let mut seen = s.revision().await.unwrap();
    let mut grown = async |what: &str, wanted: bool| {
        let now = s.revision().await.unwrap();
        assert_eq!(now > seen, wanted, "{what}");
        seen = now;
    };
    let it = s
        .create::<Integration>(integration("CRM"), &by(0))
        .await
        .unwrap();
    grown("a new integration", true).await;
    let update = IntegrationUpdate {
        notes: Some("n".into()),
        ..Default::default()
    };
    s.update::<Integration>(&it.id, Expected::Any, update, &by(1))
        .await
        .unwrap();
    grown("a changed one", true).await;
    s.record(&[execution(1)]).await.unwrap();
    let table = TableBody {
        name: "Hours".into(),
        description: String::new(),
        schema: JsonText::default(),
        division: String::new(),
    };
    s.create::<Table>((id("t"), table), &by(1)).await.unwrap();
    grown("what is no definition", false).await;
    let failed = s.create::<Integration>(integration("CRM"), &by(2)).await;
    assert!(failed.is_err());
    grown("a change that failed", false).await;
    // By hand, past the program.
    raw(&place.url, "UPDATE integration SET notes = 'by hand'")
        .await
        .unwrap();
    grown("a change by hand", true).await;
    s.delete::<Integration>(&it.id, Expected::Any, &by(3))
        .await
        .unwrap();
    grown("a deletion", true).await;
}
