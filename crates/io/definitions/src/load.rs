//! From a configuration to what its files define, with every name in them resolved: what `serve` starts with
//! and what `config check` checks are this one function.

use crate::named::Names;
use crate::{Catalog, Composites, Fault, Faults, WorkflowFiles, cluster, composites, files};
use tollgate_config::{Config, KeySource, Store};
use tollgate_store::{KeyError, KeyRing, OpenError, StoreUrl};

/// What the configuration's files define: its actions and its workflows.
#[derive(Debug)]
pub struct Definitions {
    /// The integrations and their actions.
    pub catalog: Catalog,
    /// What those of the actions that are composites do.
    pub composites: Composites,
    /// The workflows.
    pub workflows: WorkflowFiles,
    /// Names that no file has and that the store may have, a line for each: it isn't looked at.
    pub unconfirmed: Vec<String>,
}

impl Definitions {
    /// Reads the files, and binds, opens and changes nothing.
    ///
    /// # Errors
    /// Everything that was found, but what only follows from something else that was.
    pub fn load(config: &Config) -> Result<Self, Faults> {
        let mut faults: Vec<_> = tollgate_files::check(config)
            .into_iter()
            .map(|(field, message)| Fault::of(config, &field, message))
            .collect();
        if let Some(store) = &config.store {
            faults.extend(of_store(config, store));
        }
        if let Some(cluster) = &config.cluster {
            faults.extend(cluster::faults(config, cluster));
        }
        let workflows = WorkflowFiles::load(config, &mut faults);
        let mut read = files::load(config, &mut faults);
        let composites = composites::load(config, &workflows, &mut read, &mut faults);
        let mut names = Names::new(config, &read);
        names.resolve(&workflows);
        let unconfirmed = names.unconfirmed.iter().map(Fault::to_string).collect();
        for fault in names.faults {
            // A composite has told of its workflow's step already.
            let same = |told: &Fault| {
                (&told.file, told.place, &told.field) == (&fault.file, fault.place, &fault.field)
            };
            if !faults.iter().any(same) {
                faults.push(fault);
            }
        }
        if faults.is_empty() {
            return Ok(Self {
                catalog: read.catalog,
                composites,
                workflows,
                unconfirmed,
            });
        }
        // Those of the configuration come first, in its order.
        faults.sort_by_key(|fault| (fault.file != config.file, fault.place));
        Err(Faults(faults))
    }

    /// Actions that can't but fail, and what of workflows isn't known here, a line for each.
    #[must_use]
    pub fn warnings(&self) -> Vec<String> {
        let actions = self.catalog.warnings();
        actions.chain(self.workflows.unsupported()).collect()
    }

    /// How many actions there are.
    #[must_use]
    pub fn actions(&self) -> usize {
        self.catalog.actions().len()
    }

    /// How many workflows there are.
    #[must_use]
    pub fn workflows(&self) -> usize {
        self.workflows.by_id.len()
    }
}

/// What a store is opened with; opens nothing.
///
/// # Errors
/// Its URL or its keys can't be used.
pub fn store_parts(store: &Store) -> Result<(StoreUrl, KeyRing), OpenError> {
    let url = StoreUrl::parse(store.url.expose())?;
    let ring = key_ring(&store.keys)?;
    Ok((url, ring.ok_or_else(|| no_keys(&store.keys))?))
}

/// Faults of `[store]`.
fn of_store(config: &Config, store: &Store) -> Vec<Fault> {
    let mut faults = Vec::new();
    let url = store.url.expose();
    let may_be_absent = config.without_secrets;
    if !(may_be_absent && url.is_empty())
        && let Err(error) = StoreUrl::parse(url)
    {
        let field = if config.places.has("store.url") {
            "store.url"
        } else {
            "store.url_env"
        };
        faults.push(Fault::of(config, field, error.to_string()));
    }
    let ring = match key_ring(&store.keys) {
        Ok(None) if !may_be_absent => Err(no_keys(&store.keys)),
        read => read,
    };
    if let Err(error) = ring {
        let field = match store.keys {
            KeySource::File(_) => "store.key_file",
            KeySource::Env(_) => "store.key_env",
        };
        let message = format!("{error}; `tollgate init` makes a key file where there is none");
        faults.push(Fault::of(config, field, message));
    }
    faults
}

/// The sealing keys, from where the configuration says. None if there is no such file or variable.
fn key_ring(keys: &KeySource) -> Result<Option<KeyRing>, KeyError> {
    let text = match keys {
        KeySource::File(path) => {
            tollgate_files::key(path).map_err(|why| KeyError { line: None, why })?
        }
        KeySource::Env(name) => std::env::var(name).ok().map(Into::into),
    };
    let ring = text.map(|text| KeyRing::parse(&text)).transpose();
    ring.map_err(|error| KeyError {
        why: format!("{}: {}", name_of(keys), error.why),
        ..error
    })
}

fn no_keys(keys: &KeySource) -> KeyError {
    KeyError {
        line: None,
        why: format!("{} isn't there, or is no text", name_of(keys)),
    }
}

fn name_of(keys: &KeySource) -> String {
    match keys {
        KeySource::File(path) => path.display().to_string(),
        KeySource::Env(name) => format!("the variable {name}"),
    }
}
