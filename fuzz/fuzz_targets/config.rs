//! A configuration file: understood as a whole or refused with a place for each fault, and an understood one is
//! described and taken by the engine.
#![no_main]

use libfuzzer_sys::fuzz_target;
use tollgate_config::{Config, ConfigError, NoFiles, Source};
use tollgate_engine::Engine;
use tollgate_model::Instant;

fuzz_target!(|data: &[u8]| {
    let text = String::from_utf8_lossy(data);
    let source = Source {
        file: "fuzz.toml",
        folder: std::path::Path::new("/nowhere"),
        env: &|name| Some(format!("secret of {name}")),
        files: &NoFiles,
    };
    match Config::parse(&text, &source) {
        Ok(config) => {
            assert!(!config.describe().is_empty());
            let engine = Engine::new(config.engine, 1, Instant::ZERO);
            assert!(engine.poll_timeout().is_none_or(|at| at >= Instant::ZERO));
        }
        Err(ConfigError::Invalid { problems, .. }) => {
            assert!(!problems.is_empty());
            let lines = text.split('\n').count();
            assert!(
                problems
                    .iter()
                    .all(|problem| (1..=lines + 1).contains(&problem.line))
            );
        }
        Err(_) => {}
    }
});
