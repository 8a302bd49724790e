//! What tasks do, and what objects hold: texts of 100 bytes.

use anyhow::{Context, Error, ensure};

/// Bytes of an argument, a result, an element or a value.
const LENGTH: usize = 100;

/// A text in which a number stands.
pub(super) fn text(number: u64) -> String {
    format!("{number:0LENGTH$}")
}

/// The number of a whole text.
pub(super) fn number_of(text: &str) -> Result<u64, Error> {
    ensure!(text.len() == LENGTH, "{} bytes arrived", text.len());
    text.parse().with_context(|| format!("{text:?} arrived"))
}

/// The task: a text to another one. What is none becomes none.
pub(super) fn answer(question: String) -> String {
    number_of(&question).map_or_else(|failure| failure.to_string(), |number| text(hash(number)))
}

/// What the answers to texts `0..count` add up to.
pub(super) fn expected(count: u64) -> u64 {
    (0..count).map(hash).fold(0, u64::wrapping_add)
}

/// What the numbers of answers add up to.
pub(super) fn sum(answers: impl IntoIterator<Item = String>) -> Result<u64, Error> {
    answers
        .into_iter()
        .try_fold(0, |sum: u64, text| Ok(sum.wrapping_add(number_of(&text)?)))
}

pub(super) fn hash(number: u64) -> u64 {
    (number ^ (number >> 7)).wrapping_mul(0x9e37_79b9_7f4a_7c15)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_add_up_to_what_is_expected() {
        let answers = (0..10).map(|number| answer(text(number)));
        assert_eq!(sum(answers).unwrap(), expected(10));
    }

    #[test]
    fn a_torn_text_is_noticed() {
        let mut torn = text(7);
        torn.pop();
        assert!(number_of(&torn).is_err());
        assert!(sum([answer(torn)]).is_err());
    }
}
