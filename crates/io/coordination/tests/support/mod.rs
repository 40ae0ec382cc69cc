//! What these tests share with the store's (a folder, PostgreSQL, a proxy), and servers of any kind.

#![allow(dead_code, reason = "the other tests use the rest")]

#[path = "../../../store/tests/support/place.rs"]
pub(crate) mod place;
#[path = "../../../store/tests/support/postgres.rs"]
pub(crate) mod postgres;
#[path = "../../../store/tests/support/proxy.rs"]
pub(crate) mod proxy;
pub(crate) mod redis;
pub(crate) mod site;

pub(crate) use place::Folder;
