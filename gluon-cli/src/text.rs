//! How things are written: colours, and numbers for people.

use anstyle::{AnsiColor, Style};
use gluon_core::persist::Item;

/// For headings.
pub const HEAD: Style = Style::new().bold();
/// For what is worth less attention.
pub const DIM: Style = Style::new().dimmed();
/// For what is well.
pub const GOOD: Style = AnsiColor::Green.on_default();
/// For what deserves a look.
pub const WARN: Style = AnsiColor::Yellow.on_default();
/// For what is wrong.
pub const BAD: Style = AnsiColor::Red.on_default().bold();

/// The name of an array, or its index in a list.
pub fn label(item: Item<'_>) -> String {
    item.name().map_or_else(|| item.index().to_string(), str::to_owned)
}

/// A name as it is shown to people, without characters that would change the terminal.
pub fn escaped(name: &str) -> String {
    name.escape_debug().to_string()
}

/// A count with its noun: `1 array`, `12,800 arrays`.
pub fn count(n: usize, noun: &str) -> String {
    let ending = if n == 1 { "" } else { "s" };
    format!("{} {noun}{ending}", grouped(n))
}

/// A whole number with a comma before every three digits.
pub fn grouped(n: usize) -> String {
    let digits = n.to_string();
    let mut text = String::with_capacity(digits.len() * 4 / 3);
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A number of bytes in the largest unit of which there is at least one.
pub fn bytes(n: usize) -> String {
    const UNITS: [&str; 4] = ["KiB", "MiB", "GiB", "TiB"];
    let mut size = n as f64;
    let mut unit = "B";
    for larger in UNITS {
        if size < 1024.0 {
            break;
        }
        (size, unit) = (size / 1024.0, larger);
    }
    if unit == "B" { format!("{n} B") } else { format!("{size:.1} {unit}") }
}

/// A measured number in four digits.
pub fn number(x: f64) -> String {
    match x.abs() {
        size if size == 0.0 || (1e-2..1e5).contains(&size) => format!("{x:.4}"),
        size if size.is_finite() => format!("{x:.3e}"),
        _ => x.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_read_well() {
        let groups = [0, 999, 1000, 25_000_000].map(grouped);
        assert_eq!(groups, ["0", "999", "1,000", "25,000,000"]);
        let sizes = [0, 1023, 1024, 1536, 100 << 20, 3 << 40].map(bytes);
        assert_eq!(sizes, ["0 B", "1023 B", "1.0 KiB", "1.5 KiB", "100.0 MiB", "3.0 TiB"]);
        let numbers = [0.0, -0.25, 1e-3, 123456.0, f64::NAN].map(number);
        assert_eq!(numbers, ["0.0000", "-0.2500", "1.000e-3", "1.235e5", "NaN"]);
    }
}
