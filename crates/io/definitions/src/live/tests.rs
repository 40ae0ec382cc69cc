//! How the picture follows a real store.

use super::follower::Round;
use super::*;
use crate::{CatalogIntegration, NameError, OperatorNumbers};
use std::path::Path;
use std::time::Duration;
use support::postgres::{Disk, Server};
use support::proxy::{Proxy, Way};
use support::{NOW, by, open, ring};
use tollgate_action::IntegrationType;
use tollgate_config::SharedLimits;
use tollgate_driver::Setup;
use tollgate_store::*;
use tollgate_store::{Action, Integration};
use tollgate_workers::Workers;

#[path = "../../../store/tests/support/mod.rs"]
mod support;

/// A picture over a store, and what follows it.
struct World {
    live: Arc<Live>,
    follower: Follower,
    store: Arc<Store>,
    driver: Driver,
    registry: Arc<crate::LimitRegistry>,
    folder: tempfile::TempDir,
}

impl World {
    async fn over(store: Store, folder: tempfile::TempDir) -> Self {
        let store = Arc::new(store);
        let setup = Setup {
            engine: tollgate_engine::Config::default(),
            clients: Vec::new(),
            seed: 1,
            bounds: tollgate_driver::Bounds::default(),
            extra_roots_pem: Vec::new(),
            proxy: None,
        };
        let configured = setup.engine.clone();
        let driver = Driver::start(setup).unwrap();
        let numbers = OperatorNumbers::open(&folder.path().join("usage")).unwrap();
        let registry = crate::LimitRegistry::start(numbers, driver.clone(), None, &configured);
        let registry = Arc::new(registry.await.unwrap());
        let workers = tollgate_workers::Bounds {
            threads: 1,
            waiting_each: 100,
            waiting: 100,
            time: Duration::from_secs(60),
        };
        let foundation = Foundation {
            workers: Arc::new(Workers::start(workers).unwrap()),
            bounds: tollgate_driver::Bounds::default(),
            extra_roots_pem: Vec::new(),
            proxy: None,
            limits: SharedLimits::default(),
            registry: Arc::clone(&registry),
        };
        let files = Catalog::default();
        let (live, follower) =
            Live::new(files, Some(Arc::clone(&store)), driver.clone(), foundation);
        Self {
            live,
            follower,
            store,
            driver,
            registry,
            folder,
        }
    }

    async fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = open(&url(folder.path())).await;
        Self::over(store, folder).await
    }

    async fn round(&mut self) -> Round {
        let store = Arc::clone(&self.store);
        self.follower.round(&store, Vec::new()).await.unwrap()
    }

    /// What the database itself is told.
    fn raw(&self, sql: &str) {
        let database = rusqlite::Connection::open(self.folder.path().join("store.db")).unwrap();
        database.execute_batch(sql).unwrap();
    }

    /// The action's name in the picture.
    fn name(&self, id: &str) -> Option<String> {
        name(&self.live, id)
    }

    fn is_ready(&self, id: &EntityId) -> bool {
        let catalog = self.live.catalog();
        catalog.integration(id.as_str()).unwrap().wiring.is_ok()
    }
}

fn url(folder: &Path) -> String {
    format!("sqlite:{}/store.db", folder.display())
}

fn name(live: &Live, id: &str) -> Option<String> {
    Some(live.catalog().action(id)?.name.clone())
}

fn body(name: &str) -> ActionBody {
    let config = r#"{"request": {"requestUrlTemplate": "https://upstream.example/", "requestType": "GET"},
        "response": {"translationMap": {}, "translationMapDefaults": {}, "successTemplate": "{}"}}"#;
    let contract = r#"{"input": {"inputSchema": {"type": "object", "properties": {}}},
        "output": {"successSchema": {"type": "object", "properties": {}}}}"#;
    ActionBody {
        name: name.to_owned(),
        category: "category".to_owned(),
        secure: false,
        config: JsonText::parse(config.to_owned()).unwrap(),
        contract: JsonText::parse(contract.to_owned()).unwrap(),
    }
}

/// An enabled integration with a credential.
async fn integration(store: &Store, name: &str) -> (EntityId, EntityId) {
    let new = NewCredential {
        id: EntityId::random(),
        name: "c".to_owned(),
        kind: CredentialKind::UserDefined,
        fields: [("k".to_owned(), "v".to_owned().into())].into(),
    };
    let credential = store.create_credential(new, &by(0)).await.unwrap().id;
    let new = NewIntegration {
        id: EntityId::random(),
        name: name.to_owned(),
        type_id: "custom-rest-actions".to_owned(),
        intended_state: IntendedState::Enabled,
        notes: String::new(),
        attributes: [].into(),
    };
    let made = store.create::<Integration>(new, &by(0)).await.unwrap().id;
    let config = IntegrationConfig {
        credentials: [("userDefined".to_owned(), credential.clone())].into(),
        ..IntegrationConfig::default()
    };
    let author = by(0);
    let changed = store.update_integration_config(&made, Expected::Any, config, &author);
    changed.await.unwrap();
    (made, credential)
}

/// Gives the integration a limit of 300 calls a minute.
async fn limit(store: &Store, id: &EntityId, credential: EntityId) {
    let config = IntegrationConfig {
        credentials: [("userDefined".to_owned(), credential)].into(),
        properties: JsonText::parse(r#"{"requestsPerMinute": 300}"#.to_owned()).unwrap(),
        ..IntegrationConfig::default()
    };
    let author = by(0);
    let changed = store.update_integration_config(id, Expected::Any, config, &author);
    changed.await.unwrap();
}

async fn create(store: &Store, integration: &EntityId, id: &str) {
    let new = NewAction {
        id: EntityId::parse(id).unwrap(),
        integration_id: integration.clone(),
        body: body(id),
    };
    store.create::<Action>(new, &by(0)).await.unwrap();
}

async fn rename(store: &Store, id: &str, name: &str) -> Action {
    let (id, author) = (EntityId::parse(id).unwrap(), by(0));
    let renamed = store.update::<Action>(&id, Expected::Any, body(name), &author);
    renamed.await.unwrap()
}

async fn rename_credential(store: &Store, id: &EntityId) {
    let author = by(0);
    let update = CredentialUpdate {
        name: Some("d".to_owned()),
        ..CredentialUpdate::default()
    };
    let renamed = store.update_credential(id, Expected::Any, update, &author);
    renamed.await.unwrap();
}

async fn delete(store: &Store, id: &str) {
    let (id, author) = (EntityId::parse(id).unwrap(), by(0));
    let deleted = store.delete::<Action>(&id, Expected::Any, &author);
    deleted.await.unwrap();
}

fn read(read: usize, handed_in: usize, integrations: usize) -> Round {
    Round {
        read,
        handed_in,
        integrations,
    }
}

#[tokio::test]
async fn a_round_reads_what_has_changed_and_nothing_else() {
    let mut world = World::start().await;
    let store = Arc::clone(&world.store);
    let (one, credential) = integration(&store, "One").await;
    let (two, _) = integration(&store, "Two").await;
    for number in 0..30 {
        create(&store, &one, &format!("a-{number}")).await;
    }
    assert_eq!(world.round().await, read(30, 0, 2));
    assert!(world.is_ready(&one) && world.is_ready(&two));
    assert_eq!(world.round().await, Round::default());

    rename(&store, "a-7", "seven").await;
    assert_eq!(world.round().await, read(1, 0, 0));
    assert_eq!(world.name("a-7").unwrap(), "seven");
    // What its author compiled is taken, if it is the version that the store has.
    let kind = IntegrationType::from_name("custom-rest-actions");
    let compiled = |made: &Action| {
        let (id, version) = (made.id.as_str(), made.version.0);
        CatalogAction::of_stored(id, one.as_str(), &kind, &made.body, version)
    };
    let older = compiled(&rename(&store, "a-7", "sieben").await);
    let round = world.follower.round(&store, vec![older]).await.unwrap();
    assert_eq!(round, read(0, 1, 0));
    let older = compiled(&rename(&store, "a-7", "sept").await);
    rename(&store, "a-7", "sette").await;
    let round = world.follower.round(&store, vec![older]).await.unwrap();
    assert_eq!(round, read(1, 0, 0));
    assert_eq!(world.name("a-7").unwrap(), "sette");
    let catalog = world.live.catalog();
    assert!(catalog.action_named("category", "SETTE").is_some());
    assert!(catalog.action_named("category", "seven").is_none());

    rename_credential(&store, &credential).await;
    assert_eq!(world.round().await, read(0, 0, 1));
    delete(&store, "a-8").await;
    assert_eq!(world.round().await, read(0, 0, 0));
    assert_eq!(world.name("a-8"), None);
    assert_eq!(world.live.catalog().actions().len(), 29);
    let author = by(0);
    let deleted = store.delete::<Integration>(&two, Expected::Any, &author);
    deleted.await.unwrap();
    assert_eq!(world.round().await, read(0, 0, 0));
    assert!(world.live.catalog().integration(two.as_str()).is_none());
}

#[tokio::test]
async fn one_that_was_removed_and_made_again_is_the_new_one() {
    let mut world = World::start().await;
    let store = Arc::clone(&world.store);
    let (one, _) = integration(&store, "One").await;
    let login = crate::auth_id(one.as_str());
    create(&store, &one, &login).await;
    assert_eq!(world.round().await, read(1, 0, 1));
    delete(&store, &login).await;
    let new = NewAction {
        id: EntityId::parse(&login).unwrap(),
        integration_id: one,
        body: body("new"),
    };
    let made = store.create::<Action>(new, &by(0)).await.unwrap();
    assert_eq!(made.version, Version::FIRST, "as the one before");
    assert_eq!(world.round().await, read(1, 0, 1));
    assert_eq!(world.name(&login).unwrap(), "new");
}

#[tokio::test]
async fn what_broke_off_half_way_is_done_by_the_next_round() {
    let mut world = World::start().await;
    let store = Arc::clone(&world.store);
    let (one, credential) = integration(&store, "One").await;
    create(&store, &one, "a").await;
    world.round().await;
    rename(&store, "a", "b").await;
    rename_credential(&store, &credential).await;
    // The action can be read, and the credential can't.
    world.raw("ALTER TABLE sealed RENAME TO away");
    let broken = world.follower.round(&store, Vec::new()).await;
    assert!(matches!(broken, Err(RefreshError::Store(_))), "{broken:?}");
    assert_eq!(world.name("a").unwrap(), "a", "no half of a picture");
    world.raw("ALTER TABLE away RENAME TO sealed");
    assert_eq!(world.round().await, read(0, 0, 1), "what was read is kept");
    assert_eq!(world.name("a").unwrap(), "b");
}

#[tokio::test]
async fn a_store_that_is_an_older_one_again_is_read_anew() {
    let mut world = World::start().await;
    let store = Arc::clone(&world.store);
    let (one, _) = integration(&store, "One").await;
    create(&store, &one, "a").await;
    create(&store, &one, "b").await;
    world.round().await;
    for number in 0..10 {
        rename(&store, "a", &number.to_string()).await;
    }
    world.round().await;
    // As if a copy had been put back that was made when there were fewer changes.
    world.raw(
        "DELETE FROM action WHERE id = 'b';
         CREATE TEMP TABLE past AS SELECT entity, entity_id, row_number() OVER (ORDER BY number) AS place
             FROM definition_change;
         UPDATE definition_change SET number = -number;
         UPDATE definition_change SET number = (SELECT place FROM past
             WHERE (past.entity, past.entity_id) = (definition_change.entity, definition_change.entity_id));
         UPDATE revision SET number = (SELECT max(place) FROM past)",
    );
    assert_eq!(world.round().await, read(1, 0, 1));
    assert_eq!(world.name("b"), None);
    assert!(world.is_ready(&one));
}

#[tokio::test]
async fn each_of_many_edits_at_once_is_live_when_it_is_answered() {
    let world = World::start().await;
    let (one, _) = integration(&world.store, "One").await;
    tokio::spawn(world.follower.follow());
    let mut edits = tokio::task::JoinSet::new();
    for number in 0..20 {
        let (store, live, one) = (
            Arc::clone(&world.store),
            Arc::clone(&world.live),
            one.clone(),
        );
        edits.spawn(async move {
            let id = format!("a-{number}");
            create(&store, &one, &id).await;
            live.refresh().await.unwrap();
            assert_eq!(name(&live, &id), Some(id));
        });
    }
    while let Some(edit) = edits.join_next().await {
        edit.unwrap();
    }
}

/// The id of the action of that name of the integration of that name or id.
fn found(world: &World, integration: &str, name: &str) -> Result<String, NameError> {
    named(&world.live.catalog(), integration, name)
}

fn named(catalog: &Catalog, integration: &str, name: &str) -> Result<String, NameError> {
    let target = catalog.integration_called(integration)?;
    catalog
        .action_of(target, name)
        .map(|entry| entry.id.clone())
}

#[tokio::test]
async fn an_action_is_found_by_its_name_and_its_integrations() {
    let mut world = World::start().await;
    let (one, _) = integration(&world.store, "One").await;
    let (other, _) = integration(&world.store, "Other").await;
    create(&world.store, &one, "a").await;
    create(&world.store, &other, "b").await;
    world.round().await;
    assert_eq!(found(&world, "One", "a").unwrap(), "a");
    assert_eq!(found(&world, other.as_str(), "b").unwrap(), "b");
    let none = NameError::NoIntegration("one".to_owned());
    assert_eq!(
        found(&world, "one", "a"),
        Err(none),
        "names are compared as they are written"
    );
    let none = NameError::NoAction {
        integration: "One".to_owned(),
        name: "b".to_owned(),
    };
    assert_eq!(found(&world, "One", "b"), Err(none));
    rename(&world.store, "a", "c").await;
    world.round().await;
    assert!(found(&world, "One", "a").is_err());
    assert_eq!(found(&world, "One", "c").unwrap(), "a");
    delete(&world.store, "b").await;
    world.round().await;
    assert!(found(&world, "Other", "b").is_err());
    // One of the configuration file may have the name of a stored one.
    let mut catalog = world.live.catalog().as_ref().clone();
    catalog.add_integration(Arc::new(CatalogIntegration {
        id: "of-the-file".to_owned(),
        name: "One".to_owned(),
        kind: IntegrationType::from_name("custom-rest-actions"),
        stored: None,
        credentials: [].into(),
        wiring: Err("incomplete".to_owned()),
    }));
    let several = named(&catalog, "One", "c").unwrap_err();
    for id in [one.as_str(), "of-the-file"] {
        assert!(several.to_string().contains(id), "{several}");
    }
    assert_eq!(named(&catalog, one.as_str(), "c").unwrap(), "a");
}

#[tokio::test]
async fn a_store_that_is_mute_keeps_nobody_from_the_picture() {
    let server = match Server::start(Disk::Lags) {
        Ok(server) => server,
        Err(why) => return support::skip(&why),
    };
    // Another node, which reaches the database.
    let other = open(&server.database("mute")).await;
    let (one, _) = integration(&other, "One").await;
    create(&other, &one, "a").await;
    create(&other, &one, "b").await;
    let proxy = Proxy::start(server.socket()).await;
    // Longer than the store is mute here, however slow the machine is.
    let bounds = tollgate_store::Bounds {
        timeout: Duration::from_secs(600),
        connect_timeout: Duration::from_secs(600),
    };
    let through = StoreUrl::parse(&proxy.url("mute")).unwrap();
    let store = Store::open_within(&through, ring(), NOW, bounds)
        .await
        .unwrap();
    let mut world = World::over(store, tempfile::tempdir().unwrap()).await;
    world.round().await;
    let World { live, follower, .. } = world;
    proxy.set(Way::Mute);
    tokio::spawn(follower.follow());
    rename(&other, "a", "c").await;
    let ask = || {
        let live = Arc::clone(&live);
        tokio::spawn(async move { live.refresh().await })
    };
    let asked = [ask(), ask()];
    let hangs_up = ask();
    for _ in 0..10 {
        tokio::task::yield_now().await;
    }
    hangs_up.abort();
    rename(&other, "b", "d").await;
    assert_eq!(name(&live, "a").unwrap(), "a");
    assert!(asked.iter().all(|asked| !asked.is_finished()));
    proxy.set(Way::Open);
    for asked in asked {
        asked.await.unwrap().unwrap();
    }
    assert_eq!(name(&live, "a").unwrap(), "c");
    // What nobody asked for here, because it was done there, comes by itself.
    for _ in 0..2000 {
        if name(&live, "b").unwrap() == "d" {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("another node's change isn't seen");
}

#[tokio::test]
async fn a_number_of_another_node_waits_for_the_limit_and_stays_when_it_is_renamed() {
    let mut world = World::start().await;
    let store = Arc::clone(&world.store);
    let (id, credential) = integration(&store, "Old").await;
    limit(&store, &id, credential).await;
    // Another node follows sooner, and an operator sets a number there.
    world.registry.share().await;
    let key = format!(r#"[null,"requests.per.minute",300,"{id}"]"#);
    let taken = world.registry.take_over(&key, Some(r#"{"allowed":50}"#));
    taken.await.unwrap();
    let allowed = async |world: &World| {
        let limits = world.driver.snapshot().await.unwrap().limits;
        let limits = limits.into_iter().map(|it| (it.name, it.allowed));
        limits.collect::<Vec<_>>()
    };
    world.round().await;
    assert_eq!(
        allowed(&world).await,
        [("Old.requests.per.minute".to_owned(), 50)]
    );
    let update = IntegrationUpdate {
        name: Some("New".to_owned()),
        ..IntegrationUpdate::default()
    };
    let author = by(0);
    let renamed = store.update::<Integration>(&id, Expected::Any, update, &author);
    renamed.await.unwrap();
    world.round().await;
    assert_eq!(
        allowed(&world).await,
        [("New.requests.per.minute".to_owned(), 50)]
    );
    let untold = world.registry.untold().await;
    assert_eq!(untold, [], "a rename is nothing to tell");
}

#[tokio::test]
async fn numbers_that_were_kept_by_name_are_those_of_the_id() {
    let mut world = World::start().await;
    let store = Arc::clone(&world.store);
    let (id, credential) = integration(&store, "Old").await;
    limit(&store, &id, credential).await;
    world.registry.share().await;
    world.round().await;
    // A value that an earlier version has written.
    let by_name = r#"[null,"Old.requests.per.minute",300]"#;
    let taken = world.registry.take_over(by_name, Some(r#"{"allowed":50}"#));
    taken.await.unwrap();
    let limits = world.driver.snapshot().await.unwrap().limits;
    assert_eq!(limits[0].allowed, 50);
    let told = world.registry.untold().await;
    let by_id = format!(r#"[null,"requests.per.minute",300,"{id}"]"#);
    let text = Some(r#"{"allowed":50}"#.to_owned());
    assert_eq!(told, [(by_name.to_owned(), None), (by_id, text)]);
}
