//! Transfers: who may write to one, what becomes of its bytes, and when an import's rows are a table's.

use crate::Place;
use crate::definitions::{id, json};
use crate::support::{NOW, by, open};
use tollgate_store::*;

const BOUNDS: TransferBounds = TransferBounds {
    open_each: 3,
    kept_each: 5,
    kept: 6,
    bytes_each: 100,
    bytes: 150,
};

fn at(seconds: u32) -> WallTime {
    NOW.plus_seconds(seconds)
}

fn secret() -> tollgate_secret::Secret {
    "the link's own".to_owned().into()
}

fn new(name: &str, caller: &str, kind: TransferKind) -> NewTransfer {
    NewTransfer {
        id: id(name),
        kind,
        caller: caller.into(),
        subject: "t".into(),
        terms: json("{\"mode\": \"Append\"}"),
        secret: secret(),
        link_until: at(100),
        keep_until: at(1000),
    }
}

async fn begin(s: &Store, name: &str, kind: TransferKind) -> Transfer {
    s.begin_transfer(new(name, "one", kind), &BOUNDS, &by(0))
        .await
        .unwrap()
}

/// Who may do less than when they asked for a link can't use it any more, even if an upload is under way.
pub(crate) async fn links_end_with_what_their_caller_may(place: Place) {
    let s = &place.store;
    let author = Grant {
        role: Role::Author,
        reach: Reach::Everything,
    };
    let body = ClientBody {
        name: "one".into(),
        grants: [author].into(),
        ..ClientBody::default()
    };
    let update = async |body: &ClientBody| {
        s.update_client(&id("one"), Expected::Any, body.clone(), None, &by(2))
            .await
            .unwrap();
    };
    let leads = async |name: &str| s.linked_transfer(&id(name), &secret(), at(5)).await.is_ok();
    s.create_client(id("one"), body.clone(), &by(0))
        .await
        .unwrap();
    let kind = TransferKind::WorkflowPublish;
    begin(s, "a", kind).await;
    let claim = s.begin_upload(&id("a")).await.unwrap().unwrap();
    let renamed = ClientBody {
        name: "uno".into(),
        ..body.clone()
    };
    update(&renamed).await;
    assert!(leads("a").await);
    assert!(s.add_piece(&claim, 0, b"x", &BOUNDS).await.unwrap());
    update(&ClientBody {
        grants: Default::default(),
        ..renamed
    })
    .await;
    assert!(!leads("a").await);
    assert!(!s.add_piece(&claim, 1, b"x", &BOUNDS).await.unwrap());
    assert!(!s.end_upload(&claim, at(5)).await.unwrap());
    begin(s, "b", kind).await;
    assert!(leads("b").await);
    s.delete_client(&id("one"), Expected::Any, None, &by(3))
        .await
        .unwrap();
    assert!(!leads("b").await);
}

/// Brings these pieces, so that the transfer is ready.
async fn bring(s: &Store, transfer: &EntityId, pieces: &[&str]) {
    let claim = s.begin_upload(transfer).await.unwrap().unwrap();
    for (number, piece) in (0..).zip(pieces) {
        let added = s.add_piece(&claim, number, piece.as_bytes(), &BOUNDS).await;
        assert!(added.unwrap());
    }
    assert!(s.end_upload(&claim, at(1)).await.unwrap());
}

async fn take(s: &Store, seconds: u32) -> Vec<TakenTransfer> {
    let span = (at(seconds), at(seconds + 30));
    s.take_transfers(8, span).await.unwrap()
}

async fn take_one(s: &Store, seconds: u32) -> TakenTransfer {
    let mut taken = take(s, seconds).await;
    assert_eq!(taken.len(), 1);
    taken.remove(0)
}

fn ended(succeeded: bool, seconds: u32) -> EndedTransfer {
    EndedTransfer {
        succeeded,
        report: json("{\"rows\": 2}"),
        at: at(seconds),
        link_until: at(seconds + 100),
    }
}

pub(crate) async fn what_is_brought_is_worked_on_and_goes(place: Place) {
    let s = &place.store;
    let made = begin(s, "a", TransferKind::TableImport).await;
    assert_eq!((made.state, made.bytes), (TransferState::Awaiting, 0));
    assert!(take(s, 1).await.is_empty(), "nothing is there yet");
    let (found, link) = s.transfer(&made.id).await.unwrap();
    assert_eq!(found, made);
    assert_eq!(link.unwrap().expose(), secret().expose());

    bring(s, &made.id, &["one", "two"]).await;
    assert!(
        s.begin_upload(&made.id).await.unwrap().is_none(),
        "it is brought once"
    );
    let taken = take_one(s, 2).await;
    assert_eq!((taken.transfer.bytes, taken.transfer.attempts), (6, 1));
    assert_eq!(s.piece(&made.id, 1).await.unwrap().unwrap(), b"two");
    assert!(s.piece(&made.id, 2).await.unwrap().is_none());
    let report = json("{\"rows\": 1}");
    let renewed = s.renew_transfer(&taken.claim, at(60), Some(&report)).await;
    assert!(renewed.unwrap());
    assert_eq!(s.transfer(&made.id).await.unwrap().0.report, report);
    assert!(s.renew_transfer(&taken.claim, at(60), None).await.unwrap());
    assert_eq!(s.transfer(&made.id).await.unwrap().0.report, report);

    assert!(
        s.end_transfer(&taken.claim, &ended(true, 5)).await.unwrap(),
        "it has the claim"
    );
    assert!(
        !s.end_transfer(&taken.claim, &ended(false, 6))
            .await
            .unwrap()
    );
    let (end, _) = s.transfer(&made.id).await.unwrap();
    assert_eq!(
        (end.state, end.bytes, end.ended),
        (TransferState::Succeeded, 0, Some(at(5)))
    );
    assert!(s.piece(&made.id, 0).await.unwrap().is_none());
    let query = TransferQuery {
        kind: TransferKind::TableImport,
        subject: Some("t".into()),
        page: PageRequest::default(),
    };
    assert_eq!(s.list_transfers(&query).await.unwrap().items, [end]);
    let other = TransferQuery {
        subject: Some("u".into()),
        ..query
    };
    assert_eq!(s.list_transfers(&other).await.unwrap().total, 0);
}

pub(crate) async fn a_workflow_is_published_with_the_end_of_its_transfer(place: Place) {
    let s = &place.store;
    let made = begin(s, "a", TransferKind::WorkflowPublish).await;
    bring(s, &made.id, &["a: 1\n"]).await;
    let (first, second) = (take_one(s, 2).await, take_one(s, 40).await);
    let publish = async |claim: &TransferClaim, yaml: &str| {
        let new = NewWorkflowVersion {
            kind: "workflow".into(),
            name: "Main".into(),
            description: String::new(),
            yaml: yaml.into(),
            input_schema: JsonText::default(),
            output_schema: JsonText::default(),
        };
        let report = |it: &PublishedWorkflow| json(&format!("{{\"n\":{}}}", it.last.number));
        s.end_publish(claim, new, &by(41), report).await
    };
    assert!(!publish(&first.claim, "a: 1\n").await.unwrap(), "lost");
    assert_eq!(s.workflows(PageRequest::default()).await.unwrap().total, 0);
    let refused = publish(&second.claim, &"x".repeat(limits::DOCUMENT_BYTES + 1)).await;
    assert!(matches!(refused, Err(StoreError::Invalid(_))));
    assert!(publish(&second.claim, "a: 1\n").await.unwrap());
    assert!(!publish(&second.claim, "a: 1\n").await.unwrap(), "once");
    let found = s.workflow_named("workflow", "MAIN").await.unwrap();
    assert_eq!(found.workflow.published, 1);
    assert!(s.workflow_named("bot", "Main").await.is_err());
    let (end, _) = s.transfer(&made.id).await.unwrap();
    assert_eq!((end.state, end.bytes), (TransferState::Succeeded, 0));
    assert_eq!(end.report, json("{\"n\":1}"));
}

pub(crate) async fn two_writers_of_a_transfer_never_mix(place: Place) {
    let s = &place.store;
    let made = begin(s, "a", TransferKind::WorkflowPublish).await;
    let first = s.begin_upload(&made.id).await.unwrap().unwrap();
    assert!(s.add_piece(&first, 0, b"old", &BOUNDS).await.unwrap());
    let second = s.begin_upload(&made.id).await.unwrap().unwrap();
    assert!(!s.add_piece(&first, 1, b"old", &BOUNDS).await.unwrap());
    assert!(!s.end_upload(&first, at(1)).await.unwrap());
    assert!(s.add_piece(&second, 0, b"new", &BOUNDS).await.unwrap());
    assert!(s.end_upload(&second, at(1)).await.unwrap());
    assert_eq!(s.piece(&made.id, 0).await.unwrap().unwrap(), b"new");

    let dead = take_one(s, 2).await;
    assert!(take(s, 31).await.is_empty(), "its claim holds");
    let taken = take_one(s, 32).await;
    assert_eq!(taken.transfer.attempts, 2);
    assert!(!s.renew_transfer(&dead.claim, at(90), None).await.unwrap());
    assert!(!s.put_back_transfer(&dead.claim, at(90)).await.unwrap());
    assert!(!s.end_transfer(&dead.claim, &ended(true, 33)).await.unwrap());
    assert!(s.put_back_transfer(&taken.claim, at(50)).await.unwrap());
    assert!(take(s, 49).await.is_empty());
    take_one(s, 50).await;
}

pub(crate) async fn what_is_made_is_fetched_until_its_link_ends(place: Place) {
    let s = &place.store;
    let made = begin(s, "a", TransferKind::TableExport).await;
    assert_eq!(made.state, TransferState::Ready);
    let dead = take_one(s, 0).await;
    assert!(s.add_piece(&dead.claim, 0, b"half", &BOUNDS).await.unwrap());
    let taken = take_one(s, 40).await;
    assert!(s.piece(&made.id, 0).await.unwrap().is_none(), "begun anew");
    assert!(!s.add_piece(&dead.claim, 1, b"half", &BOUNDS).await.unwrap());
    assert!(s.add_piece(&taken.claim, 0, b"all", &BOUNDS).await.unwrap());
    assert!(
        s.end_transfer(&taken.claim, &ended(true, 41))
            .await
            .unwrap()
    );

    let linked = async |secret: &str, seconds| {
        let secret = secret.to_owned().into();
        s.linked_transfer(&made.id, &secret, at(seconds)).await
    };
    assert_eq!(linked(secret().expose(), 140).await.unwrap().bytes, 3);
    for (secret, seconds) in [("another", 140), ("", 140), (secret().expose(), 141)] {
        let error = linked(secret, seconds).await.unwrap_err();
        assert!(matches!(error, StoreError::NotFound { .. }), "{error}");
    }
    assert_eq!(s.piece(&made.id, 0).await.unwrap().unwrap(), b"all");

    assert_eq!(s.forget_transfers(at(140)).await.unwrap(), 0);
    assert_eq!(s.forget_transfers(at(141)).await.unwrap(), 1);
    assert!(s.piece(&made.id, 0).await.unwrap().is_none());
    assert_eq!(s.transfer(&made.id).await.unwrap().0.bytes, 0);
    assert_eq!(s.forget_transfers(at(1000)).await.unwrap(), 1);
    assert!(s.transfer(&made.id).await.is_err());
    let sealed = s.key_use().await.unwrap()[0].values;
    assert_eq!(sealed, 0, "nothing is left of it");
}

pub(crate) async fn transfers_have_bounds(place: Place) {
    let s = &place.store;
    let kind = TransferKind::TableImport;
    let full = |error: StoreError, most: u64| {
        assert!(
            matches!(error, StoreError::Full { limit, .. } if limit == most),
            "{error}"
        );
    };
    for name in ["a", "b", "c"] {
        begin(s, name, kind).await;
    }
    let more = s
        .begin_transfer(new("d", "one", kind), &BOUNDS, &by(0))
        .await;
    full(more.unwrap_err(), BOUNDS.open_each);
    // What wasn't brought in time doesn't count as open.
    let mut late = new("d", "one", kind);
    late.link_until = at(300);
    let later = Author {
        at: at(101),
        ..by(0)
    };
    s.begin_transfer(late, &BOUNDS, &later).await.unwrap();
    for name in ["x", "y"] {
        let new = new(name, "two", kind);
        s.begin_transfer(new, &BOUNDS, &by(0)).await.unwrap();
    }
    let more = s
        .begin_transfer(new("e", "three", kind), &BOUNDS, &by(0))
        .await;
    full(more.unwrap_err(), BOUNDS.kept);

    let claim = s.begin_upload(&id("a")).await.unwrap().unwrap();
    assert!(s.add_piece(&claim, 0, &[1; 90], &BOUNDS).await.unwrap());
    let more = s.add_piece(&claim, 1, &[1; 11], &BOUNDS).await;
    full(more.unwrap_err(), BOUNDS.bytes_each);
    assert!(s.add_piece(&claim, 1, &[1; 10], &BOUNDS).await.unwrap());
    let other = s.begin_upload(&id("b")).await.unwrap().unwrap();
    assert!(s.add_piece(&other, 0, &[1; 50], &BOUNDS).await.unwrap());
    s.begin_upload(&id("b")).await.unwrap().unwrap();
    assert_eq!(s.transfer(&id("b")).await.unwrap().0.bytes, 0);
    let third = s.begin_upload(&id("c")).await.unwrap().unwrap();
    let more = s.add_piece(&third, 0, &[1; 100], &BOUNDS).await;
    if let Err(error) = more {
        full(error, BOUNDS.bytes);
    } else {
        // Whether the piece counts that is just written is the database's.
        let more = s.add_piece(&third, 1, &[], &BOUNDS).await;
        full(more.unwrap_err(), BOUNDS.bytes);
    }
}

fn row(key: &str, value: &str) -> Row {
    Row {
        key: key.into(),
        value: json(value),
    }
}

async fn keys(s: &Store, table: &EntityId) -> Vec<(String, String)> {
    let rows = s.rows_after(table, "").await.unwrap();
    rows.into_iter()
        .map(|row| (row.key, row.value.as_str().to_owned()))
        .collect()
}

pub(crate) async fn an_import_is_applied_whole_or_not_at_all(place: Place) {
    let s = &place.store;
    let body = TableBody {
        name: "Hours".into(),
        description: String::new(),
        schema: json("{}"),
        division: "d".into(),
    };
    let author = by(0);
    let table = s.create::<Table>((id("t"), body), &author).await.unwrap();
    for key in ["a", "b"] {
        let row = row(key, "{\"old\": 1}");
        s.insert_row(&table.id, row, &by(1)).await.unwrap();
    }
    let old = keys(s, &table.id).await;
    let base = |version, replaces| ImportBase {
        table: table.id.clone(),
        version,
        replaces,
        by: by(9),
    };
    let report = |done: ImportedRows| json(&format!("{{\"written\": {}}}", done.written));
    let end = async |claim: &TransferClaim, version, replaces| {
        s.end_import(claim, &base(version, replaces), report).await
    };

    begin(s, "one", TransferKind::TableImport).await;
    bring(s, &id("one"), &["x"]).await;
    let dead = take_one(s, 2).await;
    let gone = [row("gone", "{}")];
    assert!(s.set_rows_aside(&dead.claim, &gone).await.unwrap());
    let taken = take_one(s, 40).await;
    assert!(!s.set_rows_aside(&dead.claim, &gone).await.unwrap());
    let late = end(&dead.claim, table.version, true);
    assert_eq!(late.await.unwrap(), None);
    let many: Vec<_> = (0..250).map(|n| row(&format!("n{n:03}"), "{}")).collect();
    assert!(s.set_rows_aside(&taken.claim, &many).await.unwrap());
    let two = [row("b", "{\"new\": 1}"), row("c", "{\"new\": 1}")];
    assert!(s.set_rows_aside(&taken.claim, &two).await.unwrap());
    assert_eq!(keys(s, &table.id).await, old, "set aside, and no more");
    let stale = end(&taken.claim, Version(7), true);
    let stale = stale.await.unwrap_err();
    assert!(matches!(stale, StoreError::Stale { .. }), "{stale}");
    assert_eq!(keys(s, &table.id).await, old);
    let done = end(&taken.claim, table.version, true);
    let done = done.await.unwrap().unwrap();
    assert_eq!((done.written, done.deleted), (252, 1));
    let (ended, _) = s.transfer(&id("one")).await.unwrap();
    assert_eq!(ended.state, TransferState::Succeeded);
    assert_eq!(ended.report, json("{\"written\": 252}"));
    let new = keys(s, &table.id).await;
    assert_eq!(new.len(), 252);
    assert_eq!(new[0], ("b".to_owned(), "{\"new\": 1}".to_owned()));
    let page = s.list_rows(&table.id, true, PageRequest::new(2, 1).unwrap());
    let page = page.await.unwrap();
    let found: Vec<_> = page.items.iter().map(|row| row.key.as_str()).collect();
    assert_eq!((page.total, found), (252, vec!["n249", "n248"]));

    begin(s, "two", TransferKind::TableImport).await;
    bring(s, &id("two"), &["x"]).await;
    let taken = take_one(s, 50).await;
    let some = [row("a", "{}"), row("b", "{\"newer\": 1}")];
    assert!(s.set_rows_aside(&taken.claim, &some).await.unwrap());
    let done = end(&taken.claim, table.version, false);
    let done = done.await.unwrap().unwrap();
    assert_eq!((done.written, done.deleted), (2, 0));
    assert_eq!(keys(s, &table.id).await.len(), 253);
    s.delete_table(&table.id, Expected::Any, true, &by(60))
        .await
        .unwrap();
    let audit = s.audit(&AuditQuery::default()).await.unwrap();
    let import = audit.items.iter().find(|it| it.action == "import");
    let detail = import.unwrap().detail.value();
    assert_eq!(detail["written"], 2);
    drop(place.store);
    open(&place.url).await;
}
