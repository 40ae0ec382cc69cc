//! Calls: they come, are sent, counted, answered or given up.

use super::*;

impl World {
    pub(super) fn arrive(&mut self, place: usize) {
        let gap = self.stream.exponential() / self.processes[place].rate_of_calls.max(0.001);
        let gap = Duration::from_secs_f64(gap.min(100.0));
        self.agenda.add(self.now + gap, Event::Arrive(place));
        let it = &mut self.processes[place];
        if it.is_paused || it.leaves {
            return;
        }
        it.asked += 1;
        self.outcome.asked += 1;
        it.queue.push_back(self.now);
        self.send(place);
    }

    pub(super) fn send(&mut self, place: usize) {
        let now = self.now;
        let it = &mut self.processes[place];
        // Who has waited for ten seconds has gone.
        while it
            .queue
            .front()
            .is_some_and(|came| now.since(*came) > Duration::from_secs(10))
        {
            it.queue.pop_front();
        }
        while !self.processes[place].queue.is_empty() && self.may_send(place) {
            self.processes[place].queue.pop_front();
            self.send_one(place);
        }
    }

    pub(super) fn may_send(&mut self, place: usize) -> bool {
        let now = self.now;
        let clock = self.clock(place);
        let it = &mut self.processes[place];
        let is_closed = it.closed_until.is_some_and(|end| end > clock);
        it.slots.until > now && it.slots.has_room(now) && !is_closed
    }

    pub(super) fn send_one(&mut self, place: usize) {
        let now = self.now;
        let life = self.processes[place].life;
        let counts_until = now + self.setting.period.unwrap_or_default();
        self.processes[place].slots.start(counts_until, now);
        self.outcome.sent += 1;
        // Counted on its way, at last when it is answered; or it is lost, and counted as late as can be.
        let lost = self.setting.calls_lost;
        let takes = match self.stream.below(100) {
            it if it < lost => Duration::from_secs(60),
            it if it < lost + 9 => TIMEOUT.mul_f64(self.stream.fraction()),
            _ => Duration::from_millis(5 + self.stream.below(300)),
        };
        let (counted, end);
        if takes > TIMEOUT {
            counted = now + (TIMEOUT + GRACE).mul_f64(self.stream.fraction());
            end = now + TIMEOUT + GRACE;
            self.agenda.add(now + TIMEOUT, Event::GivenUp(place, life));
        } else {
            counted = now + takes.mul_f64(self.stream.fraction());
            end = now + takes;
            self.agenda.add(now + takes, Event::Answered(place, life));
        }
        let end = end + self.setting.period.unwrap_or_default();
        self.agenda.add(counted, Event::Count);
        self.ends.push(Reverse(end));
        self.check_sent(place);
    }

    /// *Proof*: at any send no more calls can still count than are allowed.
    pub(super) fn check_sent(&mut self, place: usize) {
        let now = self.now;
        while self.ends.peek().is_some_and(|end| end.0 <= now) {
            self.ends.pop();
        }
        let counts = self.ends.len() as u32;
        let allowed = self.ceiling();
        assert!(
            counts <= allowed,
            "proof: {counts} of {allowed} calls may count at {now:?} (node {place}, seed {})",
            self.setting.seed
        );
    }

    pub(super) fn count(&mut self) {
        let now = self.now;
        let Some(period) = self.setting.period else {
            return;
        };
        while self.window.front().is_some_and(|at| *at + period <= now) {
            self.window.pop_front();
        }
        self.window.push_back(now);
        let counted = self.window.len() as u32;
        self.outcome.most = self.outcome.most.max(counted);
        assert!(counted <= self.ceiling(), "a window counted {counted}");
    }

    pub(super) fn over(&mut self, place: usize, life: u64, was_answered: bool) {
        // A paused process hears of it when it goes on; what it hears later it holds longer.
        if self.processes[place].life == life && self.processes[place].is_paused {
            let (later, event) = match was_answered {
                true => (PAUSE, Event::Answered(place, life)),
                false => (PAUSE, Event::GivenUp(place, life)),
            };
            self.agenda.add(self.now + later, event);
            return;
        }
        if self.processes[place].life != life {
            return;
        }
        let now = self.now;
        let slots = &mut self.processes[place].slots;
        slots.open -= 1;
        if let Some(period) = self.setting.period {
            let grace = if was_answered { Duration::ZERO } else { GRACE };
            slots.hold(now + grace + period);
        } else if !was_answered {
            slots.hold(now + GRACE);
        }
        self.send(place);
    }
}
