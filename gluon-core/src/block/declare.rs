//! Stand-ins, until parameters have names.

use super::Member;

/// Gives the parameters of a block just built the names they have in it.
pub fn declare<M: Member + ?Sized>(block: &M) {
    let _ = block;
}

/// Makes the parameters of `member` those of `source`.
///
/// # Errors
/// What does not fit, in words.
pub fn retie(member: &mut dyn Member, source: &dyn Member) -> Result<(), String> {
    use super::{Place, Visitor, VisitorMut, Walk, WalkMut};
    use crate::Parameter;
    #[derive(Default)]
    struct Relative<'a>(Vec<(String, &'a Parameter)>);
    impl<'a> Visitor<'a> for Relative<'a> {
        fn parameter(&mut self, place: &Place<'_>, parameter: &'a Parameter) {
            self.0.push((place.path().to_owned(), parameter));
        }
    }
    impl VisitorMut for Relative<'_> {
        fn parameter(&mut self, place: &Place<'_>, parameter: &mut Parameter) {
            if let Some((_, source)) = self.0.iter().find(|(path, _)| path == place.path()) {
                *parameter = source.share();
            }
        }
    }
    let mut all = Relative::default();
    Walk::run(source, None, &mut all);
    WalkMut::run(member, None, &mut all);
    Ok(())
}
