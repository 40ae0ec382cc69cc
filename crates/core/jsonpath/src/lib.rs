//! Jayway's dialect of JSONPath.
