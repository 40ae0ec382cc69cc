//! The configuration file: typed, checked, with places in its errors.
