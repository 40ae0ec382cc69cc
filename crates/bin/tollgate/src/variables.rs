//! The environment variables that options have.
//!
//! *Order*: an option that is given counts; else its variable; else what a file says; else the default. An option has a
//! variable only where no command means something else by it: `--config` of `plan`, `simulate` and `emulate` has none,
//! since a variable would change what they are about, nor has `--url` of `pull` and of `workflow run`, which is another
//! place or makes a run a live one.

/// The service's configuration file: `--config`.
pub(crate) const CONFIG: &str = "TOLLGATE_CONFIG";
/// A running service: `--url`.
pub(crate) const URL: &str = "TOLLGATE_URL";
/// Who logs in there: `--client-id`.
pub(crate) const CLIENT_ID: &str = "TOLLGATE_CLIENT_ID";
/// The secret, unless `--client-secret-env` names another variable.
pub(crate) const CLIENT_SECRET: &str = "TOLLGATE_CLIENT_SECRET";
