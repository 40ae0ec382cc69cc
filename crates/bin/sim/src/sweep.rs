//! One parameter over a range of values: `calls=100..600/50`, `tokens=1,2,5`, `timeout=1s..5s/1s`.

use crate::scenario::Scenario;
use std::fmt;
use std::time::Duration;
use tollgate_settings::{parse_span, show_span};

/// Values of one sweep, at the most.
const MOST: usize = 1_000;

/// A parameter and its values.
#[derive(Clone, PartialEq, Debug)]
pub struct Sweep {
    /// What is varied.
    pub parameter: Parameter,
    /// Its values, in the order given: numbers, or spans in seconds.
    pub values: Vec<f64>,
}

/// What can be varied.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Parameter {
    /// Calls a minute over all flows, in the proportions of the scenario.
    Calls,
    /// Tokens over all clients.
    Tokens,
    /// Calls of one token in a window.
    Token,
    /// Calls of the organisation in a window.
    Organisation,
    /// Executions in a window.
    Executions,
    /// Executions at once.
    Concurrency,
    /// Every action's timeout.
    Timeout,
    /// Every flow's deadline.
    Deadline,
    /// How long every action that has a cache keeps its answers.
    Cache,
}

impl Parameter {
    const ALL: [Self; 9] = [
        Self::Calls,
        Self::Tokens,
        Self::Token,
        Self::Organisation,
        Self::Executions,
        Self::Concurrency,
        Self::Timeout,
        Self::Deadline,
        Self::Cache,
    ];

    /// The word on the command line.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Calls => "calls",
            Self::Tokens => "tokens",
            Self::Token => "token",
            Self::Organisation => "organisation",
            Self::Executions => "executions",
            Self::Concurrency => "concurrency",
            Self::Timeout => "timeout",
            Self::Deadline => "deadline",
            Self::Cache => "cache",
        }
    }

    /// What its axis says.
    #[must_use]
    pub const fn title(self) -> &'static str {
        match self {
            Self::Calls => "calls a minute offered",
            Self::Tokens => "tokens",
            Self::Token => "calls of one token in a window",
            Self::Organisation => "calls of the organisation in a window",
            Self::Executions => "executions in a window",
            Self::Concurrency => "executions at once",
            Self::Timeout => "timeout of an action, seconds",
            Self::Deadline => "deadline of a call, seconds",
            Self::Cache => "cache time, seconds",
        }
    }

    const fn is_span(self) -> bool {
        matches!(self, Self::Timeout | Self::Deadline | Self::Cache)
    }

    /// The value as it is written.
    #[must_use]
    pub fn show(self, value: f64) -> String {
        if self.is_span() {
            show_span(Duration::from_millis((value * 1e3).round() as u64))
        } else {
            format!("{value}")
        }
    }

    fn read(self, text: &str) -> Option<f64> {
        if self.is_span() {
            return Some(parse_span(text)?.as_secs_f64());
        }
        let value: f64 = text.parse().ok()?;
        let whole = self == Self::Calls || value.fract() == 0.0;
        (value > 0.0 && value <= 1e8 && whole).then_some(value)
    }
}

/// What is wrong with a sweep.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum SweepError {
    /// No such parameter.
    #[error("{0}: expected PARAMETER=FROM..TO/STEP with one of {words}", words = words())]
    Parameter(String),
    /// Values that can't be read.
    #[error("{0}: expected values as {1}=FROM..TO/STEP or {1}=A,B,C, no more than {MOST}")]
    Values(String, &'static str),
}

fn words() -> String {
    Parameter::ALL.map(Parameter::as_str).join(", ")
}

impl Sweep {
    /// Reads `calls=100..600/50` or `tokens=1,2,5`. A plural (`timeouts`) is understood.
    ///
    /// # Errors
    /// No such parameter, or values that can't be read.
    pub fn parse(text: &str) -> Result<Self, SweepError> {
        let (word, values) = text.split_once('=').unwrap_or((text, ""));
        let named = |word: &str| Parameter::ALL.into_iter().find(|it| it.as_str() == word);
        let parameter = named(word).or_else(|| named(word.strip_suffix('s')?));
        let parameter = parameter.ok_or_else(|| SweepError::Parameter(text.to_owned()))?;
        let read = |text: &str| parameter.read(text.trim());
        let values = match values.split_once("..") {
            Some((from, rest)) => rest
                .split_once('/')
                .and_then(|(to, step)| range(read(from)?, read(to)?, read(step)?)),
            None => values.split(',').map(read).collect::<Option<Vec<_>>>(),
        };
        let values = values.filter(|values| (1..=MOST).contains(&values.len()));
        let values =
            values.ok_or_else(|| SweepError::Values(text.to_owned(), parameter.as_str()))?;
        Ok(Self { parameter, values })
    }

    /// The scenario with the parameter at `value`.
    #[must_use]
    pub fn apply(&self, scenario: &Scenario, value: f64) -> Scenario {
        let mut it = scenario.clone();
        let whole = Some(value as u32);
        let span = Duration::from_secs_f64(value);
        match self.parameter {
            Parameter::Calls => {
                let now = scenario.calls_per_minute();
                if now > 0.0 {
                    it = scenario.scaled(value / now);
                }
            }
            Parameter::Tokens => it.set_tokens(value as u32),
            Parameter::Token => it.limits.token = whole,
            Parameter::Organisation => it.limits.organisation = whole,
            Parameter::Executions => it.limits.executions = whole,
            Parameter::Concurrency => it.limits.concurrency = whole,
            Parameter::Timeout => it
                .actions
                .iter_mut()
                .for_each(|action| action.timeout = span),
            Parameter::Deadline => it.flows.iter_mut().for_each(|flow| flow.deadline = span),
            Parameter::Cache => {
                let caches = it
                    .actions
                    .iter_mut()
                    .filter_map(|action| action.cache.as_mut());
                caches.for_each(|cache| cache.life = span);
            }
        }
        it
    }
}

fn range(from: f64, to: f64, step: f64) -> Option<Vec<f64>> {
    let count = (to - from) / step;
    if from > to || step <= 0.0 || count >= MOST as f64 {
        return None;
    }
    Some(
        (0..=(count + 1e-9) as usize)
            .map(|n| from + step * n as f64)
            .collect(),
    )
}

impl fmt::Display for Sweep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}=", self.parameter.as_str())?;
        for (at, value) in self.values.iter().enumerate() {
            let comma = if at == 0 { "" } else { "," };
            write!(f, "{comma}{}", self.parameter.show(*value))?;
        }
        Ok(())
    }
}

impl Scenario {
    /// Shares tokens out over the clients, one each in turn; a client left with none goes.
    pub fn set_tokens(&mut self, tokens: u32) {
        let clients = self.clients.len() as u32;
        for (at, client) in self.clients.iter_mut().enumerate() {
            let more = u32::from((at as u32) < tokens % clients.max(1));
            client.tokens = tokens / clients.max(1) + more;
        }
        self.clients.retain(|client| client.tokens > 0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_lists_and_spans() {
        let values = |text| Sweep::parse(text).unwrap().values;
        assert_eq!(values("calls=100..300/100"), [100.0, 200.0, 300.0]);
        assert_eq!(values("calls=0.5..0.8/0.1").len(), 4);
        assert_eq!(values("tokens=1,2,5"), [1.0, 2.0, 5.0]);
        assert_eq!(values("timeouts=500ms..2s/500ms"), [0.5, 1.0, 1.5, 2.0]);
        for text in [
            "calls",
            "calls=",
            "calls=5..1/1",
            "calls=0..9/0",
            "calls=1..9",
            "x=1",
            "tokens=1.5",
            "calls=1..9999/1",
        ] {
            assert!(Sweep::parse(text).is_err(), "{text}");
        }
        assert!(
            Sweep::parse("call=1")
                .unwrap_err()
                .to_string()
                .contains("calls, tokens")
        );
    }
}
