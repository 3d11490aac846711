#!/bin/sh
# Compile time of deriving 100 blocks, beside burn's derive: `sh benches/derive/measure.sh`.
#
# Four crates of 100 structs of four layers and a number: with and without the derive, for gluon and
# for burn. The dependencies are built first; then each crate is checked anew, three times in turn.
set -eu
root=$(cd "$(dirname "$0")/../.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export CARGO_TARGET_DIR="$work/target"

package() { # name, dependency, first line, derive, generics, layer
    mkdir -p "$work/$1/src"
    printf '[package]\nname = "%s"\nversion = "0.1.0"\nedition = "2024"\n[dependencies]\n%s\n[workspace]\n' \
        "$1" "$2" > "$work/$1/Cargo.toml"
    {
        echo "$3"
        for i in $(seq 100); do
            echo "$4 pub struct Net$i$5 { pub a: $6, pub b: $6, pub c: Option<$6>, pub d: Vec<$6>, pub units: usize }"
        done
    } > "$work/$1/src/lib.rs"
}

gluon="gluon = { path = \"$root\" }"
burn='burn = { version = "0.21", default-features = false, features = ["std"] }'
ours='#![allow(unused_imports)] use gluon::{nn::Dense, prelude::*};'
theirs='#![recursion_limit = "256"] #![allow(unused_imports)] use burn::{module::Module, nn::Linear, prelude::*};'
package gluon_plain "$gluon" "$ours" '' '' Dense
package gluon_derive "$gluon" "$ours" '#[derive(Block)]' '' Dense
package burn_plain "$burn" "$theirs" '#[derive(Debug)]' '<B: Backend>' 'Linear<B>'
package burn_derive "$burn" "$theirs" '#[derive(Module, Debug)]' '<B: Backend>' 'Linear<B>'

crates='gluon_plain gluon_derive burn_plain burn_derive'
for crate in $crates; do
    (cd "$work/$crate" && cargo check -q)
done
for run in 1 2 3; do
    for crate in $crates; do
        touch "$work/$crate/src/lib.rs"
        start=$(date +%s%N)
        (cd "$work/$crate" && cargo check -q)
        end=$(date +%s%N)
        echo "$run $crate $(((end - start) / 1000000)) ms"
    done
done
