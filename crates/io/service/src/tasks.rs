//! Tasks that run for as long as their owner lives.

use std::collections::HashMap;
use tokio::task::{Id, JoinSet};

/// Tasks, each with a name. They end when this is dropped; one that ends before has died.
#[derive(Default)]
pub(crate) struct Tasks {
    running: JoinSet<()>,
    names: HashMap<Id, &'static str>,
}

impl Tasks {
    /// Starts a task.
    pub(crate) fn spawn(
        &mut self,
        name: &'static str,
        work: impl Future<Output = ()> + Send + 'static,
    ) {
        let id = self.running.spawn(work).id();
        self.names.insert(id, name);
    }

    /// Waits until one has ended, and gives its name. Never ends if there are none.
    pub(crate) async fn ended(&mut self) -> &'static str {
        let id = match self.running.join_next_with_id().await {
            None => std::future::pending().await,
            Some(Ok((id, ()))) => id,
            Some(Err(panicked)) => panicked.id(),
        };
        self.names.get(&id).copied().unwrap_or("task")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_task_that_dies_is_named() {
        let mut tasks = Tasks::default();
        tasks.spawn("lives", std::future::pending());
        tasks.spawn("panics", async { panic!("a fault") });
        assert_eq!(tasks.ended().await, "panics");
        tasks.spawn("returns", async {});
        assert_eq!(tasks.ended().await, "returns");
    }
}
