//! Credentials, sealing, keys.

use crate::Place;
use crate::definitions::{id, integration};
use crate::support::{NOW, by, ring};
use std::collections::BTreeMap;
use tollgate_store::*;
use tollgate_store::{Credential, Integration};

const PASSWORD: &str = "correct-horse-battery-staple";

fn secret(text: &str) -> tollgate_secret::Secret {
    text.to_owned().into()
}

pub(crate) fn credential(n: &str) -> NewCredential {
    NewCredential {
        id: id(n),
        name: format!("Login {n}"),
        kind: CredentialKind::BasicAuth,
        fields: BTreeMap::from([
            ("userName".into(), secret("robot")),
            ("password".into(), secret(PASSWORD)),
        ]),
    }
}

fn shown(fields: &BTreeMap<String, tollgate_secret::Secret>) -> Vec<(&str, &str)> {
    fields
        .iter()
        .map(|(name, value)| (name.as_str(), value.expose()))
        .collect()
}

pub(crate) async fn a_credential_shows_names_only(place: Place) {
    let s = &place.store;
    let made = s.create_credential(credential("c1"), &by(0)).await.unwrap();
    assert_eq!(made.fields, ["password", "userName"]);
    assert!(!format!("{made:?} {:?}", credential("c1")).contains(PASSWORD));
    let all = s
        .list::<Credential>(&CredentialQuery::default())
        .await
        .unwrap();
    assert_eq!(all.items, std::slice::from_ref(&made));
    assert_eq!(
        shown(&s.reveal_credential(&made.id).await.unwrap()),
        [("password", PASSWORD), ("userName", "robot")]
    );

    let renamed = s
        .update_credential(
            &made.id,
            Expected::Version(Version(1)),
            CredentialUpdate {
                name: Some("New".into()),
                ..Default::default()
            },
            &by(1),
        )
        .await
        .unwrap();
    assert_eq!(
        (renamed.version, renamed.name.as_str()),
        (Version(2), "New")
    );
    assert_eq!(
        s.reveal_credential(&made.id).await.unwrap().len(),
        2,
        "a new name keeps the fields"
    );
    let fields = BTreeMap::from([("token".into(), secret("t"))]);
    let old = s
        .update_credential(
            &made.id,
            Expected::Version(Version(1)),
            CredentialUpdate {
                fields: Some(fields.clone()),
                ..Default::default()
            },
            &by(2),
        )
        .await;
    assert!(matches!(
        old,
        Err(StoreError::Stale {
            current: Version(2),
            ..
        })
    ));
    assert_eq!(
        s.reveal_credential(&made.id).await.unwrap().len(),
        2,
        "a stale update changes nothing"
    );
    s.update_credential(
        &made.id,
        Expected::Version(Version(2)),
        CredentialUpdate {
            kind: Some(CredentialKind::Other("webhook".into())),
            fields: Some(fields),
            ..Default::default()
        },
        &by(3),
    )
    .await
    .unwrap();
    let found = s.get::<Credential>(&made.id).await.unwrap();
    assert_eq!(found.kind, CredentialKind::from_word("webhook"));
    assert_eq!(
        shown(&s.reveal_credential(&made.id).await.unwrap()),
        [("token", "t")]
    );
    let big = BTreeMap::from([("a".into(), secret(&"x".repeat(64 * 1024 + 1)))]);
    let error = s
        .create_credential(
            NewCredential {
                fields: big,
                ..credential("c2")
            },
            &by(4),
        )
        .await
        .unwrap_err();
    assert!(matches!(error, StoreError::Invalid(_)), "{error}");
    s.delete::<Credential>(&made.id, Expected::Any, &by(5))
        .await
        .unwrap();
    assert!(matches!(
        s.reveal_credential(&made.id).await,
        Err(StoreError::NotFound { .. })
    ));
    assert!(
        s.key_use().await.unwrap().iter().all(|k| k.values == 0),
        "and its values are gone"
    );
}

pub(crate) async fn a_credential_in_use_stays(place: Place) {
    let s = &place.store;
    let it = s
        .create::<Integration>(integration("CRM"), &by(0))
        .await
        .unwrap();
    let config = |credential: &str| IntegrationConfig {
        credentials: BTreeMap::from([("basicAuth".into(), id(credential))]),
        ..Default::default()
    };
    let error = s
        .update_integration_config(&it.id, Expected::Any, config("none"), &by(1))
        .await
        .unwrap_err();
    assert!(
        matches!(
            error,
            StoreError::NotFound {
                entity: Entity::Credential,
                ..
            }
        ),
        "{error}"
    );
    let made = s.create_credential(credential("c1"), &by(2)).await.unwrap();
    let set = s
        .update_integration_config(&it.id, Expected::Any, config("c1"), &by(3))
        .await
        .unwrap();
    assert_eq!(
        set.config_version,
        Version(2),
        "the refused one didn't count"
    );
    let error = s
        .delete::<Credential>(&made.id, Expected::Any, &by(4))
        .await
        .unwrap_err();
    assert!(
        matches!(&error, StoreError::InUse { id, .. } if *id == it.id),
        "{error}"
    );
    s.update_integration_config(&it.id, Expected::Any, IntegrationConfig::default(), &by(5))
        .await
        .unwrap();
    s.delete::<Credential>(&made.id, Expected::Any, &by(6))
        .await
        .unwrap();
}

pub(crate) async fn credentials_come_from_where_the_cursor_is(place: Place) {
    let s = &place.store;
    for n in ["c4", "c2", "C1", "c3", "c5"] {
        s.create_credential(credential(n), &by(0)).await.unwrap();
    }
    let at = async |cursor, size| {
        let found = s.credentials_at(&cursor, size).await.unwrap();
        let ids: Vec<_> = found.iter().map(|it| it.id.to_string()).collect();
        ids.join(" ")
    };
    use CredentialCursor::{After, Before, Start};
    assert_eq!(at(Start, 3).await, "C1 c2 c3");
    assert_eq!(at(After(id("c3")), 3).await, "c4 c5");
    assert_eq!(at(After(id("c5")), 3).await, "");
    assert_eq!(at(Before(id("c5")), 2).await, "c3 c4");
    assert_eq!(at(Before(id("C1")), 2).await, "");
    // One that is gone leaves its place.
    s.delete::<Credential>(&id("c3"), Expected::Any, &by(1))
        .await
        .unwrap();
    assert_eq!(at(After(id("c3")), 1).await, "c4");
    assert_eq!(at(Before(id("c3")), 1).await, "c2");
}

pub(crate) async fn with_ring(url: &str, lines: &[&str]) -> Result<Store, OpenError> {
    let ring = KeyRing::parse(&secret(&lines.join("\n"))).unwrap();
    Store::open(&StoreUrl::parse(url).unwrap(), ring, NOW).await
}

pub(crate) const OLD: &str = "k1:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
pub(crate) const NEW: &str = "k2:ICEiIyQlJicoKSorLC0uLzAxMjM0NTY3ODk6Ozw9Pj8=";
const OTHER: &str = "k1:ICEiIyQlJicoKSorLC0uLzAxMjM0NTY3ODk6Ozw9Pj8=";

pub(crate) async fn keys_rotate_in_steps(place: Place) {
    assert_eq!(ring().active().as_str(), "k1");
    for n in 0..5 {
        place
            .store
            .create_credential(credential(&format!("c{n}")), &by(n))
            .await
            .unwrap();
    }
    // The store in use reads on while another node rotates: its ring has both keys already.
    let reader = with_ring(&place.url, &[OLD, NEW]).await.unwrap();
    let s = with_ring(&place.url, &[NEW, OLD]).await.unwrap();
    let mut left = 10;
    while left > 0 {
        let step = s.rotate(3, &by(10)).await.unwrap();
        assert_eq!(step.left, left - step.resealed);
        left = step.left;
        for n in 0..5 {
            let id = id(&format!("c{n}"));
            assert_eq!(
                reader.reveal_credential(&id).await.unwrap()["password"].expose(),
                PASSWORD
            );
        }
        if left > 0 {
            let missing = with_ring(&place.url, &[NEW])
                .await
                .err()
                .map(|e| e.to_string());
            assert!(
                missing.is_some_and(|e| e.contains("k1")),
                "a key that still seals can't be left out"
            );
        }
    }
    assert_eq!(
        s.rotate(3, &by(11)).await.unwrap(),
        Rotation {
            resealed: 0,
            left: 0
        }
    );
    let used: Vec<(String, u64)> = s
        .key_use()
        .await
        .unwrap()
        .into_iter()
        .map(|k| (k.key.to_string(), k.values))
        .collect();
    assert_eq!(used, [("k1".to_owned(), 0), ("k2".to_owned(), 10)]);
    let alone = with_ring(&place.url, &[NEW]).await.unwrap();
    assert_eq!(
        alone.reveal_credential(&id("c4")).await.unwrap()["password"].expose(),
        PASSWORD
    );
}

pub(crate) async fn wrong_keys_are_refused_at_start(place: Place) {
    place
        .store
        .create_credential(credential("c1"), &by(0))
        .await
        .unwrap();
    for lines in [&[OTHER][..], &[NEW], &[NEW, OTHER]] {
        let error = with_ring(&place.url, lines)
            .await
            .err()
            .expect("a wrong ring opens nothing");
        assert!(
            matches!(&error, OpenError::WrongKeys { stored, .. } if stored == "k1"),
            "{error}"
        );
    }
    assert!(with_ring(&place.url, &[OLD]).await.is_ok());
}

pub(crate) async fn a_value_moved_elsewhere_does_not_open(place: Place) {
    let s = &place.store;
    s.create_credential(credential("c1"), &by(0)).await.unwrap();
    s.create_credential(credential("c2"), &by(0)).await.unwrap();
    let sql = "UPDATE sealed SET value = (SELECT value FROM sealed WHERE entity_id = 'c2' AND field = 'password') \
               WHERE entity_id = 'c1' AND field = 'password'";
    raw(&place.url, sql).await.unwrap();
    let error = s
        .reveal_credential(&id("c1"))
        .await
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("credential c1 password") && !error.contains(PASSWORD),
        "{error}"
    );
    assert!(s.reveal_credential(&id("c2")).await.is_ok());
}

pub(crate) async fn no_secret_is_in_the_database(place: Place) {
    let s = &place.store;
    s.create_credential(credential("c1"), &by(0)).await.unwrap();
    let admin = s
        .create_first_administrator(id("admin"), "Admin".into(), &by(1), &|_, _| Ok(()))
        .await
        .unwrap();
    let token = s
        .issue_token("admin", &admin.secret, NOW)
        .await
        .unwrap()
        .token;
    let given = crate::jobs::new("j1", "caller");
    let bounds = crate::jobs::BOUNDS;
    s.accept_job(given, &bounds, NOW).await.unwrap();
    let audit = s.audit(&AuditQuery::default()).await.unwrap();
    let everything = match place.url.strip_prefix("sqlite:") {
        Some(path) => {
            let read = |end: &str| std::fs::read(format!("{path}{end}")).unwrap_or_default();
            [read(""), read("-wal")].concat()
        }
        None => dump(&place.url).await,
    };
    let everything = String::from_utf8_lossy(&everything).into_owned() + &format!("{audit:?}");
    assert!(
        everything.contains("Login c1"),
        "the search finds what is there"
    );
    let job = [crate::jobs::INPUTS, crate::jobs::CALLBACK];
    for hidden in [PASSWORD, admin.secret.expose(), token.expose(), &OLD[3..]]
        .into_iter()
        .chain(job)
    {
        assert!(!everything.contains(hidden));
    }
}

/// A statement beside the store, as somebody with the database in hand would run it.
pub(crate) async fn raw(url: &str, sql: &str) -> Result<(), String> {
    match url.strip_prefix("sqlite:") {
        Some(path) => rusqlite::Connection::open(path)
            .and_then(|c| c.execute_batch(sql))
            .map_err(|e| e.to_string()),
        None => {
            let (client, task) = tokio_postgres::connect(url, tokio_postgres::NoTls)
                .await
                .unwrap();
            tokio::spawn(task);
            client
                .batch_execute(sql)
                .await
                .map_err(|e| format!("{e:?}"))
        }
    }
}

/// Every row of every table, as text.
async fn dump(url: &str) -> Vec<u8> {
    let (client, task) = tokio_postgres::connect(url, tokio_postgres::NoTls)
        .await
        .unwrap();
    tokio::spawn(task);
    let tables = "SELECT tablename FROM pg_tables WHERE schemaname = 'public'";
    let mut text = Vec::new();
    for table in client.query(tables, &[]).await.unwrap() {
        let name: String = table.get(0);
        // Bytes are shown as they are, so that a secret kept as such would be found.
        let sql = format!(
            "SELECT replace(encode(convert_to(t::text, 'UTF8'), 'escape'), '\\\\', '') FROM {name} t"
        );
        for row in client.query(&sql, &[]).await.unwrap() {
            text.extend_from_slice(row.get::<_, String>(0).as_bytes());
        }
    }
    let sealed = client.query("SELECT value FROM sealed", &[]).await.unwrap();
    sealed
        .iter()
        .for_each(|row| text.extend_from_slice(row.get(0)));
    text
}
