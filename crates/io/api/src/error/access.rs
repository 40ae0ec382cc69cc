//! Why a caller isn't let in, in the platform's words.

use super::ApiError;
use super::answer::seconds;
use crate::ends::RETRY_AFTER;
use http::StatusCode;
use std::time::Duration;
use tollgate_callers::{AdmitError, Forbidden, TooMany};
use tollgate_definitions::NoStore;
use tollgate_store::StoreError;

/// When it is worth asking again for a job to be taken in.
const JOBS_FULL: Duration = Duration::from_secs(5);

/// The same for an import or an export to be begun.
const TRANSFERS_FULL: Duration = Duration::from_secs(60);

/// Why a request, or a login, isn't let in.
impl From<AdmitError> for ApiError {
    fn from(error: AdmitError) -> Self {
        match error {
            AdmitError::Missing => {
                let message = "No authentication bearer token found in the authorization header.";
                let status = StatusCode::UNAUTHORIZED;
                Self::new(status, "authentication.required", message)
            }
            AdmitError::Token | AdmitError::Credentials => StoreError::Denied.into(),
            AdmitError::Address(address) => {
                let message = format!("The caller may not call from {address}.");
                let status = StatusCode::FORBIDDEN;
                Self::new(status, "caller.address.not.allowed", message).with("address", address)
            }
            AdmitError::Guesses(wait) => {
                let message = "Too many wrong logins from this address or of this client id.";
                let status = StatusCode::TOO_MANY_REQUESTS;
                Self::new(status, "too.many.wrong.logins", message).retry_after(wait)
            }
            AdmitError::TooMany(_, refusal) => refusal.into(),
            AdmitError::Store(error) => error.into(),
        }
    }
}

/// The platform's own words for a caller that asks for too much.
impl From<TooMany> for ApiError {
    fn from(refusal: TooMany) -> Self {
        let wait = refusal.wait;
        let seconds = seconds(wait);
        let message =
            format!("Rate limit exceeded the maximum. Retry the request in [{seconds}] seconds");
        Self::new(StatusCode::TOO_MANY_REQUESTS, RETRY_AFTER, message)
            .with("limit", refusal.limit)
            .with("allowed", refusal.allowed)
            .retry_after(wait)
    }
}

/// Of jobs, or of their bytes, as much is kept as may be.
pub(super) fn jobs_full(limit: u64) -> ApiError {
    let message =
        "As many jobs, or as many bytes of them, are kept as may be; wait until some have ended.";
    ApiError::new(StatusCode::TOO_MANY_REQUESTS, RETRY_AFTER, message)
        .with("tollgateCode", "jobs.full")
        .with("limit", limit)
        .retry_after(JOBS_FULL)
}

/// Of imports, exports and the like as many are kept as may be.
pub(super) fn transfers_full(limit: u64) -> ApiError {
    let message = "As many imports and exports, or as many bytes of them, are kept as may be; wait until some have \
                   ended or been forgotten.";
    ApiError::new(StatusCode::TOO_MANY_REQUESTS, RETRY_AFTER, message)
        .with("tollgateCode", "transfers.full")
        .with("limit", limit)
        .retry_after(TRANSFERS_FULL)
}

impl From<Forbidden> for ApiError {
    fn from(error: Forbidden) -> Self {
        Self::forbidden(error.to_string(), error.needed)
    }
}

impl From<NoStore> for ApiError {
    fn from(error: NoStore) -> Self {
        Self::conflict("no.store", error.to_string())
    }
}
