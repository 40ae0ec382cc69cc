//! How a secret may be spelled where no escape tells of it: as base64 or as hexadecimal digits.

use super::reading::{Reading, folded};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;

/// Layers of escapes that are taken out of a text, one after the other.
pub(super) const LAYERS: usize = 3;
/// A longer secret is recognised by its begin.
const LONGEST: usize = 4096;
/// Shorter base64 is not looked for in a second layer of base64: it is in innocent texts.
const SHORTEST_TWICE: usize = 8;

/// A spelling, as it is compared.
pub(super) struct Form {
    pub(super) bytes: Vec<u8>,
    /// Whether it is base64: the letters before and behind it then hold a part of the secret too.
    pub(super) base64: bool,
}

/// All spellings of a secret that are looked for in each reading of a text.
pub(super) fn of(secret: &str, shortest: usize) -> Vec<Form> {
    let mut end = secret.len().min(LONGEST);
    while !secret.is_char_boundary(end) {
        end -= 1;
    }
    let mut forms = Vec::new();
    for spelled in spelled(&secret[..end]) {
        // The secret may hold what looks like an escape; a text's reading has it unescaped too, together with the
        // escapes that the secret got in JSON or in a form.
        let mut reading = Some(Reading::plain(&spelled));
        for _ in 0..LAYERS {
            let Some(read) = reading else { break };
            add(&mut forms, &read.bytes, false);
            reading = read.unescaped();
        }
        let digits: String = spelled.iter().map(|byte| format!("{byte:02x}")).collect();
        add(&mut forms, digits.as_bytes(), false);
        for once in cores(&spelled) {
            add(&mut forms, once.as_bytes(), true);
            if once.len() >= SHORTEST_TWICE {
                for twice in cores(once.as_bytes()) {
                    add(&mut forms, twice.as_bytes(), true);
                }
            }
        }
    }
    forms.retain(|form| form.bytes.len() >= shortest);
    forms.sort_by(|a, b| a.bytes.cmp(&b.bytes));
    forms.dedup_by(|a, b| a.bytes == b.bytes);
    forms
}

fn add(forms: &mut Vec<Form>, bytes: &[u8], base64: bool) {
    forms.push(Form {
        bytes: bytes.iter().copied().filter_map(folded).collect(),
        base64,
    });
}

/// What is encoded as a whole: the secret, or the secret as a part of JSON or of a form.
fn spelled(secret: &str) -> Vec<Vec<u8>> {
    let (mut json, mut form) = (Vec::new(), Vec::new());
    for byte in secret.bytes() {
        match byte {
            b'"' | b'\\' => json.extend([b'\\', byte]),
            _ => json.push(byte),
        }
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'.' | b'-' | b'_' | b'~' => form.push(byte),
            _ => form.extend(format!("%{byte:02X}").bytes()),
        }
    }
    let mut all = vec![secret.as_bytes().to_vec(), json, form];
    all.dedup();
    all
}

/// The letters of base64 that depend on nothing but these bytes, for each place within three bytes that
/// they may begin at.
fn cores(bytes: &[u8]) -> [String; 3] {
    [0, 1, 2].map(|before| {
        let mut text = vec![0; before];
        text.extend_from_slice(bytes);
        let encoded = STANDARD_NO_PAD.encode(&text);
        let (from, to) = ((before * 8).div_ceil(6), text.len() * 8 / 6);
        encoded.get(from..to).unwrap_or_default().to_owned()
    })
}
