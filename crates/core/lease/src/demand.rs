//! What a node would use of a limit, from what its calls ask for.
//!
//! A window's slot is held for a period from its call's answer, so calls that come at a rate hold rate × period slots.
//! That is what is wanted, with a deviation of chance, and what waits on top. Not wanted is what lies idle: where fewer
//! slots are held than the rate would fill, as after a load that has gone, the want is what is held and what the next
//! exchange could come too late for ([`SOON`]). Nor is less wanted than that where the slots that are held stay held, as
//! after a burst: however few calls come, none of those slots is for them. Of a limit on calls at once it is what is
//! under way, and what waits.
//!
//! What a flow would hold by right of its guarantee is reckoned in the same way from its calls, and from its starts by right.
//!
//! *The constants are ours*: chosen by `tests/model`, whose figures for use and round trips are in `docs/cluster.md`.

use crate::want::wanted;
use crate::{GuaranteedWant, Want};
use std::collections::BTreeMap;
use std::time::Duration;
use tollgate_model::{ClassDemand, FlowDemand, Instant, LimitUse, count, tally};

/// What a node would use of one limit.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Wants {
    /// By class.
    pub by_class: Vec<Want>,
    /// By flows that have guarantees; those too that would use nothing.
    pub guaranteed: Vec<GuaranteedWant>,
}

impl Wants {
    /// Slots in all.
    #[must_use]
    pub fn all(&self) -> u32 {
        wanted(&self.by_class)
    }
}

/// Follows what is asked of one limit.
#[derive(Clone, Debug, Default)]
pub struct Demand {
    classes: BTreeMap<u8, Rate>,
    /// By flow that has a guarantee.
    flows: BTreeMap<String, Rate>,
}

/// How many slots a second a class asks for. A long average tells it well where it stays; a short one, which is moved by
/// chance, tells soon that it has changed.
#[derive(Clone, Copy, Debug)]
struct Rate {
    in_all: u64,
    at: Instant,
    long: f64,
    short: f64,
    /// It has changed, so the long average is what the short one says until then.
    changes_until: Instant,
}

/// The span whose calls are to find a slot before the next exchange.
pub const SOON: Duration = Duration::from_secs(2);
/// The part of a period whose calls are to find a flow's guarantee where it asks now, if that is longer. A flow has few calls
/// beside its limit, and with less it would want no more than what isn't worth a move, and stay without its guarantee.
const AHEAD: u32 = 6;
/// The parts of a period over which the averages fade.
const LONG: f64 = 1.0 / 2.0;
const SHORT: f64 = 1.0 / 16.0;
/// Times the short average's fading after which it has followed a change.
const SETTLES: f64 = 3.0;
/// Standard deviations of chance beyond which the short average is believed.
const SURE: f64 = 2.5;

impl Rate {
    fn of_none(now: Instant) -> Self {
        Self {
            in_all: 0,
            at: now,
            long: 0.0,
            short: 0.0,
            changes_until: Instant::ZERO,
        }
    }

    fn observe(&mut self, in_all: u64, period: Duration, now: Instant) {
        let passed = now.since(self.at).as_secs_f64();
        if passed <= 0.0 {
            return;
        }
        let came = in_all.saturating_sub(self.in_all) as f64 / passed;
        (self.in_all, self.at) = (in_all, now);
        let period = period.as_secs_f64();
        let fade = |rate: &mut f64, over: f64| {
            let keeps = (-passed / (period * over)).exp();
            *rate = *rate * keeps + came * (1.0 - keeps);
        };
        fade(&mut self.long, LONG);
        fade(&mut self.short, SHORT);
        // An average that fades over a span has the chance of twice that span's calls.
        let chance = (self.long.max(self.short) / (2.0 * SHORT * period)).sqrt();
        if (self.short - self.long).abs() > SURE * chance {
            self.changes_until = now + Duration::from_secs_f64(SETTLES * SHORT * period);
        }
        if now < self.changes_until {
            self.long = self.short;
        }
    }

    /// Slots of the calls of a span ahead.
    fn ahead(&self, span: Duration) -> f64 {
        let calls = self.long * span.as_secs_f64();
        calls + calls.sqrt()
    }

    /// Slots that are held where calls come at this rate, of which these are now. No more are wanted beyond them than for the
    /// calls ahead.
    fn holds(&self, period: Duration, used: Used, ahead: f64) -> f64 {
        let expected = self.ahead(period);
        expected.max(used.stay + ahead).min(used.held + ahead)
    }
}

/// Slots that are held, and those of them that stay held until [`SOON`] is over.
#[derive(Clone, Copy, Default, Debug)]
struct Used {
    held: f64,
    stay: f64,
}

impl Used {
    fn of(used: LimitUse) -> Self {
        Self {
            held: used.held.into(),
            stay: used.stay.into(),
        }
    }

    /// What these flows hold by right.
    fn by_right<'a>(flows: impl Iterator<Item = &'a FlowDemand>) -> Self {
        flows.fold(Self::default(), |all, it| all.and(Self::of(it.used)))
    }

    fn and(self, other: Self) -> Self {
        Self {
            held: self.held + other.held,
            stay: self.stay + other.stay,
        }
    }

    fn less(self, other: Self) -> Self {
        Self {
            held: (self.held - other.held).max(0.0),
            stay: (self.stay - other.stay).max(0.0),
        }
    }
}

impl Demand {
    /// What is wanted now, where classes ask for this, the most important first, and flows with guarantees among them for
    /// that. Of the slots that are `used`, those stay that will be held still when [`SOON`] is over.
    pub fn wants(
        &mut self,
        asked: impl IntoIterator<Item = ClassDemand>,
        guaranteed: &[FlowDemand],
        used: LimitUse,
        now: Instant,
    ) -> Wants {
        let by_right = self.by_right(guaranteed, now);
        // What a flow holds by right is its class's. It is not known whose the rest is: the first classes are reckoned to
        // hold it, as far as they would.
        let mut rest = Used::of(used).less(Used::by_right(guaranteed.iter()));
        let wants = asked.into_iter().map(|asked| {
            let slots = match used.period {
                None => asked.open + asked.waiting,
                Some(period) => {
                    let rate = self.classes.entry(asked.class);
                    let rate = rate.or_insert_with(|| Rate::of_none(now));
                    rate.observe(asked.asked, period, now);
                    let own = guaranteed.iter().filter(|it| it.class == asked.class);
                    let own = Used::by_right(own);
                    let more = by_right.iter();
                    let more = more.filter(|(want, _)| want.class == asked.class);
                    let more: f64 = more.map(|(_, more)| more).sum();
                    let ahead = rate.ahead(SOON).max(more);
                    let held = rate.holds(period, rest.and(own), ahead);
                    let all = Used { held, stay: held };
                    rest = rest.less(all.less(own));
                    count(held.ceil()) + asked.waiting
                }
            };
            Want {
                class: asked.class,
                weight: asked.weight.max(1),
                slots: tally(slots),
            }
        });
        Wants {
            by_class: wants.filter(|want| want.slots > 0).collect(),
            guaranteed: by_right.into_iter().map(|(want, _)| want).collect(),
        }
    }

    /// What flows would hold by right of their guarantees, and how many slots more than they do, without those for calls
    /// that wait.
    fn by_right(&mut self, flows: &[FlowDemand], now: Instant) -> Vec<(GuaranteedWant, f64)> {
        let wants = flows.iter().filter_map(|asked| {
            let period = asked.used.period?;
            if !self.flows.contains_key(&asked.flow) {
                self.flows.insert(asked.flow.clone(), Rate::of_none(now));
            }
            let rate = self.flows.get_mut(&asked.flow)?;
            rate.observe(asked.asked, period, now);
            let used = Used::of(asked.used);
            let ahead = rate.ahead(SOON.max(period / AHEAD));
            let held = rate.holds(period, used, ahead).min(asked.guarantee.into());
            let want = GuaranteedWant {
                flow: asked.flow.clone(),
                class: asked.class,
                guarantee: asked.guarantee,
                slots: tally(count(held.ceil()) + asked.waiting).min(asked.guarantee),
                held: asked.used.stay.min(asked.guarantee),
                told: 0,
            };
            Some((want, (held - used.held).max(0.0)))
        });
        wants.collect()
    }
}
