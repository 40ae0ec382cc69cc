//! What one node is told and all are to know: numbers of operators, and closings of the limit.

use super::*;

/// The operators' number.
const NUMBER: &str = "number";
/// The closing of the limit.
const CLOSED: &str = "closed";
/// How long after a lower number came into the value more than it may still count: leases end, the calls under way are
/// over, and what is settled is given back in an exchange or two.
const SETTLES: Duration = Duration::from_secs(250);

impl World {
    /// An operator sets a number at a node, or takes it back; or the upstream closes the limit there.
    pub(super) fn told(&mut self, place: usize) {
        let clock = self.clock(place);
        if self.stream.percent(50) {
            let defined = self.setting.allowed;
            // A little less is the harder, since no node has much more than it is to have.
            let less = match self.stream.below(3) {
                0 => 0,
                1 => self.stream.below(10) as u32,
                _ => self.stream.below(u64::from(defined) * 4 / 5) as u32,
            };
            let number = (less > 0).then(|| defined - less);
            self.processes[place].node.tell(
                NUMBER,
                Notice {
                    text: number.map(|number| number.to_string()),
                    end: None,
                },
            );
            self.set(place, number);
        } else {
            let end = clock + Duration::from_secs_f64(60.0 * self.stream.fraction());
            let number = self.number().to_string();
            self.closings.insert(number.clone(), self.real(place, end));
            let it = &mut self.processes[place];
            it.closed_until = Some(end);
            let notice = Notice {
                text: Some(number),
                end: Some(end),
            };
            it.node.tell(CLOSED, notice);
        }
    }

    /// A node is replaced by one whose file has another number than is set, and the store forgets everything; which of the
    /// nodes comes first to it is drawn. Gives the number that is to hold.
    pub(crate) fn begin_with_an_older_file(&mut self, place: usize) -> u32 {
        let set = self.processes[(place + 1) % self.processes.len()]
            .slots
            .allowed;
        let older = if set == 7 { 8 } else { 7 };
        let incarnation = self.number();
        self.servers[0].wipe(incarnation);
        self.replace(place);
        let node = &mut self.processes[place].node;
        for key in ["other", "further", NUMBER] {
            node.offer(key, older.to_string());
        }
        self.set(place, Some(older));
        set
    }

    /// All nodes have this number.
    pub(crate) fn check_set(&self, number: u32) {
        for (place, it) in self.processes.iter().enumerate() {
            let seed = self.setting.seed;
            assert_eq!(it.slots.allowed, number, "node {place}, seed {seed}");
        }
    }

    /// The node has what others have told.
    pub(super) fn hear_notices(&mut self, place: usize) {
        for (key, notice) in self.processes[place].node.heard() {
            if key != CLOSED {
                if key != NUMBER {
                    continue;
                }
                let number = notice.text.map(|text| text.parse().unwrap());
                self.set(place, number);
                continue;
            }
            let end = notice.end.unwrap();
            let ends = self.closings[&notice.text.unwrap()];
            let heard = self.real(place, end);
            assert!(
                heard >= ends,
                "a closing is over where it was told no later than where it was heard: {ends:?}, {heard:?}, seed {}",
                self.setting.seed
            );
            self.processes[place].closed_until = Some(end);
        }
    }

    /// Whether an operator has set a number.
    pub(crate) fn has_set(&self) -> bool {
        let mut all = self.processes.iter();
        all.any(|it| it.slots.allowed != self.setting.allowed)
    }

    fn set(&mut self, place: usize, number: Option<u32>) {
        let number = number.unwrap_or(self.setting.allowed);
        let shared = self.shared(number);
        let it = &mut self.processes[place];
        it.slots.allowed = number;
        it.node.share(KEY.to_owned(), shared);
    }

    /// The primary has another value.
    pub(super) fn note_ceiling(&mut self, value: &Value) {
        let number = value.notices().find(|(key, _)| *key == NUMBER);
        let number = number.map_or(self.setting.allowed, |(_, text)| text.parse().unwrap());
        if self.ceilings.back().is_none_or(|(_, last)| *last != number) {
            self.ceilings.push_back((self.now, number));
        }
        self.drop_old_ceilings();
    }

    /// Each holds until the next one has settled.
    fn drop_old_ceilings(&mut self) {
        let now = self.now;
        let has_settled = |(from, _): &(Instant, u32)| *from + SETTLES < now;
        while self.ceilings.get(1).is_some_and(has_settled) {
            self.ceilings.pop_front();
        }
    }

    /// The most calls that may count.
    pub(super) fn ceiling(&mut self) -> u32 {
        self.drop_old_ceilings();
        let numbers = self.ceilings.iter().map(|(_, number)| *number);
        numbers.max().unwrap()
    }

    /// All nodes have the number that was set last, and what was closed is open.
    pub(crate) fn check_told(&self) {
        let (_, text) = self.servers[0].value.as_ref().unwrap();
        let value = Value::read(text).unwrap();
        let number = value.notices().find(|(key, _)| *key == NUMBER);
        let number = number.map_or(self.setting.allowed, |(_, text)| text.parse().unwrap());
        let goes_on = |(_, it): &(usize, &Process)| !it.is_paused;
        for (place, it) in self.processes.iter().enumerate().filter(goes_on) {
            assert_eq!(
                it.slots.allowed, number,
                "node {place}, seed {}",
                self.setting.seed
            );
            let clock = self.clock(place);
            assert!(
                it.closed_until.is_none_or(|end| end <= clock),
                "node {place}"
            );
        }
    }
}
