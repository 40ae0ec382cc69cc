//! Who calls, when, and how it ended.

use super::pace::Pace;
use rand::rngs::SmallRng;
use rand::{Rng as _, SeedableRng as _};
use std::time::Duration;

/// Length of a run in minutes of the platform's.
pub(super) const MINUTES: u32 = 4;
/// The mailing that makes the minute it falls into too small: e-mails at once.
const MAILING: u32 = 2_600;
/// When it goes out, in minutes.
const MAILING_AT: f64 = 2.0;

/// The flows of the scenario, the most urgent first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum Flow {
    Voice,
    Sms,
    Email,
}

impl Flow {
    pub(super) const ALL: [Self; 3] = [Self::Voice, Self::Sms, Self::Email];

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Voice => "voice",
            Self::Sms => "sms",
            Self::Email => "email",
        }
    }

    /// Interactions in a minute of the platform's.
    fn per_minute(self) -> f64 {
        match self {
            Self::Voice => 400.0,
            Self::Sms => 150.0,
            Self::Email => 250.0,
        }
    }

    /// The latest useful start of a call, in minutes: a caller on the line waits 6 s, an SMS 45 s, a mail 90 s.
    fn deadline(self) -> f64 {
        match self {
            Self::Voice => 0.1,
            Self::Sms => 0.75,
            Self::Email => 1.5,
        }
    }

    /// The actions of one interaction, one after the other.
    pub(super) fn actions(self) -> &'static [&'static str] {
        match self {
            Self::Voice => &["Find-Contact-By-Number", "Get-Estimated-Wait-Time"],
            Self::Sms => &["Get-Queue-Counts"],
            Self::Email => &["Get-User-Presence"],
        }
    }
}

/// One interaction.
#[derive(Clone, Copy, Debug)]
pub(super) struct Arrival {
    pub(super) flow: Flow,
    /// From the start of the run.
    pub(super) at: Duration,
    /// From each of its calls to the latest useful start of that.
    pub(super) deadline: Duration,
    /// Tells its inputs from others'.
    pub(super) number: usize,
}

/// All interactions of a run, in the order of their arrival.
pub(super) struct Load {
    pub(super) arrivals: Vec<Arrival>,
    pub(super) pace: Pace,
}

impl Load {
    /// Poisson arrivals for each flow, and the mailing.
    pub(super) fn draw(seed: u64, pace: Pace) -> Self {
        let mut random = SmallRng::seed_from_u64(seed);
        let mut arrivals = Vec::new();
        let mut add = |flow: Flow, minutes: f64| {
            arrivals.push(Arrival {
                flow,
                at: pace.minutes(minutes),
                deadline: pace.minutes(flow.deadline()),
                number: arrivals.len(),
            });
        };
        for flow in Flow::ALL {
            let mut minutes = 0.0;
            loop {
                let uniform: f64 = random.random();
                minutes -= (1.0 - uniform).ln() / flow.per_minute();
                if minutes >= f64::from(MINUTES) {
                    break;
                }
                add(flow, minutes);
            }
        }
        for _ in 0..MAILING {
            add(Flow::Email, MAILING_AT);
        }
        arrivals.sort_by_key(|arrival| arrival.at);
        Self { arrivals, pace }
    }

    pub(super) fn executions(&self) -> u64 {
        let each = self.arrivals.iter();
        each.map(|arrival| arrival.flow.actions().len() as u64)
            .sum()
    }
}

/// How one execution ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum End {
    /// Answered; the time from its call to the start that was answered.
    Done(Duration),
    /// Turned away by the upstream until its caller had no more time, or broken.
    Failed,
    /// Turned away by tollgate, with the limit and the earliest start.
    Refused,
}

/// What became of a flow's executions.
#[derive(Clone, Debug, Default)]
pub(super) struct FlowTally {
    pub(super) waits: Vec<Duration>,
    pub(super) failed: u64,
    pub(super) refused: u64,
}

impl FlowTally {
    pub(super) fn done(&self) -> u64 {
        self.waits.len() as u64
    }

    pub(super) fn all(&self) -> u64 {
        self.done() + self.failed + self.refused
    }
}

/// What became of all of them, in the order of [`Flow::ALL`].
#[derive(Clone, Debug, Default)]
pub(super) struct Tally(pub(super) [FlowTally; 3]);

impl Tally {
    pub(super) fn add(&mut self, flow: Flow, end: End) {
        let tally = &mut self.0[flow as usize];
        match end {
            End::Done(waited) => tally.waits.push(waited),
            End::Failed => tally.failed += 1,
            End::Refused => tally.refused += 1,
        }
    }
}
