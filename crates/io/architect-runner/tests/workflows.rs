//! Runs on tokio's paused clock: waits pass at once, in the order of their instants.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use serde_json::{Map, Value, json};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tollgate_architect::{End, Workflow};
use tollgate_architect_runner::{
    Bounds, Caption, Failure, Full, Host, Launch, PlayError, Record, Runner, Status,
    WorkflowsError, World,
};

/// Waits a second, then calls an action with a timeout of its own, and ends by the path it took.
const FLOW: &str = r#"
workflow:
  name: Look up
  defaultLanguage: en-us
  startUpRef: /workflow/states/state[main]
  variables:
    - stringVariable:
        name: Flow.Queue
        initialValue: { noValue: true }
        isInput: true
        isOutput: false
    - integerVariable:
        name: Flow.Members
        initialValue: { lit: 0 }
        isInput: false
        isOutput: true
  states:
    - state:
        name: Main
        refId: main
        actions:
          - wait:
              name: A while
              duration:
                lit: { seconds: 1 }
          - callData:
              name: Ask
              timeout:
                lit: { seconds: 5 }
              category:
                Platform:
                  dataAction:
                    Get Queue:
                      inputs:
                        queueId: { exp: Flow.Queue }
                      successOutputs:
                        members: { var: Flow.Members }
              outputs:
                success:
                  actions:
                    - endWorkflow:
                        name: Found
                        exitReason: { lit: found }
                failure:
                  actions:
                    - endWorkflow:
                        name: Broken
                        exitReason: { lit: broken }
                timeout:
                  actions:
                    - endWorkflow:
                        name: Late
                        exitReason: { lit: late }
          - endWorkflow:
              name: End
              exitReason: { noValue: true }
"#;

/// Runs at once.
const MOST: usize = 10_000;
/// Only a hang takes so long.
const WITHIN: Duration = Duration::from_secs(60);

/// One call, as it reached the desk.
#[derive(Clone)]
struct Asked {
    action: String,
    inputs: Map<String, Value>,
}

/// Answers after a while; counts the calls under way.
#[derive(Default)]
struct Desk {
    takes: Duration,
    fails: bool,
    asked: Mutex<Vec<Asked>>,
    under_way: AtomicUsize,
    most: AtomicUsize,
}

struct Leaves<'a>(&'a AtomicUsize);

impl Drop for Leaves<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

impl World for Desk {
    async fn call_data(
        &self,
        category: &str,
        action: &str,
        inputs: Map<String, Value>,
        within: Duration,
    ) -> Result<Map<String, Value>, Failure> {
        assert_eq!(within, Duration::from_secs(5));
        let asked = Asked {
            action: format!("{category}/{action}"),
            inputs,
        };
        self.asked.lock().unwrap().push(asked);
        let now = self.under_way.fetch_add(1, Ordering::SeqCst) + 1;
        self.most.fetch_max(now, Ordering::SeqCst);
        let _leaves = Leaves(&self.under_way);
        tokio::time::sleep(self.takes).await;
        if self.fails {
            return Err(Failure::new("upstream.error", "it broke"));
        }
        Ok(json!({"members": 7}).as_object().unwrap().clone())
    }

    async fn look_up(&self, _: &str, _: &str) -> Result<Option<Map<String, Value>>, Failure> {
        Ok(None)
    }
}

fn launch() -> Launch {
    Launch {
        workflow: Arc::new(Workflow::parse(FLOW).unwrap()),
        library: Arc::default(),
        inputs: json!({"Flow.Queue": "q-1"}).as_object().unwrap().clone(),
        seed: 1,
    }
}

async fn ended(runner: &Runner, id: &str) -> Record {
    loop {
        let record = runner.record(id).unwrap();
        if record.status != Status::Running {
            return record;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

fn begin(
    runner: &Runner,
    id: &str,
    launch: Launch,
    desk: &Arc<Desk>,
) -> Result<(), WorkflowsError> {
    runner.launch(caption(id), launch, Arc::clone(desk))
}

fn caption(id: &str) -> Caption {
    Caption {
        id: id.to_owned(),
        ..Caption::default()
    }
}

fn exit(record: &Record) -> &str {
    match &record.status {
        Status::Completed(End::Step {
            reason: Some(reason),
            ..
        }) => reason,
        other => panic!("{other:?}"),
    }
}

#[tokio::test(start_paused = true)]
async fn a_run_waits_calls_and_gives_its_outputs() {
    let desk = Arc::new(Desk {
        takes: Duration::from_secs(2),
        ..Desk::default()
    });
    let runner = Runner::new(Host::new(MOST), Bounds::default());
    begin(&runner, "one", launch(), &desk).unwrap();
    assert_eq!(
        begin(&runner, "one", launch(), &desk),
        Err(WorkflowsError::Taken)
    );
    let record = ended(&runner, "one").await;
    assert_eq!(exit(&record), "found");
    assert_eq!(record.outputs["Flow.Members"], 7);
    let asked = desk.asked.lock().unwrap().clone();
    assert_eq!(asked.len(), 1);
    assert_eq!(asked[0].action, "Platform/Get Queue");
    assert_eq!(asked[0].inputs["queueId"], "q-1");
    let times: Vec<_> = record
        .transcript
        .iter()
        .map(|line| line.at.as_secs())
        .collect();
    assert_eq!(times.first(), Some(&0));
    assert_eq!(times.last(), Some(&3), "{:?}", record.transcript);
}

#[tokio::test(start_paused = true)]
async fn failures_and_timeouts_take_their_paths() {
    let failing = Desk {
        fails: true,
        ..Desk::default()
    };
    let slow = Desk {
        takes: Duration::from_secs(60),
        ..Desk::default()
    };
    for (desk, path) in [(failing, "broken"), (slow, "late")] {
        let desk = Arc::new(desk);
        let runner = Runner::new(Host::new(MOST), Bounds::default());
        begin(&runner, "one", launch(), &desk).unwrap();
        assert_eq!(exit(&ended(&runner, "one").await), path);
        assert_eq!(
            desk.under_way.load(Ordering::SeqCst),
            0,
            "the effect was given up"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_thousand_at_once_all_end() {
    let desk = Arc::new(Desk {
        takes: Duration::from_secs(2),
        ..Desk::default()
    });
    let runner = Runner::new(Host::new(MOST), Bounds::default());
    let launch = launch();
    for number in 0..1000 {
        begin(&runner, &number.to_string(), launch.clone(), &desk).unwrap();
    }
    for number in 0..1000 {
        assert_eq!(exit(&ended(&runner, &number.to_string()).await), "found");
    }
    assert_eq!(desk.most.load(Ordering::SeqCst), 1000);
    assert_eq!(runner.host().running(), 0);
}

#[tokio::test(start_paused = true)]
async fn runs_are_bounded_stopped_and_forgotten() {
    let bounds = Bounds {
        max_finished: 1,
        max_lines: 2,
    };
    let (runner, desk) = (Runner::new(Host::new(2), bounds), Arc::default());
    begin(&runner, "one", launch(), &desk).unwrap();
    begin(&runner, "two", launch(), &desk).unwrap();
    assert_eq!(
        begin(&runner, "three", launch(), &desk),
        Err(Full(2).into())
    );
    assert!(runner.stop("one"));
    assert!(!runner.stop("one"));
    assert_eq!(runner.record("one").unwrap().status, Status::Stopped);
    let record = ended(&runner, "two").await;
    assert_eq!(
        (record.transcript.len(), record.lines_dropped > 0),
        (2, true)
    );
    assert!(runner.record("one").is_none(), "the oldest is forgotten");
    let mut wrong = launch();
    wrong.inputs = json!({"Flow.Nothing": 1}).as_object().unwrap().clone();
    assert!(matches!(
        begin(&runner, "four", wrong, &desk),
        Err(WorkflowsError::Inputs(_))
    ));
}

/// A run that is awaited takes a place beside those that go on by themselves, and gives it back however it ends.
#[tokio::test(start_paused = true)]
async fn an_awaited_run_ends_with_whoever_waits_for_it() {
    let host = Host::new(1);
    let runner = Runner::new(host.clone(), Bounds::default());
    let desk = Arc::new(Desk {
        takes: Duration::from_secs(2),
        ..Desk::default()
    });
    let outputs = host.play(launch(), Arc::clone(&desk), WITHIN).await;
    assert_eq!(outputs.unwrap()["Flow.Members"], 7);
    assert_eq!(host.running(), 0);

    // Given up while its call is under way.
    let play = host.play(launch(), Arc::clone(&desk), WITHIN);
    let two_seconds = tokio::time::timeout(Duration::from_secs(2), play).await;
    assert!(two_seconds.is_err());
    assert_eq!(
        (desk.under_way.load(Ordering::SeqCst), host.running()),
        (0, 0)
    );

    begin(&runner, "one", launch(), &desk).unwrap();
    let refused = host.play(launch(), Arc::clone(&desk), WITHIN).await;
    assert_eq!(refused, Err(Full(1).into()));
    let waiting = async {
        ended(&runner, "one").await;
        let playing = host.play(launch(), Arc::clone(&desk), WITHIN);
        let beside = async {
            tokio::task::yield_now().await;
            begin(&runner, "two", launch(), &desk)
        };
        tokio::join!(playing, beside)
    };
    let (played, refused) = waiting.await;
    assert!(played.is_ok());
    assert_eq!(refused, Err(Full(1).into()));
}

#[tokio::test(start_paused = true)]
async fn an_awaited_run_that_fails_says_which_step() {
    let host = Host::new(MOST);
    let mut fails = launch();
    let wrong = FLOW.replace("lit: { seconds: 1 }", "exp: ToDuration(\"no time\")");
    fails.workflow = Arc::new(Workflow::parse(&wrong).unwrap());
    let failed = host.play(fails, Arc::<Desk>::default(), WITHIN).await;
    let Err(PlayError::Failed { why, place }) = failed else {
        panic!("{failed:?}");
    };
    assert!(why.starts_with("wait \"A while\": "), "{why}");
    assert_eq!(place.unwrap().line, 22);
}
