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

mod opening;

use opening::Opening;
use std::collections::BTreeMap;
use std::time::Duration;
use tollgate_model::{AttemptId, ClientId, EndpointId, Instant, RouteId, TokenId};

/// Longest pause that is believed.
const LONGEST: Duration = Duration::from_secs(24 * 60 * 60);
/// Probes refused before a number that may mean milliseconds is believed to mean seconds.
const DOUBTED: u32 = 4;
/// How long a probe of what is open is waited for before it is looked at again.
const PROBED: Duration = Duration::from_millis(100);
/// Parts about which something is known, at the most; beyond it what is only suspected is forgotten.
const MOST_PARTS: usize = 4_096;

/// What a refusal may be about. The narrowest is the least.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum Part {
    Token(TokenId),
    /// An endpoint that calls on a route ask for.
    Endpoint(RouteId, EndpointId),
    Client(ClientId),
    /// All that calls on a route ask for.
    Upstream(RouteId),
}

/// A call, as far as its answer is evidence.
#[derive(Clone, Copy, Debug)]
pub(super) struct Call {
    pub(super) attempt: AttemptId,
    /// Slots that the call takes of a window.
    pub(super) cost: u32,
    /// The parts that the call has passed, the narrowest first.
    pub(super) parts: [Option<Part>; 4],
}

/// How long a refusal may close something.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pauses {
    /// What the upstream asks for.
    pub(super) asked: Option<Duration>,
    /// The pause where it asks for nothing.
    pub(super) first: Duration,
    /// The longest period of the call's limits.
    pub(super) longest: Duration,
    /// Slots that are taken of the window of this period, by calls that were not refused.
    pub(super) counted: u32,
}

impl Pauses {
    /// The same, where no more slots than these may be taken, if that is known.
    fn having_counted(self, most: Option<u32>) -> Self {
        Self {
            counted: most.map_or(self.counted, |most| self.counted.min(most)),
            ..self
        }
    }

    /// What the upstream asks for, as far as that is plausible: where it is more than ten of the longest
    /// periods, and a thousandth of it is no more than one, some write milliseconds where seconds are meant.
    pub(super) fn plausible(&self) -> Option<Duration> {
        let in_millis =
            |asked: Duration| asked > self.longest * 10 && asked / 1_000 <= self.longest;
        self.asked.map(|asked| {
            if in_millis(asked) {
                asked / 1_000
            } else {
                asked
            }
        })
    }
}

/// What a refusal has led to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Effect {
    /// Nothing is closed.
    Alone,
    /// Something that the call has passed had been closed since it was sent.
    Known,
    /// This part is to be shut.
    Closed(Part),
}

/// What is known of all parts.
#[derive(Debug, Default)]
pub(super) struct Closings {
    parts: BTreeMap<Part, Evidence>,
    /// Parts that are closed.
    closed: usize,
}

#[derive(Debug, Default)]
struct Evidence {
    suspicion: Option<Suspicion>,
    /// A call was accepted before the pause that the upstream had asked for was over.
    is_distrusted: bool,
    closing: Option<Closing>,
    /// How many calls leave at once, for a while after the part was opened.
    opening: Option<Opening>,
}

#[derive(Clone, Copy, Debug)]
struct Suspicion {
    /// When the first refusal was known.
    at: Instant,
    /// The first attempt that was sent after that.
    from: AttemptId,
    /// Until when the upstream asked for a pause.
    asked_until: Option<Instant>,
}

#[derive(Clone, Copy, Debug)]
struct Closing {
    until: Instant,
    pause: Duration,
    /// The call that is to show whether it is still closed.
    probe: Option<AttemptId>,
    /// The first attempt after the last that was refused: what was sent before says nothing new.
    from: AttemptId,
    /// The upstream has asked for the pause.
    is_asked: bool,
    /// The end of the pause that the upstream has asked for, which may lie behind that of the pause that it got.
    asked_until: Option<Instant>,
    /// The upstream has been seen to ask for more than there was need of.
    is_distrusted: bool,
    /// Probes that were refused.
    refusals: u32,
    ends: Ends,
    /// How many calls leave at once when the probe is accepted; none if as many as want to.
    opening: Option<Opening>,
    /// The part was open, and is shut only while a probe is answered that its opening asks for.
    was_open: bool,
}

/// Whether the end of an accepted call is a reason to probe.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Ends {
    /// It is.
    Open,
    /// The next probe, or the probe under way, is due to one.
    Tried,
    /// Such a probe was refused.
    Vain,
}

impl Closings {
    /// Whether nothing is known of any part.
    pub(super) fn is_empty(&self) -> bool {
        self.parts.is_empty()
    }

    /// Whether a part is closed.
    pub(super) fn any_closed(&self) -> bool {
        self.closed > 0
    }

    /// Until when the part is shut; zero if it is not.
    pub(super) fn until(&self, part: Part) -> Instant {
        let closing = self.parts.get(&part).and_then(|it| it.closing);
        closing.map_or(Instant::ZERO, |closing| closing.until)
    }

    /// The parts that are closed.
    pub(super) fn closed(&self) -> impl Iterator<Item = Part> {
        let closed = self.parts.iter().filter(|(_, it)| it.closing.is_some());
        closed.map(|(part, _)| *part)
    }

    /// A limit has turned the call away. `next` is the number of the next attempt.
    pub(super) fn refused(
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
    pub(super) fn accepted(&mut self, call: &Call, now: Instant) -> Vec<Part> {
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
    pub(super) fn sent(&mut self, call: &Call, now: Instant) -> Vec<Part> {
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
    pub(super) fn wait_for_probes(
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
    pub(super) fn ended(&mut self, call: &Call, now: Instant) -> Vec<Part> {
        let mut opened = Vec::new();
        for part in call.parts.into_iter().flatten() {
            let it = self.parts.get_mut(&part);
            let Some(closing) = it.and_then(|it| it.closing.as_mut()) else {
                continue;
            };
            if closing.ends == Ends::Open && !closing.is_asked && closing.probe.is_none() {
                closing.ends = Ends::Tried;
                closing.until = now;
                opened.push(part);
            }
        }
        opened
    }

    /// Forgets all that is known of the part, as an operator wants it. Whether it was closed.
    pub(super) fn forget(&mut self, part: Part) -> bool {
        let forgotten = self.parts.remove(&part);
        let was_closed = forgotten.is_some_and(|it| it.closing.is_some());
        self.closed -= usize::from(was_closed);
        was_closed
    }

    /// Closes the part for so long, as an earlier process had.
    pub(super) fn restore(&mut self, part: Part, left: Duration, next: AttemptId, now: Instant) {
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
            ends: Ends::Vain,
            opening: None,
            was_open: false,
        });
    }

    /// Closes another part in this one's place, for as long.
    pub(super) fn widen(&mut self, part: Part, to: Part) {
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

impl Evidence {
    /// What has been let pass since the part was opened a short while ago.
    fn opening_begun(&mut self, now: Instant) -> Option<&mut Opening> {
        let opening = match &mut self.closing {
            Some(closing) if closing.was_open => &mut closing.opening,
            Some(_) => return None,
            None => &mut self.opening,
        };
        *opening = opening.and_then(|opening| opening.at(now));
        opening.as_mut()
    }

    fn is_bare(&self) -> bool {
        let known = self.suspicion.is_some() || self.closing.is_some() || self.opening.is_some();
        !known && !self.is_distrusted
    }
}

impl Closing {
    fn new(refused: AttemptId, pauses: Pauses, is_distrusted: bool, now: Instant) -> Self {
        let asked = pauses.plausible().filter(|_| !is_distrusted);
        let longest = pauses.longest.max(pauses.first);
        let pause = asked.map_or(pauses.first, |asked| asked.clamp(pauses.first, longest));
        Self {
            until: now + pause,
            pause,
            probe: None,
            from: after(refused),
            is_asked: asked.is_some(),
            asked_until: pauses.plausible().map(|asked| now + asked),
            is_distrusted,
            refusals: 0,
            ends: Ends::Open,
            opening: Opening::new(pauses),
            was_open: false,
        }
    }

    /// A part that was opened a short while ago is probed again.
    fn again(probe: AttemptId, opening: Opening, is_distrusted: bool, now: Instant) -> Self {
        Self {
            until: now + PROBED,
            pause: PROBED,
            probe: Some(probe),
            from: probe,
            is_asked: false,
            asked_until: None,
            is_distrusted,
            refusals: 0,
            ends: Ends::Vain,
            opening: Some(opening),
            was_open: true,
        }
    }

    fn probe_refused(&mut self, attempt: AttemptId, pauses: Pauses, now: Instant) {
        self.probe = None;
        self.from = after(attempt);
        self.is_asked = pauses.asked.is_some();
        self.asked_until = pauses.plausible().map(|asked| now + asked);
        let longest = pauses.longest.max(pauses.first);
        if self.ends == Ends::Tried {
            // It came before its time, so the pause is as long as it was.
            self.ends = Ends::Vain;
        } else {
            self.pause = self.pause.max((self.pause * 2).min(longest));
        }
        if !self.is_distrusted || self.pause >= longest {
            self.refusals += 1;
        }
        let asked = if self.refusals > DOUBTED {
            pauses.asked
        } else {
            pauses.plausible().filter(|_| !self.is_distrusted)
        };
        if let Some(asked) = asked {
            self.pause = self.pause.max(asked.min(LONGEST));
        }
        self.until = now + self.pause;
    }
}

/// The next attempt.
fn after(attempt: AttemptId) -> AttemptId {
    AttemptId(attempt.0 + 1)
}
