//! What is called.

use crate::latency::Latency;
use std::time::Duration;
use tollgate_model::RouteId;

/// The place of an action in [`crate::Scenario::actions`].
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct ActionId(pub u32);

impl ActionId {
    /// The id as an index.
    #[must_use]
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// A data action.
#[derive(Clone, PartialEq, Debug)]
pub struct Action {
    /// Its name.
    pub name: String,
    /// How long its upstream takes.
    pub latency: Latency,
    /// How long one execution may take once it was sent.
    pub timeout: Duration,
    /// Whether it takes a token (a platform action) or not (a web service).
    pub token: bool,
    /// Its route in the tables of a service, where the scenario is of one.
    pub route: Option<RouteId>,
    /// Whether sending it twice does no harm.
    pub idempotent: bool,
    /// Its request's method, in capitals.
    pub method: &'static str,
    /// Its request's path, for limits of single paths.
    pub path: String,
    /// Whether it only reads; unknown unless the scenario says so, or gives its method.
    pub reads: Option<bool>,
    /// Answers that may be kept.
    pub cache: Option<Cache>,
}

/// A cache of answers by input.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Cache {
    /// How long an answer is good.
    pub life: Duration,
    /// Different inputs, each as likely as the other.
    pub keys: u32,
}

impl Action {
    /// An action of which only the name is known.
    pub(crate) fn usual(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            latency: Latency::Fixed(Duration::from_millis(200)),
            timeout: Duration::from_secs(60),
            token: true,
            route: None,
            method: "GET",
            path: format!("/{name}"),
            reads: None,
            idempotent: true,
            cache: None,
        }
    }
}
