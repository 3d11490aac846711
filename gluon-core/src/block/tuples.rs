//! Tuples: those of every length that a member may have.

/// Calls `$of` with the types and the places of a tuple's members, for one to twelve of them.
macro_rules! tuples {
    ($of:ident) => {
        $of!(A 0);
        $of!(A 0 B 1);
        $of!(A 0 B 1 C 2);
        $of!(A 0 B 1 C 2 D 3);
        $of!(A 0 B 1 C 2 D 3 E 4);
        $of!(A 0 B 1 C 2 D 3 E 4 F 5);
        $of!(A 0 B 1 C 2 D 3 E 4 F 5 G 6);
        $of!(A 0 B 1 C 2 D 3 E 4 F 5 G 6 H 7);
        $of!(A 0 B 1 C 2 D 3 E 4 F 5 G 6 H 7 I 8);
        $of!(A 0 B 1 C 2 D 3 E 4 F 5 G 6 H 7 I 8 J 9);
        $of!(A 0 B 1 C 2 D 3 E 4 F 5 G 6 H 7 I 8 J 9 K 10);
        $of!(A 0 B 1 C 2 D 3 E 4 F 5 G 6 H 7 I 8 J 9 K 10 L 11);
    };
}
pub(super) use tuples;
