//! The task that takes what is ready, has it worked on, and says how it ended.

use crate::held::{Held, Trouble};
use crate::transfers::Transfers;
use crate::work::{Ending, failure};
use crate::{AT_ONCE, CLAIM, LINK, TRIES};
use futures_util::FutureExt as _;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinSet;
use tollgate_definitions::wall_time;
use tollgate_store::{EndedTransfer, Entity, StoreError, StoreResult, TakenTransfer};

/// Between two looks for what is ready, where nothing wakes the task.
const POLL: Duration = Duration::from_secs(1);
/// Before another try, for each that there was.
const PAUSE: Duration = Duration::from_secs(2);

impl Transfers {
    /// Works on transfers, for as long as the service lives.
    pub async fn carry(self: Arc<Self>) {
        match self.store.release_transfers(wall_time()).await {
            Ok(0) => {}
            Ok(transfers) => {
                tracing::info!(transfers, "transfers that were worked on are taken again")
            }
            Err(error) => {
                tracing::warn!(%error, "transfers that were worked on wait until their claims end");
            }
        }
        let mut under_way = JoinSet::new();
        let mut closing = self.closing.subscribe();
        let mut is_in_trouble = false;
        while !*closing.borrow_and_update() {
            let free = AT_ONCE.saturating_sub(u32::try_from(under_way.len()).unwrap_or(AT_ONCE));
            match self.take(free).await {
                Ok(taken) => {
                    is_in_trouble = false;
                    for it in taken {
                        under_way.spawn(see_to(Arc::clone(&self), it));
                    }
                }
                Err(error) => {
                    if !std::mem::replace(&mut is_in_trouble, true) {
                        tracing::warn!(%error, "transfers wait for the store");
                    }
                }
            }
            tokio::select! {
                () = tokio::time::sleep(POLL) => {}
                () = self.wake.notified() => {}
                Some(_) = under_way.join_next() => {}
                _ = closing.changed() => {}
            }
        }
        while under_way.join_next().await.is_some() {}
        self.closed.send_replace(true);
        std::future::pending().await
    }

    async fn take(&self, free: u32) -> StoreResult<Vec<TakenTransfer>> {
        if free == 0 {
            return Ok(Vec::new());
        }
        let now = wall_time();
        let span = (now, now.plus(CLAIM));
        self.store.take_transfers(free, span).await
    }

    /// Works on nothing more; what isn't over is put back, for other nodes or the next start. True if that was done
    /// within the time.
    pub async fn drain(&self, within: Duration) -> bool {
        self.closing.send_replace(true);
        let mut closed = self.closed.subscribe();
        let closed = closed.wait_for(|closed| *closed);
        tokio::time::timeout(within, closed).await.is_ok()
    }

    async fn work(&self, held: &mut Held) -> Result<Ending, Trouble> {
        let kind = held.transfer().kind;
        if held.transfer().attempts > TRIES {
            let message = "It was begun several times, and the service or the store ended in the middle each time.";
            return Ok(Ending::Failed(failure("internal.server.error", message)));
        }
        let Some(work) = self.works.iter().find(|it| it.kinds().contains(&kind)) else {
            let message = "This service doesn't do such a thing.";
            return Ok(Ending::Failed(failure("not.implemented", message)));
        };
        let ending = AssertUnwindSafe(work.carry(held)).catch_unwind().await;
        let ending = ending.unwrap_or_else(|_| {
            let message = "It can't be done, because of a fault of the service's; the log has it.";
            Ok(Ending::Failed(failure("internal.server.error", message)))
        })?;
        if matches!(ending, Ending::Succeeded(_)) {
            held.write_rest().await?;
        }
        Ok(ending)
    }

    /// Tells the store how the work ended.
    async fn settle(&self, held: &Held, worked: Result<Ending, Trouble>) -> StoreResult<()> {
        let (claim, now) = (held.claim(), wall_time());
        let (succeeded, report) = match worked {
            Ok(Ending::Settled) | Err(Trouble::Lost) => return Ok(()),
            Ok(Ending::Succeeded(report)) => (true, report),
            Ok(Ending::Failed(report)) => (false, report),
            Err(Trouble::Store(StoreError::Full {
                entity: Entity::Transfer,
                limit,
            })) => {
                let message = format!("It would have more bytes than fit: {limit}.");
                (false, failure("limit.reached", &message))
            }
            Err(Trouble::Store(error)) => {
                let attempts = held.transfer().attempts;
                tracing::warn!(%error, transfer = %held.transfer().id, attempts, "a transfer is tried again");
                let due = now.plus(PAUSE * attempts);
                self.store.put_back_transfer(claim, due).await?;
                return Ok(());
            }
        };
        let how = EndedTransfer {
            succeeded,
            report,
            at: now,
            link_until: now.plus(LINK),
        };
        self.store.end_transfer(claim, &how).await?;
        Ok(())
    }
}

/// Works on one transfer, to its end, until its claim is lost, or until the service is about to end.
async fn see_to(transfers: Arc<Transfers>, taken: TakenTransfer) {
    let store = Arc::clone(&transfers.store);
    let mut held = Held::new(store, taken.transfer, taken.claim);
    let lost = held.lost();
    let mut closing = transfers.closing.subscribe();
    let closing = async {
        // The sender lives as long as the transfers do.
        let _ = closing.wait_for(|closing| *closing).await;
    };
    let worked = tokio::select! {
        worked = transfers.work(&mut held) => worked,
        () = lost => return,
        () = closing => {
            // Where this fails the claim ends by itself.
            let _ = transfers.store.put_back_transfer(held.claim(), wall_time()).await;
            return;
        }
    };
    if let Err(error) = transfers.settle(&held, worked).await {
        // The claim ends by itself, and another try follows.
        tracing::warn!(%error, transfer = %held.transfer().id, "the store isn't told how a transfer ended");
    }
}
