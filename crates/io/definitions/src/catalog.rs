//! What there is to execute, as one picture that never changes.
//!
//! Integrations and actions come from two places: the configuration file with its folders ([`crate::Definitions`]) and
//! the store ([`crate::Live`]). A request looks at one picture from its begin to its end; a change makes the
//! next one, in which what didn't change is shared ([`crate::Live`]).
//!
//! An action of a file has an id made from its integration's and its own name, so it is the same on every
//! start and on every machine that has the files. Its category is its integration's name, as on the
//! platform. What comes from files is read-only: the files are its definition.

use crate::{CatalogAction, CatalogIntegration, LookupError, NameError};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Actions that are set aside, of one integration, that are told with the reason.
const MAX_TOLD: usize = 5;

/// An action by what it belongs to, by its name, and by its id. Shared by all pictures, so that a copy of the table is
/// one of pointers.
type Named = (Arc<str>, Arc<str>, Arc<str>);

/// All integrations and actions, by id.
#[derive(Clone, Debug, Default)]
pub struct Catalog {
    integrations: BTreeMap<String, Arc<CatalogIntegration>>,
    actions: BTreeMap<Arc<str>, Arc<CatalogAction>>,
    /// By category and name, both in lower case.
    by_name: BTreeSet<Named>,
    /// By the integration's id and name, as they are written; without integrations' own logins.
    by_integration: BTreeSet<Named>,
    /// Actions that are set aside, by integration and id: what their names are, and why.
    set_aside: BTreeMap<String, BTreeMap<String, String>>,
}

impl Catalog {
    /// Actions of which every call fails, a line for each.
    pub fn warnings(&self) -> impl Iterator<Item = String> {
        self.actions.values().filter_map(|entry| {
            let why = entry.action.as_ref().ok()?.certain_failure()?;
            let (of, name) = (&entry.category, &entry.name);
            Some(format!(
                "integration {of:?}: every call of {name:?} fails: {why}"
            ))
        })
    }

    /// Adds an integration, or replaces the one of its id.
    pub fn add_integration(&mut self, target: Arc<CatalogIntegration>) {
        self.integrations.insert(target.id.clone(), target);
    }

    /// Adds an action, or replaces the one of its id.
    pub fn add_action(&mut self, entry: Arc<CatalogAction>) {
        self.remove_action(&entry.id);
        if let Err(why) = &entry.action {
            let of = self.set_aside.entry(entry.integration.clone());
            let told = format!("{:?}: {why}", entry.name);
            of.or_default().insert(entry.id.clone(), told);
        }
        let (category, name) = folded(&entry.category, &entry.name);
        let id: Arc<str> = entry.id.as_str().into();
        self.by_name.insert((category, name, Arc::clone(&id)));
        if !entry.is_auth() {
            let (of, name) = (entry.integration.as_str(), entry.name.as_str());
            self.by_integration
                .insert((of.into(), name.into(), Arc::clone(&id)));
        }
        self.actions.insert(id, entry);
    }

    fn remove_action(&mut self, id: &str) -> Option<Arc<CatalogAction>> {
        let (id, entry) = self.actions.remove_entry(id)?;
        let (category, name) = folded(&entry.category, &entry.name);
        self.by_name.remove(&(category, name, Arc::clone(&id)));
        let (of, name) = (entry.integration.as_str(), entry.name.as_str());
        self.by_integration.remove(&(of.into(), name.into(), id));
        if let Some(of) = self.set_aside.get_mut(&entry.integration) {
            of.remove(&entry.id);
            if of.is_empty() {
                self.set_aside.remove(&entry.integration);
            }
        }
        Some(entry)
    }

    /// Removes stored actions that aren't left, and gives them.
    pub(crate) fn retain_stored_actions(
        &mut self,
        left: impl Fn(&str) -> bool,
    ) -> Vec<Arc<CatalogAction>> {
        let gone = self.actions.values();
        let gone = gone.filter(|entry| entry.stored && !left(&entry.id));
        let gone: Vec<_> = gone.map(|entry| entry.id.clone()).collect();
        let gone = gone.iter();
        gone.filter_map(|id| self.remove_action(id)).collect()
    }

    /// Removes stored integrations that aren't left.
    pub(crate) fn retain_stored_integrations(&mut self, left: impl Fn(&str) -> bool) {
        self.integrations
            .retain(|id, target| target.stored.is_none() || left(id));
    }

    /// Puts what `files` has in the place of all that isn't stored.
    pub(crate) fn replace_files(&mut self, files: &Self) {
        let of_files = self.actions.values().filter(|entry| !entry.stored);
        let gone: Vec<_> = of_files.map(|entry| entry.id.clone()).collect();
        for id in gone {
            self.remove_action(&id);
        }
        self.integrations
            .retain(|_, target| target.stored.is_some());
        for target in files.integrations.values() {
            self.add_integration(Arc::clone(target));
        }
        for entry in files.actions.values() {
            self.add_action(Arc::clone(entry));
        }
    }

    /// The action of that id, if there is one.
    #[must_use]
    pub fn action(&self, id: &str) -> Option<&Arc<CatalogAction>> {
        self.actions.get(id)
    }

    /// The action of that category and name, whatever the case of their letters; of several the one whose id
    /// comes first.
    #[must_use]
    pub fn action_named(&self, category: &str, name: &str) -> Option<&Arc<CatalogAction>> {
        self.actions_named(category, name).into_iter().next()
    }

    /// All actions of that category and name, whatever the case of their letters, ordered by id.
    #[must_use]
    pub fn actions_named(&self, category: &str, name: &str) -> Vec<&Arc<CatalogAction>> {
        let (category, name) = folded(category, name);
        let first = (category, name, Arc::from(""));
        let found = self.by_name.range(&first..);
        let found = found.take_while(|it| (&it.0, &it.1) == (&first.0, &first.1));
        found.filter_map(|it| self.action(&it.2)).collect()
    }

    /// All actions, by id.
    pub fn actions(&self) -> impl ExactSizeIterator<Item = &Arc<CatalogAction>> {
        self.actions.values()
    }

    /// The integration of that id, if there is one.
    #[must_use]
    pub fn integration(&self, id: &str) -> Option<&Arc<CatalogIntegration>> {
        self.integrations.get(id)
    }

    /// All integrations, by id.
    pub fn integrations(&self) -> impl Iterator<Item = &Arc<CatalogIntegration>> {
        self.integrations.values()
    }

    /// The integration's actions that can't be used, and why; the first few of them in words.
    #[must_use]
    pub fn set_aside(&self, integration: &str) -> Option<String> {
        let all = self.set_aside.get(integration)?;
        let told = all.values().take(MAX_TOLD).cloned().collect::<Vec<_>>();
        let more = match all.len() - told.len() {
            0 => String::new(),
            more => format!("; and {more} more"),
        };
        Some(format!(
            "{} of its actions can't be used: {}{more}",
            all.len(),
            told.join("; ")
        ))
    }

    /// The action of that id.
    ///
    /// # Errors
    /// There is none.
    pub fn find(&self, id: &str) -> Result<&Arc<CatalogAction>, LookupError> {
        let none = || LookupError::NoAction(id.to_owned());
        self.action(id).ok_or_else(none)
    }

    /// The integration of that id or name; names are compared as they are written.
    ///
    /// # Errors
    /// There is none, or several have the name.
    pub fn integration_called(&self, wanted: &str) -> Result<&Arc<CatalogIntegration>, NameError> {
        if let Some(target) = self.integration(wanted) {
            return Ok(target);
        }
        let named = self.integrations().filter(|target| target.name == wanted);
        let named: Vec<&Arc<CatalogIntegration>> = named.collect();
        match named[..] {
            [target] => Ok(target),
            [] => Err(NameError::NoIntegration(wanted.to_owned())),
            _ => Err(NameError::Integrations {
                name: wanted.to_owned(),
                ids: named.iter().map(|target| target.id.clone()).collect(),
            }),
        }
    }

    /// The integration's action of that name, as it is written; its own login isn't found so.
    ///
    /// # Errors
    /// There is none, or several have the name.
    pub fn action_of(
        &self,
        target: &CatalogIntegration,
        name: &str,
    ) -> Result<&Arc<CatalogAction>, NameError> {
        let first = (
            Arc::from(target.id.as_str()),
            Arc::from(name),
            Arc::from(""),
        );
        let found = self.by_integration.range(&first..);
        let found = found.take_while(|it| (&it.0, &it.1) == (&first.0, &first.1));
        let found = found.filter_map(|(_, _, id)| self.action(id));
        let found: Vec<&Arc<CatalogAction>> = found.collect();
        match found[..] {
            [entry] => Ok(entry),
            [] => Err(NameError::NoAction {
                integration: target.name.clone(),
                name: name.to_owned(),
            }),
            _ => Err(NameError::Actions {
                name: name.to_owned(),
                ids: found.iter().map(|entry| entry.id.clone()).collect(),
            }),
        }
    }

    /// The integration of that id.
    ///
    /// # Errors
    /// There is none.
    pub fn find_integration(&self, id: &str) -> Result<&Arc<CatalogIntegration>, LookupError> {
        let none = || LookupError::NoIntegration(id.to_owned());
        self.integration(id).ok_or_else(none)
    }
}

fn folded(category: &str, name: &str) -> (Arc<str>, Arc<str>) {
    let fold = |text: &str| text.to_ascii_lowercase().into();
    (fold(category), fold(name))
}
