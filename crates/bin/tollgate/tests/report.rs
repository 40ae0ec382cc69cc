//! The HTML report in a real browser: it loads without a network, complains of nothing, and every plot
//! has a size and marks in it.
//!
//! Skipped where there is no Chromium, unless TOLLGATE_REQUIRE_BROWSER is set.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// Measures the page from inside; added to a copy of it, since the report itself has no script.
const MEASURE: &str = r#"<script>
const plots = [...document.querySelectorAll("svg.plot")].map(svg => {
  const box = svg.getBoundingClientRect();
  const marks = svg.querySelectorAll("polyline, rect").length;
  const outside = [...svg.querySelectorAll("text")].filter(text => {
    const place = text.getBoundingClientRect();
    return place.left < box.left - 1 || place.right > box.right + 1 || place.bottom > box.bottom + 1;
  }).length;
  const named = svg.querySelector("title").textContent && svg.querySelector("desc").textContent;
  return [Math.round(box.width), Math.round(box.height), marks, outside, named ? 1 : 0].join(" ");
});
const wide = document.documentElement.scrollWidth - document.documentElement.clientWidth;
document.body.innerHTML = "<pre>MEASURED " + wide + ";" + plots.join(";") + "</pre>";
</script>"#;

fn chromium() -> Option<&'static str> {
    ["chromium", "chromium-browser", "google-chrome"]
        .into_iter()
        .find(|name| Command::new(name).arg("--version").output().is_ok())
}

fn browse(browser: &str, page: &Path, args: &[&str]) -> Output {
    let profile = page.with_extension("profile");
    Command::new(browser)
        .args([
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--enable-logging=stderr",
            "--hide-scrollbars",
        ])
        .arg(format!("--user-data-dir={}", profile.display()))
        .args(args)
        .arg(format!("file://{}", page.display()))
        .output()
        .expect("the browser runs")
}

/// The report of an example, and the page's text.
fn report(name: &str, args: &[&str]) -> (PathBuf, String) {
    let scenario =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../examples/scenarios/start.toml");
    let page = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let output = Command::new(env!("CARGO_BIN_EXE_tollgate"))
        .arg("simulate")
        .arg(scenario)
        .args(["--replications", "2", "--html"])
        .arg(&page)
        .args(args)
        .output()
        .expect("the binary runs");
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let text = std::fs::read_to_string(&page).expect("the report");
    (page, text)
}

/// Width, height, marks, texts that stick out, and whether it is named; by plot.
fn measured(browser: &str, page: &Path, text: &str) -> Vec<[u32; 5]> {
    let copy = page.with_extension("measured.html");
    std::fs::write(&copy, text.replace("</body>", &format!("{MEASURE}</body>"))).expect("the copy");
    let output = browse(browser, &copy, &["--window-size=1280,1000", "--dump-dom"]);
    let (dom, log) = (
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr),
    );
    assert!(!log.contains("CONSOLE"), "the page complains: {log}");
    let line = dom
        .split("MEASURED ")
        .nth(1)
        .and_then(|rest| rest.split('<').next());
    let line = line.unwrap_or_else(|| panic!("nothing measured: {dom}\n{log}"));
    let mut parts = line.split(';');
    assert_eq!(parts.next(), Some("0"), "the page is wider than its window");
    let plots = parts.map(|plot| {
        let numbers: Vec<u32> = plot
            .split(' ')
            .map(|it| it.parse().expect("a number"))
            .collect();
        numbers.try_into().expect("five numbers")
    });
    plots.collect()
}

fn check(name: &str, args: &[&str], plots: usize) {
    let (page, text) = report(name, args);
    assert!(!text.contains("<script"), "the report has no script");
    let away = text.replace("http://www.w3.org/2000/svg", "");
    assert!(
        !away.contains("http") && !away.contains("url("),
        "it refers to nothing outside"
    );
    assert!(text.contains("prefers-color-scheme: dark") && text.contains("@media print"));
    let Some(browser) = chromium() else {
        assert!(
            std::env::var_os("TOLLGATE_REQUIRE_BROWSER").is_none(),
            "TOLLGATE_REQUIRE_BROWSER is set, and there is no Chromium"
        );
        return eprintln!("skipped: no Chromium to look at the report with");
    };
    let found = measured(browser, &page, &text);
    assert_eq!(found.len(), plots, "{found:?}");
    for plot in &found {
        let [width, height, marks, outside, named] = *plot;
        assert!(width > 300 && height > 100, "{plot:?}");
        assert!(
            marks > 0 && outside == 0 && named == 1,
            "{plot:?} of {found:?}"
        );
    }
    let png = page.with_extension("png");
    let shot = format!("--screenshot={}", png.display());
    browse(browser, &page, &["--window-size=1280,2400", &shot]);
    let picture = std::fs::metadata(&png).map_or(0, |file| file.len());
    assert!(
        picture > 50_000,
        "a picture with something in it: {picture} bytes"
    );
    let pdf = page.with_extension("pdf");
    let print = format!("--print-to-pdf={}", pdf.display());
    browse(browser, &page, &["--no-pdf-header-footer", &print]);
    let printed = std::fs::read(&pdf).unwrap_or_default();
    assert!(printed.starts_with(b"%PDF"), "it can be printed");
    eprintln!(
        "looked at {}, {} plots, {picture} bytes",
        png.display(),
        found.len()
    );
}

#[test]
fn the_report_of_a_scenario_is_whole() {
    // Outcome, and for two policies the waits and the limits.
    check(
        "single.html",
        &["--policy", "tollgate", "--policy", "today"],
        5,
    );
}

#[test]
fn the_report_of_a_sweep_is_whole() {
    let args = [
        "--policy",
        "tollgate",
        "--policy",
        "today",
        "--sweep",
        "calls=300..1500/300",
    ];
    check("swept.html", &args, 4);
}
