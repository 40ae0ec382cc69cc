//! Matching and searching, by whichever matcher it is.

use crate::machine::Machine;
use crate::{Error, Pattern};
use regex::{CaptureLocations, Regex};
use std::borrow::Cow;
use tollgate_meter::Meter;

/// The first and the last place of a part of a text, in bytes.
pub type Span = (usize, usize);

/// Looks for one match after the other, as Java's `Matcher.find` does.
pub struct Search<'a> {
    pattern: &'a Pattern,
    text: &'a str,
    meter: &'a Meter,
    matcher: Matcher<'a>,
    from: usize,
    found: Span,
    /// Steps that the meter had left when it began.
    steps: u64,
}

enum Matcher<'a> {
    Linear {
        known: &'a tollgate_meter::Pattern,
        regex: Cow<'a, Regex>,
        /// Where groups are put, if they are wanted.
        groups: Option<CaptureLocations>,
    },
    Machine(Box<Machine<'a>>),
}

impl Pattern {
    /// Whether the whole text matches.
    ///
    /// # Errors
    /// The meter stops it.
    pub fn matches(&self, text: &str, meter: &Meter) -> Result<bool, Error> {
        if let Some(linear) = self.linear_for(text, true, false, meter)? {
            return Ok(linear.is_match(text, meter)?);
        }
        let steps = meter.steps_left();
        let machine = Machine::new(self.program(), text, true, meter);
        let matched = machine.and_then(|mut machine| machine.matches());
        matched.map_err(|exhausted| self.stopped(exhausted, steps))
    }

    /// Whether some part of the text matches.
    ///
    /// # Errors
    /// The meter stops it.
    pub fn finds(&self, text: &str, meter: &Meter) -> Result<bool, Error> {
        if let Some(linear) = self.linear_for(text, false, false, meter)? {
            return Ok(linear.is_match(text, meter)?);
        }
        Ok(self.search(text, false, meter)?.advance()?.is_some())
    }

    /// Begins to look for matches; `groups` says whether [`Search::group`] will be asked for more than the
    /// whole match.
    ///
    /// # Errors
    /// The meter stops it.
    pub fn search<'a>(
        &'a self,
        text: &'a str,
        groups: bool,
        meter: &'a Meter,
    ) -> Result<Search<'a>, Error> {
        let matcher = match self.linear_for(text, false, groups, meter)? {
            Some(known) => {
                let regex = known.lend(text);
                let groups = groups.then(|| regex.capture_locations());
                Matcher::Linear {
                    known,
                    regex,
                    groups,
                }
            }
            None => {
                let machine = Machine::new(self.program(), text, false, meter)?;
                Matcher::Machine(Box::new(machine))
            }
        };
        Ok(Search {
            pattern: self,
            text,
            meter,
            matcher,
            from: 0,
            found: (0, 0),
            steps: meter.steps_left(),
        })
    }
}

impl Search<'_> {
    /// The next match. After an empty one, the next character is tried.
    ///
    /// # Errors
    /// The meter stops it.
    pub fn advance(&mut self) -> Result<Option<Span>, Error> {
        if self.from > self.text.len() {
            return Ok(None);
        }
        let Some(found) = self.find()? else {
            self.from = self.text.len() + 1;
            return Ok(None);
        };
        self.found = found;
        self.from = found.1;
        if found.0 == found.1 {
            let next = self.text[found.1..].chars().next();
            self.from += next.map_or(1, char::len_utf8);
        }
        Ok(Some(found))
    }

    fn find(&mut self) -> Result<Option<Span>, Error> {
        let from = self.from;
        match &mut self.matcher {
            Matcher::Linear {
                known,
                regex,
                groups,
            } => {
                // What is passed over is paid for below; that a search may look further than it finds is not.
                self.meter.piece(known.worst(self.text.len() - from), 4)?;
                let found = match groups {
                    Some(groups) => regex.captures_read_at(groups, self.text, from),
                    None => regex.find_at(self.text, from),
                };
                let found = found.map(|found| (found.start(), found.end()));
                self.meter
                    .work(found.map_or(self.text.len(), |found| found.1) - from)?;
                Ok(found)
            }
            Matcher::Machine(machine) => {
                let found = machine.search(from);
                let stopped = |exhausted| self.pattern.stopped(exhausted, self.steps);
                let found = found.map_err(stopped)?;
                let (start, end) = machine.groups[0];
                Ok(found.then_some((start as usize, end as usize)))
            }
        }
    }

    /// What a group of the match found last has captured.
    #[must_use]
    pub fn group(&self, group: usize) -> Option<Span> {
        if group == 0 {
            return Some(self.found);
        }
        match &self.matcher {
            Matcher::Linear { groups, .. } => groups.as_ref()?.get(group),
            Matcher::Machine(machine) => {
                let (start, end) = *machine.groups.get(group)?;
                let within = start <= end && end as usize <= self.text.len();
                within.then_some((start as usize, end as usize))
            }
        }
    }
}
