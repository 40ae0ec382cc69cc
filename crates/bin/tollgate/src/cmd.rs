//! One file for each command; `http` and `remote` are what those share that talk to a service, `wire` what
//! those share that emulate an upstream.

pub(crate) mod action;
pub(crate) mod audit;
pub(crate) mod bench;
pub(crate) mod check;
pub(crate) mod cluster;
pub(crate) mod completions;
pub(crate) mod config;
pub(crate) mod demo;
pub(crate) mod emulate;
pub(crate) mod folder;
pub(crate) mod health;
mod http;
pub(crate) mod import;
pub(crate) mod init;
pub(crate) mod input;
pub(crate) mod keys;
pub(crate) mod limits;
pub(crate) mod output;
pub(crate) mod plan;
pub(crate) mod pull;
pub(crate) mod reload;
mod remote;
pub(crate) mod serve;
pub(crate) mod simulate;
pub(crate) mod stored;
pub(crate) mod table;
mod wire;
pub(crate) mod workflow;
