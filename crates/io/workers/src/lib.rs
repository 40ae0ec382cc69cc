//! Threads that calculate, shared fairly.
//!
//! **What this decides.** When and where a calculation runs that takes too long for the threads which serve
//! connections. **What it does not:** what a calculation may cost in steps and bytes (`tollgate-meter`).
//!
//! **Fair.** Each calculation is of one *party*, such as an integration. The party whose calculations have
//! run least is next; within one, who came first is first. One party never has all the threads, unless there
//! is only one.
//!
//! **Giving way.** A calculation that has run for [`SLICE`] while one of another party waits, which has used
//! less, is stopped by its interrupt, and done again later. Nothing but time is lost by that, since
//! calculations are pure. All threads but one do so; that *patient* one ends what it began, and takes what
//! gave way first, so that everything gets done. With more than one thread, a party that uses less than
//! its share thus waits for a slice, and for those of parties that have used less still: N newcomers at the
//! same time hold it up for N slices, divided by the threads less one. What can't be stopped, a piece
//! ([`tollgate_meter::Budget::piece`]) or what is run once, is waited for.
//!
//! **Behind everything else.** The threads have a lower priority than the rest of the process (`nice`): where
//! cores are scarce, a request that needs no calculation isn't held up by one that does.
//!
//! **Bounded.** Waiting calculations of one party, and of all; the time a calculation waits, and the time it
//! runs. Whoever awaits one and goes away stops it, waiting or running: the interrupt that its meter asks
//! says so.
//!
//! Tested in `tests/workers.rs`.

mod queue;

use queue::{Job, Queue};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use tollgate_meter::Interrupt;

/// How long a calculation runs, at least, before it gives way.
pub const SLICE: Duration = Duration::from_millis(10);
/// How far the threads stand back, as `nice` counts: 19 is furthest.
const NICE: i32 = 15;

/// What the threads take on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// Threads; at least one.
    pub threads: usize,
    /// Calculations of one party that may wait.
    pub waiting_each: usize,
    /// Calculations of all parties that may wait.
    pub waiting: usize,
    /// The longest that one calculation may run.
    pub time: Duration,
}

/// Why a calculation gave nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WorkerError {
    /// As many of this party wait as may.
    #[error("{0} calculations of one integration wait already, which is the bound")]
    Full(usize),
    /// As many wait in all as may.
    #[error("{0} calculations wait already, which is the bound")]
    AllFull(usize),
    /// Its turn didn't come in time.
    #[error("its turn did not come within {} ms", .0.as_millis())]
    Late(Duration),
    /// It panicked, or the process is about to end.
    #[error("it did not end as it should")]
    Died,
}

/// The threads. They end when the last handle is dropped and what is under way has ended.
#[derive(Debug)]
pub struct Workers {
    shared: Arc<Shared>,
    bounds: Bounds,
}

#[derive(Debug)]
struct Shared {
    queue: Mutex<Queue>,
    /// Something may have become ready to run.
    ready: Condvar,
}

impl Workers {
    /// Starts the threads.
    ///
    /// # Errors
    /// The system has no threads left.
    pub fn start(bounds: Bounds) -> std::io::Result<Workers> {
        let threads = bounds.threads.max(1);
        let shared = Arc::new(Shared {
            queue: Mutex::new(Queue::new(threads)),
            ready: Condvar::new(),
        });
        for number in 0..threads {
            let shared = Arc::clone(&shared);
            std::thread::Builder::new()
                .name(format!("worker {number}"))
                .spawn(move || shared.work(number == 0))?;
        }
        Ok(Workers { shared, bounds })
    }

    /// Runs a calculation of this party when its turn comes, which must be within that time. It is given the
    /// interrupt for its meter. Where that stopped it so that it gives way, what it gave is thrown away, and
    /// it is run again. Dropping the future stops it.
    ///
    /// # Errors
    /// See [`WorkerError`].
    pub async fn run<T: Send + 'static>(
        &self,
        party: &str,
        within: Duration,
        mut calculation: impl FnMut(Interrupt) -> T + Send + 'static,
    ) -> Result<T, WorkerError> {
        self.turns(party, within, move |stop, pressure| {
            let gave_way = Arc::new(AtomicBool::new(false));
            let gives = Arc::clone(&gave_way);
            let result = calculation(Arc::new(move || {
                stop() || gives.load(Ordering::Relaxed) || {
                    let asked = pressure.asks();
                    gives.store(asked, Ordering::Relaxed);
                    asked
                }
            }));
            (!gave_way.load(Ordering::Relaxed)).then_some(result)
        })
        .await
    }

    /// Runs a calculation that can't be done again, and so never gives way.
    ///
    /// # Errors
    /// See [`WorkerError`].
    pub async fn run_once<T: Send + 'static>(
        &self,
        party: &str,
        within: Duration,
        calculation: impl FnOnce(Interrupt) -> T + Send + 'static,
    ) -> Result<T, WorkerError> {
        let mut calculation = Some(calculation);
        let run = move |stop, _| calculation.take().map(|calculation| calculation(stop));
        self.turns(party, within, run).await
    }

    /// Runs a calculation until it gives a result.
    async fn turns<T: Send + 'static>(
        &self,
        party: &str,
        within: Duration,
        mut calculation: impl FnMut(Interrupt, Pressure) -> Option<T> + Send + 'static,
    ) -> Result<T, WorkerError> {
        let waits = Waits::default();
        let (gone, started) = (Arc::clone(&waits.gone), Arc::clone(&waits.started));
        let (tell, mut told) = tokio::sync::oneshot::channel();
        let (time, mut tell) = (self.bounds.time, Some(tell));
        let run = move |pressure: Pressure| {
            started.store(true, Ordering::Relaxed);
            if gone.load(Ordering::Relaxed) {
                return false;
            }
            let (gone, end) = (Arc::clone(&gone), Instant::now() + time);
            let stop = Arc::new(move || gone.load(Ordering::Relaxed) || Instant::now() >= end);
            let Some(result) = calculation(stop, pressure) else {
                return true;
            };
            if let Some(tell) = tell.take() {
                // Nobody may wait for it any more.
                let _ = tell.send(result);
            }
            false
        };
        self.submit(party, Box::new(run))?;
        let mut ended = tokio::time::timeout(within, &mut told).await;
        if ended.is_err() && waits.started.load(Ordering::Relaxed) {
            // It runs, or gave way and waits once more.
            ended = tokio::time::timeout(within + time, &mut told).await;
        }
        match ended {
            Ok(result) => result.map_err(|_| WorkerError::Died),
            Err(_) => Err(WorkerError::Late(within)),
        }
    }

    fn submit(&self, party: &str, job: Job) -> Result<(), WorkerError> {
        let mut queue = self.shared.lock();
        if queue.waiting() >= self.bounds.waiting {
            return Err(WorkerError::AllFull(self.bounds.waiting));
        }
        if queue.waiting_of(party) >= self.bounds.waiting_each {
            return Err(WorkerError::Full(self.bounds.waiting_each));
        }
        queue.push(party, job);
        drop(queue);
        self.shared.ready.notify_one();
        Ok(())
    }
}

impl Drop for Workers {
    fn drop(&mut self) {
        self.shared.lock().close();
        self.shared.ready.notify_all();
    }
}

/// Somebody awaits a calculation.
#[derive(Default)]
struct Waits {
    gone: Arc<AtomicBool>,
    started: Arc<AtomicBool>,
}

impl Drop for Waits {
    fn drop(&mut self) {
        self.gone.store(true, Ordering::Relaxed);
    }
}

/// Asks a calculation that runs to give way.
pub(crate) struct Pressure {
    /// Nothing on a patient thread.
    shared: Option<Arc<Shared>>,
    party: Arc<str>,
    begun: Instant,
}

impl Pressure {
    fn asks(&self) -> bool {
        let ran = self.begun.elapsed();
        match &self.shared {
            Some(shared) if ran >= SLICE => shared.lock().presses(&self.party, ran),
            _ => false,
        }
    }
}

impl Shared {
    /// The life of one thread.
    fn work(self: Arc<Self>, patient: bool) {
        // Where the system doesn't let it stand back, it works all the same.
        let _ = rustix::process::setpriority_process(None, NICE);
        let mut queue = self.lock();
        while !queue.is_closed() {
            let Some((party, mut job)) = queue.take(patient) else {
                queue.idle += 1;
                queue = self
                    .ready
                    .wait(queue)
                    .unwrap_or_else(PoisonError::into_inner);
                queue.idle -= 1;
                continue;
            };
            drop(queue);
            let begun = Instant::now();
            let pressure = Pressure {
                shared: (!patient).then(|| Arc::clone(&self)),
                party: Arc::clone(&party),
                begun,
            };
            // A panic ends the calculation; who awaits it is told by the channel that closes.
            let again = catch_unwind(AssertUnwindSafe(|| job(pressure))).unwrap_or(false);
            queue = self.lock();
            queue.done(&party, begun.elapsed());
            if again {
                queue.put_back(&party, job);
            } else {
                drop(queue);
                // What it holds may be much.
                drop(job);
                queue = self.lock();
            }
            // What waited for this party's place can run now, maybe elsewhere.
            self.ready.notify_one();
        }
    }

    fn lock(&self) -> MutexGuard<'_, Queue> {
        // The queue is whole between two operations on it.
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
