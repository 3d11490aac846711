#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| gluon_fuzz::round_trip(bytes, "params"));
