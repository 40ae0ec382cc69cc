//! The configuration that is read anew, and taken over as a whole or not at all.
//!
//! **First everything is found out, then everything is done.** The file and all that it names are read and checked by what
//! `config check` calls, what is different is found ([`tollgate_config::Changes`]), what only a start takes over refuses
//! the whole, and the engine's tables are planned with the ids that they will have. Up to there nothing has changed. The
//! tables are grown by one message to the engine; if somebody else has grown them meanwhile (a stored integration), the
//! plan is made once more. What follows can't fail but by the end of the engine, and with it of the service.
//!
//! **The order** in which it is done: what calls pass, then who calls. Limits and clients are as the new file has them
//! before the first request is answered by the new parts; requests under way end by the old ones.

use crate::StartError;
use crate::current::{Current, Lasting};
use crate::file_watch::FileWatch;
use crate::made::callbacks;
use crate::outlets::{check_outlets, open_outlets};
use crate::pictures::{Pictures, aside, keeps_outputs};
use crate::renewal::LookNow;
use crate::shown::Shown;
use crate::tasks::Tasks;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::mpsc;
use tollgate_api::{NotReloaded, ReloadAnswer, ReloadWish, Reloaded};
use tollgate_config::{Changes, Config, Obstacle, Planned, Running};
use tollgate_definitions::{Catalog, Definitions, Fault};
use tollgate_driver::{ChangeError, ClientCredentials, ExtendError};
use tollgate_jobs::Callbacks;

/// How often a plan is made anew because the tables have grown meanwhile.
const PLANS: usize = 5;
/// What `GET /health` and the page say of a configuration that can't be taken over.
const NOT_TAKEN_OVER: &str = "the file was read again and can't be taken over, so what was there before runs; the log says why";
/// What notices call the configuration.
const CONFIGURATION: &str = "configuration";
/// The variable that says what the log has, before the file does.
const LOG_VARIABLE: &str = "RUST_LOG";

/// Takes configurations over.
pub(crate) struct Reloader {
    pub(crate) config: Config,
    pub(crate) running: Running,
    pub(crate) pictures: Pictures,
    pub(crate) current: Current,
    pub(crate) lasting: Lasting,
    pub(crate) shown: Vec<Shown>,
    pub(crate) look_now: Option<LookNow>,
    /// What is looked at, where the configuration asks for that.
    pub(crate) watched: Arc<Mutex<FileWatch>>,
}

/// All that was found out before anything is done.
struct Ready {
    planned: Planned,
    definitions: Definitions,
    callbacks: Callbacks,
    pictures: Pictures,
    changes: Changes,
}

impl Reloader {
    /// Starts what answers wishes, and what looks at the files if the configuration asks for that.
    pub(crate) fn start(self, wishes: mpsc::Receiver<ReloadWish>, tasks: &mut Tasks) {
        let watched = Arc::clone(&self.watched);
        let reloading = self.lasting.reloading.clone();
        if let Some(reloading) = reloading.filter(|_| self.config.server.watch) {
            let now_is = move || {
                let watched = watched.lock().unwrap_or_else(PoisonError::into_inner);
                watched.clone()
            };
            let watch = now_is();
            tasks.spawn(
                "look at the configuration's files",
                watch.follow(reloading, now_is),
            );
        }
        tasks.spawn("reload", self.follow(wishes));
    }

    /// Answers wishes, one after another, for as long as the service lives.
    pub(crate) async fn follow(mut self, mut wishes: mpsc::Receiver<ReloadWish>) {
        while let Some(wish) = wishes.recv().await {
            // The listeners' certificates are followed by themselves, whatever the rest is worth.
            if let Some(look_now) = &self.look_now {
                look_now.ask();
            }
            let answer = self.reload().await;
            let reloading = self.lasting.reloading.as_ref();
            if let Some(reloading) = reloading {
                reloading.note(&answer);
            }
            match &answer {
                Ok(Reloaded { changes, digest }) => {
                    self.lasting.notices.set(CONFIGURATION, None);
                    tracing::info!(%changes, digest, "the configuration was taken over");
                }
                Err(error) => {
                    self.lasting
                        .notices
                        .set(CONFIGURATION, Some(NOT_TAKEN_OVER));
                    tracing::error!("nothing of the configuration was taken over: {error}");
                    for line in error.lines() {
                        tracing::error!("{line}");
                    }
                }
            }
            // Whoever has asked may have gone.
            let _ = wish.send(answer);
        }
    }

    async fn reload(&mut self) -> ReloadAnswer {
        for _ in 0..PLANS {
            let tables = self.lasting.driver.tables().await;
            let (tables, credentials) = tables.ok_or(NotReloaded::Ending)?;
            let (ready, known) = {
                let known = (tables.clone(), credentials.clone());
                (self.find_out((tables, credentials)).await?, known)
            };
            let grown = self.lasting.driver.grow_to(
                &known.0,
                ready.planned.tables.clone(),
                ready.planned.config.clients.clone(),
            );
            match grown.await {
                Ok(true) => {}
                Ok(false) => continue,
                Err(ExtendError::Stopped) => return Err(NotReloaded::Ending),
                Err(ExtendError::Tables(error)) => {
                    let file = &self.config.file;
                    return Err(NotReloaded::Invalid(vec![format!("{file}: {error}")]));
                }
            }
            return self.take_over(ready, &known).await;
        }
        let why = "stored integrations change all the time; try again".to_owned();
        Err(NotReloaded::Invalid(vec![why]))
    }

    /// Reads and checks everything; changes nothing.
    async fn find_out(
        &self,
        tables: (tollgate_engine::Config, Vec<ClientCredentials>),
    ) -> Result<Ready, NotReloaded> {
        let file = PathBuf::from(&self.config.file);
        let config = aside(move || tollgate_files::load(&file)).await?;
        let config = config.map_err(|error| {
            let lines = error.to_string();
            NotReloaded::Invalid(lines.lines().map(str::to_owned).collect())
        })?;
        let (mut changes, obstacles) = self.config.changes_to(&config);
        needs_restart(&config, obstacles)?;
        let shown = config.clone();
        let planned = self.running.plan(tables, config);
        let planned = planned.or_else(|obstacles| {
            needs_restart(&shown, obstacles)?;
            Err(NotReloaded::Ending)
        })?;
        let config = planned.config.clone();
        let loaded = aside(move || {
            let definitions = Definitions::load(&config)?;
            let pictures = Pictures::of(&config, &definitions);
            Ok((definitions, pictures))
        });
        let (definitions, pictures) = loaded
            .await?
            .map_err(|faults: tollgate_definitions::Faults| NotReloaded::invalid(&faults.0))?;
        let invalid =
            |error: StartError| NotReloaded::Invalid(vec![format!("{}: {error}", shown.file)]);
        check_outlets(&planned.config, &definitions.catalog).map_err(invalid)?;
        let callbacks = callbacks(&planned.config).map_err(invalid)?;
        self.pictures.tell(&pictures, &mut changes);
        let files = changes.kinds.get("files").cloned().unwrap_or_default();
        needs_restart(&planned.config, planned.config.fixed_files(&files))?;
        Ok(Ready {
            planned,
            definitions,
            callbacks,
            pictures,
            changes,
        })
    }

    /// Does what was found out, once the engine's tables are as they are to be.
    async fn take_over(
        &mut self,
        ready: Ready,
        known: &(tollgate_engine::Config, Vec<ClientCredentials>),
    ) -> ReloadAnswer {
        let Ready {
            planned,
            definitions,
            callbacks,
            pictures,
            changes,
        } = ready;
        let Definitions {
            catalog,
            composites,
            workflows,
            ..
        } = definitions;
        self.change_engine(&planned, known)
            .await
            .map_err(|_| NotReloaded::Ending)?;
        let config = planned.config;
        self.show_files(&config, &catalog).await;
        self.lasting.workflows.replace_files(workflows);
        let with = (&self.config, &config);
        let current = self.current.next(with, composites, keeps_outputs(&changes));
        current.take_over(&self.lasting, callbacks);
        let entrances = current.entrances(&config, &self.lasting);
        for (shown, entrance) in self.shown.iter().zip(&entrances) {
            shown.show(&entrance.shown);
        }
        if let Some(log) = &self.lasting.log
            && config.log.level != self.config.log.level
            && std::env::var_os(LOG_VARIABLE).is_none()
        {
            log.set(&config.log.level);
        }
        let watched = FileWatch::of(&config);
        *self.watched.lock().unwrap_or_else(PoisonError::into_inner) = watched;
        let digest = config.digest.clone();
        (self.config, self.running) = (config, planned.running);
        (self.current, self.pictures) = (current, pictures);
        Ok(Reloaded { changes, digest })
    }

    /// Limits and clients become as the file has them.
    async fn change_engine(
        &self,
        planned: &Planned,
        (tables, credentials): &(tollgate_engine::Config, Vec<ClientCredentials>),
    ) -> Result<(), ChangeError> {
        let (driver, registry) = (&self.lasting.driver, &self.lasting.limits);
        for (id, limit) in &planned.limits {
            if planned.returned.contains(id) {
                registry.return_limit(*id, limit.rule.allowed()).await?;
            }
        }
        let limits = planned.limits.iter().map(|(id, limit)| (*id, limit));
        let clients = planned.clients.iter().map(|(id, client)| (*id, client));
        registry.define_file(limits, clients).await?;
        for id in &planned.lifted {
            registry.lift(*id).await?;
        }
        for (id, client) in &planned.clients {
            let Some(known) = tables.clients.get(id.index()) else {
                driver.watch_client(*id).await?;
                continue;
            };
            if known.max_tokens != client.max_tokens {
                driver.set_max_tokens(*id, client.max_tokens).await?;
            }
            let (was, is) = (
                credentials.get(id.index()),
                planned.config.clients.get(id.index()),
            );
            if let (Some(was), Some(is)) = (was, is)
                && !was.are_those_of(is)
            {
                driver.set_credentials(*id, is.clone()).await?;
            }
        }
        for id in &planned.idle {
            driver.set_max_tokens(*id, 0).await?;
        }
        Ok(())
    }

    async fn show_files(&self, config: &Config, catalog: &Catalog) {
        let opened = open_outlets(config, catalog, &self.lasting.driver);
        if let Err(error) = opened {
            // They were found good a moment ago.
            tracing::error!(%error, "calls of an integration leave as they did before");
        }
        let limits = config.shared_limits.clone();
        let shown = self.lasting.live.replace_files(catalog.clone(), limits);
        if let Err(error) = shown.await {
            tracing::warn!(
                %error,
                "stored integrations pass the shared limits that they did before, until the store can be asked"
            );
        }
    }
}

fn needs_restart(config: &Config, obstacles: Vec<Obstacle>) -> Result<(), NotReloaded> {
    if obstacles.is_empty() {
        return Ok(());
    }
    let faults = obstacles.into_iter();
    let faults = faults.map(|it| Fault::of(config, &it.field, it.message));
    let lines = faults.map(|it| it.to_string()).collect();
    Err(NotReloaded::NeedsRestart(lines))
}
