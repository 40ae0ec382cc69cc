//! The action file: contracts, request rendering, response mapping.
