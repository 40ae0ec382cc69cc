//! Schemas, rows and files of rows, as they are given and read.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use serde_json::{Value, json};
use tollgate_table::{CsvRows, CsvWriter, Fault, FileRow, JsonRows, Row, Schema};

fn schema() -> Schema {
    Schema::read(&json!({
        "$schema": "http://json-schema.org/draft-04/schema#", "title": "VIPs", "type": "object",
        "required": ["key"], "additionalProperties": false,
        "properties": {
            "open": {"$id": "/properties/open", "type": "boolean", "displayOrder": 3},
            "key": {"$id": "/properties/key", "type": "string", "title": "Number", "displayOrder": 0},
            "name": {"type": "string", "default": "nobody", "maxLength": 20, "displayOrder": 1},
            "count": {"type": "integer", "minimum": -5, "displayOrder": 2},
            "share": {"type": "number", "displayOrder": 4},
            "level": {"type": "string", "enum": ["low", "high"], "default": "low", "displayOrder": 5},
        },
    }))
    .unwrap()
}

fn object(value: Value) -> Row {
    value.as_object().unwrap().clone()
}

#[test]
fn a_row_has_a_value_for_each_column() {
    let row = schema().row(object(json!({"key": "a", "count": 3, "open": null})));
    let whole = json!({"key": "a", "name": "nobody", "count": 3, "open": false, "share": 0, "level": "low"});
    assert_eq!(Value::Object(row.unwrap()), whole);
    for (row, fault) in [
        (json!({}), "key: missing."),
        (
            json!({"key": "a", "odd": 1}),
            "odd: the table has no such column.",
        ),
        (
            json!({"key": "a", "count": 1.5}),
            "count: expected integer.",
        ),
        (
            json!({"key": "a", "count": -6}),
            "count: expected -5 at least.",
        ),
        (
            json!({"key": "a", "level": "mid"}),
            "level: expected one of \"low\", \"high\".",
        ),
        (
            json!({"key": "a", "name": "a name too long for this"}),
            "name: expected 20 characters at most.",
        ),
    ] {
        assert_eq!(schema().row(object(row)).unwrap_err().to_string(), fault);
    }
    let mut old = object(json!({"key": "a"}));
    schema().complete(&mut old);
    assert_eq!(old.len(), 6);
}

#[test]
fn a_schema_says_nothing_that_is_passed_over() {
    let with = |name: &str, value: Value| {
        let mut said = json!({"type": "object", "properties": {"key": {"type": "string"}}});
        match name.split_once('.') {
            Some((column, keyword)) => said["properties"][column][keyword] = value,
            None => said[name] = value,
        }
        Schema::read(&said).unwrap_err().to_string()
    };
    assert_eq!(
        with("type", json!("array")),
        "schema.type: expected \"object\"."
    );
    assert!(
        with("additionalProperties", json!(true))
            .starts_with("schema.additionalProperties: expected false")
    );
    assert!(
        with("patternProperties", json!({"a": {}}))
            .starts_with("schema.patternProperties: not known here")
    );
    assert!(with("required", json!(["no"])).contains("no column \"no\""));
    assert!(
        with("key.pattern", json!("a+"))
            .starts_with("schema.properties.key.pattern: not known here")
    );
    assert!(with("key.minimum", json!(1)).contains("schema.properties.key.minimum"));
    assert!(
        with("n.type", json!("text")).contains("expected one of string, integer, number, boolean")
    );
    assert!(
        with("key.default", json!(1)).contains("schema.properties.key.default: expected string.")
    );
    assert!(with("key.type", json!("integer")).contains("\"key\" of type string is missing"));
}

#[test]
fn columns_are_added_and_never_taken_away() {
    let of = |columns: Value| Schema::read(&json!({"properties": columns})).unwrap();
    let before = of(json!({"key": {"type": "string"}, "a": {"type": "integer"}}));
    let more =
        of(json!({"key": {"type": "string"}, "a": {"type": "integer"}, "b": {"type": "boolean"}}));
    assert!(more.follows(&before).is_ok());
    let fault = before.follows(&more).unwrap_err().to_string();
    assert!(fault.starts_with("schema.properties.b: missing"), "{fault}");
    let other = of(json!({"key": {"type": "string"}, "a": {"type": "string"}}));
    let fault = other.follows(&before).unwrap_err().to_string();
    assert!(fault.starts_with("schema.properties.a.type:"), "{fault}");
}

/// The rows of a file that comes in pieces of so many bytes, and what is wrong with it.
fn csv(text: &[u8], piece: usize) -> (Vec<FileRow>, Vec<Fault>) {
    let schema = schema();
    let (mut rows, mut faults) = (Vec::new(), Vec::new());
    let mut take = |row: Result<FileRow, Fault>| match row {
        Ok(row) => rows.push(row),
        Err(fault) => faults.push(fault),
    };
    let mut reader = CsvRows::new(&schema);
    let mut read = || {
        for piece in text.chunks(piece) {
            reader.read(piece, &mut take)?;
        }
        Ok(())
    };
    let fault = match read() {
        Ok(()) => reader.end(&mut take).err(),
        Err(fault) => Some(fault),
    };
    faults.extend(fault);
    (rows, faults)
}

#[test]
fn csv_is_read_in_whatever_pieces_it_comes() {
    let text = "\u{feff}count,key,open,share\r\n3,a,TRUE,0.50\r\n\r\n,\"b, \"\"ü\"\"\r\nline\",,\r\n7,c,false,1e2";
    let whole = csv(text.as_bytes(), usize::MAX);
    assert_eq!(whole.1, []);
    let found: Vec<_> = whole
        .0
        .iter()
        .map(|it| (it.line, it.row["key"].as_str().unwrap()))
        .collect();
    assert_eq!(found, [(2, "a"), (4, "b, \"ü\"\r\nline"), (6, "c")]);
    assert_eq!(whole.0[0].row["open"], true);
    assert_eq!(whole.0[0].row["name"], "nobody");
    assert_eq!(whole.0[1].row["count"], 0);
    for piece in [3, 4, 5, 7, 16] {
        assert_eq!(csv(text.as_bytes(), piece), whole, "{piece}");
    }
}

#[test]
fn a_file_that_ends_within_quotation_marks_was_cut_off() {
    for text in [
        "key,name\na,1\nb,\"tru",
        "key,name\na,1\nb,\"1\nc,2\nd,3\n",
        "key,name\na,1\n\"",
    ] {
        for piece in [1, 7, 64] {
            let (rows, faults) = csv(text.as_bytes(), piece);
            assert_eq!((rows.len(), rows[0].line), (1, 2), "{text:?}");
            let said = "line 3: the file ends within a quotation mark";
            assert!(
                faults.len() == 1 && faults[0].to_string().starts_with(said),
                "{faults:?}"
            );
        }
    }
    for text in ["key,name\na,1", "key,name\na,\"1\"", "key,name\na,\"1\n\""] {
        let (rows, faults) = csv(text.as_bytes(), 64);
        assert_eq!((rows.len(), faults.len()), (1, 0), "{text:?}");
    }
}

#[test]
fn what_is_wrong_with_a_file_has_a_line_and_a_column() {
    let faults = |text: &[u8]| {
        let faults: Vec<_> = csv(text, 64).1.iter().map(ToString::to_string).collect();
        faults
    };
    let text = b"key,count,open\n\na,x,true\nb,1\n\"c\nc\",2,maybe\nd,3,\xff\n,1,true\ne,1,true\n";
    assert_eq!(
        faults(text),
        [
            "line 3, column \"count\": expected integer, found \"x\".",
            "line 4: 2 cells, but the first line names 3 columns.",
            "line 5, column \"open\": expected boolean, found \"maybe\".",
            "line 7, column \"open\": not UTF-8.",
        ]
    );
    assert!(faults(b"key,odd\n")[0].starts_with(
        "line 1: the table has no column \"odd\"; the first line has names out of: key, name"
    ));
    assert!(faults(b"key;name\n")[0].contains("with a comma between two"));
    assert_eq!(
        faults(b"key,key\n"),
        ["line 1: the column \"key\" is named twice."]
    );
    assert_eq!(
        faults(b"count\n1\n"),
        ["line 1: the column \"key\" is missing."]
    );
    assert!(faults(b"")[0].contains("empty"));
    assert!(
        faults(&[b"key\n\"".as_slice(), &vec![b'x'; 2_000_000]].concat())[0]
            .contains("is a quotation mark left open?")
    );
}

#[test]
fn what_is_written_is_read_back_as_it_was() {
    let schema = schema();
    let writer = CsvWriter::new(&schema);
    let rows = [
        json!({"key": " a,\"b\"\r\n", "name": "", "count": -3, "open": true, "share": 0.25, "level": "high"}),
        json!({"key": "=1+1", "name": "ü", "count": 0, "open": false, "share": 1e300, "level": "low"}),
    ];
    let mut out = Vec::new();
    writer.names(&mut out);
    for row in &rows {
        writer.row(object(row.clone()), &mut out);
    }
    assert!(out.starts_with(b"key,name,count,open,share,level\r\n"));
    let (read, faults) = csv(&out, 10);
    assert_eq!(faults, []);
    let read: Vec<_> = read.into_iter().map(|it| Value::Object(it.row)).collect();
    assert_eq!(read, rows);
}

#[test]
fn json_is_a_list_or_objects_one_after_the_other() {
    let schema = schema();
    let read = |text: &str| {
        let mut rows = JsonRows::new(&schema, text);
        let mut found = Vec::new();
        loop {
            match rows.next_row() {
                Ok(Some(Ok(row))) => found.push(format!("{} {}", row.line, row.row["key"])),
                Ok(Some(Err(fault))) | Err(fault) if found.len() > 9 => panic!("{fault}"),
                Ok(Some(Err(fault))) => found.push(fault.to_string()),
                Ok(None) => return found,
                Err(fault) => {
                    found.push(format!("end: {fault}"));
                    return found;
                }
            }
        }
    };
    assert_eq!(read("[]"), [""; 0]);
    assert_eq!(
        read("[{\"key\": \"a\"},\n{\"key\": \"b\"} ]\n"),
        ["1 \"a\"", "2 \"b\""]
    );
    assert_eq!(
        read("{\"key\": \"a\"}\n\n{\"key\": \"b\"}\n"),
        ["1 \"a\"", "3 \"b\""]
    );
    assert_eq!(
        read("[{\"key\": \"a\", \"count\": \"x\"},\n1,\n{\"key\": \"b\"}]"),
        [
            "line 1, column \"count\": expected integer.",
            "line 2: expected an object.",
            "3 \"b\""
        ]
    );
    assert!(read("[{\"key\": \"a\"} {\"key\"")[1].starts_with("end: line 1: expected a comma"));
    assert!(read("[{\"key\": \"a\"}] x")[1].starts_with("end: line 1: something follows"));
    assert!(read("{\"key\": \"a\"}\n{\"key\"")[1].starts_with("end: line 2: not JSON"));
    assert!(JsonRows::is_json(b" \n[") && !JsonRows::is_json(b"key,a"));
}
