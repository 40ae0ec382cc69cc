//! What fails.

use super::*;

/// What a server's process had been through when it came back.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Restart {
    None,
    WithData,
    Empty,
}

impl World {
    pub(crate) fn replace(&mut self, place: usize) {
        let process = self.process(place);
        let rate_of_calls = self.processes[place].rate_of_calls;
        self.processes[place] = Process {
            rate_of_calls,
            ..process
        };
        self.look(place);
    }

    /// The process dies, and another with its file begins.
    pub(crate) fn restart(&mut self, place: usize) {
        let dead = self.processes[place].node.member().clone();
        let over = self.now + TIMEOUT + GRACE + self.setting.period.unwrap_or_default();
        let found = std::mem::take(&mut self.processes[place].slots).found(over);
        self.replace(place);
        let Some(found) = found else {
            return;
        };
        self.leases.remove(&dead);
        let it = &mut self.processes[place];
        it.node.succeed(dead.process());
        it.node.inherit(KEY, found.capacity);
        it.found = Some(found);
    }

    /// A failover, which loses the last writes: the node, and some others, stay with the server that was the primary.
    pub(super) fn split(&mut self, place: usize, incarnation: u64) {
        let old = self.servers[0].clone();
        self.servers.truncate(1);
        self.servers.push(old);
        let values = self.stream.below(10) as usize;
        self.servers[0].roll_back(values, incarnation);
        self.processes[place].server = 1;
        for other in 0..self.processes.len() {
            if self.stream.percent(30) {
                self.processes[other].server = 1;
            }
        }
    }

    /// Nothing fails from now on, and what has failed goes on.
    pub(crate) fn heal(&mut self) {
        self.setting.faults = 0;
        self.setting.lost = 0;
        self.is_quiet = true;
        for place in 0..self.processes.len() {
            let it = &mut self.processes[place];
            it.server = 0;
            if it.leaves {
                self.replace(place);
            }
        }
    }

    /// Nobody reaches the store any more.
    pub(crate) fn cut_off(&mut self) {
        for it in &mut self.processes {
            it.server = 9;
        }
    }

    /// The store is back, as it was or as its server's restart has left it.
    pub(crate) fn reconnect(&mut self, restart: Restart) {
        let incarnation = self.number();
        match restart {
            Restart::None => {}
            Restart::WithData => self.servers[0].restart(incarnation),
            Restart::Empty => self.lose_all(),
        }
        for it in &mut self.processes {
            it.server = 0;
        }
    }

    /// The store is restarted, and has nothing.
    pub(crate) fn lose_all(&mut self) {
        let incarnation = self.number();
        self.servers[0].wipe(incarnation);
    }

    /// A node stands still for so long.
    pub(crate) fn pause(&mut self, place: usize, span: Duration) {
        self.processes[place].is_paused = true;
        self.agenda.add(self.now + span, Event::Resume(place));
    }

    pub(super) fn fail(&mut self, place: usize) {
        let incarnation = self.number();
        let fault = self.stream.below(12);
        if !self.setting.store_fails && matches!(fault, 3..=7 | 9) {
            return;
        }
        match fault {
            0 if self.stream.percent(50) => self.restart(place),
            0 => self.replace(place),
            1 => {
                // A pause, or the sleep of its machine.
                let long = Duration::from_secs_f64(self.stream.exponential() * 60.0);
                self.pause(place, long);
            }
            2 => {
                let it = &mut self.processes[place];
                it.leaves = true;
                it.node.leave();
                self.leases.remove(it.node.member());
            }
            3 => self.servers[0].restart(incarnation),
            4 => self.servers[0].wipe(incarnation),
            5 => self.servers[0].lose(),
            6 | 7 => {
                let values = 1 + self.stream.below(60) as usize;
                self.servers[0].roll_back(values, incarnation);
            }
            8 => {
                // A partition: the node's messages reach a server that isn't there.
                self.processes[place].server = 9;
            }
            9 => self.split(place, incarnation),
            10 => self.processes[place].server = 0,
            _ => {}
        }
    }
}
