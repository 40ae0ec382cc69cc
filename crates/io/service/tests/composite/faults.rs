//! What `config check` finds in composites, each with its place.

use crate::harness;
use crate::workflow::{CARD, RUNS};
use crate::world::{OVERVIEW, files};
use tollgate_config::{Config, Source};

/// What stands against a configuration with this behind it, a line for each. Lines count from where it begins.
fn faults(more: &str) -> Vec<String> {
    faults_among(&[], "", more)
}

/// The same, with these workflows. Only lines of the configuration count so.
fn faults_among(workflows: &[&str], server: &str, more: &str) -> Vec<String> {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("workflows")).unwrap();
    for (at, workflow) in workflows.iter().enumerate() {
        let file = folder.path().join(format!("workflows/{at}.yaml"));
        std::fs::write(file, workflow).unwrap();
    }
    let text = format!(
        "{}{more}",
        files(folder.path(), "http://127.0.0.1:1", server)
    );
    let source = Source {
        file: "test.toml",
        folder: folder.path(),
        env: &|_| Some(harness::SECRET.to_owned()),
        files: &tollgate_files::Disk,
    };
    let found = match Config::parse(&text, &source) {
        Err(error) => error.to_string(),
        Ok(config) => match tollgate_service::Definitions::load(&config) {
            Err(faults) => faults.to_string(),
            Ok(_) => String::new(),
        },
    };
    let before = text.lines().count() - more.lines().count();
    let folder = format!("{}/", folder.path().display());
    let relative = |line: &str| {
        let line = line.replace(&folder, "");
        if !line.starts_with("test.toml") {
            return line;
        }
        let mut parts = line.splitn(4, ':');
        let (file, at) = (parts.next().unwrap(), parts.next().unwrap());
        let (column, rest) = (parts.next().unwrap(), parts.next().unwrap());
        let at = at.parse::<usize>().unwrap() - before;
        format!("{file}:{at}:{column}:{rest}")
    };
    found.lines().map(relative).collect()
}

/// A change of the overview, and what is found then, where `@` stands for the place of the third call's input.
#[rustfmt::skip]
const CHANGES: [(&str, &str, &str); 26] = [
    ("= \"Web\"", "= \"Wep\"",
        "test.toml:4:15: composite[1].integration: no integration is called \"Wep\"; there are: Web, Other; did you mean \
         \"Web\"?"),
    ("as = \"queue\"", "as = \"user\"",
        "test.toml:17:6: composite[1].call[3].as: expected a name of its own, found \"user\" a second time"),
    ("as = \"queue\"", "as = \"input\"",
        "test.toml:17:6: composite[1].call[3].as: expected a name of its own, found \"input\" a second time"),
    ("as = \"queue\"", "as = \"a b\"",
        "test.toml:17:6: composite[1].call[3].as: expected letters, digits and `_`, found \"a b\": paths begin with it, \
         as in $.user.name"),
    ("\"$.user.queueId\"", "\"$.usr.id\"",
        "@no earlier call is called \"usr\"; there are: input, user, presence; did you mean \"user\"?"),
    ("\"$.user.queueId\"", "\"$.queue.id\"",
        "@no earlier call is called \"queue\"; there are: input, user, presence"),
    ("\"$.user.queueId\"", "\"$.user[?(@.a == $.b)]\"",
        "@\"$.user[?(@.a == $.b)]\" has a second $; a path reads the inputs or one call's answer, and nothing else"),
    ("\"$.user.queueId\"", "\"$.user[\"",
        "@\"$.user[\" is no path: at character 8: the bracket is not closed by ]"),
    ("\"$.user.queueId\"", "\"$user\"",
        "@expected a path such as $.input.userId or $.user.name, or a text that begins with $$ for a $; found \"$user\""),
    ("\"$.user.queueId\"", "\"$.user.name.size2()\"",
        "@\"$.user.name.size2()\" finds nothing: there is no function size2"),
    ("\"$.user.queueId\"", "1979-05-27",
        "@expected a value that JSON has: a text, a number, true or false, a list or a table, found a date"),
    ("\"$.user.queueId\"", "\"$.user.queue\"",
        "@leads to nothing in what \"Get User\" answers by its contract: there is no \"queue\" among name, queueId, \
         address; did you mean \"queueId\"?"),
    ("\"$.user.queueId\"", "\"$.user.address\"", "@expected string, found object"),
    ("\"$.user.queueId\"", "\"$.user.name.first\"",
        "@leads to nothing in what \"Get User\" answers by its contract: \"first\" would be in a value of the type \
         string"),
    ("\"$.user.queueId\"", "5", "@expected string, found integer"),
    ("queueId = \"$.user.queueId\"", "",
        "test.toml:20:10: composite[1].call[3].inputs.queueId: missing; \"Get Queue\" has to have it: add queueId = \
         \"$.input.queueId\", or what else it is"),
    ("expand = true", "expnd = true",
        "test.toml:10:47: composite[1].call[1].inputs.expnd: \"Get User\" takes no such input: there is no \"expnd\" \
         among userId, expand; did you mean \"expand\"?"),
    (" }\noptional", ", expand = \"$.input.userId\" }\noptional",
        "test.toml:14:48: composite[1].call[2].inputs.expand: expected string, found boolean"),
    ("action = \"Get Queue\"", "action = \"Get Queues\"",
        "test.toml:19:10: composite[1].call[3].action: Other has no action \"Get Queues\" in its folder; did you mean \
         \"Get Queue\"?"),
    ("integration = \"Other\"\naction = \"Get Queue\"", "action = \"Overview\"",
        "test.toml:18:10: composite[1].call[3].action: \"Overview\" is a composite, and a list of calls has none: give the \
         calls that it makes"),
    ("name = \"Overview\"", "name = \"Get User\"",
        "test.toml:3:8: composite[1].name: Web has an action \"Get User\" already; rename one of them"),
    ("presence = \"UNKNOWN\"", "presense = \"UNKNOWN\"",
        "test.toml:6:25: composite[1].defaults.presense: there is no output \"presense\"; did you mean \"presence\"?"),
    ("presence = \"UNKNOWN\"", "presence = 0",
        "test.toml:6:25: composite[1].defaults.presence: expected string, found integer"),
    ("$.user.name", "$.user.nam",
        "test.toml:5:20: composite[1].outputs.name: leads to nothing in what \"Get User\" answers by its contract: there \
         is no \"nam\" among name, queueId, address; did you mean \"name\"?"),
    ("$.user.name", "$.input.name",
        "test.toml:5:20: composite[1].outputs.name: leads to nothing in an input that a call takes: there is no \"name\" \
         among userId"),
    ("optional = true", "optional = 1",
        "test.toml:15:12: composite[1].call[2].optional: expected true or false, found 1"),
];

#[test]
fn each_fault_of_the_configuration_has_its_place() {
    assert_eq!(faults(OVERVIEW), Vec::<String>::new());
    let place = "test.toml:20:22: composite[1].call[3].inputs.queueId: ";
    for (was, is, wanted) in CHANGES {
        let found = faults(&OVERVIEW.replacen(was, is, 1));
        assert_eq!(
            found.last(),
            Some(&wanted.replacen('@', place, usize::from(wanted.starts_with('@')))),
            "{is}"
        );
        // What a path called by its name before isn't found either.
        assert!(found.len() == 1 || is.starts_with("as = "), "{found:?}");
    }
}

#[test]
fn what_a_composite_lacks_or_has_too_much_of_is_told() {
    let nothing = "[[composite]]\nname = \"Nothing\"\nintegration = \"Web\"\ntimeout = \"2m\"\n";
    assert_eq!(
        faults(nothing),
        [
            "test.toml:1:1: composite[1].call: missing; add a table: without [[composite.call]] it calls nothing; or \
             workflow = \"NAME\", which it runs",
            "test.toml:1:1: composite[1].outputs: missing; add outputs = { name = \"$.user.name\" }: without outputs \
             it answers nothing",
            "test.toml:4:11: composite[1].timeout: expected a time span from \"1ms\" to \"60s\" such as \"60s\", \
             found \"2m\"",
        ]
    );
    let call = |at: usize| {
        format!(
            "[[composite.call]]\nas = \"c{at}\"\naction = \"Get User\"\ninputs = {{ userId = \"$.input.id\" }}\n"
        )
    };
    let many: String = (1..=17).map(call).collect();
    let many = format!(
        "[[composite]]\nname = \"M\"\nintegration = \"Web\"\noutputs = {{ a = \"$.c1.name\" }}\n{many}"
    );
    let wanted =
        "test.toml:69:1: composite[1].call[17]: expected at most 16 calls of one composite";
    assert_eq!(faults(&many), [wanted]);
    let twice = faults(&format!("{OVERVIEW}{OVERVIEW}"));
    let wanted = "test.toml:22:1: composite[2]: expected a name of its own, found \"Overview\" of \"Web\" a second time";
    assert_eq!(twice, [wanted]);
    // Limits of its own would never hold.
    let limited = r#"[[integration.action]]
name = "Labels"
[[composite]]
name = "Labels"
integration = "Other"
outputs = { label = "$.queue.label" }
[[composite.call]]
as = "queue"
action = "Get Queue"
inputs = { queueId = "$.input.queueId" }
"#;
    let wanted = "test.toml:2:8: integration[2].action[1].name: \"Labels\" is a composite, which makes no call of its \
                  own: give its limits to the actions that it calls";
    assert_eq!(faults(limited), [wanted]);
}

/// The server's table with the folder of workflows.
const FOLDER: &str = "workflow_folder = \"workflows\"\n";

/// A workflow of this name that calls an action of `Web` and, by the way, whatever else the card calls.
fn calling(name: &str, action: &str) -> String {
    CARD.replace("name: User card", &format!("name: {name}"))
        .replacen("Get User:", &format!("{action}:"), 1)
}

fn runs(composite: &str, workflow: &str) -> String {
    RUNS.replace("\"Overview\"", &format!("{composite:?}"))
        .replace("\"User card\"", &format!("{workflow:?}"))
}

#[test]
fn each_fault_of_a_workflow_that_is_run_has_its_place() {
    let of_card = |more: &str| faults_among(&[CARD], FOLDER, more);
    assert_eq!(of_card(RUNS), Vec::<String>::new());
    let wanted = "test.toml:4:12: composite[1].workflow: there is no workflow \"User cart\" in workflows; did you mean \
                  \"User card\"?";
    assert_eq!(of_card(&runs("Overview", "User cart")), [wanted]);
    let wanted = "test.toml:4:12: composite[1].workflow: there is no workflow \"User card\": no folder of workflows is \
                  named; add workflow_folder to [server]";
    assert_eq!(faults_among(&[], "", RUNS), [wanted]);
    let wanted = "test.toml:4:12: composite[1].workflow: expected text in quotes, found 5";
    assert_eq!(of_card(&RUNS.replace("\"User card\"", "5")), [wanted]);
    let wanted = "test.toml:2:8: composite[1].name: Web has an action \"Get User\" already; rename one of them";
    assert_eq!(of_card(&runs("Get User", "User card")), [wanted]);

    // What belongs to a list of calls can't stand beside it.
    let beside = OVERVIEW.replacen("outputs =", "workflow = \"User card\"\noutputs =", 1);
    let wanted = [
        "test.toml:6:11: composite[1].outputs: can't stand beside workflow: it gives its output variables; leave one of \
         them out",
        "test.toml:7:12: composite[1].defaults: can't stand beside workflow: a default is a variable's first value; \
         leave one of them out",
        "test.toml:8:1: composite[1].call: can't stand beside workflow: it calls what its steps call; leave one of them \
         out",
    ];
    assert_eq!(of_card(&beside), wanted);

    // Of a workflow that can't be read, or calls what isn't there, its own file is told.
    let unread = CARD.replace("decision:", "decision: [");
    let found = faults_among(&[&unread], FOLDER, RUNS);
    assert!(
        found.iter().all(|it| it.starts_with("workflows/0.yaml:")),
        "{found:?}"
    );
    let lost = calling("User card", "Get Usr");
    let wanted = "workflows/0.yaml:21:13: callData \"Ask for the user\": there is no action \"Get Usr\" in the category \
                  \"Web\"; did you mean \"Get User\"?";
    assert_eq!(faults_among(&[&lost], FOLDER, RUNS), [wanted]);
    // The store may have it; a composite doesn't look there.
    let store = "[store]\nurl = \"sqlite:store.db\"\nkey_env = \"KEYS\"\n";
    let found = faults_among(&[&lost], FOLDER, &format!("{store}{RUNS}"));
    let wanted = "workflows/0.yaml:21:13: callData \"Ask for the user\": there is no action \"Get Usr\" in the category \
                  \"Web\"; did you mean \"Get User\"?; the composite \"Overview\" calls actions of files, none of the store";
    assert!(found.contains(&wanted.to_owned()), "{found:?}");

    let phone = "inboundCall:\n  name: Phone\n  startUpRef: ./tasks/task[main]\n  tasks:\n    - task:\n        \
                 name: Main\n        refId: main\n        actions:\n          - disconnect: {}\n";
    let found = faults_among(&[phone], FOLDER, &runs("Overview", "Phone"));
    let wanted = "test.toml:4:12: composite[1].workflow: \"Phone\" is of the type inboundCall; only a workflow runs \
                  without a person";
    assert_eq!(found, [wanted]);
}

/// Composites that come back to themselves are never made, however many lie between.
#[test]
fn a_workflow_that_runs_itself_is_refused() {
    let own = calling("Own", "Alone");
    let found = faults_among(&[&own], FOLDER, &runs("Alone", "Own"));
    let wanted =
        "test.toml:4:12: composite[1].workflow: runs itself without end: \"Alone\" calls \"Alone\"";
    assert_eq!(found, [wanted]);

    let (one, other) = (calling("One", "Second"), calling("Other", "first"));
    let leads = calling("Leads", "First");
    let composites = [
        runs("First", "One"),
        runs("Second", "Other"),
        runs("Third", "Leads"),
    ];
    let found = faults_among(&[&one, &other, &leads], FOLDER, &composites.concat());
    let wanted = [
        "test.toml:4:12: composite[1].workflow: runs itself without end: \"First\" calls \"Second\" calls \"First\"",
        "test.toml:8:12: composite[2].workflow: runs itself without end: \"Second\" calls \"First\" calls \"Second\"",
    ];
    assert_eq!(found, wanted);

    // Eight may lie within each other.
    let chain = |length: usize| {
        let called = |at: usize| match at {
            1 => "Get User".to_owned(),
            at => format!("C{}", at - 1),
        };
        let workflows = (1..=length).map(|at| calling(&format!("W{at}"), &called(at)));
        let composites = (1..=length).map(|at| runs(&format!("C{at}"), &format!("W{at}")));
        let workflows: Vec<_> = workflows.collect();
        let workflows: Vec<_> = workflows.iter().map(String::as_str).collect();
        faults_among(&workflows, FOLDER, &composites.collect::<String>())
    };
    assert_eq!(chain(8), Vec::<String>::new());
    let wanted = "test.toml:36:12: composite[9].workflow: runs a composite within a composite more than 8 times over";
    assert_eq!(chain(9), [wanted]);
}
