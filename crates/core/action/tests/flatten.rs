//! Architect's flattened form: values, schemas, and inputs read from it again.

#![allow(clippy::unwrap_used, reason = "a test")]

mod support;

use serde_json::{Value, json};
use support::made::{action, file};
use tollgate_action::{Action, FlattenedSchema, Meter, RawInput};

/// An action whose input and output contract are the same.
fn both(schema: &Value) -> Action {
    action(&[
        ("/contract/input/inputSchema", schema.clone()),
        ("/contract/output/successSchema", schema.clone()),
    ])
}

fn flat(schema: &Value, value: &Value) -> Result<Value, String> {
    both(schema)
        .flatten(value)
        .map_err(|error| error.to_string())
}

fn whole(schema: &Value, flat: &Value) -> Result<Value, String> {
    let input = both(schema).unflatten(RawInput::from_value(flat.clone()));
    let input = input.map_err(|error| error.to_string())?;
    Ok(input.value().clone())
}

/// Objects whose properties are texts, lists of objects and so on, by name.
fn object(properties: Value) -> Value {
    json!({"type": "object", "properties": properties})
}

#[test]
fn a_dot_in_a_name_is_two_underscores_and_a_dot_between_names_separates() {
    let any = json!({"type": "object"});
    for (value, expected) in [
        (
            json!({"app.v1": 1, "app": {"v1": 2}}),
            json!({"app__v1": 1, "app.v1": 2}),
        ),
        (
            json!({"urn:x:2.0:User": {"ids": [{"no.": "a"}, {"no.": "b"}]}, "id": "i"}),
            json!({"urn:x:2__0:User.ids.no__": ["a", "b"], "id": "i"}),
        ),
        (
            json!({"a.b": [1, 2], "c.d": [{"e.f": {"g.h": 1}}]}),
            json!({"a__b": [1, 2], "c__d.e__f.g__h": [1]}),
        ),
        (
            json!({"rows": [{"in.side": [{"x.y": 1}]}, {"in.side": []}]}),
            json!({"rows.in__side.x__y": [[1], null], "rows.in__side": [null, []]}),
        ),
        (json!([{"a.b": 1}]), json!({"a__b": [1]})),
        (json!({"a__b": 1}), json!({"a__b": 1})),
        // Names may be empty.
        (json!({"": {"a": 1}, "a": 2}), json!({".a": 1, "a": 2})),
        (json!([{"": 1}]), json!({"": [1]})),
        (json!({"a": {"": 1}, "": 2}), json!({"a.": 1, "": 2})),
    ] {
        assert_eq!(flat(&any, &value), Ok(expected), "{value}");
    }
}

#[test]
fn what_is_empty_takes_the_names_of_the_contract() {
    let row = object(
        json!({"id": {}, "at.": object(json!({"city.x": {}})), "tags": {"type": "array"},
        "in": {"type": "array", "items": object(json!({"y.z": {}}))}}),
    );
    let schema = object(json!({
        "rows.of": {"type": "array", "items": row},
        // As published contracts have it: what comes of an array, as if it were an object.
        "card": object(json!({"no": {"type": "array"}})),
        "any": {"type": "array"},
        "one": object(json!({"p": {}})),
        "free": {"type": "object"},
    }));
    let names = |list: Value| {
        json!({"rows__of.id": list, "rows__of.at__.city__x": list, "rows__of.tags": list,
            "rows__of.in.y__z": list})
    };
    for (value, expected) in [
        (json!({"rows.of": []}), names(json!([]))),
        (json!({"rows.of": [{}, {}]}), names(json!([null, null]))),
        (
            json!({"rows.of": [{"in": []}, {"id": 1}]}),
            json!({"rows__of.in.y__z": [[], null], "rows__of.id": [null, 1]}),
        ),
        (json!({"card": []}), json!({"card.no": []})),
        (json!({"any": []}), json!({"any": []})),
        (json!({"any": [{}, {}]}), json!({"any": [{}, {}]})),
        (json!({"one": {}, "free": {}}), json!({"free": {}})),
        (json!({}), json!({})),
    ] {
        assert_eq!(flat(&schema, &value), Ok(expected), "{value}");
    }
    // The dots of a value's names may be underscores in the contract already.
    let written = object(json!({"a__b": {"type": "array", "items": object(json!({"c": {}}))}}));
    assert_eq!(
        flat(&written, &json!({"a.b": []})),
        Ok(json!({"a__b.c": []}))
    );
    let by_reference = json!({"properties": {"rows": {"type": "array", "items": {"$ref": "#/definitions/row"}}},
        "definitions": {"row": {"properties": {"id": {}}}}});
    assert_eq!(
        flat(&by_reference, &json!({"rows": []})),
        Ok(json!({"rows.id": []}))
    );
    let top = json!({"type": "array", "items": object(json!({"id": {}}))});
    assert_eq!(flat(&top, &json!([])), Ok(json!({"id": []})));
    assert_eq!(flat(&json!({"type": "array"}), &json!([])), Ok(json!([])));
    assert_eq!(
        flat(&json!({"type": "array"}), &json!([[{"a": 1}]])),
        Ok(json!([[{"a": 1}]]))
    );
}

#[test]
fn names_that_become_the_same_are_refused_with_both() {
    let any = json!({});
    for value in [
        json!({"a.b": 1, "a__b": 2}),
        json!({"x": {"a.b": 1, "a__b": {"c": 2}}}),
        json!({"x": [{"a.b": 1}, {"a__b": 2}]}),
        json!([{"a.b": 1}, {"a__b": 2}]),
    ] {
        let error = flat(&any, &value).unwrap_err();
        assert!(error.contains("`a.b` and `a__b`"), "{value}: {error}");
    }
    assert!(flat(&any, &json!({"x": {"a.b": 1}, "y": {"a__b": 2}})).is_ok());
    let named = object(json!({"a.b": {}, "a__b": {}}));
    let error = whole(&named, &json!({"a__b": 1})).unwrap_err();
    assert!(
        error.contains("`a__b` is the name of two properties of the contract, `a.b` and `a__b`"),
        "{error}"
    );
}

#[test]
fn inputs_are_read_by_the_contract() {
    let schema = object(json!({
        "address": object(json!({"city": {"type": "string"}, "zip.code": {"type": "string"}})),
        "rows": {"type": "array", "items": object(json!({
            "id": {"type": "integer"}, "name": {"type": "string"}, "note": {"type": ["string", "null"]},
            "in": {"type": "array", "items": object(json!({"x": {"type": "integer"}}))}}))},
        "app.v1": {"type": "string"},
        "x.y": object(json!({"z": {}})),
        "plain__name": {},
        "lists": object(json!({"of": {"type": "array"}})),
    }));
    for (given, expected) in [
        (
            json!({"address.city": "Bonn", "address.zip__code": "5"}),
            json!({"address": {"city": "Bonn", "zip.code": "5"}}),
        ),
        (
            json!({"rows.id": [1, 2], "rows.name": ["a", null], "rows.note": [null, "n"]}),
            json!({"rows": [{"id": 1, "name": "a", "note": null}, {"id": 2, "note": "n"}]}),
        ),
        (
            json!({"rows.in.x": [[1, 2], [], null]}),
            json!({"rows": [{"in": [{"x": 1}, {"x": 2}]}, {"in": []}, {}]}),
        ),
        (json!({"rows.id": []}), json!({"rows": []})),
        (json!({"rows.id": [null, null]}), json!({"rows": [{}, {}]})),
        (json!({"rows.id": null}), json!({})),
        // A dot of the name's own, written or not.
        (json!({"app__v1": "a"}), json!({"app.v1": "a"})),
        (json!({"app.v1": "a"}), json!({"app.v1": "a"})),
        (json!({"x.y.z": 1}), json!({"x.y": {"z": 1}})),
        (json!({"plain__name": 1}), json!({"plain__name": 1})),
        (json!({"lists.of": [1]}), json!({"lists": {"of": [1]}})),
        // What the contract doesn't name.
        (
            json!({"o.p": 1, "o.q__r": [2]}),
            json!({"o": {"p": 1, "q__r": [2]}}),
        ),
        (
            json!({"rows.more.deep": [1]}),
            json!({"rows": [{"more": {"deep": 1}}]}),
        ),
        // The nested form is left as it is.
        (
            json!({"address": {"city": "Bonn"}, "rows": [{"id": 1}]}),
            json!({"address": {"city": "Bonn"}, "rows": [{"id": 1}]}),
        ),
    ] {
        assert_eq!(whole(&schema, &given), Ok(expected), "{given}");
    }
    let list = json!({"type": "array", "items": object(json!({"id": {}}))});
    assert_eq!(
        whole(&list, &json!({"id": [1, 2]})),
        Ok(json!([{"id": 1}, {"id": 2}]))
    );
    assert_eq!(whole(&list, &json!([{"id": 1}])), Ok(json!([{"id": 1}])));
    let required = json!({"required": ["a"], "properties": {"a": object(json!({"b": {}}))}});
    assert_eq!(whole(&required, &json!({})), Ok(json!({"a": {}})));
}

#[test]
fn inputs_that_say_two_things_are_refused() {
    let schema = object(json!({
        "a": object(json!({"b": {}})),
        "rows": {"type": "array", "items": object(json!({"id": {}, "name": {}}))},
        "c.d": {},
    }));
    for (given, part) in [
        (
            json!({"rows.id": [1, 2], "rows.name": ["a"]}),
            "`rows.name` is a list of 1, and others of the same array are lists of 2",
        ),
        (
            json!({"rows.id": 1}),
            "`rows.id` belongs to an array: give a list",
        ),
        (
            json!({"a": {"b": 1}, "a.b": 2}),
            "`a.b` stands for a place that another input gives",
        ),
        (
            json!({"a.b": 2, "a": {"b": 1}}),
            "`a` stands for a place that another input gives",
        ),
        (
            json!({"rows": [], "rows.id": []}),
            "`rows.id` stands for a place",
        ),
        (json!({"c__d": 1, "c.d": 2}), "`c.d` stands for a place"),
        (
            json!({(".".repeat(100)): 1}),
            "is nested deeper than 50 levels",
        ),
    ] {
        let error = whole(&schema, &given).unwrap_err();
        assert!(error.contains(part), "{given}: {error}");
    }
}

#[test]
fn inputs_that_are_the_same_in_both_forms_keep_their_text() {
    let text = "{ \"id\":  \"x\", \"n\": 1.50 }";
    let input = action(&[])
        .unflatten(RawInput::parse(text).unwrap())
        .unwrap();
    assert_eq!(input.text(), text);
}

#[test]
fn a_schema_is_flattened_as_values_are() {
    let schema = json!({"$schema": "http://json-schema.org/draft-04/schema#", "title": "T", "type": "object",
        "required": ["a.b", "rows", "opt"], "additionalProperties": false,
        "definitions": {"t": {"type": "string"}},
        "properties": {
            "a.b": {"type": "string", "title": "t"},
            "rows": {"type": "array", "items": {"type": "object", "required": ["id"], "properties": {
                "id": {"$ref": "#/definitions/t"},
                "in": {"type": "array", "items": object(json!({"x.y": {"type": "integer"}}))}}}},
            "opt": object(json!({"p": {"type": "number"}, "q": {"type": "array", "items": {"type": "string"}}})),
            "free": {"type": "object"}}});
    let list = |items: Value| json!({"type": "array", "items": items});
    let expected = json!({"$schema": "http://json-schema.org/draft-04/schema#", "title": "T", "type": "object",
        "required": ["a__b", "rows.id"],
        "properties": {
            "a__b": {"type": "string", "title": "t"},
            "rows.id": list(json!({"type": "string"})),
            "rows.in.x__y": list(list(json!({"type": "integer"}))),
            "opt.p": {"type": "number"},
            "opt.q": list(json!({"type": "string"})),
            "free": {"type": "object"}},
        "additionalProperties": true});
    let found = FlattenedSchema::of(&schema);
    assert_eq!(found.schema, expected);
    assert_eq!(found.array_properties, ["rows", "rows.in", "opt.q"]);

    // What has no names has no property without a name.
    let nothing = FlattenedSchema::of(&json!({"type": "object"}));
    assert_eq!(
        nothing.schema,
        json!({"type": "object", "properties": {}, "additionalProperties": true})
    );
    for same in [json!({"type": "string"}), list(json!({"type": "string"}))] {
        assert_eq!(FlattenedSchema::of(&same).schema, same);
    }
    let rows = FlattenedSchema::of(&list(object(json!({"id": {"type": "string"}}))));
    assert_eq!(
        rows.schema["properties"],
        json!({"id": list(json!({"type": "string"}))})
    );
    let round = json!({"properties": {"a": {"$ref": "#"}}});
    assert!(FlattenedSchema::of(&round).schema.is_object());
}

#[test]
fn a_file_may_give_a_flattened_schema_with_its_arrays() {
    let flat = object(
        json!({"rows.id": {"type": "array", "items": {"type": "integer"}},
        "at.city": {"type": "string"}, "a__b": {"type": "string"}}),
    );
    let mut flat = flat;
    flat["additionalProperties"] = json!(false);
    let document = json!({"schema": flat, "arrayProperties": ["rows"]});
    let action = action(&[
        ("/contract/input", json!({"inputSchemaFlattened": document})),
        (
            "/contract/output",
            json!({"successSchemaFlattened": document}),
        ),
    ]);
    let value = json!({"rows": [{"id": 1}], "at": {"city": "Bonn"}, "a.b": "x"});
    action.check_input(&value).unwrap();
    assert!(action.check_input(&json!({"rows": [{"id": "1"}]})).is_err());
    assert!(action.check_input(&json!({"a": {"b": "x"}})).is_err());
    action.check_input(&action.example_input()).unwrap();
    let given = json!({"rows.id": [1], "at.city": "Bonn"});
    let input = action.unflatten(RawInput::from_value(given)).unwrap();
    assert_eq!(
        input.value(),
        &json!({"rows": [{"id": 1}], "at": {"city": "Bonn"}})
    );
    assert_eq!(
        action.flatten(&json!({"rows": []})).unwrap(),
        json!({"rows.id": []})
    );
}

#[test]
fn what_a_flattened_schema_says_of_an_array_itself_may_be_anything() {
    for of_array in [
        json!(true),
        json!(false),
        json!({"items": true}),
        json!({"items": [{}]}),
        json!({}),
    ] {
        let schema = json!({"$schema": "http://json-schema.org/draft-07/schema#", "type": "object",
            "properties": {"a": of_array, "a.b": {"type": "array", "items": {"type": "integer"}}}});
        let document = json!({"schema": schema, "arrayProperties": ["a"]});
        let contract = json!({"successSchemaFlattened": document});
        // Whether it can be checked against or not: it is read.
        let text = file(&[("/contract/output", contract)]);
        let _ = Action::read(&text).map(|action| action.flatten(&json!({"a": [{"b": 1}]})));
    }
}

#[test]
fn what_would_grow_too_large_is_stopped() {
    let rows = json!({"type": "array", "items": {"type": "object"}});
    let long = format!("rows.{}", "n".repeat(100_000));
    let error = whole(
        &object(json!({"rows": rows})),
        &json!({long: vec![1; 10_000]}),
    )
    .unwrap_err();
    assert!(error.contains("stopped"), "{error}");
}

#[test]
fn an_output_as_the_value_of_a_property_is_flattened_as_the_whole_would_be() {
    let any = json!({});
    let rows = json!({"type": "array", "items": object(json!({"id": {}, "at": object(json!({"x": {}}))}))});
    let order = object(json!({"rows": rows, "a.b": {}}));
    for schema in [any, rows, order] {
        let whole = both(&object(json!({"result": schema})));
        let action = both(&schema);
        for value in [
            json!({}),
            json!([]),
            json!([{}, {}]),
            json!([1, {"a": 2}]),
            json!([{"id": 1}, {"at": {"x": 2}}]),
            json!({"rows": [], "a.b": 1}),
            json!({"rows": [{"id": 1}], "other": {"deep": [{"x": null}]}}),
            json!("text"),
            json!(null),
        ] {
            let below = action.flatten_below("result", &value, &Meter::default());
            assert_eq!(below, whole.flatten(&json!({"result": value})), "{value}");
        }
    }
    let twice =
        both(&json!({})).flatten_below("result", &json!({"a.b": 1, "a__b": 2}), &Meter::default());
    assert!(twice.unwrap_err().to_string().contains("`result.a__b`"));
}
