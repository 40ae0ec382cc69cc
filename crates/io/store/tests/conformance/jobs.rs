//! Jobs: what is claimed by whom, what is counted, and what is left of them.

use crate::Place;
use crate::definitions::id;
use crate::secrets::{NEW, OLD, with_ring};
use crate::support::{NOW, by, open};
use futures_util::future::join_all;
use std::collections::BTreeSet;
use tollgate_store::*;

pub(crate) const INPUTS: &str = "{\"number\": \"0700 111 222\"}";
pub(crate) const CALLBACK: &str = "https://receiver.example/path?key=hush";
const ANSWER: &str = "{\"status\": 200}";

pub(crate) const BOUNDS: JobBounds = JobBounds {
    waiting_each: 100,
    waiting: 1000,
    bytes_each: 10_000_000,
    bytes: 10_000_000,
};

pub(crate) fn new(name: &str, caller: &str) -> NewJob {
    NewJob {
        id: id(name),
        caller: caller.into(),
        action: "static_-_one".into(),
        flow: "later".into(),
        flat: false,
        inputs: INPUTS.to_owned().into(),
        callback: Some(CALLBACK.to_owned().into()),
        deadline: at(3600),
    }
}

fn silent(name: &str, caller: &str) -> NewJob {
    NewJob {
        callback: None,
        ..new(name, caller)
    }
}

fn at(seconds: u32) -> WallTime {
    NOW.plus_seconds(seconds)
}

fn fulfilled(seconds: u32) -> EndedJob {
    EndedJob {
        state: JobState::Fulfilled,
        answer: Some(ANSWER.to_owned().into()),
        at: at(seconds),
    }
}

/// Takes all that is due so many seconds after [`NOW`], for 30 s, whatever is left to do of it.
async fn take(s: &Store, seconds: u32) -> Vec<TakenJob> {
    let span = (at(seconds), at(seconds + 30));
    let mut taken = Vec::new();
    for task in [JobTask::CarryOut, JobTask::CallBack] {
        let some = s
            .take_jobs(task, (64, ClaimExcept::default()), span)
            .await
            .unwrap();
        let ended = task == JobTask::CallBack;
        assert!(some.iter().all(|it| it.job.state.is_end() == ended));
        taken.extend(some);
    }
    taken
}

async fn take_one(s: &Store, seconds: u32) -> TakenJob {
    let mut taken = take(s, seconds).await;
    assert_eq!(taken.len(), 1);
    taken.remove(0)
}

pub(crate) async fn a_job_lives(place: Place) {
    let s = &place.store;
    let made = s
        .accept_job(silent("j1", "one"), &BOUNDS, at(0))
        .await
        .unwrap();
    assert_eq!((made.state, made.attempts), (JobState::Queued, 0));
    assert_eq!((made.created, made.due, made.started), (at(0), at(0), None));
    assert_eq!(s.job(&made.id).await.unwrap(), made);
    let again = s.accept_job(silent("j1", "one"), &BOUNDS, at(0)).await;
    assert!(matches!(again, Err(StoreError::Conflict { .. })));

    let taken = take_one(s, 1).await;
    assert_eq!(taken.inputs.as_ref().unwrap().expose(), INPUTS);
    assert!(taken.answer.is_none() && taken.callback.is_none());
    assert_eq!(
        (taken.job.state, taken.job.attempts),
        (JobState::Pending, 1)
    );
    assert_eq!(taken.job.started, Some(at(1)));

    let failed = "{\"status\": 503}".to_owned().into();
    assert!(
        s.put_back_job(&taken.claim, at(9), Some(&failed))
            .await
            .unwrap()
    );
    let waits = s.job(&made.id).await.unwrap();
    assert_eq!((waits.state, waits.due), (JobState::Queued, at(9)));
    assert!(take(s, 8).await.is_empty());
    let taken = take_one(s, 9).await;
    assert_eq!((taken.job.attempts, taken.job.started), (2, Some(at(1))));
    assert_eq!(taken.answer.unwrap().expose(), failed.expose());

    assert!(s.end_job(&taken.claim, &fulfilled(10)).await.unwrap());
    let (job, answer) = s.job_and_answer(&made.id).await.unwrap();
    assert_eq!((job.state, job.ended), (JobState::Fulfilled, Some(at(10))));
    assert_eq!(answer.unwrap().expose(), ANSWER);
    assert!(take(s, 2000).await.is_empty(), "an end is the end");
    let sealed = s.key_use().await.unwrap()[0].values;
    assert_eq!(sealed, 1, "the inputs are gone, the answer is there");

    s.accept_job(silent("j2", "two"), &BOUNDS, at(20))
        .await
        .unwrap();
    let listed = async |caller: Option<&str>, state| {
        let query = JobQuery {
            caller: caller.map(str::to_owned),
            state,
            ..JobQuery::default()
        };
        let page = s.list_jobs(&query).await.unwrap();
        let ids: Vec<_> = page.items.iter().map(|it| it.id.to_string()).collect();
        ids.join(" ")
    };
    assert_eq!(listed(None, None).await, "j2 j1");
    assert_eq!(listed(Some("two"), None).await, "j2");
    assert_eq!(listed(None, Some(JobState::Fulfilled)).await, "j1");

    assert_eq!(s.forget_jobs(at(10)).await.unwrap(), 0);
    assert_eq!(
        s.forget_jobs(at(3000)).await.unwrap(),
        1,
        "what hasn't ended stays"
    );
    assert!(matches!(
        s.job(&made.id).await,
        Err(StoreError::NotFound { .. })
    ));
    assert_eq!(s.key_use().await.unwrap()[0].values, 1);
}

pub(crate) async fn a_claim_is_one_holders_and_ends(place: Place) {
    let s = &place.store;
    s.accept_job(silent("j1", "one"), &BOUNDS, at(0))
        .await
        .unwrap();
    let first = take_one(s, 0).await;
    assert!(take(s, 29).await.is_empty());
    let held = [first.claim.clone()];
    assert!(s.renew_claims(&held, at(50)).await.unwrap().is_empty());
    assert!(take(s, 49).await.is_empty(), "it was renewed");
    // Its holder has died, or seems to have.
    let second = take_one(s, 50).await;
    assert_eq!(second.job.attempts, 2);
    let before = s.job(&first.job.id).await.unwrap();
    assert_eq!(s.renew_claims(&held, at(500)).await.unwrap(), held);
    assert!(!s.put_back_job(&first.claim, at(0), None).await.unwrap());
    assert!(!s.end_job(&first.claim, &fulfilled(51)).await.unwrap());
    assert_eq!(
        s.job(&first.job.id).await.unwrap(),
        before,
        "who lost a claim changes nothing"
    );
    assert_eq!(
        s.release_jobs(at(51)).await.unwrap(),
        0,
        "others may hold claims"
    );
    assert!(s.end_job(&second.claim, &fulfilled(52)).await.unwrap());
    // Whoever is told nothing of its first try says it again.
    assert!(!s.end_job(&second.claim, &fulfilled(53)).await.unwrap());
    assert_eq!(s.job(&first.job.id).await.unwrap().ended, Some(at(52)));
}

pub(crate) async fn many_takers_take_each_job_once(place: Place) {
    for n in 0..60 {
        let job = silent(&format!("j{n:02}"), &format!("c{}", n % 3));
        place.store.accept_job(job, &BOUNDS, at(n)).await.unwrap();
    }
    let other = open(&place.url).await;
    let stores = [place.store.as_ref(), &other];
    let work = |n: usize| async move {
        let (mut ended, mut idle) = (Vec::new(), 0);
        while idle < 3 {
            let taken = stores[n % 2]
                .take_jobs(
                    JobTask::CarryOut,
                    (7, ClaimExcept::default()),
                    (at(100), at(1000)),
                )
                .await
                .unwrap();
            idle = if taken.is_empty() { idle + 1 } else { 0 };
            for it in taken {
                assert!(
                    stores[n % 2]
                        .end_job(&it.claim, &fulfilled(101))
                        .await
                        .unwrap()
                );
                ended.push(it.job.id);
            }
        }
        ended
    };
    let ended: Vec<_> = join_all((0..4).map(work)).await.concat();
    assert_eq!(ended.len(), 60);
    assert_eq!(ended.iter().collect::<BTreeSet<_>>().len(), 60, "each once");
}

pub(crate) async fn callers_that_have_enough_get_no_more(place: Place) {
    let s = &place.store;
    for (n, caller) in ["many", "many", "more", "few"].into_iter().enumerate() {
        let job = silent(&format!("j{n}"), caller);
        s.accept_job(job, &BOUNDS, at(0)).await.unwrap();
    }
    let span = (at(1), at(30));
    let take = |except: Vec<String>| async move {
        let except = ClaimExcept {
            callers: &except,
            held: &[],
        };
        let taken = s.take_jobs(JobTask::CarryOut, (1, except), span).await;
        taken.unwrap().into_iter().map(|it| it.job.caller).next()
    };
    let but = |callers: &[&str]| callers.iter().map(|&it| it.to_owned()).collect();
    assert_eq!(take(but(&["many", "more"])).await.unwrap(), "few");
    assert_eq!(take(but(&["many", "more"])).await, None);
    assert_eq!(take(but(&["many"])).await.unwrap(), "more");
    assert_eq!(take(but(&[])).await.unwrap(), "many");
}

pub(crate) async fn who_holds_a_job_takes_it_no_second_time(place: Place) {
    let s = &place.store;
    for name in ["j", "k"] {
        s.accept_job(new(name, "a"), &BOUNDS, at(0)).await.unwrap();
    }
    let held: Vec<_> = take(s, 1).await.into_iter().map(|it| it.claim).collect();
    assert_eq!(held.len(), 2);
    let except = ClaimExcept {
        callers: &[],
        held: &held,
    };
    // As after a clock was set forward: the claims have ended by it.
    let span = (at(500), at(590));
    let again = s.take_jobs(JobTask::CarryOut, (9, except), span).await;
    assert_eq!(again.unwrap().len(), 0);
    assert!(s.renew_claims(&held, at(590)).await.unwrap().is_empty());
    // One that has ended isn't held any more, though its holder may not have noticed yet.
    assert!(s.end_job(&held[0], &fulfilled(501)).await.unwrap());
    let span = (at(502), at(590));
    let told = s.take_jobs(JobTask::CallBack, (9, except), span).await;
    assert_eq!(told.unwrap().len(), 1);
}

pub(crate) async fn jobs_have_bounds(place: Place) {
    let s = &place.store;
    let bounds = JobBounds {
        waiting_each: 3,
        waiting: 5,
        bytes_each: 8000,
        bytes: 20_000,
    };
    let full = async |name: &str, caller: &str, bounds: &JobBounds| match s
        .accept_job(silent(name, caller), bounds, at(0))
        .await
    {
        Ok(_) => None,
        Err(StoreError::Full { entity, limit }) => {
            assert_eq!(entity, Entity::Job);
            Some(limit)
        }
        Err(error) => panic!("{error}"),
    };
    // Many at once: never one too many.
    let tries = (0..8).map(|n| s.accept_job(silent(&format!("a{n}"), "one"), &bounds, at(0)));
    let taken_in = join_all(tries).await.into_iter().filter(Result::is_ok);
    assert_eq!(taken_in.count(), 3);
    assert_eq!(full("b1", "two", &bounds).await, None);
    assert_eq!(full("b2", "two", &bounds).await, None);
    assert_eq!(full("b3", "two", &bounds).await, Some(5), "of all callers");
    // An end frees the place; its bytes are freed when it is forgotten.
    for it in take(s, 0).await {
        assert!(s.end_job(&it.claim, &fulfilled(1)).await.unwrap());
    }
    let narrow = JobBounds {
        bytes_each: 3 * limits::JOB_BYTES,
        ..bounds
    };
    assert_eq!(full("c1", "one", &narrow).await, Some(narrow.bytes_each));
    assert_eq!(full("c1", "one", &bounds).await, None);
    assert_eq!(s.forget_jobs(at(2)).await.unwrap(), 5);
    assert_eq!(full("c2", "one", &narrow).await, None);
    for it in take(s, 0).await {
        assert!(s.end_job(&it.claim, &fulfilled(1)).await.unwrap());
    }
    assert_eq!(s.forget_jobs(at(2)).await.unwrap(), 2);
    // Nothing is left: exactly one more fits where exactly one does.
    let one = JobBounds {
        waiting_each: 1,
        waiting: 1,
        bytes_each: limits::JOB_BYTES + 200,
        bytes: limits::JOB_BYTES + 200,
    };
    assert_eq!(full("d1", "one", &one).await, None);
    assert_eq!(full("d2", "two", &one).await, Some(1));
    let long = NewJob {
        inputs: "x".repeat(limits::JOB_TEXT_BYTES + 1).into(),
        ..silent("e", "one")
    };
    let long = s.accept_job(long, &bounds, at(0)).await;
    assert!(matches!(long, Err(StoreError::Invalid(_))));
}

pub(crate) async fn a_cancelled_job_is_never_taken(place: Place) {
    let s = &place.store;
    for n in 0..20 {
        let name = format!("j{n}");
        s.accept_job(silent(&name, "one"), &BOUNDS, at(0))
            .await
            .unwrap();
        let job = id(&name);
        // At once: one of them has it.
        let (cancelled, taken) = tokio::join!(s.cancel_job(&job, at(1)), take(s, 1));
        let (done, seen) = cancelled.unwrap();
        assert_eq!(done, taken.is_empty(), "{name}");
        if done {
            assert_eq!((seen.state, seen.ended), (JobState::Cancelled, Some(at(1))));
            assert!(!s.cancel_job(&job, at(2)).await.unwrap().0, "once");
        } else {
            assert!(s.end_job(&taken[0].claim, &fulfilled(2)).await.unwrap());
        }
    }
    let missing = s.cancel_job(&id("none"), at(1)).await;
    assert!(matches!(missing, Err(StoreError::NotFound { .. })));
    // One that was put back may be; who had it before has nothing to say any more.
    s.accept_job(silent("back", "one"), &BOUNDS, at(0))
        .await
        .unwrap();
    let taken = take_one(s, 1).await;
    assert!(
        !s.cancel_job(&taken.job.id, at(1)).await.unwrap().0,
        "it is under way"
    );
    assert!(s.put_back_job(&taken.claim, at(5), None).await.unwrap());
    assert!(s.cancel_job(&taken.job.id, at(2)).await.unwrap().0);
    assert!(!s.end_job(&taken.claim, &fulfilled(3)).await.unwrap());
    assert!(take(s, 100).await.is_empty());
}

pub(crate) async fn a_job_whose_deadline_has_passed_is_given_to_be_ended(place: Place) {
    let s = &place.store;
    s.accept_job(silent("j1", "one"), &BOUNDS, at(0))
        .await
        .unwrap();
    let taken = take_one(s, 3600).await;
    assert_eq!((taken.job.attempts, taken.job.started), (0, None));
    let expired = EndedJob {
        state: JobState::Expired,
        answer: None,
        at: at(3600),
    };
    assert!(s.end_job(&taken.claim, &expired).await.unwrap());
    let (job, answer) = s.job_and_answer(&taken.job.id).await.unwrap();
    assert_eq!((job.state, answer.is_none()), (JobState::Expired, true));
}

pub(crate) async fn a_callback_keeps_a_job_open(place: Place) {
    let s = &place.store;
    let waiting = |attempts, status| {
        let state = CallbackState::Waiting;
        Some(JobCallback {
            state,
            attempts,
            status,
        })
    };
    let made = s
        .accept_job(new("j1", "one"), &BOUNDS, at(0))
        .await
        .unwrap();
    assert_eq!(made.callback, waiting(0, None));
    let taken = take_one(s, 0).await;
    assert!(s.end_job(&taken.claim, &fulfilled(1)).await.unwrap());
    assert_eq!(
        s.forget_jobs(at(1000)).await.unwrap(),
        0,
        "its end is to be told first"
    );
    let taken = take_one(s, 1).await;
    assert_eq!(
        (taken.job.state, taken.job.attempts),
        (JobState::Fulfilled, 1)
    );
    assert_eq!(taken.callback.as_ref().unwrap().expose(), CALLBACK);
    assert_eq!(taken.answer.as_ref().unwrap().expose(), ANSWER);
    assert!(
        !s.put_back_job(&taken.claim, at(2), None).await.unwrap(),
        "it has ended"
    );
    let told = (CallbackState::Waiting, Some(500));
    assert!(s.called_back(&taken.claim, told, at(7)).await.unwrap());
    assert!(
        !s.called_back(&taken.claim, told, at(7)).await.unwrap(),
        "the claim is over"
    );
    assert!(take(s, 6).await.is_empty());
    let taken = take_one(s, 7).await;
    assert_eq!(taken.job.callback, waiting(2, Some(500)));
    let told = (CallbackState::Delivered, Some(204));
    assert!(s.called_back(&taken.claim, told, at(8)).await.unwrap());
    assert!(take(s, 1000).await.is_empty());
    let job = s.job(&made.id).await.unwrap();
    assert_eq!(
        job.callback.map(|it| (it.state, it.status)),
        Some((told.0, Some(204)))
    );
    assert_eq!(s.key_use().await.unwrap()[0].values, 1, "the answer alone");
    assert_eq!(s.forget_jobs(at(1000)).await.unwrap(), 1);
}

pub(crate) async fn what_is_sealed_of_jobs_comes_under_new_keys(place: Place) {
    for n in 0..30 {
        let job = new(&format!("j{n:02}"), "one");
        place.store.accept_job(job, &BOUNDS, at(0)).await.unwrap();
    }
    let s = with_ring(&place.url, &[NEW, OLD]).await.unwrap();
    // Jobs come and go meanwhile; what went must not be there again.
    let rotate = async { while s.rotate(4, &by(1)).await.unwrap().left > 0 {} };
    let end = async {
        for it in s
            .take_jobs(
                JobTask::CarryOut,
                (20, ClaimExcept::default()),
                (at(1), at(30)),
            )
            .await
            .unwrap()
        {
            assert!(s.end_job(&it.claim, &fulfilled(2)).await.unwrap());
        }
    };
    tokio::join!(rotate, end);
    let alone = with_ring(&place.url, &[NEW]).await;
    assert!(alone.is_ok(), "the old key seals nothing");
    let left: u64 = s.key_use().await.unwrap().iter().map(|it| it.values).sum();
    assert_eq!(
        left,
        20 * 2 + 10 * 2,
        "answers and callbacks of the ended, inputs and callbacks of the others"
    );
}
