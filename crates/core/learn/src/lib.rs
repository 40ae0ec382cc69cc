//! Limits that nobody tells, learned from which calls an upstream accepts and refuses, and the number of
//! calls at once that brings most, learned from how long answers take ([`Gradient`]).
//!
//! A [`Learner`] is told each call of one upstream. After a refusal it looks for the limit that separates
//! the refused calls from those accepted, and asks whoever sends to hold it as one more limit
//! ([`Change`]), under which a slot lasts from a call's sending for a period.
//!
//! # What a limit looks like
//!
//! Whatever an upstream counts, it refuses a call if a count is more than a number. What it may count is
//! tried one after another (`statistic`): the calls in a span before; in a window that opens with the
//! first call; in windows on a clock; in such a window and, in part, the one before; what has not leaked from a bucket;
//! the calls under way; the calls in a span, refused ones included. Each is tried over a ladder of spans, refined around the best, and for
//! each token, the refused call's endpoint, its client, and all calls (`study`). For each of them the
//! number that separates best is found by one look at how many calls were accepted and refused at each
//! count. So neither a burst across the boundary of two windows nor a bucket that was full contradicts
//! the limit that is true, as it would if all limits were taken for sliding windows.
//!
//! At which phase windows on a clock open nobody tells, and a token's may have one of its own. It is found for each
//! part by itself, from when calls were refused and accepted, before the number is (`statistic::clock`).
//!
//! A bucket of B that r calls a second leak from is held as B in B/r. That is its exact form as a
//! window: in any time t it lets pass at most B·⌈t ∕ (B/r)⌉ < B + r·t calls. Of the rates that explain the same not
//! the laxest is held (`fit::rate`), for calls that wait for a bucket come up to its edge with each call.
//!
//! A weighted window counts its own calls, and those of the window before by the part of it that is less than a window
//! ago, as many gateways do to save memory. It lets a burst pass only after a window in which few calls came, so no
//! limit over one span is like it: N in P is refused half its calls, and N∕2 in P, which is not, wastes half. What
//! lets pass one call in P∕(N − 1) is never refused, and uses all that is there in the long run: in no window can
//! the N-th call pass before the window is over, unless none came in the one before (`statistic`). The price is that a
//! burst leaves one by one, or some few at once where N is large. To hold the window as it is would spare that, but
//! slots of it would have no ends by which starts are foretold and classes kept apart. Its phase makes it easy to find
//! by chance, so it is looked for where no other explains nearly all, over periods near to those configured, and has
//! to explain nearly all itself, and several refusals.
//!
//! Where refused calls count, too, each of them keeps its slot ([`Finding::counts_refused`]): once the window is
//! full, every try prolongs its being full. After any refusal more follow, so a count that has refused calls in it
//! explains some of whatever is refused, a stranger's calls among them. So such a limit has to explain nearly all
//! that is refused, more than any other does, and since calls were missed a window of the configured period must have
//! been seen. Of calls that were under way together nobody knows which were refused before another was
//! accepted; a refused call counts from when the upstream has counted it for certain.
//!
//! # When it is believed
//!
//! The rival is chance: every call is refused with the same likelihood, of a fifth at the most, for firewalls and
//! restarts seldom refuse more. A hypothesis says that calls
//! above the number are refused with one likelihood, and those below with another. By how much the
//! calls seen are likelier under it, as a logarithm, has to exceed [`Settings::evidence`]: 14, for
//! some thousand hypotheses are tried (e⁷), and one study in a thousand may err (e⁷); more, where there are
//! more numbers to choose from, and less for a configured period (`run`). So refusals
//! by chance, at whatever rate, bind nothing: accepted calls with as many before them speak against each
//! hypothesis. Besides, it has to explain refusals in two batches, so that calls were sent after the
//! first was known; and a call of the same part must have been accepted after one that it explains, since nobody knows
//! before how long the period is. Windows of a limit that others may share have to refuse in three of them: what
//! a stranger leaves of two is often the same. Where both let pass the same number, are as long as configured, and a
//! stranger would have to take much of them, two are enough (`fit::is_bounded`).
//!
//! Of hypotheses that explain the same, the common, the narrow and the lax come first (`fit::taste`): what
//! is too lax or too narrow is corrected by the next refusal, what is too strict only by trying. Spans
//! that explain the same but lie far apart are halved (`fit::period`). A configured period comes before any
//! other that explains hardly more with the same number, as a lower number is the most common of what is
//! wrong; while a longer configured one can't be told from a shorter one, neither is believed (`fit::period`).
//! A period that is longer than was looked at is not believed (`fit::weigh`).
//!
//! A limit may have changed, so all calls are studied, then the last quarter, and so on. Refusals that a
//! finding explains are taken out before another is looked for, so several limits are found one after
//! another; and a finding that explains all that another did takes its place (`reconcile`). Calls that
//! overtake one another on their way stretch a period by a little (`guard`). Nothing that is as lax as
//! what is configured is ever found or tried ([`KnownLimit`]).
//!
//! # What it costs
//!
//! *Learning*: about as many refusals as it takes to exceed the evidence, in the worlds below 10 to 40.
//! *Trying more*: see `probe`; one in 300 accepted calls at first, one in 8000 in the end. *Memory*:
//! [`Settings::calls`] of some 100 bytes, twice while a study is under way.
//!
//! *Time*: a call costs some tens of nanoseconds; a study looks at each remembered call some hundred times,
//! where it finds nothing a thousand times. So it is done in turns (`work`), and what is done is counted in
//! looks at a call, some 3 ns each: a turn is [`Settings::turn`] looks, or 0.3 ms, and with what is begun
//! last about 0.8 ms at the most. After a turn nothing is looked at for [`Settings::rest`], and after a study
//! nothing is studied for as long as it took; the calls of some upstreams share that time, if their learners
//! share a thread. So learning takes at most a twentieth of one core, whatever is sent and refused, and half
//! of that for one upstream; `--test work` holds it to that on the worst inputs. What is found is the same
//! as if it were done at once, but is found later: of a hundred calls in a few milliseconds, of 8192 in some
//! seconds. Studies that find nothing, as after refusals by chance, become rare.
//!
//! # Compared
//!
//! `cargo test -p tollgate-learn --test methods -- --nocapture`: Poisson calls at 150 % of what the real
//! limit lets pass (80 % where it is said), four seeds, two minutes and more after the first three
//! windows. Calls that were accepted, of those that the same sender gets who knows the limit, and
//! answers that were refusals, both in per cent. *AIMD* steers the rate; *windows' counts* adopts the
//! configured period's count at each refusal; *posterior* is a distribution over the configured
//! period's number that may change at each call; *gradient* is Netflix's over two averages of the
//! latency.
//!
//! | the limit | this crate | nothing | AIMD | counts | posterior | gradient |
//! |---|---|---|---|---|---|---|
//! | first call 40 of 60 | 100.0, 0.12 | 92.5, 38.06 | 73.9, 2.07 | 100.0, 4.16 | 98.7, 22.37 | 92.4, 34.74 |
//! | clock 40 of 60 | 96.3, 0.13 | 100.0, 32.50 | 77.7, 1.82 | 100.0, 4.19 | 99.9, 27.92 | 98.4, 22.12 |
//! | sliding 40 of 60 | 100.0, 0.12 | 97.2, 71.30 | 90.3, 1.20 | 98.5, 20.43 | 99.5, 43.63 | 94.2, 51.54 |
//! | 60 in 12 s, not 6 | 100.0, 0.58 | 100.0, 17.10 | 71.9, 3.85 | 91.4, 3.10 | 80.7, 28.75 | 100.0, 14.80 |
//! | bucket 10, 6/s, 80 % | 98.2, 0.34 | 97.9, 0.85 | 97.5, 0.51 | 96.0, 0.77 | 96.3, 0.48 | 97.9, 0.85 |
//! | bucket 10, 6/s | 100.2, 0.24 | 100.2, 95.76 | 100.2, 1.24 | 67.3, 6.03 | 69.8, 62.06 | 100.2, 78.39 |
//! | leaky 5/s | 99.0, 0.26 | 64.4, 97.73 | 85.7, 2.53 | 3.4, 50.91 | 3.4, 85.54 | 64.3, 81.81 |
//! | 7 a second | 100.3, 0.33 | 65.7, 83.92 | 86.1, 1.33 | 20.9, 14.02 | 29.7, 73.31 | 64.3, 53.41 |
//! | tokens: 15 of 30 | 100.0, 0.27 | 93.4, 56.74 | 70.8, 0.18 | 93.0, 19.69 | 95.0, 57.41 | 92.5, 34.63 |
//! | tokens: bucket 10, 4/s | 100.2, 0.08 | 99.4, 82.37 | 87.4, 0.13 | 97.9, 80.81 | 97.9, 80.81 | 100.0, 58.45 |
//! | path 10 of 60 | 102.0, 0.00 | 100.4, 55.66 | 29.7, 15.85 | 62.6, 17.47 | 93.2, 33.98 | 98.5, 23.67 |
//! | 20 at once of 50 | 99.7, 0.06 | 69.4, 74.60 | 76.1, 1.60 | 71.8, 33.27 | 70.1, 66.46 | 91.7, 18.95 |
//! | tokens: 150 a minute, not 300 | 100.0, 0.19 | 70.6, 3.79 | 33.5, 0.00 | 70.6, 3.79 | 70.6, 3.79 | 71.5, 2.38 |
//! | strays 1 % | 100.0, 0.97 | 100.0, 0.97 | 74.4, 0.93 | 88.5, 1.31 | 100.0, 1.39 | 100.0, 1.31 |
//! | strays 5 % | 100.0, 5.66 | 100.0, 5.66 | 29.6, 5.12 | 47.7, 5.09 | 100.0, 5.10 | 100.0, 4.99 |
//! | 60, then 25 | 100.0, 0.20 | 95.0, 71.79 | 84.5, 3.65 | 99.0, 7.03 | 99.3, 35.48 | 95.0, 46.25 |
//! | 15, then 50 of 60 | 81.5, 0.74 | 94.3, 24.62 | 76.6, 1.25 | 99.5, 2.83 | 99.2, 15.69 | 93.9, 29.51 |
//! | 5 a second and 100 in 30 s, of 200 | 100.0, 0.14 | 97.3, 95.84 | 67.8, 1.25 | 5.0, 23.90 | 4.9, 66.24 | 96.2, 60.47 |
//! | weighted 40 in 6 s | 102.6, 0.13 | 101.9, 93.78 | 94.9, 1.20 | 61.8, 5.44 | 68.8, 64.13 | 101.5, 72.61 |
//! | weighted 200 in 30 s | 102.3, 0.07 | 102.4, 98.49 | 84.9, 0.17 | 47.7, 0.00 | 65.8, 71.44 | 102.7, 74.52 |
//! | 30 of 60, refused ones count too | 99.9, 0.17 | 84.1, 69.94 | 71.2, 3.50 | 68.2, 2.98 | 71.2, 37.53 | 81.6, 42.79 |
//! | a third is somebody else's | 97.6, 1.90 | 100.0, 23.49 | 59.8, 1.98 | 97.6, 2.08 | 117.8, 4.28 | 96.6, 26.48 |
//!
//! Only who looks for the span finds limits that are not of the configured period, and only who looks at
//! accepted calls beside the refused ones isn't fooled by chance. AIMD comes near for buckets, but it
//! cuts the rate after each refusal by chance, and wastes what windows let pass at once.
//!
//! `--test random` draws kind, number, period, group, load, latency and jitter at random: 111 of 120 use
//! 95 % or more with at most 1 % refused; of the others most have seen their first refusal shortly before
//! they are measured.
//!
//! # What stays weak
//!
//! - Somebody else's calls on the same limit make the number vary; what is found is the least that was
//!   left, tried upwards. Whoever sends had better leave room for them.
//! - A window of more than [`Settings::calls`] calls, or longer than [`Settings::history`], is not found.
//! - Where many upstreams refuse calls at the same time their studies wait for one another, so what is found
//!   comes late: after some seconds for each of them that has 8192 calls to be looked at.
//! - A number that is raised without a word is followed by tries, each of two periods or more, after some hundred
//!   calls: 15 that become 50 are used to 82 % in the first two minutes.
//! - A period that was found too long (windows on a clock, a leaky bucket with few calls) is mended only
//!   by trying, so after some hundred calls.
#![cfg_attr(not(test), warn(clippy::cast_possible_truncation))]
#![cfg_attr(not(test), warn(clippy::cast_possible_wrap, clippy::cast_sign_loss))]
#![cfg_attr(not(test), warn(clippy::cast_lossless))]

mod call;
mod explained;
mod finding;
mod fit;
mod gradient;
mod guard;
mod held;
mod learner;
mod named;
mod names;
mod observations;
mod probe;
mod probing;
mod reconcile;
mod run;
mod send_order;
mod series;
mod settings;
mod state;
mod statistic;
mod stretching;
mod study;
mod work;

pub use call::{Call, Outcome};
pub use finding::{Change, Finding, FindingId, Group, KnownLimit, Reason, Slot, State};
pub use gradient::{Gradient, TimedCall};
pub use names::FullWindow;
pub use send_order::SendOrder;
pub use settings::{Probing, Settings};
pub use state::Learner;
