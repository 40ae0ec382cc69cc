//! What `config check` finds in composites, each with its place.

use crate::harness;
use crate::world::{OVERVIEW, files};
use tollgate_config::{Config, Source};

/// What stands against a configuration with this behind it, a line for each. Lines count from where it begins.
fn faults(more: &str) -> Vec<String> {
    let folder = tempfile::tempdir().unwrap();
    let text = format!("{}{more}", files(folder.path(), "http://127.0.0.1:1", ""));
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
    let relative = |line: &str| {
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
        "test.toml:18:10: composite[1].call[3].action: \"Overview\" is a composite, and a composite calls none: give the \
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
            "test.toml:1:1: composite[1].call: missing; add call = a table: without [[composite.call]] it calls nothing",
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
