//! Nothing but the generator's register, which the other two read as well.

#![no_std]
#![no_main]

use core::hint::black_box;

#[unsafe(no_mangle)]
extern "C" fn _start() -> ! {
    black_box(image::word());
    image::stop()
}
