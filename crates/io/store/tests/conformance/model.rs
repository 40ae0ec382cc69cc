//! A few hundred random changes, each against a plain model of what the seam promises: the same
//! outcome, and in the end the same things. One seed gives one history, on both back-ends.

use crate::Place;
use crate::definitions::{id, json};
use crate::support::by;
use std::collections::BTreeMap;
use tollgate_store::*;
use tollgate_store::{Action, Draft, Integration};

const CHANGES: u32 = 400;
const SEEDS: u64 = 3;

/// What a change came to, without the details that the model doesn't have.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Outcome {
    Done,
    NotFound,
    Stale(i64),
    Conflict,
    InUse,
}

impl Outcome {
    fn of<T>(result: StoreResult<T>) -> Self {
        match result {
            Ok(_) => Self::Done,
            Err(StoreError::NotFound { .. }) => Self::NotFound,
            Err(StoreError::Stale { current, .. }) => Self::Stale(current.0),
            Err(StoreError::Conflict { .. }) => Self::Conflict,
            Err(StoreError::InUse { .. }) => Self::InUse,
            Err(other) => panic!("the model knows no {other}"),
        }
    }
}

/// Names are small numbers; the same in another case is the same name.
#[derive(Clone, PartialEq, Eq, Debug)]
struct Thing {
    integration: u32,
    name: u32,
    version: i64,
    based_on: Option<i64>,
}

#[derive(Default)]
struct Model {
    /// Version and name by id.
    integrations: BTreeMap<u32, (i64, u32)>,
    actions: BTreeMap<u32, Thing>,
    drafts: BTreeMap<u32, Thing>,
    changes: u64,
}

impl Model {
    fn stale(there: i64, expected: Option<i64>) -> Option<Outcome> {
        expected
            .filter(|e| *e != there)
            .map(|_| Outcome::Stale(there))
    }

    fn predict(&mut self, change: &Change) -> Outcome {
        let outcome = self.apply(change).err().unwrap_or(Outcome::Done);
        self.changes += u64::from(outcome == Outcome::Done);
        outcome
    }

    fn apply(&mut self, change: &Change) -> Result<(), Outcome> {
        let Change {
            what,
            n,
            i,
            name,
            expected,
        } = *change;
        let refuse = |refused: bool, outcome| if refused { Err(outcome) } else { Ok(()) };
        let version = |there: i64| Self::stale(there, expected).map_or(Ok(()), Err);
        match what {
            What::CreateIntegration => {
                let taken = self.integrations.contains_key(&i)
                    || self.integrations.values().any(|(_, n)| *n == name);
                refuse(taken, Outcome::Conflict)?;
                self.integrations.insert(i, (1, name));
            }
            What::RenameIntegration => {
                let taken = self
                    .integrations
                    .iter()
                    .any(|(id, (_, n))| *n == name && *id != i);
                let it = self.integrations.get_mut(&i).ok_or(Outcome::NotFound)?;
                version(it.0)?;
                refuse(taken, Outcome::Conflict)?;
                *it = (it.0 + 1, name);
            }
            What::DeleteIntegration => {
                let it = self.integrations.get(&i).ok_or(Outcome::NotFound)?;
                version(it.0)?;
                let used = self
                    .actions
                    .values()
                    .chain(self.drafts.values())
                    .any(|a| a.integration == i);
                refuse(used, Outcome::InUse)?;
                self.integrations.remove(&i);
            }
            What::CreateAction | What::CreateDraft => {
                let taken = self.actions.contains_key(&n) || self.drafts.contains_key(&n);
                refuse(taken, Outcome::Conflict)?;
                refuse(!self.integrations.contains_key(&i), Outcome::NotFound)?;
                let made = Thing {
                    integration: i,
                    name,
                    version: 1,
                    based_on: None,
                };
                if what == What::CreateAction {
                    self.actions.insert(n, made);
                } else {
                    self.drafts.insert(n, made);
                }
            }
            What::UpdateAction => {
                let it = self.actions.get_mut(&n).ok_or(Outcome::NotFound)?;
                version(it.version)?;
                (it.name, it.version) = (name, it.version + 1);
            }
            What::DeleteAction => {
                version(self.actions.get(&n).ok_or(Outcome::NotFound)?.version)?;
                self.actions.remove(&n);
                self.drafts.remove(&n);
            }
            What::DraftFromAction => {
                let it = self.actions.get(&n).ok_or(Outcome::NotFound)?;
                refuse(self.drafts.contains_key(&n), Outcome::Conflict)?;
                let draft = Thing {
                    version: 1,
                    based_on: Some(it.version),
                    ..it.clone()
                };
                self.drafts.insert(n, draft);
            }
            What::UpdateDraft => {
                let it = self.drafts.get_mut(&n).ok_or(Outcome::NotFound)?;
                version(it.version)?;
                (it.name, it.version) = (name, it.version + 1);
            }
            What::DeleteDraft => {
                version(self.drafts.get(&n).ok_or(Outcome::NotFound)?.version)?;
                self.drafts.remove(&n);
            }
            What::Publish => {
                let it = self.drafts.get(&n).ok_or(Outcome::NotFound)?.clone();
                version(it.version)?;
                let there = self.actions.get(&n).map(|a| a.version);
                refuse(there != it.based_on, Outcome::Stale(there.unwrap_or(0)))?;
                let version = there.unwrap_or(0) + 1;
                self.actions.insert(
                    n,
                    Thing {
                        version,
                        based_on: None,
                        ..it
                    },
                );
                self.drafts.remove(&n);
            }
        }
        Ok(())
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum What {
    CreateIntegration,
    RenameIntegration,
    DeleteIntegration,
    CreateAction,
    CreateDraft,
    UpdateAction,
    DeleteAction,
    DraftFromAction,
    UpdateDraft,
    DeleteDraft,
    Publish,
}

const ALL: [What; 11] = [
    What::CreateIntegration,
    What::RenameIntegration,
    What::DeleteIntegration,
    What::CreateAction,
    What::CreateDraft,
    What::UpdateAction,
    What::DeleteAction,
    What::DraftFromAction,
    What::UpdateDraft,
    What::DeleteDraft,
    What::Publish,
];

/// One change: of action `n` of integration `i`, to a name.
#[derive(Clone, Copy, Debug)]
struct Change {
    what: What,
    n: u32,
    i: u32,
    name: u32,
    expected: Option<i64>,
}

impl Change {
    fn random(random: &mut impl FnMut(u32) -> u32) -> Self {
        Self {
            what: ALL[random(ALL.len() as u32) as usize],
            n: random(4),
            i: random(3),
            name: random(5),
            expected: (random(2) == 0).then(|| i64::from(random(4)) + 1),
        }
    }

    async fn run(self, store: &Store, loud: bool) -> Outcome {
        let Self {
            what,
            n,
            i,
            name,
            expected,
        } = self;
        let (action, integration) = (id(&format!("a{n}")), id(&format!("i{i}")));
        let name = if loud {
            format!("NAME {name}")
        } else {
            format!("name {name}")
        };
        let expected = expected.map_or(Expected::Any, |v| Expected::Version(Version(v)));
        let body = ActionBody {
            name: name.clone(),
            category: "c".into(),
            secure: false,
            config: json("{}"),
            contract: json("{}"),
        };
        let new = NewAction {
            id: action.clone(),
            integration_id: integration.clone(),
            body: body.clone(),
        };
        let by = by(n);
        match what {
            What::CreateIntegration => {
                let new = NewIntegration {
                    id: integration,
                    name,
                    ..crate::definitions::integration("x")
                };
                Outcome::of(store.create::<Integration>(new, &by).await)
            }
            What::RenameIntegration => {
                let update = IntegrationUpdate {
                    name: Some(name),
                    ..Default::default()
                };
                Outcome::of(
                    store
                        .update::<Integration>(&integration, expected, update, &by)
                        .await,
                )
            }
            What::DeleteIntegration => Outcome::of(
                store
                    .delete::<Integration>(&integration, expected, &by)
                    .await,
            ),
            What::CreateAction => Outcome::of(store.create::<Action>(new, &by).await),
            What::CreateDraft => Outcome::of(store.create::<Draft>(new, &by).await),
            What::UpdateAction => {
                Outcome::of(store.update::<Action>(&action, expected, body, &by).await)
            }
            What::DeleteAction => Outcome::of(store.delete::<Action>(&action, expected, &by).await),
            What::DraftFromAction => Outcome::of(store.draft_from_action(&action, &by).await),
            What::UpdateDraft => {
                Outcome::of(store.update::<Draft>(&action, expected, body, &by).await)
            }
            What::DeleteDraft => Outcome::of(store.delete::<Draft>(&action, expected, &by).await),
            What::Publish => Outcome::of(store.publish_draft(&action, expected, &by).await),
        }
    }
}

pub(crate) async fn histories_follow_the_model(place: Place) {
    let store = &place.store;
    let mut model = Model::default();
    for seed in 1..=SEEDS {
        let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let mut random = |bound: u32| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            (state >> 33) as u32 % bound
        };
        for step in 0..CHANGES {
            let change = Change::random(&mut random);
            let loud = random(2) == 0;
            let expected = model.predict(&change);
            assert_eq!(
                change.run(store, loud).await,
                expected,
                "seed {seed}, step {step}: {change:?}"
            );
        }
    }
    assert!(
        model.changes > 100,
        "the histories do something: {}",
        model.changes
    );
    let told = store.audit(&AuditQuery::default()).await.unwrap().total;
    assert_eq!(
        told, model.changes,
        "one entry for each change that was made"
    );
    let integrations = store
        .list::<Integration>(&IntegrationQuery::default())
        .await
        .unwrap()
        .items;
    let there: BTreeMap<String, i64> = integrations
        .into_iter()
        .map(|i| (i.id.to_string(), i.version.0))
        .collect();
    let modelled = model
        .integrations
        .iter()
        .map(|(i, (version, _))| (format!("i{i}"), *version))
        .collect();
    assert_eq!(there, modelled);
    let flat = |n: &EntityId,
                i: &EntityId,
                body: &ActionBody,
                version: Version,
                based_on: Option<Version>| {
        (
            n.to_string(),
            i.to_string(),
            body.name.to_lowercase(),
            version.0,
            based_on.map(|v| v.0),
        )
    };
    let modelled = |things: &BTreeMap<u32, Thing>| -> Vec<_> {
        let one = |(n, t): (&u32, &Thing)| {
            (
                format!("a{n}"),
                format!("i{}", t.integration),
                format!("name {}", t.name),
                t.version,
                t.based_on,
            )
        };
        things.iter().map(one).collect()
    };
    let query = ActionQuery::default();
    let mut actions: Vec<_> = store
        .list::<Action>(&query)
        .await
        .unwrap()
        .items
        .iter()
        .map(|a| flat(&a.id, &a.integration_id, &a.body, a.version, None))
        .collect();
    let mut drafts: Vec<_> = store
        .list::<Draft>(&query)
        .await
        .unwrap()
        .items
        .iter()
        .map(|d| flat(&d.id, &d.integration_id, &d.body, d.version, d.based_on))
        .collect();
    actions.sort();
    drafts.sort();
    assert_eq!(actions, modelled(&model.actions));
    assert_eq!(drafts, modelled(&model.drafts));
}
