//! An action file, inputs and a response, with a zero byte between them: read, warned of, rendered, mapped,
//! flattened and back, all within what one execution may cost.
#![no_main]

use libfuzzer_sys::fuzz_target;
use serde_json::json;
use tollgate_action::{Action, Budget, Credentials, Meter, RawInput};

fuzz_target!(|data: &[u8]| {
    let text = String::from_utf8_lossy(data);
    let mut parts = text.splitn(3, '\0');
    let mut part = || parts.next().unwrap_or_default();
    let (file, input, response) = (part(), part(), part());
    let read = Action::read(file);
    let first = Action::from_json(file);
    match (&read, &first) {
        (Err(faults), Err(first)) => assert_eq!(&faults.first, first),
        (Ok(_), Ok(_)) => {}
        _ => panic!("a file is valid and is not"),
    }
    let Ok(action) = read else { return };
    action.warnings();
    let meter = Meter::new(Budget {
        steps: 200_000,
        bytes: 4 << 20,
        piece: 1_000_000,
    });
    let input = RawInput::parse(input).unwrap_or_else(|_| RawInput::from_value(action.example_input()));
    let input = match action.unflatten_within(input.clone(), &meter) {
        Ok(whole) => whole,
        Err(_) => input,
    };
    let _ = action.check_input_within(input.value(), &meter);
    let credentials = Credentials::from_fields([("k".to_owned(), "s3cret".to_owned())]);
    let _ = action.render_within(&input, &credentials, &meter);
    let response = match response {
        "" => json!({"a": [{"b": 1, "c.d": "x"}, {"b": null}], "n": 1.5}).to_string(),
        given => given.to_owned(),
    };
    if let Ok(output) = action.translate_watched(&input, &response, &meter, &mut ()) {
        let _ = action.flatten_within(&output, &meter);
    }
});
