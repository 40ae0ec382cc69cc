//! One file for each command.

pub(crate) mod action;
pub(crate) mod bench;
pub(crate) mod config;
pub(crate) mod demo;
pub(crate) mod emulate;
pub(crate) mod serve;
