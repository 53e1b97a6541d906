//! The compression function alone: what anything that hashes with sha2 has to carry.

#![no_std]
#![no_main]

use core::hint::black_box;

use sha2::block_api::compress256;

#[unsafe(no_mangle)]
extern "C" fn _start() -> ! {
    let mut state = [image::word(); 8];
    compress256(&mut state, black_box(&[[0; 64]]));
    black_box(&state);
    image::stop()
}
