#![no_main]

use gluon_core::nn::Dense;
use gluon_core::persist::Load;
use gluon_core::train::Checkpoint;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    // Random bytes never have the checksum of the header: it is put right, so that what comes
    // behind it is reached.
    let bytes = gluon_fuzz::with_checksum(bytes);
    gluon_fuzz::round_trip(&bytes, "gluon");
    if let Ok(checkpoint) = Checkpoint::from_bytes(bytes, "fuzz") {
        let _ = checkpoint.load(&mut Dense::new(2), &Load::new());
        let _ = checkpoint.get::<Vec<String>>("key");
    }
});
