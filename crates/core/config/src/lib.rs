//! The configuration file: typed, checked, with places in its errors.
//!
//! *Decides* what a file means: its fields, their bounds and their defaults, and how its limits,
//! clients, integrations and flows become the engine's tables. *Doesn't decide* what the tables do. It reads
//! no file and no environment: what its fields name is looked up by what it is handed ([`Source`]), and of
//! action files it only says in which folder they lie. So the simulator reads the service's own file.
//!
//! Invariants:
//! - **All or nothing.** A [`Config`] exists only if the whole file was understood; every id in it is
//!   an index into its table, every span and bound lies within its range.
//! - **Nothing is passed over.** A field or a table that isn't known is an error, with the nearest
//!   known name; so is a limit that no call passes.
//! - **All problems at once, each with its place**: line, column, field, what was expected, what was
//!   found (`tollgate_settings`).
//! - **No secret in the file is needed, none is shown.** Secrets come from the environment or from
//!   files, and live in [`tollgate_secret::Secret`].
//!
//! Every field is described in `docs/configuration.md`. Tested in `tests/config`, and by the example
//! file that comes with the project.

mod access;
mod adopt;
mod cache;
mod cluster;
mod composite;
mod config;
mod cors;
mod describe;
mod files;
mod gateway;
mod jobs;
mod listener_tls;
mod log;
mod notes;
mod organization;
mod passes;
mod presets;
mod problem;
mod read;
mod reload;
mod trace;

pub use access::{
    Access, CallerBounds, CallerLogins, Keep, KeySource, ProxyRule, Role, SharedLimits, Store,
};
pub use adopt::{Adopted, Number, adopt};
pub use cache::CacheRule;
pub use cluster::ClusterConfig;
pub use composite::{
    Composite, CompositeBy, CompositeCall, CompositeCalls, CompositeOutput, Feed, Origin,
};
pub use config::{Calculations, Caller, Config, Integration, Login, Server};
pub use cors::{BadOrigin, Cors, PageOrigin};
pub use files::{FileSecret, FileUse, Files, NoFiles};
pub use gateway::{EndpointRoutes, Entrance, Gateway, IntegrationRoutes};
pub use jobs::{Callback, Jobs};
pub use listener_tls::ListenerTls;
pub use log::{BadLogLevels, LogConfig, LogFormat, LogLevels};
pub use organization::{Division, Guid, Organization, OrganizationRole};
pub use presets::{PresetCounts, PresetLimit, TOKEN_RATE, token_rate};
pub use problem::ConfigError;
pub use read::Source;
pub use read::integrations::DEFAULT_TOKENS;
pub use reload::{Changed, Changes, Document, Obstacle, Planned, Running};
pub use tollgate_settings::{Problem, did_you_mean, parse_span, show_span};
pub use trace::TraceConfig;
