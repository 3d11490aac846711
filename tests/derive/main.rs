//! The language of `#[derive(Block)]` and `sequential!`, used as a user would.

// Layers made for these tests, and what a walk sees of a block.
mod fixture;
// Structs and enums of every form.
mod forms;
// The list that `sequential!` builds.
mod sequential;
// Names, generics, lifetimes and members that a derive could stumble over.
mod hygiene;
// What a tie survives, and what it refuses.
mod ties;
