//! How the throughput grows with threads. They share nothing, so two of them do twice the work of one: as often as the
//! bare compression function does, which shows what the machine itself allows.

use std::hint::{self, black_box};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Instant;

use crate::cases::{Inputs, Pair};

/// Some milliseconds: short enough to find the processors free.
const CALLS: usize = 100_000;

/// Other work on the machine only ever takes from a figure: the best of so many is closest to the truth.
const ROUNDS: usize = 100;

pub fn print(inputs: &Inputs) {
    println!("| call | million per second, 1 thread | 2 threads | times |");
    println!("|---|---:|---:|---:|");
    let verify = |_| {
        let pair = Pair::of_len(43);
        move || pair.verify().is_ok()
    };
    let compress = |_| || inputs.compress(1)[0] != 0;
    print_row("`check_token_request`, 43 characters", verify);
    print_row("`compress256`, 1 block", compress);
}

fn print_row<C: FnMut() -> bool>(name: &str, call: impl Fn(usize) -> C + Sync) {
    let (mut one, mut two) = (0.0_f64, 0.0_f64);
    for _ in 0..ROUNDS {
        one = one.max(per_second(1, &call));
        two = two.max(per_second(2, &call));
    }
    println!("| {name} | {:.1} | {:.1} | {:.2} |", one / 1e6, two / 1e6, two / one);
}

/// The calls per second of so many threads, each with a value of its own to call: from when the first one starts to when
/// the last one ends, so that threads that take turns do not count as two.
fn per_second<C: FnMut() -> bool>(threads: usize, call: &(impl Fn(usize) -> C + Sync)) -> f64 {
    let ready = &AtomicUsize::new(0);
    let work = |number: usize| {
        let mut call = call(number);
        ready.fetch_add(1, Ordering::SeqCst);
        // Not a lock that sleeps: to wake up takes long beside what is measured.
        while ready.load(Ordering::SeqCst) < threads {
            hint::spin_loop();
        }
        let start = Instant::now();
        for _ in 0..CALLS {
            black_box(call());
        }
        (start, Instant::now())
    };
    let work = &work;
    let spans: Vec<(Instant, Instant)> = thread::scope(|scope| {
        let running: Vec<_> = (0..threads).map(|number| scope.spawn(move || work(number))).collect();
        running
            .into_iter()
            .map(|thread| thread.join().expect("it does not panic"))
            .collect()
    });
    let start = spans.iter().map(|span| span.0).min().expect("there is a thread");
    let end = spans.iter().map(|span| span.1).max().expect("there is a thread");
    (threads * CALLS) as f64 / (end - start).as_secs_f64()
}
