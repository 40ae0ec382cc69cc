//! Feeds one engine and executes its commands over HTTP.
