//! Ledgers: what the upstream may have counted, and when a slot is free again.
//!
//! # The rule
//!
//! The upstream counts a call at an instant we can't see. It lies between *s*, when the request may
//! first leave, and *r*, when its response head has arrived. A [`Ledger`] holds a slot for the call
//! from *s* until *r + period*, and a call may be sent only while fewer than `allowed` slots are
//! held.
//!
//! **Then no window of that period, wherever it opens, ever counts more than `allowed` of our
//! calls.** Take a window [w, w + P) that counts one too many, and the last sent of its calls, sent
//! at s\* < w + P. Each of the others was counted at or after w, so its r ≥ w, so its slot is held
//! until r + P ≥ w + P > s\*. Each was sent no later than s\*, so at s\* `allowed` slots were held,
//! and the call was not sent. The proof asks for no margin and makes no guess about jitter or about
//! how windows are aligned; and since it holds for every window of the period it holds for fixed,
//! sliding and first-call windows alike. A call that costs several slots is so many calls that are
//! sent and counted at once.
//!
//! # A call without an answer
//!
//! It is given up at an instant *g*, and the upstream may still come to count it for a while. Its
//! slot is settled at *g + grace*: the same proof with r = g + grace, true as long as nothing lies
//! on the way for longer than the grace. A call that never left (no connection) was never counted,
//! and its slot is free at once.
//!
//! # Counted on arrival
//!
//! Where it is declared that the upstream counts a request within a bound *b* of its sending, it is
//! counted no later than c = min(r, s + b), and the slot is held until c + period. The proof above
//! uses of r only that the call was counted no later, so it stands with c in place of r. Such a slot
//! needs no answer to become free, so a slow upstream does not lock the quota.
//!
//! # Counted on arrival, as the order of counts shows
//!
//! **Of single calls it is proven.** Let A and B be two calls with counts a < b, and let nothing that was
//! counted with B be forgotten before both were answered: B's window closes after its `low`, in the words
//! of the next section, and that is no earlier than the later answer. Then A was counted before B. For if
//! B had been counted before A, A would have been counted before B's window closed, on top of B's count,
//! and b < a. So A was counted no later than B's answer came, and its slot is settled at the earlier of the two
//! answers. ForeignCalls' calls only raise counts between, and where windows slide nothing leaves before `low`,
//! if headers tell of the oldest call. Whether they do is seen: a family whose ends are never nearer than a
//! period proves nothing of single calls.
//!
//! **Of all calls it is learned.** The way from the sending to the counting takes calls different times. Of
//! a pair, A sent before B by a gap and answered after it, the order of counts tells more: counted as
//! sent, A was counted before whatever made its answer slow, and the way of A took less than that of B and
//! the gap together. Counted as answered, it was not. Twenty-four pairs of the first kind, over a period
//! and more, whose gaps are no more than the 128th part of a period and more than any by which a later
//! call was seen to be counted before an earlier one, are taken to show that the way varies by less than
//! that part: would it vary by more, each of the pairs had half a chance to be of the second kind. From
//! then on a call whose answer took no longer than those of such pairs (to a factor of two) is counted no
//! later than c = min(r, s + P/128).
//!
//! *What is assumed:* that what made answers slow goes on to be behind the counting, and what is before
//! the counting takes no longer than it did beside that. *What is never done:* slots are not given back
//! before the answer has come, and where answers are slow all alike there is no pair, and nothing is learned
//! from them; the next section is of these. *What ends it:* one pair whose counts are in the wrong order by more than P/128, for 64 periods.
//! `tests/arrival.rs` has upstreams that count on arrival, at the answer and in between, with latencies that
//! are constant, random, and change at once.
//!
//! # Slow answers
//!
//! **Nothing proves where calls are counted whose answers all take the same time.** Take an upstream that
//! counts on arrival and answers after a time *t*, and another that counts at the answer, which comes after
//! *t* as well. If each window of the second opens *t* later, every header of the one is that of the other,
//! whatever is sent and when. Now let answers come at once from some instant on. The first has forgotten
//! what was sent a period before; the second has counted calls of up to *t* later, and counts the new ones on
//! top. So whoever uses more than the part P / (P + t) of the first lets the second count too much, and what
//! nobody can tell apart can't be treated differently. (`tests/arrival.rs` has both.)
//!
//! **What is true of both, while answers come no sooner:** let the way to the counting take no less than β,
//! and what follows until the answer no less than α. Then a slot may be free at r + P − (α + β). For such
//! a call was counted at a *c* ≤ r − α, so its slot is held until c − β + P or later. Take a window [w, w + P)
//! that counts one too many, and the last sent of its calls: s\* + β < w + P. Each of the others was counted
//! at or after w, so its slot was held until w − β + P > s\*. In other words: all answers are read as if
//! they came α + β earlier, on a time line on which every call is counted β earlier; all that is proven
//! of answers and windows' ends holds of these. Answers that grow slower are held for as much longer, and do no harm.
//!
//! **What is taken on evidence** ([`Ledger::trust_evidence`]) is that α + β is the least time that an answer took:
//! over a period, in twenty-four answers in a row whose counts rise as the calls were sent and whose windows
//! end a period apart, as they must if all calls are counted at one distance from their sending. It is used
//! from the 128th part of a period on. A margin of the 256th part of a period, and half of what answers take more on
//! average, is for a least time that has not been seen yet. The least time rises when no answer of two periods was below.
//!
//! *What is assumed:* that answers come no sooner than they did, and that what is after the counting does not make
//! up for what is before. *What ends it:* the first answer that takes less by more than the 512th part of a period, at
//! once; the next least time has to be seen for twice as many periods, up to 64. A refusal, until it
//! has been seen anew. Counts in another order than that of sending, by more than that part, or ends that are
//! not a period apart, for 64 periods. Agreement of that kind also lets pairs be compared ("Counted on arrival")
//! where answers are too slow for ends to be told otherwise. *What it costs where it was not true* (calls are counted at the
//! answer, and answers come sooner from one call to the next): what was sent before the first of the fast answers
//! came, so no more than one window's calls are refused. Where calls are counted on arrival it costs nothing.
//!
//! # Learned windows
//!
//! An answer's [`Header`] says that *count* slots were counted in the window that the call fell
//! into, and that it closes in *reset* seconds. The seconds are whole, and rounded up (61 was
//! observed at the opening of a minute), down, or to the nearest; they run from the counting, between
//! s and c. So a window of length P closes at a W with
//!
//! > s + reset − 2 s < W ≤ c + min(reset + 1 s, P).
//!
//! One second of the lower bound is for the rounding, the other for headers that name the end as a
//! date. Ends of two windows are at least P apart, so two such spans, each narrower than P/2, that
//! meet speak of the same window; its W lies in both. A span as wide as that (a slow answer, a short
//! window) is not used. The call's slot is then held until the least upper bound that headers have
//! given for its window, if that is before c + P.
//!
//! **Proof, for fixed windows.** Take a window that counts one too many, and the last sent of its
//! calls as above; it was counted before the window's W, and sent before that. Each other call has a
//! slot that ends at its c + P ≥ W, or at an upper bound of W, since it was counted in this window.
//! Either way it was held when the last was sent.
//!
//! **Whose end it is.** Two calls fell into one window only if the later was sent less than a period after the
//! answer to the earlier came, whatever ends were told of them: the earlier was counted by its answer, and its
//! window closed within a period of that. So a span that meets one of a call which was answered a period
//! before, or longer ago, contradicts that one and gives nothing back. While a period is in force that is longer than what is
//! configured, and no window was seen to last longer than what is configured, the configured period is the one
//! that is meant here: otherwise an end that was told an hour before, and isn't true, would be that of
//! whatever window is open when the hour is over.
//!
//! **Whether windows are fixed is learned first**, for where they slide *reset* may mean something
//! else. Suppose that they slide. An anchor header with count *a*, answered at r₁, and a later one
//! with count *b*, sent after r₁, show that at least b − a slots were counted between; a third,
//! sent after the answer of the second and answered before s₁ + ¾P, counts those b − a as well. If
//! its count is less than a quarter of b − a, then windows don't slide, nor are two neighbouring
//! ones interpolated (which would count at least a quarter of what the last ¾P has seen). ForeignCalls'
//! calls raise counts, never lower them, so they can't fake this. Until it was seen, every slot is
//! held for the whole period after its counting.
//!
//! # Foreign use
//!
//! What a header counts and we can't have used is somebody else's. Ours are at most the open slots,
//! the slots that end at or after the window's lower bound (one that ends before was counted before
//! the window opened), and those known to be in the window: so *count* less these is surely foreign,
//! and holds slots until the window's upper bound. Never less is known later in the same window, so
//! the most that was seen is held. Only answers that tell the place of their counting to within
//! P/32 are used for it, lest a window that slides make our own past look foreign.
//!
//! **What it gives:** as long as nobody else calls between the last header and the window's end, the
//! sum of theirs and ours stays within `allowed`: theirs that were seen take slots, so the proofs
//! above hold with `allowed` less these. What others do after the last header nobody can know: that
//! is what a 429 is then for.
//!
//! # Numbers and periods that headers tell
//!
//! The rule is as good as its numbers, and headers may say that others are in force
//! ([`Ledger::hear`], [`Ledger::obey`]). What is believed of them is argued in `ledger/announced.rs`; what
//! it can do to the promise is this. *A lower number or a longer period* takes slots away and gives none, so
//! the proofs stand ("Whose end it is" says why the ends of longer windows give none either). *A higher number* lets as many through as the upstream has said, in answers that agree
//! over a whole period, that its window allows. *A shorter period* gives slots back earlier; it takes two
//! openings of windows that were seen closer together than the period in force, and a period shorter than what
//! is configured takes two that were seen closer together than that: where a longer one was told in between, it
//! is taken back to what is configured, and by no more, however near the ends of the last windows were. If the last call before
//! the first of them was sent at s, or its window was told to close after `low`, and a call answered at r
//! shows that what was counted since is forgotten, then the period is no longer than r − max(s, low), in
//! fixed windows and in sliding ones: what is counted after an instant is not forgotten before a period has
//! passed. *It is no shorter* than from an answer to the sending of a later call whose count still has all
//! of ours.
//!
//! So that a period that is too long can be seen at all, one call may look ([`Ledger::look_at`]): at the
//! end that was told, the earliest of all slots ends. Whatever was counted by then was counted in that
//! window or before, so no window that opens later counts it; and where windows slide the end that is told
//! is that of their oldest call. Likewise one slot keeps the configured end when a longer period is told and
//! nobody has seen it yet.
//!
//! # Closed
//!
//! A 429 all the same means that somebody else took part of the quota. [`Ledger::close`] shuts the
//! ledger until the instant the upstream asked for. It takes room away and gives none, so every
//! proof stands.
//!
//! # Changed limits
//!
//! [`Ledger::set_allowed`] bounds what is taken from then on. A window's last sent call obeys the
//! number of its time, so after a lowering no window whose last call is sent later counts more than
//! the lower number; nothing is taken back from those before.
//!
//! # Leases
//!
//! Several processes may use one limit. Each holds a [`Lease`] of it, whose slots are never more, all together, than
//! the limit allows, and sends only while fewer of its own are held. **Then the proof stands with "held by all":** at
//! any sending no more than `allowed` slots are held by all processes together. What moves from one to another keeps
//! that true ([`Ledger::give_back`], [`Ledger::take_over`]): a free slot was held by nobody; a settled slot is
//! forgotten here and held there until the same end or a later one, so at no instant is it held by neither. An open
//! slot's end isn't known, so it can't be handed over. *A slot that is forgotten here may be looked for again*, when
//! a later answer tells more of its call: then none is found, or another one with the same end, which stands for it.
//!
//! From the lease's end on nothing is taken. As long as leases are renewed, starts behind it are foretold as if it
//! went on; else there are none. What other processes hold is told by headers as somebody else's use: it is theirs up
//! to the part of the limit that is not ours, as what is left free is.
//!
//! # Restart
//!
//! [`Ledger::usage`] tells the slots in few words, ends rounded up; [`Ledger::restore`] holds them in
//! another process. A slot is held no shorter than it would have been: the caller gives a span that
//! has surely passed since, the slots that may have been taken since, and an instant by which all
//! calls without a known answer are surely counted. The proofs use only that slots are held long
//! enough.
//!
//! And not for longer than that: an end that is handed on is rounded up once, to a step that every later
//! process shares, so no number of restarts moves it. A concurrency limit holds what may be under way
//! ([`Ledger::restore_at_once`], with its proof).
//!
//! # Bounds and cost
//!
//! A ledger keeps one instant for each held slot, so at most `allowed` (more only while a lowered
//! limit drains), and two windows. Every operation is constant amortised time, but that a settlement
//! out of order moves as many entries as calls have overtaken it.
//!
//! Tested in `tests/rule.rs` against windows of any alignment, in `tests/headers.rs` against upstreams
//! with fixed and with sliding windows, each way of rounding, and foreign callers, and in
//! `tests/reserve.rs` against a plain look at every end; leases in `tests/lease.rs`.
#![cfg_attr(not(test), warn(clippy::cast_possible_truncation))]
#![cfg_attr(not(test), warn(clippy::cast_possible_wrap, clippy::cast_sign_loss))]
#![cfg_attr(not(test), warn(clippy::cast_lossless))]

mod ledger;

pub use ledger::{
    Announcement, ForeignCalls, GivenBack, Header, Lease, Ledger, Shift, Since, Span, Usage,
    Verdict,
};
