//! Initializers chosen by name, as Gluon writes them.

use super::{
    Bilinear, Constant, Distribution, Factor, Initializer, LstmBias, MsraPrelu, Normal, One,
    Orthogonal, RandType, Uniform, Xavier, Zero,
};
use crate::error::{Error, Result};

/// The initializer that Gluon calls `text`: a name, or a name with arguments as JSON.
///
/// | name | arguments and their defaults |
/// | --- | --- |
/// | `zero`, `zeros`, `one`, `ones`, `bilinear` | |
/// | `constant` | `value` |
/// | `uniform` | `scale` 0.07 |
/// | `normal` | `sigma` 0.01 |
/// | `orthogonal` | `scale` 1.414, `rand_type` `uniform` or `normal` |
/// | `xavier` | `rnd_type` `uniform` or `gaussian`, `factor_type` `avg`, `in` or `out`, `magnitude` 3 |
/// | `msraprelu` | `factor_type` `avg`, `in` or `out`, `slope` 0.25 |
/// | `lstmbias` | `forget_bias` 1 |
///
/// ```
/// # use gluon_core as gluon;
/// use gluon::{Block, init, nn::Dense};
///
/// let five = init::named(r#"["constant", {"value": 5}]"#)?;
/// let mut layer = Dense::new(1).in_units(2).weight_init(five);
/// layer.initialize_with(init::named("xavier")?)?;     // the layer's own initializer beats it
/// assert_eq!(layer.weight.data()?.to_vec::<f32>()?, [5.0, 5.0]);
/// # Ok::<(), gluon::Error>(())
/// ```
///
/// # Errors
/// [`Error::BadArgument`] if there is no such initializer, or it has no such arguments.
pub fn named(text: &str) -> Result<Box<dyn Initializer>> {
    let bad = |expected| Error::BadArgument {
        op: "init::named",
        argument: "text",
        expected,
        found: format!("`{text}`"),
    };
    let (name, mut arguments) = match text.trim().starts_with('[') {
        true => Json(text).call().ok_or_else(|| bad("JSON like `[\"normal\", {\"sigma\": 1}]`"))?,
        false => (text.trim().to_owned(), Arguments::default()),
    };
    let init = arguments.initializer(&name.to_lowercase());
    init.filter(|_| arguments.0.is_empty()).ok_or_else(|| {
        bad(
            "`zeros`, `ones`, `constant`, `uniform`, `normal`, `orthogonal`, `bilinear`, `xavier`, \
             `msraprelu` or `lstmbias`, with arguments that it has",
        )
    })
}

/// Arguments by name, taken out as they are used.
#[derive(Default)]
struct Arguments(Vec<(String, Value)>);

enum Value {
    Number(f64),
    Word(String),
}

impl Arguments {
    fn initializer(&mut self, name: &str) -> Option<Box<dyn Initializer>> {
        Some(match name {
            "zero" | "zeros" => Box::new(Zero),
            "one" | "ones" => Box::new(One),
            "bilinear" => Box::new(Bilinear),
            "constant" => Box::new(Constant(self.number("value", None)?)),
            "uniform" => Box::new(Uniform(self.number("scale", Some(0.07))?)),
            "normal" => Box::new(Normal(self.number("sigma", Some(0.01))?)),
            "lstmbias" => Box::new(LstmBias(self.number("forget_bias", Some(1.0))?)),
            "orthogonal" => Box::new(Orthogonal {
                scale: self.number("scale", Some(1.414))?,
                rand_type: self.word(
                    "rand_type",
                    &[("uniform", RandType::Uniform), ("normal", RandType::Normal)],
                )?,
            }),
            "xavier" => Box::new(Xavier {
                distribution: self.word(
                    "rnd_type",
                    &[("uniform", Distribution::Uniform), ("gaussian", Distribution::Gaussian)],
                )?,
                factor: self.word("factor_type", &FACTORS)?,
                magnitude: self.number("magnitude", Some(3.0))?,
            }),
            "msraprelu" => Box::new(MsraPrelu {
                factor: self.word("factor_type", &FACTORS)?,
                slope: self.number("slope", Some(0.25))?,
            }),
            _ => return None,
        })
    }

    fn take(&mut self, name: &str) -> Option<Value> {
        let place = self.0.iter().position(|(known, _)| known == name)?;
        Some(self.0.swap_remove(place).1)
    }

    fn number(&mut self, name: &str, default: Option<f64>) -> Option<f64> {
        match self.take(name) {
            Some(Value::Number(number)) => Some(number),
            Some(Value::Word(_)) => None,
            None => default,
        }
    }

    /// One of `words`; the first is the default.
    fn word<T: Copy>(&mut self, name: &str, words: &[(&str, T)]) -> Option<T> {
        let found = match self.take(name) {
            Some(Value::Word(found)) => words.iter().find(|(word, _)| *word == found),
            Some(Value::Number(_)) => None,
            None => words.first(),
        };
        found.map(|(_, value)| *value)
    }
}

const FACTORS: [(&str, Factor); 3] =
    [("avg", Factor::Avg), ("in", Factor::In), ("out", Factor::Out)];

/// What is left to read of a call `["name", {"argument": value, ..}]`.
struct Json<'t>(&'t str);

impl Json<'_> {
    fn call(mut self) -> Option<(String, Arguments)> {
        let mut arguments = Vec::new();
        self.mark('[')?;
        let name = self.word()?;
        if self.mark(',').is_some() {
            self.mark('{')?;
            while self.mark('}').is_none() {
                if !arguments.is_empty() {
                    self.mark(',')?;
                }
                let argument = self.word()?;
                self.mark(':')?;
                let word = self.word().map(Value::Word);
                arguments.push((argument, word.or_else(|| self.number().map(Value::Number))?));
            }
        }
        self.mark(']')?;
        self.0.trim().is_empty().then_some((name, Arguments(arguments)))
    }

    fn mark(&mut self, mark: char) -> Option<()> {
        self.0 = self.0.trim_start().strip_prefix(mark)?;
        Some(())
    }

    /// A string; none of those that occur has an escape in it.
    fn word(&mut self) -> Option<String> {
        let (word, rest) = self.0.trim_start().strip_prefix('"')?.split_once('"')?;
        self.0 = rest;
        Some(word.to_owned())
    }

    fn number(&mut self) -> Option<f64> {
        let text = self.0.trim_start();
        let end = text.find(|c| !matches!(c, '0'..='9' | '+' | '-' | '.' | 'e' | 'E'))?;
        self.0 = &text[end..];
        text[..end].parse().ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn debug(text: &str) -> String {
        named(text).map_or_else(|error| error.to_string(), |init| format!("{init:?}"))
    }

    #[test]
    fn a_name_that_is_none_is_answered_with_all_there_are() {
        let error = debug("xavierr");
        for (name, arguments) in
            [("zeros", ""), ("constant", r#", {"value": 1}"#), ("lstmbias", "")]
        {
            assert!(error.contains(&format!("`{name}`")), "{error}");
            assert!(named(&format!(r#"["{name}"{arguments}]"#)).is_ok());
        }
        assert!(error.ends_with("found `xavierr`"), "{error}");
    }

    #[test]
    fn names_have_the_defaults_of_their_types() {
        assert_eq!(debug("Xavier"), format!("{:?}", Xavier::default()));
        assert_eq!(debug("msraprelu"), format!("{:?}", MsraPrelu::default()));
        assert_eq!(debug("orthogonal"), format!("{:?}", Orthogonal::default()));
        assert_eq!(debug(r#"["uniform"]"#), format!("{:?}", Uniform::default()));
        assert_eq!(debug(r#"["normal", {}]"#), format!("{:?}", Normal::default()));
        assert_eq!(debug("lstmbias"), format!("{:?}", LstmBias::default()));
    }

    #[test]
    fn arguments_are_those_of_the_json() {
        let text =
            r#" [ "xavier", {"rnd_type": "gaussian", "factor_type":"in", "magnitude": 2.34e0} ] "#;
        let expected =
            Xavier { distribution: Distribution::Gaussian, factor: Factor::In, magnitude: 2.34 };
        assert_eq!(debug(text), format!("{expected:?}"));
        assert_eq!(debug(r#"["constant", {"value": -5}]"#), "Constant(-5.0)");
    }

    #[test]
    fn what_is_no_initializer_is_refused() {
        for text in [
            "foo",
            "constant",
            "",
            r#"["normal", {"scale": 1}]"#,
            r#"["normal", {"sigma": "x"}]"#,
            r#"["xavier", {"rnd_type": "even"}]"#,
            r#"["normal", {"sigma": 1}"#,
            r#"["normal", {"sigma": 1 "a": 2}]"#,
            r#"["normal"] x"#,
            "[",
        ] {
            let error = debug(text);
            assert!(error.starts_with("`init::named` expected `text` to be "), "{text}: {error}");
        }
    }
}
