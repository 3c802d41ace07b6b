//! The pool: it lends no chunk twice at a time, bounds its idle chunks, and counts right.

mod cases;

use std::collections::HashSet;
use std::thread;

use cases::cases;
use memmap2::MmapMut;
use proptest::prelude::*;

use zcio::ffi::*;
use zcio::pipe::pool::{Chunk, Pool, POISON};

#[test]
fn a_chunk_that_comes_back_is_lent_again_and_poisoned() {
    let pool = Pool::<Vec<u8>>::new(1 << 20, true).expect("memory");
    let mut chunk = Pool::take(&pool, 100).expect("memory");
    assert_eq!(chunk.bytes(), [0; 100]);
    chunk.bytes().fill(7);
    drop(chunk);
    assert_eq!((pool.stats().retained, pool.stats().retained_bytes), (1, 100));
    assert_eq!(Pool::take(&pool, 100).expect("memory").bytes(), [POISON; 100]);
    let stats = pool.stats();
    assert_eq!((stats.allocated, stats.reused, stats.lent, stats.retained), (1, 1, 0, 1));
}

#[test]
fn what_was_idle_longest_makes_room() {
    let pool = Pool::<Vec<u8>>::new(100, false).expect("memory");
    let chunks = [40, 30, 20].map(|size| Pool::take(&pool, size).expect("memory"));
    drop(chunks); // the first one first
    drop(Pool::take(&pool, 40).expect("memory")); // now the second one is the longest idle
    drop(Pool::take(&pool, 25).expect("memory"));
    let stats = pool.stats();
    assert_eq!((stats.allocated, stats.freed, stats.retained, stats.retained_bytes), (4, 1, 3, 85));
    drop(Pool::take(&pool, 101).expect("memory")); // larger than the bound: only this one is freed
    let stats = pool.stats();
    assert_eq!((stats.allocated, stats.freed, stats.retained, stats.retained_bytes), (5, 2, 3, 85));
    for (size, reused) in [(20, 2), (25, 3), (40, 4), (30, 4)] {
        drop(Pool::take(&pool, size).expect("memory"));
        assert_eq!(pool.stats().reused, reused, "{size}");
    }
}

#[test]
fn a_chunk_outlives_its_pool() {
    let pool = Pool::<Vec<u8>>::new(1 << 20, false).expect("memory");
    let mut chunk = Pool::take(&pool, 10).expect("memory");
    drop(pool);
    chunk.bytes().fill(1);
    assert_eq!(chunk.bytes(), [1; 10]);
}

#[test]
fn too_much_is_an_error() {
    let pool = Pool::<Vec<u8>>::new(0, false).expect("memory");
    // On 64-bit processors only: a 32-bit process under a 64-bit kernel may well get 2 GiB.
    #[cfg(target_pointer_width = "64")]
    assert!(Pool::take(&pool, isize::MAX as usize).is_err());
    assert!(Pool::take(&pool, usize::MAX).is_err());
}

#[derive(Debug, Clone)]
enum Step {
    Take(usize),
    Drop(usize),
    Clear,
}

proptest! {
    #![proptest_config(cases(if cfg!(miri) { 10 } else { 500 }))]

    #[test]
    fn the_numbers_are_true(
        steps in prop::collection::vec(
            prop_oneof![
                4 => (1usize..5).prop_map(|size| Step::Take(size * 16)),
                4 => (0usize..20).prop_map(Step::Drop),
                1 => Just(Step::Clear),
            ],
            0..60,
        ),
        max_retained in 0u64..300,
    ) {
        let pool = Pool::<Vec<u8>>::new(max_retained, true).expect("memory");
        let mut held: Vec<(Chunk<Vec<u8>>, u8)> = Vec::new();
        let (mut taken, mut peak) = (0u64, 0);
        for (number, step) in steps.into_iter().enumerate() {
            match step {
                Step::Take(size) => {
                    let mut chunk = Pool::take(&pool, size).expect("memory");
                    taken += 1;
                    chunk.bytes().fill(number as u8);
                    held.push((chunk, number as u8));
                }
                Step::Drop(index) if !held.is_empty() => drop(held.remove(index % held.len())),
                Step::Drop(_) => {}
                Step::Clear => pool.clear(),
            }
            for (chunk, mark) in &mut held {
                prop_assert!(chunk.bytes().iter().all(|byte| byte == mark), "somebody else wrote to it");
            }
            let stats = pool.stats();
            let lent: u64 = held.iter_mut().map(|(chunk, _)| chunk.bytes().len() as u64).sum();
            peak = peak.max(lent);
            prop_assert_eq!((stats.lent, stats.lent_bytes, stats.lent_bytes_peak), (held.len() as u64, lent, peak));
            prop_assert_eq!(stats.allocated + stats.reused, taken);
            prop_assert_eq!(stats.allocated, stats.freed + stats.lent + stats.retained);
            prop_assert!(stats.retained_bytes <= max_retained);
        }
    }
}

#[test]
fn threads_take_and_give_back() {
    let rounds = if cfg!(miri) { 20 } else { 2000 };
    let pool = Pool::<Vec<u8>>::new(1000, true).expect("memory");
    let threads: Vec<_> = (1..=4u8)
        .map(|mark| {
            let pool = pool.clone();
            thread::spawn(move || {
                for round in 0..rounds {
                    let mut chunk = Pool::take(&pool, 64 + round % 3).expect("memory");
                    chunk.bytes().fill(mark);
                    thread::yield_now();
                    assert!(chunk.bytes().iter().all(|&byte| byte == mark));
                }
            })
        })
        .collect();
    for thread in threads {
        thread.join().expect("a chunk was lent twice");
    }
    let stats = pool.stats();
    assert_eq!((stats.lent, stats.allocated + stats.reused), (0, 4 * rounds as u64));
}

#[test]
#[cfg_attr(miri, ignore = "mappings")]
fn a_mapped_chunk_is_page_aligned() {
    let pool = Pool::<MmapMut>::new(0, false).expect("memory");
    for size in [1, 100, 4096, 100_000] {
        let mut chunk = Pool::take(&pool, size).expect("memory");
        assert_eq!((chunk.bytes().as_ptr() as usize % 4096, chunk.bytes().len()), (0, size));
    }
    assert_eq!((pool.stats().freed, pool.stats().retained), (4, 0));
}

#[test]
#[cfg_attr(miri, ignore = "mappings")]
fn through_the_c_interface() {
    let pool = zcio_pool_new(1 << 20, true);
    let mut stats = zcio_pool_stats::default();
    // SAFETY: the pool lives until it is freed, before the last chunk; each chunk is written while it is lent.
    unsafe {
        let (mut addresses, mut address) = (HashSet::new(), std::ptr::null_mut());
        for _ in 0..10 {
            assert_eq!(zcio_pool_take(pool, 5000, &mut address), 0);
            assert!(!address.is_null() && addresses.insert(address));
            std::slice::from_raw_parts_mut(address, 5000).fill(3);
        }
        assert_eq!(zcio_pool_take(pool, 0, &mut address), ZCIO_BAD_ARGUMENT);
        assert_eq!(zcio_pool_take(pool, usize::MAX, &mut address), ZCIO_BAD_ARGUMENT);
        #[cfg(target_pointer_width = "64")] // as in too_much_is_an_error
        assert_eq!(zcio_pool_take(pool, isize::MAX as usize, &mut address), -i64::from(libc::ENOMEM));
        assert_eq!(zcio_pool_take(std::ptr::null(), 5, &mut address), ZCIO_BAD_ARGUMENT);
        assert_eq!(zcio_pool_take(pool, 5, std::ptr::null_mut()), ZCIO_BAD_ARGUMENT);
        let last = *addresses.iter().next().expect("ten");
        for &address in addresses.iter().filter(|&&address| address != last) {
            assert_eq!(zcio_chunk_free(address), 0);
            assert_eq!(zcio_chunk_free(address), ZCIO_BAD_ARGUMENT, "given back twice");
        }
        assert_eq!(zcio_pool_read_stats(pool, &mut stats), 0);
        assert_eq!((stats.allocated, stats.lent, stats.retained_bytes), (10, 1, 45000));
        assert_eq!(zcio_pool_clear(pool), 0);
        zcio_pool_free(pool);
        std::slice::from_raw_parts_mut(last, 5000).fill(4);
        assert_eq!(zcio_chunk_free(last), 0);
        zcio_pool_free(std::ptr::null_mut());
    }
}
