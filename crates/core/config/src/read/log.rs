//! `[log]`.

use crate::{LogConfig, LogFormat};
use tollgate_settings::Section;

pub(super) fn read(root: &Section<'_, '_>) -> LogConfig {
    let Some(section) = root.section("log") else {
        return LogConfig::default();
    };
    let format = section.parsed("format", "\"text\" or \"json\"", |text| match text {
        "text" => Some(LogFormat::Text),
        "json" => Some(LogFormat::Json),
        _ => None,
    });
    let level = section.text("level");
    let level = level.and_then(|text| section.read(&text));
    section.finish();
    LogConfig {
        format: format.map(|it| it.value).unwrap_or_default(),
        level: level.unwrap_or_default(),
    }
}
