//! What differs from the reference on purpose, each with its reason.
//!
//! One more, which the table can't show: an object of JSON keeps the document's order, where the reference's
//! hash tables have one of their own. The keys in these tests are such that both orders are the same.

use serde_json::Value as Json;

/// How a difference is recognised: a piece of the template, of our error, of their answer.
enum Mark {
    Template(&'static str),
    Ours(&'static str),
    OurText(&'static str),
    Theirs(&'static str),
    TheirError(&'static str),
}

/// The table.
const INTENDED: &[(Mark, &str)] = &[
    (
        Mark::Ours("is refused"),
        "#macro, #define, #evaluate, #parse, #include reach beyond values and tools",
    ),
    (
        Mark::Ours("is not supported"),
        "a Java method that templates don't get is an error, not a text",
    ),
    (
        Mark::Ours("expected #foreach($item in $list)"),
        "a malformed #foreach is an error, where the reference renders nothing",
    ),
    (Mark::Ours("nested more than"), "our bound on nesting"),
    (
        Mark::Ours("can't be put into itself"),
        "a value that holds itself can't be printed or freed",
    ),
    (Mark::Ours("stopped after"), "our bound on steps"),
    (Mark::Ours("too long"), "our bound on ranges"),
    (Mark::Ours("grew beyond"), "our bound on texts"),
    (Mark::Ours("more than 4096 digits"), "our bound on numbers"),
    (
        Mark::OurText("\u{fffd}"),
        "half of a surrogate pair is no character; Java prints ? for it",
    ),
    (
        Mark::Ours("can't grow or shrink"),
        "keys, values, parts of lists and arrays are copies, so changing them is an error",
    ),
    (
        Mark::Theirs("class java."),
        "no reflection: .class and getClass() have no value",
    ),
    (
        Mark::Theirs("class net.minidev"),
        "no reflection: .class and getClass() have no value",
    ),
    (
        Mark::Theirs("class org.apache"),
        "no reflection: .class and getClass() have no value",
    ),
    (
        Mark::Theirs("class Oracle"),
        "no reflection: .class and getClass() have no value",
    ),
    (
        Mark::TheirError("NoClassDefFoundError"),
        "the reference as it is packed can't print a character within JSON",
    ),
    (
        Mark::TheirError("'java.lang.Class'"),
        "no reflection: .class and getClass() have no value",
    ),
    (
        Mark::Theirs("Ljava.lang.String"),
        "an array prints as a list; Java prints its address",
    ),
    (
        Mark::TheirError("ConcurrentModificationException"),
        "keys, values and entries are copies, so a loop over them may change the map",
    ),
    (
        Mark::TheirError("StackOverflowError"),
        "keys, values and entries are copies, so a map may hold its own",
    ),
    (
        Mark::Template("$msdynamics."),
        "the reference lacks the vendor's macros; theirs stay as written",
    ),
    (
        Mark::Template("$encoding."),
        "the reference lacks the vendor's macros; theirs stay as written",
    ),
    (
        Mark::Template("$salesforce."),
        "the reference lacks the vendor's macros; theirs stay as written",
    ),
    (
        Mark::Theirs("Oracle$"),
        "a tool prints its name; Java prints its address",
    ),
    (
        Mark::Theirs("generic.MathTool@"),
        "a tool prints its name; Java prints its address",
    ),
];

/// Why a difference is intended; none if it isn't.
pub(crate) fn reason(
    template: &str,
    ours: &Result<String, String>,
    theirs: &Json,
) -> Option<&'static str> {
    let piece_of = |field: &str| theirs.get(field).and_then(Json::as_str).unwrap_or_default();
    let (answer, error) = (piece_of("ok"), piece_of("error"));
    let fault = ours.as_ref().err().map_or("", String::as_str);
    let found = INTENDED.iter().find(|(mark, _)| match mark {
        Mark::Template(piece) => template.contains(piece),
        Mark::Ours(piece) => fault.contains(piece),
        Mark::OurText(piece) => ours.as_ref().is_ok_and(|it| it.contains(piece)),
        Mark::Theirs(piece) => answer.contains(piece),
        Mark::TheirError(piece) => error.contains(piece),
    });
    found.map(|(_, reason)| *reason)
}
