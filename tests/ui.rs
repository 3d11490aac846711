//! Mistakes and what the compiler says of them.
//!
//! `tests/ui/<group>/<mistake>.rs` holds one mistake, its `.stderr` the message, reviewed as text,
//! and `fixed/<mistake>.rs` beside it the program as it should have been (see `neighbours.rs`).
//! `TRYBUILD=overwrite cargo test --test ui` writes the messages anew.

#[test]
fn mistakes_are_answered_in_our_words() {
    trybuild::TestCases::new().compile_fail("tests/ui/*/*.rs");
}
