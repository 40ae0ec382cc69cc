//! Who does what runs ask for.

use serde_json::{Map, Value};
use std::time::Duration;
use tollgate_architect::Failure;

/// Does what runs ask for. Dropping a future it gave gives the effect up.
pub trait World: Send + Sync + 'static {
    /// Executes a data action by category and name for a run that calls as `calls_as`; gives its output in
    /// the flattened form. `within` is the step's own timeout, and the latest useful start.
    fn call_data(
        &self,
        calls_as: &str,
        category: &str,
        action: &str,
        inputs: Map<String, Value>,
        within: Duration,
    ) -> impl Future<Output = Result<Map<String, Value>, Failure>> + Send;

    /// A row of the data table of that name; none if there is no such row.
    fn look_up(
        &self,
        table: &str,
        key: &str,
    ) -> impl Future<Output = Result<Option<Map<String, Value>>, Failure>> + Send;
}
