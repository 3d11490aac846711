//! Printed settings, as Python prints them in Gluon's lines.

/// A size, `None` while it is 0, that is not known.
pub(super) fn size(size: usize) -> String {
    if size == 0 { "None".to_owned() } else { size.to_string() }
}

/// A tuple: `(5,)`, `(3, 5)`.
pub(super) fn tuple<T: ToString>(items: &[T]) -> String {
    let items: Vec<String> = items.iter().map(T::to_string).collect();
    let comma = if items.len() == 1 { "," } else { "" };
    format!("({}{comma})", items.join(", "))
}

/// `True` or `False`.
#[cfg(feature = "layers")]
pub(super) fn truth(yes: bool) -> &'static str {
    if yes { "True" } else { "False" }
}

/// A number: `0.001`, `1e-05`.
#[cfg(feature = "layers")]
pub(super) fn number(number: f64) -> String {
    if number == 0.0 || number.abs() >= 1e-4 {
        return number.to_string();
    }
    let text = format!("{number:e}");
    match text.split_once("e-") {
        Some((mantissa, exponent)) if exponent.len() == 1 => format!("{mantissa}e-0{exponent}"),
        _ => text,
    }
}

#[cfg(all(test, feature = "layers"))]
mod tests {
    use super::*;

    /// As Python's `repr`, but for whole numbers.
    #[test]
    fn small_numbers_have_exponents_of_two_digits() {
        let numbers = [0.0, 0.5, 0.001, 1e-4, 9e-5, 1.5e-5, -1e-5, 1e-10];
        let found = numbers.map(number);
        assert_eq!(found, ["0", "0.5", "0.001", "0.0001", "9e-05", "1.5e-05", "-1e-05", "1e-10"]);
    }
}
