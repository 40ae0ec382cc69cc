//! Apache Velocity templates, as data actions use them.
