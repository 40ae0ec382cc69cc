//! Signatures of messages, as Standard Webhooks has them.
//!
//! *Documented* in the specification of Standard Webhooks: `webhook-id`, `webhook-timestamp` in seconds, and
//! `webhook-signature`, which is `v1,` and the HMAC-SHA256 of `id.timestamp.body` in Base64. The key is what stands
//! behind `whsec_`, decoded from Base64.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;
use tollgate_secret::Secret;

/// The signature of a message; none if the key is no Base64.
pub(crate) fn sign(key: &Secret, id: &str, timestamp: i64, body: &str) -> Option<String> {
    let key = Secret::new(key.expose().trim().to_owned());
    let bytes = STANDARD.decode(key.expose()).ok()?;
    let mut mac = Hmac::<Sha256>::new_from_slice(&bytes).ok()?;
    mac.update(format!("{id}.{timestamp}.{body}").as_bytes());
    Some(format!(
        "v1,{}",
        STANDARD.encode(mac.finalize().into_bytes())
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_of_the_specification() {
        let key = Secret::new("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw".to_owned());
        let signed = sign(
            &key,
            "msg_p5jXN8AQM9LWM0D4loKWxJek",
            1_614_265_330,
            "{\"test\": 2432232314}",
        );
        let wanted = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";
        assert_eq!(signed.as_deref(), Some(wanted));
        assert_eq!(sign(&Secret::new("!".to_owned()), "a", 1, "b"), None);
    }
}
