//! What must hold after every step, by name.

use super::setup::{CONCURRENCY, Windows};
use super::upstream::SECOND;
use super::world::{World, leases};
use std::collections::BTreeSet;
use std::time::Duration;
use tollgate_engine::{ClientView, LimitView, Mode, Snapshot, Submission, TokenView};
use tollgate_model::{ExecutionId, Instant, Limit, LimitId, Reason, Refusal, Rule};

/// The least span there is.
const NANO: Duration = Duration::from_nanos(1);

/// No window that lies as the upstream's do counts more of our calls than its limit allowed when the
/// last of them was sent.
pub(crate) fn no_window_overcounted(world: &World) {
    let limits = world.upstream.limits.iter();
    let enforced = |limit: LimitId| world.config.limits[limit.index()].mode == Mode::Enforce;
    for (limit, counter) in limits.filter(|(limit, _)| enforced(**limit)) {
        assert!(
            counter.within_bounds(),
            "no window overcounted: {limit:?} at {}: {counter:?}",
            world.now
        );
    }
    for (token, counter) in &world.upstream.tokens {
        assert!(
            counter.within_bounds(),
            "no window overcounted: token {token:?} at {}: {counter:?}",
            world.now
        );
    }
}

/// When something was just sent, no more calls are under way at the upstream than the limit allows.
pub(crate) fn no_more_at_once(world: &World) {
    if world.config.limits[CONCURRENCY.index()].mode == Mode::Shadow {
        return;
    }
    let under_way = world.upstream.under_way.values();
    let at_once = under_way.filter(|&&until| until > world.now).count() as u32;
    assert!(
        at_once <= world.upstream.at_once,
        "no more at once: {at_once} of {} at {}",
        world.upstream.at_once,
        world.now
    );
}

/// The engine wakes as soon as something that waits may start, if nothing happens before.
pub(crate) fn wakes_in_time(world: &World) {
    let wake = world.engine.poll_timeout().map(Instant::as_nanos);
    let next = wake.into_iter().chain(world.next_due()).min();
    if let Some(before) = next.and_then(|next| next.checked_sub(1))
        && before > world.now
    {
        let before = Instant::from_nanos(before);
        never_idle_at(world, &world.engine.snapshot(before), before);
    }
}

/// Nothing waits that could start; but what a lower class waits for may be kept, as long as a higher
/// one has come of late, and is then looked at again within a second.
///
/// A limit that was learned holds calls back that the configured ones let go, so a world in which one is in
/// force says nothing of this law; half of the worlds learn nothing.
pub(crate) fn never_idle(world: &World, snapshot: &Snapshot) {
    never_idle_at(world, snapshot, Instant::from_nanos(world.now));
}

fn never_idle_at(world: &World, snapshot: &Snapshot, at: Instant) {
    if !snapshot.learned.is_empty() {
        return;
    }
    let mut looked_at = BTreeSet::new();
    for submission in world.never_sent() {
        let flow = &world.config.flows[submission.flow.index()];
        if !looked_at.insert((submission.flow, submission.route)) {
            continue;
        }
        let route = &world.config.routes[submission.route.index()];
        let mut limits = route.limits.iter().chain(&flow.limits);
        let room = limits.all(|limit| {
            let cost = if *limit == CONCURRENCY { 1 } else { route.cost };
            has_room(&snapshot.limits[limit.index()], cost, at)
        });
        if flow.mode == Mode::Shadow {
            never_held_in_shadow(world, snapshot, submission);
            continue;
        }
        let token = route.pool.is_none() || token_has_room(snapshot, route.cost, at);
        let mut closed = snapshot.closed_routes.iter();
        let open = closed.all(|(route, _)| *route != submission.route);
        if !(room && open) {
            continue;
        }
        if !token {
            never_without_a_fetch(world, snapshot, submission);
            continue;
        }
        let wake = world.engine.poll_timeout();
        let again = wake.is_some_and(|at| at.as_nanos() <= world.now + SECOND);
        let limits = route.limits.iter().chain(&flow.limits);
        let mut limits = limits.map(|limit| &snapshot.limits[limit.index()]);
        // Where others are left their part, calls are spread.
        let shares = limits.any(|limit| limit.left_free > 0);
        assert!(
            (shares || flow.priority > 0 && world.first_class_came()) && again,
            "never idle: {submission:?} waits at {}: {snapshot:?}",
            world.now
        );
    }
}

/// A call of a flow in shadow waits for nothing but the pool's first token, which somebody fetches or has failed to.
fn never_held_in_shadow(world: &World, snapshot: &Snapshot, submission: &Submission) {
    let route = &world.config.routes[submission.route.index()];
    let is_coming = |view: &ClientView| view.fetching || view.fetches_from.is_some();
    assert!(
        route.pool.is_some()
            && snapshot.tokens.is_empty()
            && snapshot.clients.iter().any(is_coming),
        "never held in shadow: {submission:?} waits at {}: {snapshot:?}",
        world.now
    );
}

/// Nothing waits for a token that could be fetched: some client that may hold more fetches one, as long as
/// all tokens together carry less than the limits of the pool's routes.
fn never_without_a_fetch(world: &World, snapshot: &Snapshot, submission: &Submission) {
    // In calls of a billion hours.
    let rate = |limit: &Limit, allowed: u32| match limit.rule {
        Rule::Window { period, .. } => {
            u128::from(allowed) * 3_600_000_000_000_000_000_000 / period.as_nanos()
        }
        Rule::Concurrency { .. } => u128::MAX,
    };
    let limits = &world.config.routes[submission.route.index()].limits;
    let enforced = |limit: &&LimitId| world.config.limits[limit.index()].mode == Mode::Enforce;
    let wider = limits.iter().filter(enforced).map(|limit| {
        let limit = limit.index();
        rate(&world.config.limits[limit], snapshot.limits[limit].allowed)
    });
    let mut tokens = 0;
    let mut may_fetch = false;
    for ((id, client), view) in world.config.clients.with_ids().zip(&snapshot.clients) {
        let closed =
            |it: &&TokenView| it.client == client.name && it.limits[0].closed_until.is_some();
        let closed = snapshot.tokens.iter().filter(closed).count();
        tokens += view.tokens - closed;
        may_fetch |= view.fetches_from.is_none()
            && view.tokens < world.leases.most_tokens(id, client.max_tokens);
    }
    let fetching = snapshot.clients.iter().any(|client| client.fetching);
    let of_token = &world.config.clients[0].token_limits[0];
    let carried = rate(of_token, world.upstream.token_allowed()) * tokens as u128;
    // What is within a call of a billion hours for each token, rounding may hide.
    assert!(
        fetching || !may_fetch || wider.min().is_some_and(|least| carried + 1_000 >= least),
        "never without a fetch: {submission:?} waits at {}: {snapshot:?}",
        world.now
    );
}

/// Each limit holds the slots that the quota's rule asks for, and no more: none is kept from those who
/// wait, none is free too early.
pub(crate) fn held_as_ruled(world: &mut World, snapshot: &Snapshot) {
    let learns = world.upstream.windows != Windows::Anywhere;
    assert!(
        world.reference.agrees(snapshot, learns, world.now),
        "held as ruled: {snapshot:?} at {}: {:?}",
        world.now,
        world.reference
    );
}

/// A new process holds of the concurrency limit no more than was under way at once since the last
/// checkpoint, but for what a record covers beforehand.
pub(crate) fn held_as_it_was(world: &World, snapshot: &Snapshot) {
    let held = snapshot.limits[CONCURRENCY.index()].held;
    assert!(
        held <= world.at_once.most + world.at_once.block,
        "held as it was: {held} at {}: {:?}",
        world.now,
        world.at_once
    );
}

/// Who waits, who is under way and what became of the others is as the snapshot says. Who neither
/// waits nor is under way pauses before another try.
pub(crate) fn counts_are_true(world: &World, snapshot: &Snapshot) {
    let mut all = vec![(0, 0, 0); snapshot.flows.len()];
    for submission in world.waiting.values() {
        all[submission.flow.index()].0 += 1;
    }
    for submission in world.never_sent() {
        all[submission.flow.index()].1 += 1;
    }
    for execution in world.running.values() {
        all[world.waiting[execution].flow.index()].2 += 1;
    }
    let flows = snapshot.flows.iter().zip(all).zip(&world.verdicts);
    for ((flow, (unanswered, never_sent, running)), verdicts) in flows {
        let queued = never_sent..=unanswered - running;
        assert!(
            flow.running == running
                && queued.contains(&flow.queued)
                && (flow.answered, flow.refused) == *verdicts,
            "counts are true: {flow:?} at {}: {running} under way, {queued:?} waiting, {verdicts:?}",
            world.now
        );
    }
}

/// The engine has done all there is to do now: it asks to be woken later, if at all. A learner that is due at the
/// instant of an event has its turn after it, when the engine is woken.
pub(crate) fn never_spins(world: &World) {
    let wake = world.engine.poll_timeout();
    let learns = world.config.policy.learned_limits > 0 && !world.is_woken;
    let soonest = world.now + u64::from(!learns);
    assert!(
        wake.is_none_or(|at| at.as_nanos() >= soonest),
        "never spins: {wake:?} at {}",
        world.now
    );
}

/// Every execution gets one answer, unless its caller hung up or the process died.
pub(crate) fn answered_once(world: &mut World, execution: ExecutionId) {
    let waited = world.waiting.remove(&execution).is_some();
    assert!(
        waited && world.finished.insert(execution),
        "answered once: {execution:?} at {}",
        world.now
    );
}

/// Of every execution it is said once what would have become of it, were nothing in shadow; that nobody can say, only of
/// those that hung up.
pub(crate) fn decided_once(world: &mut World, execution: ExecutionId, is_unknown: bool) {
    let hung_up = !world.waiting.contains_key(&execution) && !world.finished.contains(&execution);
    assert!(
        world.undecided.remove(&execution) && (hung_up || !is_unknown),
        "decided once: {execution:?} at {}",
        world.now
    );
}

/// A refusal keeps its word: what it calls too late is later than the deadline, and what could be
/// tried again is not said to be never. A call of a flow in shadow is refused for want of a token only.
pub(crate) fn no_promise_broken(world: &World, execution: ExecutionId, refusal: &Refusal) {
    assert!(
        !world.is_in_shadow(execution)
            || matches!(refusal.reason, Reason::NoToken | Reason::QueueFull),
        "no promise broken: {execution:?} in shadow at {}: {refusal:?}",
        world.now
    );
    if refusal.reason == Reason::LeaseEnded {
        leases::names_a_lease(world, execution, refusal);
    }
    let deadline = world.waiting.get(&execution).map(|it| it.deadline);
    if refusal.reason == Reason::DeadlineCannotBeMet {
        assert!(
            refusal.earliest_start > deadline || deadline < Some(Instant::from_nanos(world.now)),
            "no promise broken: {execution:?} at {}: {refusal:?}, deadline {deadline:?}",
            world.now
        );
    }
}

/// Who was just taken in can start in time, as far as it is known: by its deadline there is room under each
/// limit, when no call is under way whose end could not be foreseen. What is left free for other applications the
/// lower classes leave; the first has it too.
pub(crate) fn foretold(world: &World, execution: ExecutionId) {
    let Some(submission) = world.waiting.get(&execution) else {
        return;
    };
    // While others are asked for slots, it may be that they have none.
    let ask = world.config.policy.ask.as_nanos() as u64;
    let is_asking = world.asked.is_some_and(|at| world.now <= at + ask);
    if !world.running.is_empty() || world.is_in_shadow(execution) || is_asking {
        return;
    }
    let (flow, route) = (submission.flow.index(), submission.route.index());
    let (flow, route) = (&world.config.flows[flow], &world.config.routes[route]);
    let mut others = world.config.flows.iter().map(|it| it.priority);
    let is_first =
        others.clone().all(|it| it >= flow.priority) && others.any(|it| it > flow.priority);
    // It starts before the end of a lease that is not renewed.
    let limits = || route.limits.iter().chain(&flow.limits);
    let now = world.engine.snapshot(Instant::from_nanos(world.now));
    let leases = limits().filter_map(|limit| now.limits[limit.index()].lease);
    let ends = leases
        .filter(|lease| !lease.is_renewed)
        .map(|lease| lease.until.before(NANO));
    let by = ends.chain([submission.deadline]).min().unwrap_or_default();
    let by_then = world.engine.snapshot(by);
    for limit in limits() {
        let mut view = by_then.limits[limit.index()].clone();
        if let Some(lease) = &mut view.lease {
            lease.until = Instant::NEVER;
        }
        if is_first {
            view.left_free = 0;
        }
        let cost = if *limit == CONCURRENCY { 1 } else { route.cost };
        assert!(
            has_room(&view, cost, by),
            "foretold: {submission:?} was taken in at {}: {view:?} at its deadline",
            world.now
        );
    }
}

/// Nothing is sent after its deadline, nor when it would be given up at once.
pub(crate) fn no_late_start(world: &World, execution: ExecutionId, give_up: Instant) {
    let deadline = world.waiting.get(&execution).map(|it| it.deadline);
    assert!(
        (deadline >= Some(Instant::from_nanos(world.now)) || world.is_in_shadow(execution))
            && give_up.as_nanos() > world.now,
        "no late start: {execution:?} at {}, deadline {deadline:?}, given up at {give_up:?}",
        world.now
    );
}

/// At the end nothing is left over.
pub(crate) fn nothing_hangs(world: &World) {
    assert!(
        world.waiting.is_empty() && world.running.is_empty() && world.undecided.is_empty(),
        "nothing hangs: {:?} {:?} {:?}",
        world.waiting,
        world.running,
        world.undecided
    );
}

/// With nobody else calling, and no flow in shadow, the upstream has turned nothing away; where windows lie anywhere it
/// could not have, whatever they are.
pub(crate) fn never_limited(world: &World) {
    let mut flows = world.config.flows.iter();
    assert!(
        world.foreign
            || flows.any(|flow| flow.mode == Mode::Shadow)
            || world.genuinely_limited == 0,
        "never limited: {} answers 429 under {:?}",
        world.genuinely_limited,
        Windows::Anywhere
    );
}

fn has_room(limit: &LimitView, cost: u32, at: Instant) -> bool {
    limit.mode == Mode::Shadow || limit.closed_until.is_none() && leases::has_room(limit, cost, at)
}

fn token_has_room(snapshot: &Snapshot, cost: u32, at: Instant) -> bool {
    let mut tokens = snapshot.tokens.iter();
    tokens.any(|token| token.limits.iter().all(|limit| has_room(limit, cost, at)))
}
