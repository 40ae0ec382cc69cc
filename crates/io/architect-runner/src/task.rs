//! The task of a run that goes on by itself: what happens in it is noted in its record.

use crate::play::Player;
use crate::record::Status;
use crate::runs::{Bounds, Runs, lock};
use crate::world::World;
use serde_json::Map;
use std::sync::{Arc, Mutex};
use tollgate_architect::{End, Run};

/// The task of one run.
pub(crate) struct RunTask {
    pub(crate) id: String,
    pub(crate) runs: Arc<Mutex<Runs>>,
    pub(crate) bounds: Bounds,
    /// When it began.
    pub(crate) started: tokio::time::Instant,
}

impl Drop for RunTask {
    /// A task that ended in any other way than by its run's end has failed.
    fn drop(&mut self) {
        let status = Status::Failed(End::Failed("the run's task died".to_owned()));
        lock(&self.runs).finish(&self.id, status, Map::new(), self.bounds.max_finished);
    }
}

impl RunTask {
    pub(crate) async fn drive<W: World>(self, player: Player<W>, run: Run) {
        let played = player.drive(run, &mut |text| self.note(text)).await;
        if let Some(played) = played {
            self.note(format!("ended: {}", played.end));
            let (status, outputs) = (Status::of(played.end), played.run.outputs());
            lock(&self.runs).finish(&self.id, status, outputs, self.bounds.max_finished);
        }
    }

    fn note(&self, text: String) {
        let at = self.started.elapsed();
        if let Some(entry) = lock(&self.runs).by_id.get_mut(&self.id) {
            entry.record.note(at, text, self.bounds.max_lines);
        }
    }
}
