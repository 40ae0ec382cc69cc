//! Plots as inline SVG: lines over two axes, and stacked bars.
//!
//! Colours are classes, so that the page's style decides them for light, dark and paper; each line has
//! a dash pattern of its own besides, for eyes and printers without colours. Every plot has a title and
//! a description for those who can't see it.

use super::escape;
use std::fmt::Write as _;

/// Colours and dash patterns there are.
pub(crate) const STYLES: usize = 6;

/// A curve.
pub(crate) struct Line {
    /// Which colour and dashes.
    pub(crate) style: usize,
    /// Ascending in x.
    pub(crate) points: Vec<(f64, f64)>,
    /// Half the width of a band around it, by point; empty for none.
    pub(crate) band: Vec<f64>,
}

/// How an axis runs.
#[derive(Clone, Debug)]
pub(crate) struct Axis {
    pub(crate) title: String,
    pub(crate) from: f64,
    pub(crate) to: f64,
    /// Where it is marked, and how.
    pub(crate) ticks: Vec<(f64, String)>,
    pub(crate) logarithmic: bool,
}

impl Axis {
    /// From zero to `to` or a little more, with about five marks.
    pub(crate) fn linear(title: &str, to: f64, show: impl Fn(f64) -> String) -> Self {
        let step = step(to.max(1e-9) / 5.0);
        let count = (to.max(1e-9) / step - 1e-9).ceil().max(1.0) as usize;
        Self {
            title: title.to_owned(),
            from: 0.0,
            to: step * count as f64,
            ticks: (0..=count)
                .map(|n| (step * n as f64, show(step * n as f64)))
                .collect(),
            logarithmic: false,
        }
    }

    /// The same, but starting at `from`.
    pub(crate) fn between(title: &str, from: f64, to: f64, show: impl Fn(f64) -> String) -> Self {
        let step = step((to - from).max(1e-9) / 6.0);
        let first = (from / step).ceil() as i64;
        let last = (to / step + 1e-9).floor() as i64;
        Self {
            title: title.to_owned(),
            from,
            to: to.max(from + 1e-9),
            ticks: (first..=last)
                .map(|n| (step * n as f64, show(step * n as f64)))
                .collect(),
            logarithmic: false,
        }
    }

    fn place(&self, value: f64) -> f64 {
        if self.logarithmic {
            let (from, to) = (self.from.ln(), self.to.ln());
            ((value.max(self.from).ln() - from) / (to - from)).clamp(0.0, 1.0)
        } else {
            ((value - self.from) / (self.to - self.from)).clamp(0.0, 1.0)
        }
    }
}

/// 1, 2 or 5 times a power of ten, no less than `rough`.
fn step(rough: f64) -> f64 {
    let power = 10_f64.powf(rough.log10().floor());
    let steps = [1.0, 2.0, 5.0, 10.0].map(|n| n * power);
    steps
        .into_iter()
        .find(|step| *step >= rough * 0.999)
        .unwrap_or(power * 10.0)
}

const WIDTH: f64 = 470.0;
const HEIGHT: f64 = 270.0;
const LEFT: f64 = 66.0;
const RIGHT: f64 = 28.0;
/// Width of a plot of bars, which has the page to itself.
const BARS: f64 = 900.0;
const TOP: f64 = 12.0;
const BOTTOM: f64 = 46.0;

/// A plot of lines. `mark` is a value of y that is drawn across, such as a limit.
pub(crate) fn lines(
    title: &str,
    about: &str,
    x: &Axis,
    y: &Axis,
    lines: &[Line],
    mark: Option<f64>,
) -> String {
    let across = |value: f64| LEFT + x.place(value) * (WIDTH - LEFT - RIGHT);
    let down = |value: f64| HEIGHT - BOTTOM - y.place(value) * (HEIGHT - TOP - BOTTOM);
    let mut svg = open(title, about, WIDTH, HEIGHT);
    axes(&mut svg, x, y, &across, &down);
    let right = WIDTH - RIGHT;
    if let Some(mark) = mark {
        let at = down(mark);
        let _ = write!(
            svg,
            "<line class=\"full\" x1=\"{LEFT}\" y1=\"{at:.1}\" x2=\"{right}\" y2=\"{at:.1}\"/>"
        );
    }
    for line in lines {
        band(&mut svg, line, &across, &down);
        let style = line.style % STYLES;
        let points = line
            .points
            .iter()
            .map(|(x, y)| format!("{:.1},{:.1}", across(*x), down(*y)));
        let points = points.collect::<Vec<_>>().join(" ");
        let _ = write!(
            svg,
            "<polyline class=\"line s{style} d{style}\" points=\"{points}\"/>"
        );
    }
    svg.push_str("</svg>");
    svg
}

/// Both axes with their marks, and the grid.
fn axes(
    svg: &mut String,
    x: &Axis,
    y: &Axis,
    across: &dyn Fn(f64) -> f64,
    down: &dyn Fn(f64) -> f64,
) {
    let (right, floor) = (WIDTH - RIGHT, HEIGHT - BOTTOM);
    for (value, label) in &y.ticks {
        let at = down(*value);
        let _ = write!(
            svg,
            "<line class=\"grid\" x1=\"{LEFT}\" y1=\"{at:.1}\" x2=\"{right}\" y2=\"{at:.1}\"/>\
             <text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\">{}</text>",
            LEFT - 8.0,
            at + 4.0,
            escape(label)
        );
    }
    for (value, label) in &x.ticks {
        let at = across(*value);
        let _ = write!(
            svg,
            "<line class=\"axis\" x1=\"{at:.1}\" y1=\"{floor}\" x2=\"{at:.1}\" y2=\"{}\"/>\
             <text x=\"{at:.1}\" y=\"{}\" text-anchor=\"middle\">{}</text>",
            floor + 5.0,
            floor + 19.0,
            escape(label)
        );
    }
    let middle = f64::midpoint(TOP, floor);
    let _ = write!(
        svg,
        "<line class=\"axis\" x1=\"{LEFT}\" y1=\"{floor}\" x2=\"{right}\" y2=\"{floor}\"/>\
         <text x=\"{:.1}\" y=\"{}\" text-anchor=\"middle\">{}</text>\
         <text x=\"14\" y=\"{middle:.1}\" text-anchor=\"middle\" transform=\"rotate(-90 14 {middle:.1})\">{}</text>",
        f64::midpoint(LEFT, right),
        HEIGHT - 8.0,
        escape(&x.title),
        escape(&y.title)
    );
}

fn band(svg: &mut String, line: &Line, across: &dyn Fn(f64) -> f64, down: &dyn Fn(f64) -> f64) {
    if line.band.is_empty() {
        return;
    }
    let edges = line.points.iter().zip(&line.band);
    let above = edges.clone().map(|((x, y), half)| (*x, y + half));
    let below = edges.rev().map(|((x, y), half)| (*x, y - half));
    let points = above
        .chain(below)
        .map(|(x, y)| format!("{:.1},{:.1}", across(x), down(y)));
    let points = points.collect::<Vec<_>>().join(" ");
    let _ = write!(
        svg,
        "<polygon class=\"band f{}\" points=\"{points}\"/>",
        line.style % STYLES
    );
}

/// One bar, cut in parts: share, colour and what it is.
pub(crate) struct Bar {
    /// Name of a group that begins with it.
    pub(crate) group: Option<String>,
    pub(crate) name: String,
    pub(crate) parts: Vec<(f64, usize, String)>,
}

/// Bars of the same length, one below the other, in groups.
pub(crate) fn bars(title: &str, about: &str, bars: &[Bar]) -> String {
    const STEP: f64 = 26.0;
    const GAP: f64 = 12.0;
    const GROUP: f64 = 92.0;
    const LABEL: f64 = 210.0;
    let length = BARS - LABEL - RIGHT;
    let groups = bars.iter().filter(|bar| bar.group.is_some()).count();
    let height = STEP * bars.len() as f64 + GAP * groups as f64;
    let mut svg = open(title, about, BARS, height);
    let mut next = -GAP / 2.0;
    for bar in bars {
        if let Some(group) = &bar.group {
            next += GAP;
            let _ = write!(
                svg,
                "<text class=\"name group\" x=\"0\" y=\"{:.1}\">{}</text>",
                next + 16.0,
                escape(group)
            );
        }
        let top = next;
        next += STEP;
        let _ = write!(
            svg,
            "<text class=\"name\" x=\"{GROUP}\" y=\"{:.1}\">{}</text>",
            top + 16.0,
            escape(&cut(&bar.name))
        );
        let mut from = LABEL;
        for (share, style, label) in &bar.parts {
            let width = share * length;
            if width > 0.0 {
                let _ = write!(
                    svg,
                    "<rect class=\"f{}\" x=\"{from:.1}\" y=\"{top:.1}\" width=\"{:.1}\" height=\"22\"><title>{}</title></rect>",
                    style % STYLES,
                    (width - 1.0).max(0.5),
                    escape(label)
                );
            }
            // About seven units a letter.
            if width > label.chars().count() as f64 * 7.0 + 12.0 {
                let _ = write!(
                    svg,
                    "<text class=\"in\" x=\"{:.1}\" y=\"{:.1}\">{}</text>",
                    from + 8.0,
                    top + 16.0,
                    escape(label)
                );
            }
            from += width;
        }
    }
    svg.push_str("</svg>");
    svg
}

/// As much of a name as there is room for.
fn cut(name: &str) -> String {
    const LETTERS: usize = 16;
    if name.chars().count() <= LETTERS {
        return name.to_owned();
    }
    name.chars().take(LETTERS - 1).chain(['…']).collect()
}

fn open(title: &str, about: &str, width: f64, height: f64) -> String {
    format!(
        "<svg class=\"plot\" role=\"img\" viewBox=\"0 0 {width} {height}\" xmlns=\"http://www.w3.org/2000/svg\">\
         <title>{}</title><desc>{}</desc>",
        escape(title),
        escape(about)
    )
}

/// A legend: what each style stands for.
pub(crate) fn legend(names: &[(usize, String)], filled: bool) -> String {
    let mut list = "<ul class=\"legend\">".to_owned();
    for (style, name) in names {
        let style = style % STYLES;
        let key = if filled {
            format!("<rect class=\"f{style}\" width=\"14\" height=\"12\"/>")
        } else {
            format!("<polyline class=\"line s{style} d{style}\" points=\"0,6 34,6\"/>")
        };
        let _ = write!(
            list,
            "<li><svg viewBox=\"0 0 34 12\" aria-hidden=\"true\">{key}</svg>{}</li>",
            escape(name)
        );
    }
    list.push_str("</ul>");
    list
}
