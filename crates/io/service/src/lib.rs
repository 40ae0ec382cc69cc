//! The HTTP surface: callers, actions, executions.
