//! Runs on tokio's paused clock: waits pass at once, in the order of their instants.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use serde_json::{Map, Value, json};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tollgate_architect::{End, Workflow};
use tollgate_architect_runner::{
    Bounds, Failure, Launch, Record, Runner, Status, WorkflowsError, World,
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

/// One call, as it reached the desk.
#[derive(Clone)]
struct Asked {
    workflow: String,
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
        workflow: &str,
        category: &str,
        action: &str,
        inputs: Map<String, Value>,
        within: Duration,
    ) -> Result<Map<String, Value>, Failure> {
        assert_eq!(within, Duration::from_secs(5));
        let asked = Asked {
            workflow: workflow.to_owned(),
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
        calls_as: "Look up".to_owned(),
        workflow: Arc::new(Workflow::parse(FLOW).unwrap()),
        library: Arc::default(),
        name: None,
        inputs: json!({"Flow.Queue": "q-1"}).as_object().unwrap().clone(),
        seed: 1,
    }
}

async fn ended<W: World>(runner: &Runner<W>, id: &str) -> Record {
    loop {
        let record = runner.record(id).unwrap();
        if record.status != Status::Running {
            return record;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
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
    let runner = Runner::new(Arc::clone(&desk), Bounds::default());
    runner.launch("one".into(), launch()).unwrap();
    assert_eq!(
        runner.launch("one".into(), launch()),
        Err(WorkflowsError::Taken)
    );
    let record = ended(&runner, "one").await;
    assert_eq!(exit(&record), "found");
    assert_eq!(record.outputs["Flow.Members"], 7);
    let asked = desk.asked.lock().unwrap().clone();
    assert_eq!(asked.len(), 1);
    assert_eq!(
        (asked[0].workflow.as_str(), asked[0].action.as_str()),
        ("Look up", "Platform/Get Queue")
    );
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
        let runner = Runner::new(Arc::clone(&desk), Bounds::default());
        runner.launch("one".into(), launch()).unwrap();
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
    let runner = Runner::new(Arc::clone(&desk), Bounds::default());
    let launch = launch();
    for number in 0..1000 {
        runner.launch(number.to_string(), launch.clone()).unwrap();
    }
    for number in 0..1000 {
        assert_eq!(exit(&ended(&runner, &number.to_string()).await), "found");
    }
    assert_eq!(desk.most.load(Ordering::SeqCst), 1000);
    assert_eq!(runner.running(), 0);
}

#[tokio::test(start_paused = true)]
async fn runs_are_bounded_stopped_and_forgotten() {
    let bounds = Bounds {
        max_running: 2,
        max_finished: 1,
        max_lines: 2,
    };
    let runner = Runner::new(Arc::new(Desk::default()), bounds);
    runner.launch("one".into(), launch()).unwrap();
    runner.launch("two".into(), launch()).unwrap();
    assert_eq!(
        runner.launch("three".into(), launch()),
        Err(WorkflowsError::Full(2))
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
        runner.launch("four".into(), wrong),
        Err(WorkflowsError::Inputs(_))
    ));
}
