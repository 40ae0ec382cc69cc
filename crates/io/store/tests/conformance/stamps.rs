//! Stamps of actions and drafts, and how much an integration may have of them.

use crate::Place;
use crate::definitions::{action, id, integration, json};
use crate::support::by;
use tollgate_store::*;
use tollgate_store::{Action, Draft, Integration};

fn all() -> PageRequest {
    PageRequest::new(limits::PAGE, 1).unwrap()
}

/// A configuration of exactly so many bytes.
fn config(bytes: usize) -> JsonText {
    let empty = "{\"x\":\"\"}";
    let text = empty.replace("\"\"", &format!("\"{}\"", "y".repeat(bytes - empty.len())));
    assert_eq!(text.len(), bytes);
    json(&text)
}

pub(crate) async fn a_stamp_is_the_action_without_its_documents(place: Place) {
    let s = &place.store;
    let it = s.create::<Integration>(integration("A"), &by(0)).await;
    let it = it.unwrap();
    for (n, name) in ["b", "a", "c"].into_iter().enumerate() {
        let mut new = action(name, &it.id, &format!("Name {name}"), "Ä");
        new.body.secure = n == 1;
        // Bytes are counted, not characters.
        new.body.contract = json("{\"ä\":\"€\"}");
        s.create::<Action>(new, &by(1)).await.unwrap();
    }
    s.draft_from_action(&id("b"), &by(2)).await.unwrap();
    let mut draft = action("d", &it.id, "Draft", "Ä");
    draft.body.config = config(100);
    s.create::<Draft>(draft, &by(2)).await.unwrap();
    let body = s.get::<Action>(&id("c")).await.unwrap().body;
    let update = ActionBody {
        config: config(1000),
        ..body
    };
    s.update::<Action>(&id("c"), Expected::Any, update, &by(3))
        .await
        .unwrap();

    let stamps = s.action_stamps(all()).await.unwrap();
    let ids: Vec<_> = stamps.items.iter().map(|it| it.id.as_str()).collect();
    assert_eq!((ids, stamps.total), (vec!["a", "b", "c"], 3), "by id");
    for stamp in &stamps.items {
        let action = s.get::<Action>(&stamp.id).await.unwrap();
        assert_eq!(
            *stamp,
            of(
                &action.id,
                &action.integration_id,
                &action.body,
                action.version
            )
        );
    }
    assert_eq!(stamps.items[2].version, Version(2));
    let drafts = s.draft_stamps(all()).await.unwrap();
    assert_eq!(drafts.total, 2);
    for stamp in &drafts.items {
        let draft = s.get::<Draft>(&stamp.id).await.unwrap();
        assert_eq!(
            *stamp,
            of(&draft.id, &draft.integration_id, &draft.body, draft.version)
        );
    }
    let second = s.action_stamps(PageRequest::new(2, 2).unwrap()).await;
    let second = second.unwrap();
    assert_eq!((second.items.len(), second.total), (1, 3));
    assert_eq!(second.items[0], stamps.items[2]);
}

fn of(id: &EntityId, integration: &EntityId, body: &ActionBody, version: Version) -> ActionStamp {
    ActionStamp {
        id: id.clone(),
        integration_id: integration.clone(),
        name: body.name.clone(),
        category: body.category.clone(),
        secure: body.secure,
        version,
        bytes: (body.config.as_str().len() + body.contract.as_str().len()) as u64,
    }
}

fn is_too_large<T: std::fmt::Debug>(result: StoreResult<T>) {
    let limit = limits::INTEGRATION_BYTES as u64;
    assert!(
        matches!(result, Err(StoreError::TooLarge { limit: told }) if told == limit),
        "{result:?}"
    );
}

pub(crate) async fn an_integration_has_so_many_bytes(place: Place) {
    let s = &place.store;
    let one = s.create::<Integration>(integration("One"), &by(0)).await;
    let other = s.create::<Integration>(integration("Other"), &by(0)).await;
    let (one, other) = (one.unwrap(), other.unwrap());
    let large = |n: &str, of: &Integration, bytes: usize| {
        let mut new = action(n, &of.id, n, "C");
        new.body.contract = json("{}");
        new.body.config = config(bytes - 2);
        new
    };
    let most = limits::INTEGRATION_BYTES;
    let piece = limits::DOCUMENT_BYTES;
    // Actions and drafts count together; all but a hundred bytes are taken.
    let mut left = most - 100;
    let mut n = 0;
    while left > 0 {
        let bytes = left.min(piece);
        let new = large(&format!("n{n:02}"), &one, bytes);
        if n % 2 == 0 {
            s.create::<Action>(new, &by(1)).await.unwrap();
        } else {
            s.create::<Draft>(new, &by(1)).await.unwrap();
        }
        left -= bytes;
        n += 1;
    }
    let before = s.action_stamps(all()).await.unwrap().items;
    is_too_large(s.create::<Action>(large("x", &one, 101), &by(2)).await);
    is_too_large(s.create::<Draft>(large("x", &one, 101), &by(2)).await);
    is_too_large(s.draft_from_action(&id("n00"), &by(2)).await);
    let last = s.get::<Action>(&id("n00")).await.unwrap();
    let small = s.create::<Action>(large("s", &one, 50), &by(2)).await;
    let grown = |bytes| large("s", &one, bytes).body;
    is_too_large(
        s.update::<Action>(&id("s"), Expected::Any, grown(101), &by(3))
            .await,
    );
    s.update::<Action>(&id("s"), Expected::Any, grown(100), &by(3))
        .await
        .unwrap();
    // What gets no larger may be changed though nothing more finds room; another integration has its own.
    let renamed = ActionBody {
        name: "renamed".into(),
        ..last.body
    };
    s.update::<Action>(&last.id, Expected::Any, renamed, &by(4))
        .await
        .unwrap();
    s.publish_draft(&id("n01"), Expected::Any, &by(4))
        .await
        .unwrap();
    s.create::<Action>(large("y", &other, piece), &by(4))
        .await
        .unwrap();
    // What was refused is not there, and what goes makes room.
    let found = s.get::<Action>(&id("x")).await;
    assert!(
        matches!(found, Err(StoreError::NotFound { .. })),
        "{found:?}"
    );
    assert_eq!(
        before.len() + 3,
        s.action_stamps(all()).await.unwrap().items.len()
    );
    s.delete::<Action>(&small.unwrap().id, Expected::Any, &by(5))
        .await
        .unwrap();
    s.create::<Draft>(large("x", &one, 100), &by(6))
        .await
        .unwrap();
}
