//! Virtual time: engine and platform under one seed.
