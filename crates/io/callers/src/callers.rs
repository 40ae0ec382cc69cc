//! Who may call: the callers' credentials, and the tokens given for them.
//!
//! Callers come from two places. Those of the *file* have their credentials there; their tokens are 256
//! random bits that live in this process, so after a restart they log in again, which every OAuth client
//! does by itself on a 401. Those of the *store* are the API's OAuth clients: secrets and tokens are kept
//! hashed, any node takes them, and they can be revoked.
//!
//! **Staleness.** What the store said of a token is believed for [`BELIEVED`]: that long another node's
//! revocation, new grants or deactivation may go unnoticed here. Changes made through this node count at
//! once: they empty the cache. While the store can't be asked, what it said last holds for
//! [`WITHOUT_STORE`]: calls go on, and nobody can revoke anything then anyway. A store that is slow to
//! answer is waited for [`PATIENCE`]; its answer counts from when it comes.
//!
//! **Bounds.** At most `max_tokens` tokens of the file's callers live, and as many answers of the store
//! are remembered; beyond it the one that ends first goes.

use crate::now::Now;
use crate::principal::{Over, Principal};
use crate::roles::{granted, grants_of};
use crate::tokens::{Alive, Known, lock};
use rand::TryRngCore as _;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use subtle::ConstantTimeEq as _;
use tollgate_config::{Caller, CallerLogins, Organization};
use tollgate_definitions::{Lanes, file_integration_id};
use tollgate_driver::Secret;
use tollgate_store::{Grant, Reach, Role, Store, StoreError};

/// How long an answer of the store about a token is believed.
const BELIEVED: Duration = Duration::from_secs(2);

/// How long the store's last answer about a token is believed while the store can't be asked.
const WITHOUT_STORE: Duration = Duration::from_secs(300);

/// How long a caller who is known waits for the store to say so again.
const PATIENCE: Duration = Duration::from_millis(500);

/// The callers and their tokens.
pub struct Callers {
    callers: Vec<(Caller, Principal)>,
    lanes: Arc<Lanes>,
    organization: Arc<Organization>,
    store: Option<Arc<Store>>,
    life: Duration,
    max_tokens: usize,
    alive: Arc<Mutex<Alive>>,
    believed: Arc<Mutex<Alive>>,
}

/// The token that a login with the right credentials gets.
pub struct Granted {
    /// The token.
    pub access_token: Secret,
    /// How long it lives.
    pub expires_in: Duration,
}

/// The file's callers and what they may do.
fn of_file(callers: Vec<Caller>, lanes: &Lanes) -> Vec<(Caller, Principal)> {
    let principal = |caller: &Caller| {
        let reach = match &caller.integrations {
            None => Reach::Everything,
            Some(names) => {
                let ids = names.iter().map(|name| file_integration_id(name));
                Reach::Integrations(ids.collect())
            }
        };
        let grant = |role: &tollgate_config::Role| Grant {
            role: granted(*role),
            reach: reach.clone(),
        };
        let grants = caller.roles.iter().map(grant).collect();
        let own = lanes.own(&caller.flows, caller.default_flow.as_deref());
        let principal = Principal::new(&caller.client_id, grants, None, own);
        let principal = principal.bound_to(&caller.networks).within(caller.bounds);
        principal.with_pass_through(&caller.pass_through)
    };
    let callers = callers.into_iter();
    callers.map(|it| (it.clone(), principal(&it))).collect()
}

impl Callers {
    /// The file's callers, and those of the store if there is one, whose roles the organisation explains. A token of
    /// a caller of the file lives so long; at most `max_tokens` of them do at once.
    #[must_use]
    pub fn new(
        callers: Vec<Caller>,
        (lanes, organization): (Arc<Lanes>, Arc<Organization>),
        store: Option<Arc<Store>>,
        life: Duration,
        max_tokens: usize,
    ) -> Self {
        Self {
            callers: of_file(callers, &lanes),
            lanes,
            organization,
            store,
            life,
            max_tokens,
            alive: Arc::default(),
            believed: Arc::default(),
        }
    }

    /// Other callers of the file, with the tokens that these have given. Tokens end of callers that are gone, and of those
    /// whose secret is another, as those of the store's clients do.
    #[must_use]
    pub fn next(
        &self,
        callers: Vec<Caller>,
        (lanes, organization): (Arc<Lanes>, Arc<Organization>),
        life: Duration,
        max_tokens: usize,
    ) -> Self {
        let secret = |caller: &Caller| {
            caller
                .logins
                .oauth
                .as_ref()
                .map(|it| it.expose().to_owned())
        };
        let known: BTreeMap<_, _> = callers
            .iter()
            .map(|it| (it.client_id.clone(), secret(it)))
            .collect();
        let ended = self
            .callers
            .iter()
            .filter(|(caller, _)| known.get(&caller.client_id) != Some(&secret(caller)));
        let ended: BTreeSet<_> = ended
            .map(|(_, principal)| principal.id.to_string())
            .collect();
        lock(&self.alive).end_those(|principal| ended.contains(&*principal.id));
        Self {
            callers: of_file(callers, &lanes),
            lanes,
            organization,
            store: self.store.clone(),
            life,
            max_tokens,
            alive: Arc::clone(&self.alive),
            believed: Arc::clone(&self.believed),
        }
    }

    /// What a caller of the file may do now, of whom a token is known.
    fn as_now(&self, known: Known) -> Option<Known> {
        let mut callers = self.callers.iter();
        let (_, principal) = callers.find(|(_, it)| it.id == known.principal.id)?;
        Some(Known {
            principal: principal.clone(),
            ..known
        })
    }

    /// Whether a caller of the file may administer everything.
    pub(crate) fn file_administers(&self) -> bool {
        let mut callers = self.callers.iter();
        callers.any(|(_, it)| it.may(Role::Administer, Over::Everything))
    }

    /// The file's caller with this id, if `expected` of its logins is this secret.
    pub(crate) fn of_secret(
        &self,
        id: &str,
        secret: &Secret,
        expected: impl Fn(&CallerLogins) -> Option<&Secret>,
    ) -> Option<&Principal> {
        let found = self.callers.iter().find(|(it, _)| it.client_id == id);
        let known = found.and_then(|(caller, _)| expected(&caller.logins));
        // Compared whether there is such an id or not.
        let same = is_same(known, secret);
        found.filter(|_| same).map(|(_, principal)| principal)
    }

    /// The file's caller with this API key.
    pub(crate) fn of_api_key(&self, key: &Secret) -> Option<&Principal> {
        // All of them are compared, so that the time tells nothing of which it is.
        let same =
            |(caller, _): &&(Caller, Principal)| is_same(caller.logins.api_key.as_ref(), key);
        let found: Vec<_> = self.callers.iter().filter(same).collect();
        found.first().map(|(_, principal)| principal)
    }

    /// The file's caller that has one of these names in its client certificate.
    pub(crate) fn of_certificate(&self, names: &[String]) -> Option<&Principal> {
        let known = |(caller, _): &&(Caller, Principal)| {
            let known = &caller.logins.certificate_names;
            names.iter().any(|name| known.contains(name))
        };
        self.callers
            .iter()
            .find(known)
            .map(|(_, principal)| principal)
    }

    /// A token for a caller of the file.
    ///
    /// # Errors
    /// The system has no entropy to give.
    pub(crate) fn issue(&self, principal: &Principal, now: Now) -> Result<Granted, StoreError> {
        let token = random_token().ok_or(StoreError::Busy { what: "entropy" })?;
        let expires = now.instant + self.life;
        let known = Known {
            expires,
            fresh_until: expires,
            principal: principal.clone(),
        };
        lock(&self.alive).insert(token.clone(), known, now.instant, self.max_tokens);
        Ok(Granted {
            access_token: Secret::new(token),
            expires_in: self.life,
        })
    }

    /// A token for a client of the store.
    ///
    /// # Errors
    /// `Denied` if there is no such client, or the secret is wrong; what else the store says.
    pub(crate) async fn issue_stored(
        &self,
        id: &str,
        secret: &Secret,
        now: Now,
    ) -> Result<Granted, StoreError> {
        let store = self.store.as_ref().ok_or(StoreError::Denied)?;
        let issued = store.issue_token(id, secret, now.wall).await?;
        let life = u64::try_from(issued.expires.0.saturating_sub(now.wall.0)).unwrap_or(0);
        Ok(Granted {
            access_token: issued.token,
            expires_in: Duration::from_millis(life),
        })
    }

    /// Whose token this is.
    ///
    /// # Errors
    /// `Denied` for one that isn't alive; what else the store says.
    pub(crate) async fn of_token(&self, token: &str, now: Now) -> Result<Principal, StoreError> {
        let known = lock(&self.alive).get(token, now.instant);
        let known = known.and_then(|known| self.as_now(known));
        let known = known.or_else(|| lock(&self.believed).get(token, now.instant));
        if let Some(known) = &known
            && now.instant < known.fresh_until
        {
            return Ok(known.principal.clone());
        }
        let store = Arc::clone(self.store.as_ref().ok_or(StoreError::Denied)?);
        let check = TokenCheck {
            believed: Arc::clone(&self.believed),
            lanes: Arc::clone(&self.lanes),
            organization: Arc::clone(&self.organization),
            max_tokens: self.max_tokens,
            token: Secret::new(token.to_owned()),
            at: now,
            endings: lock(&self.believed).endings,
        };
        let Some(known) = known else {
            return check.run(store.as_ref()).await;
        };
        // A task of its own goes on when nobody waits for the answer any more, so that a slow answer counts too.
        let answer = tokio::spawn(async move { check.run(store.as_ref()).await });
        match tokio::time::timeout(PATIENCE, answer).await {
            Ok(Ok(Err(StoreError::Database { .. } | StoreError::Busy { .. }))) => {}
            Ok(Ok(answer)) => return answer,
            Ok(Err(_)) | Err(_) => {}
        }
        let principal = known.principal.clone();
        let known = Known {
            fresh_until: known.expires.min(now.instant + BELIEVED),
            ..known
        };
        lock(&self.believed).believe_on(token, known);
        Ok(principal)
    }

    /// Ends a token.
    pub(crate) async fn revoke(
        &self,
        token: &str,
        by: &tollgate_store::Author,
    ) -> Result<(), StoreError> {
        let of_file = lock(&self.alive).remove(token);
        self.disbelieve(token);
        if let (false, Some(store)) = (of_file, &self.store) {
            store
                .revoke_token(&Secret::new(token.to_owned()), by)
                .await?;
            // Whoever asked meanwhile may have heard that it was alive.
            self.disbelieve(token);
        }
        Ok(())
    }

    fn disbelieve(&self, token: &str) {
        let mut believed = lock(&self.believed);
        believed.remove(token);
        believed.endings += 1;
    }

    /// Believes nothing of what the store said until now.
    pub(crate) fn forget(&self) {
        lock(&self.believed).end_all();
    }
}

/// One question to the store: whose a token is.
struct TokenCheck {
    believed: Arc<Mutex<Alive>>,
    lanes: Arc<Lanes>,
    organization: Arc<Organization>,
    max_tokens: usize,
    token: Secret,
    at: Now,
    /// [`Alive::endings`] of `believed` when the store was asked.
    endings: u64,
}

impl TokenCheck {
    /// Asks the store whose the token is, and remembers the answer.
    async fn run(self, store: &Store) -> Result<Principal, StoreError> {
        let (now, token) = (self.at, self.token.expose());
        let owner = match store.check_token(&self.token, now.wall).await {
            Ok(owner) => owner,
            Err(error) => {
                if matches!(error, StoreError::Denied) {
                    lock(&self.believed).remove(token);
                }
                return Err(error);
            }
        };
        let left = u64::try_from(owner.expires.0.saturating_sub(now.wall.0)).unwrap_or(0);
        let left = Duration::from_millis(left);
        let client = owner.client;
        let id = client.id.to_string();
        let default = client.body.default_flow.as_deref();
        let lanes = self.lanes.own(&client.body.flows, default);
        let grants = grants_of(&client.body, &self.organization);
        let principal = Principal::new(&id, grants, Some(client.id), lanes);
        let known = Known {
            expires: now.instant + WITHOUT_STORE.min(left),
            fresh_until: now.instant + BELIEVED.min(left),
            principal: principal.clone(),
        };
        let mut believed = lock(&self.believed);
        if believed.endings == self.endings {
            believed.insert(token.to_owned(), known, now.instant, self.max_tokens);
        }
        Ok(principal)
    }
}

/// Whether there is a secret and it is this one, in a time that doesn't depend on where they differ.
fn is_same(known: Option<&Secret>, given: &Secret) -> bool {
    let text = known.map_or("", Secret::expose);
    let same = bool::from(text.as_bytes().ct_eq(given.expose().as_bytes()));
    same && !text.is_empty()
}

/// 256 bits from the system; none if it has no entropy to give.
fn random_token() -> Option<String> {
    use base64::Engine as _;
    let mut bytes = [0_u8; 32];
    rand::rngs::OsRng.try_fill_bytes(&mut bytes).ok()?;
    Some(base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Instant;
    use tollgate_store::WallTime;

    fn at(instant: Instant) -> Now {
        let wall = WallTime(0);
        Now { instant, wall }
    }

    fn callers(max_tokens: usize) -> Callers {
        let caller = Caller {
            client_id: "one".into(),
            logins: CallerLogins {
                oauth: Some(String::from("secret").into()),
                ..CallerLogins::default()
            },
            networks: Vec::new(),
            roles: BTreeSet::new(),
            integrations: None,
            flows: BTreeSet::new(),
            default_flow: None,
            bounds: tollgate_config::CallerBounds::default(),
            pass_through: Vec::new(),
            callback: None,
        };
        let mut flows = tollgate_model::Table::default();
        let default = flows.add(tollgate_engine::Flow {
            name: "default".to_owned(),
            ..tollgate_engine::Flow::default()
        });
        let lanes = Arc::new(Lanes::new(&flows, default));
        let life = Duration::from_secs(300);
        Callers::new(
            vec![caller],
            (lanes, Arc::default()),
            None,
            life,
            max_tokens,
        )
    }

    fn login(callers: &Callers, id: &str, secret: &str, now: Instant) -> Option<String> {
        let secret = Secret::new(secret.into());
        let caller = callers.of_secret(id, &secret, |logins| logins.oauth.as_ref())?;
        let granted = callers.issue(caller, at(now)).ok()?;
        Some(granted.access_token.expose().to_owned())
    }

    async fn whose(callers: &Callers, token: &str, now: Instant) -> Option<String> {
        let principal = callers.of_token(token, at(now)).await.ok()?;
        Some(principal.id.to_string())
    }

    #[tokio::test]
    async fn a_token_ends_with_its_life() {
        let (callers, now) = (callers(10), Instant::now());
        assert!(login(&callers, "one", "wrong", now).is_none());
        assert!(login(&callers, "two", "secret", now).is_none());
        let token = login(&callers, "one", "secret", now).unwrap();
        assert_eq!(whose(&callers, &token, now).await.as_deref(), Some("one"));
        let end = now + Duration::from_secs(300);
        assert_eq!(whose(&callers, &token, end).await, None);
        assert_eq!(whose(&callers, "made up", now).await, None);
    }

    #[tokio::test]
    async fn beyond_the_bound_the_oldest_ends() {
        let (callers, now) = (callers(2), Instant::now());
        let mut tokens = Vec::new();
        for at in 0..3 {
            let now = now + Duration::from_secs(at);
            tokens.push(login(&callers, "one", "secret", now).unwrap());
        }
        assert_eq!(whose(&callers, &tokens[0], now).await, None);
        assert!(whose(&callers, &tokens[1], now).await.is_some());
        assert!(whose(&callers, &tokens[2], now).await.is_some());
    }

    #[tokio::test]
    async fn tokens_live_on_with_other_callers_unless_their_own_is_gone_or_has_another_secret() {
        let (first, now) = (callers(10), Instant::now());
        let token = login(&first, "one", "secret", now).unwrap();
        let next = |changed: &dyn Fn(&mut Caller)| {
            let mut caller = first.callers[0].0.clone();
            changed(&mut caller);
            let with = (Arc::clone(&first.lanes), Arc::default());
            first.next(vec![caller], with, Duration::from_secs(300), 10)
        };
        let more = next(&|it| {
            it.roles.insert(tollgate_config::Role::Author);
        });
        let principal = more.of_token(&token, at(now)).await.unwrap();
        assert!(
            principal.may(Role::Author, Over::Everything),
            "what it may now"
        );
        next(&|it| it.logins.oauth = Some(String::from("another").into()));
        assert_eq!(whose(&more, &token, now).await, None);
        let token = login(&first, "one", "secret", now).unwrap();
        let gone = next(&|it| it.client_id = "two".into());
        assert_eq!(whose(&gone, &token, now).await, None);
    }
}
