//! The whole library as its users see it: one list of themes.

#![allow(clippy::unwrap_used)]

// What must always work, short enough to read.
mod promises;

// Tied models in training.
mod ties;

// Functions that watch blocks compute, and where errors happened.
mod hooks;

// Lists, boxes, maps and layers that are lists of others.
mod containers;

// Against MXNet 1.9.1: the files of `tests/data/mxnet`, and how to compare with them.
mod cases;
mod chapter;
mod devices;
mod golden;
mod initialization;
mod initializers;
mod layers;
mod losses;
mod models;
mod naming;
mod optimizers;
mod parameters;
mod reprs;
mod trainers;

// Which module may import which.
mod layering;
