//! What a node would use of a limit, from what its calls ask for.
//!
//! A window's slot is held for a period from its call's answer, so calls that come at a rate hold rate × period slots.
//! That is what is wanted, with a deviation of chance, and what waits on top. Not wanted is what lies idle: where fewer
//! slots are held than the rate would fill, as after a load that has gone, the want is what is held and what the next
//! exchange could come too late for ([`SOON`]). Nor is less wanted than that where the slots that are held stay held, as
//! after a burst: however few calls come, none of those slots is for them. Of a limit on calls at once it is what is
//! under way, and what waits.
//!
//! *The constants are ours*: chosen by `tests/model`, whose figures for use and round trips are in `docs/cluster.md`.

use crate::want::wanted;
use crate::{GuaranteedWant, Want};
use std::collections::BTreeMap;
use std::time::Duration;
use tollgate_model::{ClassDemand, Instant, LimitUse, count, tally};

/// What a node would use of one limit.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Wants {
    /// By class.
    pub by_class: Vec<Want>,
    /// By flows that have guarantees.
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
/// The parts of a period over which the averages fade.
const LONG: f64 = 1.0 / 2.0;
const SHORT: f64 = 1.0 / 16.0;
/// Times the short average's fading after which it has followed a change.
const SETTLES: f64 = 3.0;
/// Standard deviations of chance beyond which the short average is believed.
const SURE: f64 = 2.5;

impl Rate {
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
}

impl Demand {
    /// What is wanted now, where classes ask for this, the most important first. Of the slots that are `used`, those stay
    /// that will be held still when [`SOON`] is over.
    pub fn wants(
        &mut self,
        asked: impl IntoIterator<Item = ClassDemand>,
        used: LimitUse,
        now: Instant,
    ) -> Wants {
        // Less those that the classes before are reckoned to hold.
        let (mut held, mut stay) = (f64::from(used.held), f64::from(used.stay));
        let wants = asked.into_iter().map(|asked| {
            let slots = match used.period {
                None => asked.open + asked.waiting,
                Some(period) => {
                    let rate = self.rate(asked.class, asked.asked, period, now);
                    let expected = rate * period.as_secs_f64();
                    let expected = expected + expected.sqrt();
                    let soon = rate * SOON.as_secs_f64();
                    let soon = soon + soon.sqrt();
                    let used = expected.max(stay + soon).min(held + soon);
                    (held, stay) = ((held - used).max(0.0), (stay - used).max(0.0));
                    count(used.ceil()) + asked.waiting
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
            guaranteed: Vec::new(),
        }
    }

    fn rate(&mut self, class: u8, in_all: u64, period: Duration, now: Instant) -> f64 {
        let rate = self.classes.entry(class).or_insert(Rate {
            in_all: 0,
            at: now,
            long: 0.0,
            short: 0.0,
            changes_until: Instant::ZERO,
        });
        rate.observe(in_all, period, now);
        rate.long
    }
}
