//! What is closed because of refusals, and on what evidence.
//!
//! A refusal names no limit. What it can be about are the *parts* of the upstream that the call has
//! passed: its token, its endpoint, its client, and the upstream behind its route. One refusal is no
//! evidence against any of them, for some answers 429 come at random (a firewall's, a restart's). So
//! each part keeps a suspicion:
//!
//! - The first refusal of a call that passed the part *suspects* it, from the instant at which that is
//!   known. Refusals of calls that were sent before that instant say nothing more: fifty calls under way
//!   together are one piece of evidence.
//! - An answer that is no refusal, to a call that was sent after that instant, clears the part.
//! - A second refusal, of a call that was sent after that instant, *closes* the part, and only the
//!   narrowest of those for which that is so: the token, before the endpoint, before the client, before
//!   the upstream. So two calls with the same token close the token, two with different tokens to the
//!   same endpoint close the endpoint, and an endpoint whose other calls pass is closed without its
//!   token, for those have cleared that.
//! - A suspicion that is older than the longest period of the call's limits is forgotten.
//!
//! A closed part is half-open: when its pause is over one call *probes* it, and the part is shut for
//! everybody else until that call is answered. If the call is refused, the pause is doubled; if it is
//! not, the part is open, and the next closing begins with the narrowest part again.
//!
//! **How long the pause is.** As long as the upstream asks, but at first no longer than the longest
//! period of the call's limits: no honest window of those takes longer to empty. Once a probe is
//! refused as well, it is as long as asked, up to a day. An upstream that asks for nothing, or that has
//! been seen to accept a call before the pause that it asked for was over, gets a short pause first; pauses double
//! up to the longest period, and what it asks for is believed when five probes after such a pause are refused.
//!
//! A number that is more than ten of those periods, and a thousandth of which fits into one, may be meant
//! as milliseconds: some write them. It is taken so until four probes have been refused. Were it taken for
//! seconds, "6000" would shut an upstream for a hundred minutes instead of six seconds; an honest hour that is
//! taken for 3.6 seconds costs three probes more.
//!
//! **Calls at once.** Where a limit counts the calls under way, nothing but the end of one of them makes
//! room. So where no pause was asked for, an accepted call that ends opens the part for a probe before
//! its time; if that probe is refused, ends are no reason any more until the part is open again.
//!
//! **How many calls leave at once when it opens**: [`opening`].

mod evidence;
mod opening;
mod part;

use evidence::{Closing, Evidence, ProbeAtEnd, Suspicion};
pub(crate) use part::{Call, Effect, Part, Pauses};
use std::collections::BTreeMap;
use std::time::Duration;
use tollgate_model::{AttemptId, Instant};

/// Parts about which something is known, at the most; beyond it what is only suspected is forgotten.
const MOST_PARTS: usize = 4_096;

/// What is known of all parts.
#[derive(Debug, Default)]
pub(crate) struct Closings {
    parts: BTreeMap<Part, Evidence>,
    /// Parts that are closed.
    closed: usize,
}

impl Closings {
    /// Whether nothing is known of any part.
    pub(crate) fn is_empty(&self) -> bool {
        self.parts.is_empty()
    }

    /// Whether a part is closed.
    pub(crate) fn any_closed(&self) -> bool {
        self.closed > 0
    }

    /// Until when the part is shut; zero if it is not.
    pub(crate) fn until(&self, part: Part) -> Instant {
        let closing = self.parts.get(&part).and_then(|it| it.closing);
        closing.map_or(Instant::ZERO, |closing| closing.until)
    }

    /// The parts that are closed.
    pub(crate) fn closed(&self) -> impl Iterator<Item = Part> {
        let closed = self.parts.iter().filter(|(_, it)| it.closing.is_some());
        closed.map(|(part, _)| *part)
    }

    /// A limit has turned the call away. `next` is the number of the next attempt.
    pub(crate) fn refused(
        &mut self,
        call: &Call,
        pauses: Pauses,
        next: AttemptId,
        now: Instant,
    ) -> Effect {
        self.make_room();
        for part in call.parts.into_iter().flatten() {
            let it = self.parts.entry(part).or_default();
            let begun = it.opening_begun(now);
            let pauses = pauses.having_counted(begun.map(|opening| opening.give_back(call.cost)));
            if let Some(closing) = &mut it.closing {
                // What was sent before says nothing new.
                if closing.probe != Some(call.attempt) {
                    return Effect::Known;
                }
                if closing.was_open {
                    *closing = Closing::new(call.attempt, pauses, it.is_distrusted, now);
                } else {
                    closing.probe_refused(call.attempt, pauses, now);
                }
                return Effect::Closed(part);
            }
            let known = it.suspicion;
            match known.filter(|known| known.at + pauses.longest >= now) {
                Some(known) if call.attempt >= known.from => {
                    it.closing = Some(Closing::new(call.attempt, pauses, it.is_distrusted, now));
                    self.closed += 1;
                    return Effect::Closed(part);
                }
                Some(_) => {}
                None => {
                    it.suspicion = Some(Suspicion {
                        at: now,
                        from: next,
                        asked_until: pauses.plausible().map(|asked| now + asked),
                    });
                }
            }
        }
        Effect::Alone
    }

    /// The call was answered otherwise. Gives the parts that are open again.
    pub(crate) fn accepted(&mut self, call: &Call, now: Instant) -> Vec<Part> {
        let mut opened = Vec::new();
        for part in call.parts.into_iter().flatten() {
            let Some(it) = self.parts.get_mut(&part) else {
                continue;
            };
            if let Some(closing) = it.closing {
                if call.attempt < closing.from {
                    continue;
                }
                it.closing = None;
                it.opening = match closing.was_open {
                    true => closing.opening,
                    false => closing.opening.map(|opening| opening.begin(now)),
                };
                self.closed -= 1;
                opened.push(part);
                if closing.asked_until.is_some_and(|until| now < until) {
                    it.is_distrusted = true;
                } else {
                    // It has waited as long as it was asked to.
                    it.is_distrusted &= !closing.is_asked;
                }
            }
            if let Some(suspicion) = it.suspicion
                && call.attempt >= suspicion.from
            {
                let early = suspicion.asked_until.is_some_and(|until| now < until);
                it.is_distrusted |= early && opened.last() != Some(&part);
                it.suspicion = None;
            }
            if it.is_bare() {
                self.parts.remove(&part);
            }
        }
        opened
    }

    /// The call is on its way. Gives the parts that it probes, which are to be shut for all others.
    pub(crate) fn sent(&mut self, call: &Call, now: Instant) -> Vec<Part> {
        let mut probed = Vec::new();
        for part in call.parts.into_iter().flatten() {
            let Some(it) = self.parts.get_mut(&part) else {
                continue;
            };
            if let Some(closing) = &mut it.closing {
                if closing.until <= now {
                    closing.probe = Some(call.attempt);
                    closing.until = now + closing.pause;
                    probed.push(part);
                }
                continue;
            }
            it.opening = it.opening.and_then(|opening| opening.at(now));
            if let Some(opening) = &mut it.opening
                && opening.take(call.cost)
            {
                it.closing = Some(Closing::again(
                    call.attempt,
                    *opening,
                    it.is_distrusted,
                    now,
                ));
                self.closed += 1;
                probed.push(part);
            }
        }
        probed
    }

    /// Shuts what a probe that is still under way has not answered for. Gives it, and when the next such
    /// pause is over.
    pub(crate) fn wait_for_probes(
        &mut self,
        is_under_way: impl Fn(AttemptId) -> bool,
        now: Instant,
    ) -> Vec<Part> {
        let mut shut = Vec::new();
        for (part, it) in &mut self.parts {
            let Some(closing) = it.closing.as_mut().filter(|closing| closing.until <= now) else {
                continue;
            };
            closing.probe = closing.probe.filter(|&probe| is_under_way(probe));
            if closing.probe.is_some() {
                closing.until = now + closing.pause;
                shut.push(*part);
            }
        }
        shut
    }

    /// An accepted call has ended. Gives the parts that may be probed now for that.
    pub(crate) fn ended(&mut self, call: &Call, now: Instant) -> Vec<Part> {
        let mut opened = Vec::new();
        for part in call.parts.into_iter().flatten() {
            let it = self.parts.get_mut(&part);
            let Some(closing) = it.and_then(|it| it.closing.as_mut()) else {
                continue;
            };
            if closing.ends == ProbeAtEnd::Open && !closing.is_asked && closing.probe.is_none() {
                closing.ends = ProbeAtEnd::Tried;
                closing.until = now;
                opened.push(part);
            }
        }
        opened
    }

    /// Forgets all that is known of the part, as an operator wants it. Whether it was closed.
    pub(crate) fn forget(&mut self, part: Part) -> bool {
        let forgotten = self.parts.remove(&part);
        let was_closed = forgotten.is_some_and(|it| it.closing.is_some());
        self.closed -= usize::from(was_closed);
        was_closed
    }

    /// Closes the part for so long, as an earlier process had.
    pub(crate) fn restore(&mut self, part: Part, left: Duration, next: AttemptId, now: Instant) {
        let it = self.parts.entry(part).or_default();
        self.closed += usize::from(it.closing.is_none());
        it.closing = Some(Closing {
            until: now + left,
            pause: left,
            probe: None,
            from: next,
            is_asked: true,
            asked_until: None,
            is_distrusted: false,
            refusals: 0,
            ends: ProbeAtEnd::Vain,
            opening: None,
            was_open: false,
        });
    }

    /// Closes another part in this one's place, for as long.
    pub(crate) fn widen(&mut self, part: Part, to: Part) {
        let Some(closing) = self.parts.get_mut(&part).and_then(|it| it.closing.take()) else {
            return;
        };
        let wider = self.parts.entry(to).or_default();
        if wider.closing.is_some() {
            self.closed -= 1;
        }
        wider.closing = Some(closing);
    }

    fn make_room(&mut self) {
        if self.parts.len() > MOST_PARTS {
            self.parts.retain(|_, it| it.closing.is_some());
        }
    }
}
