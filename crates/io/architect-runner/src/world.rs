//! Who does what a run asks for.

use serde_json::{Map, Value};
use std::time::Duration;
use tollgate_architect::Failure;

/// Does what a run asks for, and knows on whose behalf. Dropping a future it gave gives the effect up.
pub trait World: Send + Sync + 'static {
    /// Executes a data action by category and name; gives its output in the flattened form. `within` is the step's
    /// own timeout, and the latest useful start.
    fn call_data(
        &self,
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
