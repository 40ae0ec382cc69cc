//! OAuth clients and their tokens.

use crate::Place;
use crate::definitions::id;
use crate::support::{NOW, by, open};
use std::collections::BTreeSet;
use std::sync::Mutex;
use tollgate_secret::Secret;
use tollgate_store::OAuthClient;
use tollgate_store::*;

fn body(name: &str) -> ClientBody {
    ClientBody {
        name: name.into(),
        description: String::new(),
        grants: BTreeSet::from([
            Grant {
                role: Role::Execute,
                reach: Reach::Actions(BTreeSet::from(["custom_-_1".into()])),
            },
            Grant {
                role: Role::Author,
                reach: Reach::Integrations(BTreeSet::from(["i1".into()])),
            },
        ]),
        access_token_validity_seconds: 300,
        state: ClientState::Active,
        flows: ["voice".to_owned()].into(),
        default_flow: Some("email".to_owned()),
        ..ClientBody::default()
    }
}

fn is_denied<T: std::fmt::Debug>(result: StoreResult<T>) {
    assert!(matches!(result, Err(StoreError::Denied)), "{result:?}");
}

pub(crate) async fn the_first_administrator_is_made_once(place: Place) {
    let s = &place.store;
    let by0 = by(0);
    // Nobody could be told: as if nothing had been asked for.
    let deaf = |_: &EntityId, _: &Secret| Err(std::io::ErrorKind::BrokenPipe.into());
    let untold = s
        .create_first_administrator(id("a"), "One".into(), &by0, &deaf)
        .await;
    assert!(matches!(untold, Err(StoreError::Invalid(_))), "{untold:?}");
    let clients = s
        .list::<OAuthClient>(&ClientQuery::default())
        .await
        .unwrap();
    assert_eq!(clients.total, 0);
    let tellings = Mutex::new(Vec::new());
    let told = |id: &EntityId, secret: &Secret| {
        let telling = (id.clone(), secret.expose().to_owned());
        tellings.lock().unwrap().push(telling);
        Ok(())
    };
    let (one, two) = tokio::join!(
        s.create_first_administrator(id("a"), "One".into(), &by0, &told),
        s.create_first_administrator(id("b"), "Two".into(), &by0, &told),
    );
    assert_eq!(
        [one.is_ok(), two.is_ok()].iter().filter(|ok| **ok).count(),
        1,
        "{one:?} {two:?}"
    );
    let made = one.or(two).unwrap();
    assert!(
        made.client
            .body
            .grants
            .iter()
            .any(|g| g.role == Role::Administer && g.reach == Reach::Everything)
    );
    assert_eq!(made.secret.expose().len(), 43);
    let telling = (made.client.id.clone(), made.secret.expose().to_owned());
    assert_eq!(*tellings.lock().unwrap(), [telling], "once, and only that");
    s.delete::<OAuthClient>(&made.client.id, Expected::Any, &by(1))
        .await
        .unwrap();
    let again = s
        .create_first_administrator(id("c"), "Three".into(), &by(2), &told)
        .await;
    assert!(
        matches!(again, Err(StoreError::Conflict { .. })),
        "not even when it is gone: {again:?}"
    );
}

pub(crate) async fn a_client_lives(place: Place) {
    let s = &place.store;
    let made = s
        .create_client(id("x"), body("Caller"), &by(0))
        .await
        .unwrap()
        .client;
    assert_eq!(
        (made.version, &made.body, made.created_by.as_str()),
        (Version(1), &body("Caller"), "cli")
    );
    let same = s
        .create_client(id("y"), body("Caller"), &by(0))
        .await
        .unwrap()
        .client;
    let page = s
        .list::<OAuthClient>(&ClientQuery::default())
        .await
        .unwrap();
    assert_eq!(page.items, [made.clone(), same]);
    let off = ClientBody {
        state: ClientState::Inactive,
        ..body("Off")
    };
    let changed = s
        .update_client(
            &made.id,
            Expected::Version(Version(1)),
            off.clone(),
            None,
            &by(1),
        )
        .await
        .unwrap();
    assert_eq!((changed.version, &changed.body), (Version(2), &off));
    let stale = s
        .update_client(
            &made.id,
            Expected::Version(Version(1)),
            body("Z"),
            None,
            &by(2),
        )
        .await;
    assert!(matches!(
        stale,
        Err(StoreError::Stale {
            current: Version(2),
            ..
        })
    ));
    assert_eq!(
        open(&place.url)
            .await
            .get::<OAuthClient>(&made.id)
            .await
            .unwrap(),
        changed
    );
    let inactive = ClientQuery {
        state: Some(ClientState::Inactive),
        ..Default::default()
    };
    assert_eq!(s.list::<OAuthClient>(&inactive).await.unwrap().total, 1);
    let short = ClientBody {
        access_token_validity_seconds: 299,
        ..body("Short")
    };
    assert!(matches!(
        s.create_client(id("z"), short, &by(3)).await,
        Err(StoreError::Invalid(_))
    ));
    s.delete::<OAuthClient>(&made.id, Expected::Version(Version(2)), &by(4))
        .await
        .unwrap();
    assert!(matches!(
        s.get::<OAuthClient>(&made.id).await,
        Err(StoreError::NotFound { .. })
    ));
}

pub(crate) async fn a_secret_gets_tokens_and_a_new_one_ends_them(place: Place) {
    let s = &place.store;
    let made = s
        .create_client(id("x"), body("Caller"), &by(0))
        .await
        .unwrap();
    let issued = s.issue_token("x", &made.secret, NOW).await.unwrap();
    assert_eq!(issued.expires, NOW.plus_seconds(300));
    let owner = open(&place.url)
        .await
        .check_token(&issued.token, NOW)
        .await
        .unwrap();
    assert_eq!((owner.client, owner.expires), (made.client, issued.expires));
    let renewed = s.new_client_secret(&id("x"), &by(1)).await.unwrap();
    assert_eq!(renewed.client.version, Version(2));
    is_denied(s.check_token(&issued.token, NOW).await);
    is_denied(s.issue_token("x", &made.secret, NOW).await);
    let again = s.issue_token("x", &renewed.secret, NOW).await.unwrap();
    assert!(s.check_token(&again.token, NOW).await.is_ok());
}

pub(crate) async fn tokens_end(place: Place) {
    let s = &place.store;
    let made = s
        .create_client(id("x"), body("Caller"), &by(0))
        .await
        .unwrap();
    let issue = || s.issue_token("x", &made.secret, NOW);
    let (one, two, three) = (
        issue().await.unwrap(),
        issue().await.unwrap(),
        issue().await.unwrap(),
    );
    // By time, at the very millisecond.
    assert!(
        s.check_token(&one.token, WallTime(one.expires.0 - 1))
            .await
            .is_ok()
    );
    is_denied(s.check_token(&one.token, one.expires).await);
    // One by name.
    s.revoke_token(&one.token, &by(1)).await.unwrap();
    s.revoke_token(&one.token, &by(1)).await.unwrap();
    is_denied(s.check_token(&one.token, NOW).await);
    assert!(s.check_token(&two.token, NOW).await.is_ok());
    // All of a client that is switched off, for as long as it is.
    let off = ClientBody {
        state: ClientState::Inactive,
        ..body("Caller")
    };
    s.update_client(&id("x"), Expected::Any, off, None, &by(2))
        .await
        .unwrap();
    is_denied(s.check_token(&two.token, NOW).await);
    is_denied(s.issue_token("x", &made.secret, NOW).await);
    s.update_client(&id("x"), Expected::Any, body("Caller"), None, &by(3))
        .await
        .unwrap();
    assert!(s.check_token(&two.token, NOW).await.is_ok());
    // All at once.
    let renewed = s.new_client_secret(&id("x"), &by(4)).await.unwrap();
    is_denied(s.check_token(&two.token, NOW).await);
    is_denied(s.check_token(&three.token, NOW).await);
    // And those that have expired are forgotten.
    s.issue_token("x", &renewed.secret, NOW).await.unwrap();
    assert_eq!(s.forget_expired_tokens(NOW).await.unwrap(), 0);
    assert_eq!(
        s.forget_expired_tokens(NOW.plus_seconds(300))
            .await
            .unwrap(),
        1
    );
}

pub(crate) async fn tokens_are_bounded(place: Place) {
    let s = &place.store;
    let made = s
        .create_client(id("x"), body("Caller"), &by(0))
        .await
        .unwrap();
    let first = s.issue_token("x", &made.secret, NOW).await.unwrap();
    // As many as fit, put in beside the store: hashing a thousand secrets takes a minute.
    let sql = match s.backend() {
        "postgres" => {
            "INSERT INTO token SELECT decode(lpad(n::text, 8, '0'), 'hex'), 'x', 1700000000001 + n, 1700000300000 FROM generate_series(1, 999) n"
        }
        _ => {
            "WITH RECURSIVE s(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM s WHERE n < 999) \
              INSERT INTO token SELECT CAST(n AS BLOB), 'x', 1700000000001 + n, 1700000300000 FROM s"
        }
    };
    crate::secrets::raw(&place.url, sql).await.unwrap();
    assert!(s.check_token(&first.token, NOW).await.is_ok());
    let newest = s
        .issue_token("x", &made.secret, NOW.plus_seconds(2))
        .await
        .unwrap();
    is_denied(s.check_token(&first.token, NOW).await);
    assert!(
        s.check_token(&newest.token, NOW).await.is_ok(),
        "the oldest goes, the newest works"
    );
    let end = newest.expires;
    assert_eq!(s.forget_expired_tokens(end).await.unwrap(), 1000);
}

pub(crate) async fn denied_is_denied_whatever_is_wrong(place: Place) {
    let s = &place.store;
    let made = s
        .create_client(id("x"), body("Caller"), &by(0))
        .await
        .unwrap();
    for client in ["nobody", "", "not an id", "X"] {
        is_denied(s.issue_token(client, &made.secret, NOW).await);
    }
    for wrong in ["", "guess", &"x".repeat(100_000)] {
        is_denied(s.issue_token("x", &wrong.to_owned().into(), NOW).await);
        is_denied(s.check_token(&wrong.to_owned().into(), NOW).await);
    }
    assert!(matches!(
        s.new_client_secret(&id("nobody"), &by(1)).await,
        Err(StoreError::NotFound { .. })
    ));
}

pub(crate) async fn one_administrator_remains(place: Place) {
    let s = &place.store;
    // What administers is the caller's to say.
    let administers = |body: &ClientBody| body.roles.iter().any(|it| it.role_id == "chief");
    let chief = |name: &str| ClientBody {
        roles: [HeldRole {
            role_id: "chief".into(),
            division_id: "home".into(),
        }]
        .into(),
        ..body(name)
    };
    for (name, of) in [("a", chief("A")), ("b", chief("B")), ("c", body("C"))] {
        s.create_client(id(name), of, &by(0)).await.unwrap();
    }
    let update = async |name: &str, of: ClientBody| {
        let administers = Some(&administers as &Administers<'_>);
        s.update_client(&id(name), Expected::Any, of, administers, &by(1))
            .await
    };
    let delete = async |name: &str| {
        let administers = Some(&administers as &Administers<'_>);
        s.delete_client(&id(name), Expected::Any, administers, &by(1))
            .await
    };
    let off = ClientBody {
        state: ClientState::Inactive,
        ..chief("A")
    };
    assert_eq!(update("a", off).await.unwrap().body.roles, chief("A").roles);
    // The one that is switched off doesn't count.
    for body in [
        body("B"),
        ClientBody {
            state: ClientState::Inactive,
            ..chief("B")
        },
        ClientBody {
            grant_type: GrantType::Code,
            ..chief("B")
        },
    ] {
        let refused = update("b", body).await;
        assert!(
            matches!(refused, Err(StoreError::LastAdministrator)),
            "{refused:?}"
        );
    }
    let refused = delete("b").await;
    assert!(
        matches!(refused, Err(StoreError::LastAdministrator)),
        "{refused:?}"
    );
    update("b", chief("Renamed")).await.unwrap();
    delete("a").await.unwrap();
    delete("c").await.unwrap();
    // Where the configuration has an administrator, nobody has to remain.
    s.delete_client(&id("b"), Expected::Any, None, &by(2))
        .await
        .unwrap();
}

pub(crate) async fn another_grant_gets_no_token(place: Place) {
    let s = &place.store;
    let coded = ClientBody {
        grant_type: GrantType::Code,
        redirect_uris: vec!["https://a.example/callback".into()],
        scopes: vec!["users:readonly".into(), "analytics".into()],
        ..body("Coded")
    };
    let made = s
        .create_client(id("x"), coded.clone(), &by(0))
        .await
        .unwrap();
    assert_eq!(s.get::<OAuthClient>(&id("x")).await.unwrap().body, coded);
    let issued = s.issue_token("x", &made.secret, NOW).await;
    assert!(
        matches!(issued, Err(StoreError::OtherGrant("CODE"))),
        "{issued:?}"
    );
    is_denied(s.issue_token("x", &Secret::new("wrong".into()), NOW).await);
    s.update_client(&id("x"), Expected::Any, body("Coded"), None, &by(1))
        .await
        .unwrap();
    let issued = s.issue_token("x", &made.secret, NOW).await.unwrap();
    s.check_token(&issued.token, NOW).await.unwrap();
    // Its tokens end with the grant that they were given for.
    s.update_client(&id("x"), Expected::Any, coded, None, &by(2))
        .await
        .unwrap();
    is_denied(s.check_token(&issued.token, NOW).await);
}
