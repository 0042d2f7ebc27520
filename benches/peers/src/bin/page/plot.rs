//! The figure: horizontal bars on a logarithmic scale, a group of bars an operation.
//!
//! epione's bars are blue, the others grey. The ground is white, so that it can be read on a dark
//! page too; a bar's length can be read off its label, which a logarithmic scale needs.

use crate::backends::is_ours;
use epione_peers::table::duration;
use std::fmt::Write;

const WIDTH: f64 = 860.0;
const LEFT: f64 = 190.0;
const RIGHT: f64 = 90.0;
const TOP: f64 = 84.0;
const BOTTOM: f64 = 24.0;
const BAR: f64 = 11.0;
const GAP: f64 = 13.0;
/// From slow to fast, and from whom one knows to whom one knows less.
const BLUES: [&str; 3] = ["#9cc4e8", "#3f87c7", "#0b4f8a"];
const GREYS: [&str; 4] = ["#4d4d4d", "#808080", "#a8a8a8", "#cccccc"];

/// What is drawn: times in nanoseconds.
pub(crate) struct Plot {
    pub(crate) title: String,
    pub(crate) series: Vec<String>,
    /// A time a series, where there is one.
    pub(crate) groups: Vec<(String, Vec<Option<f64>>)>,
}

impl Plot {
    /// The figure's SVG; none without a time.
    pub(crate) fn svg(&self) -> Option<String> {
        let scale = Scale::new(self.groups.iter().flat_map(|(_, times)| times.iter().flatten()))?;
        let colours = colours(&self.series);
        let mut body = String::new();
        let mut y = TOP;
        for (name, times) in &self.groups {
            let bars: Vec<(f64, &str)> = times
                .iter()
                .zip(&colours)
                .filter_map(|(time, colour)| Some(((*time)?, *colour)))
                .collect();
            body += &group(name, &bars, &scale, y);
            y += bars.len() as f64 * BAR + GAP;
        }
        let height = y - GAP + BOTTOM + 12.0;
        let frame = [
            header(&self.title, &self.series, height),
            legend(&self.series, &colours),
            grid(&scale, y - GAP + 6.0),
        ];
        Some(frame.concat() + &body + "</svg>\n")
    }
}

/// Nanoseconds to pixels, between two powers of ten.
struct Scale {
    from: i32,
    to: i32,
}

impl Scale {
    fn new<'a>(times: impl Iterator<Item = &'a f64> + Clone) -> Option<Self> {
        let least = times.clone().copied().filter(|time| *time > 0.0).reduce(f64::min)?;
        let most = times.copied().reduce(f64::max)?;
        let from = least.log10().floor() as i32;
        Some(Self { from, to: (most.log10().ceil() as i32).max(from + 1) })
    }

    fn x(&self, nanoseconds: f64) -> f64 {
        let part = (nanoseconds.log10() - f64::from(self.from)) / f64::from(self.to - self.from);
        LEFT + part.clamp(0.0, 1.0) * (WIDTH - LEFT - RIGHT)
    }
}

fn colours(series: &[String]) -> Vec<&'static str> {
    let ours = series.iter().filter(|name| is_ours(name)).count();
    // A single one of ours has the strongest blue.
    let (mut blue, mut grey) = (BLUES.len().saturating_sub(ours), 0);
    let colour = |name: &String| {
        let (palette, next): (&[&str], _) =
            if is_ours(name) { (&BLUES, &mut blue) } else { (&GREYS, &mut grey) };
        *next += 1;
        palette[(*next - 1) % palette.len()]
    };
    series.iter().map(colour).collect()
}

fn header(title: &str, series: &[String], height: f64) -> String {
    let (title, series) = (escaped(title), escaped(&series.join(", ")));
    format!(
        r##"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}" font-family="system-ui, -apple-system, 'Segoe UI', 'DejaVu Sans', sans-serif" font-size="12" fill="#222222" role="img">
<title>{title}</title>
<desc>Horizontal bars, logarithmic scale, for {series}. The same numbers stand in the table.</desc>
<style>.time {{ font-size: 9.5px; fill: #444444; stroke: #ffffff; stroke-width: 3px; paint-order: stroke }}</style>
<rect width="{WIDTH}" height="{height}" fill="#ffffff"/>
<text x="16" y="26" font-size="15" font-weight="600">{title}</text>
"##
    )
}

/// A line of swatches and names, as wide as the names.
fn legend(series: &[String], colours: &[&str]) -> String {
    let mut text = String::new();
    let mut x = 16.0;
    for (name, colour) in series.iter().zip(colours) {
        writeln!(
            text,
            r#"<rect x="{x}" y="40" width="12" height="12" fill="{colour}"/><text x="{}" y="50">{}</text>"#,
            x + 17.0,
            escaped(name)
        )
        .expect("a string takes all");
        x += 17.0 + name.chars().count() as f64 * 7.0 + 20.0;
    }
    text
}

/// A line a power of ten with its name, fainter ones at twice and five times it.
fn grid(scale: &Scale, bottom: f64) -> String {
    let mut text = String::new();
    let top = TOP - 6.0;
    for power in scale.from..=scale.to {
        for (factor, colour) in [(1.0, "#d0d0d0"), (2.0, "#f0f0f0"), (5.0, "#f0f0f0")] {
            if power < scale.to || factor == 1.0 {
                let x = scale.x(factor * 10f64.powi(power));
                writeln!(
                    text,
                    r#"<line x1="{x:.1}" y1="{top}" x2="{x:.1}" y2="{bottom}" stroke="{colour}"/>"#
                )
                .expect("a string takes all");
            }
        }
        let x = scale.x(10f64.powi(power));
        writeln!(
            text,
            r##"<text x="{x:.1}" y="{}" text-anchor="middle" font-size="11" fill="#555555">{}</text>"##,
            bottom + 15.0,
            power_of_ten(power)
        )
        .expect("a string takes all");
    }
    text
}

/// `1 us`, `10 us`, `100 us`, `1 ms`.
fn power_of_ten(power: i32) -> String {
    let (count, unit) = match power {
        ..3 => (power, "ns"),
        3..6 => (power - 3, "us"),
        6..9 => (power - 6, "ms"),
        9.. => (power - 9, "s"),
    };
    format!("{} {unit}", 10f64.powi(count))
}

/// The bars of one operation, their times behind them, its name before them.
fn group(name: &str, bars: &[(f64, &str)], scale: &Scale, top: f64) -> String {
    let middle = top + bars.len() as f64 * BAR / 2.0 + 4.0;
    let mut text = format!(
        r#"<text x="{}" y="{middle:.1}" text-anchor="end">{}</text>"#,
        LEFT - 10.0,
        escaped(name)
    );
    text.push('\n');
    for (i, (time, colour)) in bars.iter().enumerate() {
        let (y, x) = (top + i as f64 * BAR, scale.x(*time));
        writeln!(
            text,
            r##"<rect x="{LEFT}" y="{y:.1}" width="{:.1}" height="{}" fill="{colour}"/><text x="{:.1}" y="{:.1}" class="time">{}</text>"##,
            (x - LEFT).max(1.0),
            BAR - 1.5,
            x + 5.0,
            y + 8.2,
            duration(*time)
        )
        .expect("a string takes all");
    }
    text
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plot(times: Vec<Option<f64>>) -> Plot {
        Plot {
            title: "a < b".into(),
            series: vec!["raw-blst".into(), "epione-blst".into(), "epione-ifma".into()],
            groups: vec![("pairing".into(), times)],
        }
    }

    #[test]
    fn the_scale_goes_from_power_to_power() {
        let scale = Scale::new([2_000.0, 400_000.0].iter()).unwrap();
        assert_eq!((scale.from, scale.to), (3, 6));
        assert_eq!(scale.x(1e3), LEFT);
        assert_eq!(scale.x(1e6), WIDTH - RIGHT);
        assert!(Scale::new([1e3].iter()).is_some_and(|scale| scale.to == 4));
        assert!(Scale::new([].iter()).is_none());
    }

    #[test]
    fn powers_of_ten_are_named() {
        let names: Vec<String> = (0..10).map(power_of_ten).collect();
        assert_eq!(names[..4], ["1 ns", "10 ns", "100 ns", "1 us"]);
        assert_eq!(names[5..], ["100 us", "1 ms", "10 ms", "100 ms", "1 s"]);
    }

    #[test]
    fn ours_are_blue_and_the_last_is_strongest() {
        let names = ["raw-blst", "arkworks", "epione-portable", "epione-blst", "epione-ifma"];
        assert_eq!(
            colours(&names.map(String::from)),
            [GREYS[0], GREYS[1], BLUES[0], BLUES[1], BLUES[2]]
        );
        assert_eq!(colours(&["epione".to_owned()]), [BLUES[2]]);
    }

    #[test]
    fn there_is_a_bar_a_time() {
        let svg = plot(vec![Some(4e5), None, Some(6e4)]).svg().unwrap();
        // the ground, three swatches, two bars
        assert_eq!(svg.matches("<rect").count(), 1 + 3 + 2);
        assert!(svg.contains("a &lt; b") && svg.contains(">400 us<") && svg.ends_with("</svg>\n"));
        assert!(plot(vec![None, None, None]).svg().is_none());
    }
}
