//! A run from its begin to its end in virtual time, and its transcript.

mod transcript;

pub use transcript::{Line, Transcript};

use serde_json::{Map, Value as Json};
use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;
use tollgate_architect::Coverage;
use tollgate_architect::{
    Answer, AnswerError, Effect, EffectId, End, Happening, Progress, Run, Tell,
};
use tollgate_model::Instant;

/// What comes of an effect.
#[derive(Clone, PartialEq, Debug)]
pub enum Reply {
    /// This answer, after so long.
    After(Duration, Answer),
    /// Nothing: a person's silence, an action's timeout.
    Never,
}

/// Whoever carries effects out: a script, an explorer, a service.
pub trait World {
    /// What comes of an effect.
    ///
    /// # Errors
    /// Nobody can say: the play stops with this.
    fn reply(&mut self, effect: &Effect) -> Result<Reply, String>;

    /// What happens by itself, and when after the run's begin; in order.
    fn events(&self) -> Vec<(Duration, Happening)> {
        Vec::new()
    }
}

/// What came of a run.
#[derive(Clone, PartialEq, Debug)]
pub struct Played {
    /// How it ended.
    pub end: End,
    /// What happened, with times.
    pub transcript: Transcript,
    /// How often each data action was called.
    pub calls: BTreeMap<String, u32>,
    /// Output variables.
    pub outputs: Map<String, Json>,
    /// Every variable at the end, by lower-case name.
    pub variables: Map<String, Json>,
    /// Participant data at the end.
    pub participant: BTreeMap<String, String>,
    /// The branches taken.
    pub coverage: Coverage,
    /// How long it took, in its own time.
    pub took: Duration,
    /// The most bytes the run held.
    pub peak_bytes: usize,
    /// How many of the world's events were still to come.
    pub events_left: usize,
}

/// Things that happen in one play; far above what a run's steps allow.
const MAX_EVENTS: usize = 100_000;

/// Why a run can't be played to its end.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum PlayError {
    /// The world has no answer to an effect.
    #[error("{0}")]
    World(String),
    /// The run doesn't take the world's answer.
    #[error(transparent)]
    Answer(#[from] AnswerError),
    /// The run waits for what never comes.
    #[error("nobody answers, and nothing else will happen")]
    Stuck,
    /// More happens than a run's steps allow.
    #[error("more than {MAX_EVENTS} things happened")]
    Endless,
}

/// Plays a run from `start` to its end. `speech` is characters read out in a second; 0 takes no time.
///
/// # Errors
/// The world had no answer, or the run waits for what never comes.
pub fn play(
    run: &mut Run,
    world: &mut dyn World,
    start: Instant,
    speech: u32,
) -> Result<Played, PlayError> {
    run.watch();
    let mut player = Player {
        now: start,
        seen: start,
        start,
        speech,
        transcript: Transcript::default(),
        calls: BTreeMap::new(),
        coming: None,
        asking: false,
        peak: run.bytes(),
        events: world.events().into(),
    };
    for _ in 0..MAX_EVENTS {
        player.happens_before(run, player.now)?;
        player.seen = player.now;
        match run.next(player.now) {
            Progress::Tell(tell) => player.tell(&tell),
            Progress::Effect(id, effect) => {
                player.peak = player.peak.max(run.bytes());
                player.asked(id, &effect, world)?;
            }
            Progress::Wait(until) => player.wait(run, until)?,
            Progress::Ended(end) => return Ok(player.end(run, end)),
        }
    }
    Err(PlayError::Endless)
}

struct Player {
    now: Instant,
    /// The last time that the run was told.
    seen: Instant,
    start: Instant,
    speech: u32,
    transcript: Transcript,
    calls: BTreeMap<String, u32>,
    coming: Option<(Instant, EffectId, Answer)>,
    /// Whether a person is asked, so that time that passes is silence.
    asking: bool,
    peak: usize,
    events: VecDeque<(Duration, Happening)>,
}

impl Player {
    fn note(&mut self, event: &'static str, text: String) {
        let at = self.now.since(self.start);
        self.transcript.push(Line { at, event, text });
    }

    fn tell(&mut self, tell: &Tell) {
        match tell {
            Tell::Played(text) => {
                self.note("plays", text.to_string());
                self.now = self.now + spoken(text, self.speech);
            }
            Tell::Sent(text) => self.note("sends", text.to_string()),
            Tell::Attribute { name, value } => {
                let value = value.as_deref().unwrap_or("NOT_SET");
                self.note("sets", format!("{name} = {value}"));
            }
            Tell::Platform { step, inputs } => {
                self.note("does", format!("{step} {}", Json::Object(inputs.clone())));
            }
            Tell::TimedOut { action } => self.note("timeout", action.to_string()),
            Tell::Waiting(span) => self.note("waits", transcript::seconds(*span)),
            Tell::Unsupported { place, message } => {
                self.note("lacks", format!("{place}: {message}"));
            }
            Tell::Fault { place, message } => self.note("fails", format!("{place}: {message}")),
        }
    }

    fn asked(
        &mut self,
        id: EffectId,
        effect: &Effect,
        world: &mut dyn World,
    ) -> Result<(), PlayError> {
        let (event, text) = transcript::asked(effect);
        self.note(event, text);
        if let Effect::CallData { action, .. } = effect {
            *self.calls.entry(action.to_string()).or_insert(0) += 1;
        }
        self.asking = matches!(effect, Effect::Person(_));
        self.coming = match world.reply(effect).map_err(PlayError::World)? {
            Reply::After(span, answer) => Some((self.now + span, id, answer)),
            Reply::Never => None,
        };
        Ok(())
    }

    /// Lets the next event happen if it comes by then, even while something is read out.
    fn happens_before(&mut self, run: &mut Run, until: Instant) -> Result<bool, PlayError> {
        let due = self.events.front().copied();
        let Some((after, what)) = due.filter(|(after, _)| self.start + *after <= until) else {
            return Ok(false);
        };
        self.events.pop_front();
        self.now = self.seen.max(self.start + after);
        self.note("happens", what.to_string());
        run.happens(what, self.now)?;
        Ok(true)
    }

    fn wait(&mut self, run: &mut Run, until: Instant) -> Result<(), PlayError> {
        let answer = self
            .coming
            .as_ref()
            .map_or(until, |(at, ..)| (*at).min(until));
        if self.happens_before(run, answer)? {
            return Ok(());
        }
        match self.coming.take() {
            Some((at, id, answer)) if at < until => {
                self.now = at;
                self.asking = false;
                let (event, text) = transcript::answered(&answer);
                self.note(event, text);
                Ok(run.answer(id, answer, self.now)?)
            }
            _ if until == Instant::NEVER => Err(PlayError::Stuck),
            _ => {
                self.now = until;
                if std::mem::take(&mut self.asking) {
                    self.note("person", "is silent".to_owned());
                }
                Ok(())
            }
        }
    }

    fn end(mut self, run: &mut Run, end: End) -> Played {
        self.note("ends", end.to_string());
        let texts = run
            .participant()
            .iter()
            .map(|(k, v)| (k.to_string(), v.to_string()));
        Played {
            transcript: self.transcript,
            calls: self.calls,
            outputs: run.outputs(),
            variables: run.all_variables(),
            participant: texts.collect(),
            coverage: run.take_coverage(),
            took: self.now.since(self.start),
            peak_bytes: self.peak.max(run.bytes()),
            events_left: self.events.len(),
            end,
        }
    }
}

/// How long a text takes to be read out; `[silence 500 ms]` takes what it says, other brackets nothing.
fn spoken(text: &str, speech: u32) -> Duration {
    if speech == 0 {
        return Duration::ZERO;
    }
    let (mut millis, mut rest) = (0_u64, text);
    let read_out = |part: &str| part.trim().chars().count() as u64 * 1000 / u64::from(speech);
    while let Some((before, after)) = rest.split_once('[') {
        let (inside, behind) = after.split_once(']').unwrap_or((after, ""));
        let silence = inside
            .strip_prefix("silence ")
            .and_then(|s| s.strip_suffix(" ms"));
        let silence = silence.and_then(|s| s.parse().ok()).unwrap_or(0);
        millis = millis
            .saturating_add(read_out(before))
            .saturating_add(silence);
        rest = behind;
    }
    Duration::from_millis(millis.saturating_add(read_out(rest)))
}
