//! Arrays among threads.

mod session;

use std::error::Error as StdError;
use std::thread;

use procession_arena::{Error, Result, Wait};
use procession_objects::{Initial, SharedArray};
use session::Session;

type Outcome = Result<(), Box<dyn StdError>>;

const THREADS: u64 = 4;
const ROUNDS: u64 = 5_000;

fn zeros(size: usize, length: u64) -> (Vec<u8>, u64) {
    (vec![0; size], length)
}

#[test]
fn neighbours_of_every_width_do_not_disturb_each_other() -> Outcome {
    for size in [1, 2, 4, 8] {
        let session = Session::new()?;
        let me = session.thread()?;
        let (zero, length) = zeros(size, THREADS);
        let array = SharedArray::create(&me, Initial::Repeated(&zero, length), None)?;
        thread::scope(|scope| -> Result<()> {
            let workers: Vec<_> = (0..THREADS)
                .map(|index| {
                    let (array, session) = (&array, &session);
                    scope.spawn(move || -> Result<()> {
                        let me = session.thread()?;
                        for round in 0..ROUNDS {
                            array.cell(&me, index)?.fetch_add(1);
                            // A range of its own, rewritten beside the others' elements.
                            let mut own = vec![0; size];
                            array.read_into(&me, index, &mut own)?;
                            array.write_from(&me, index, &own)?;
                            assert_eq!(own[0], (round + 1) as u8, "width {size}");
                        }
                        Ok(())
                    })
                })
                .collect();
            workers
                .into_iter()
                .try_for_each(|worker| worker.join().unwrap_or(Err(Error::TimedOut)))
        })?;
        let mask = u64::MAX >> (64 - 8 * size);
        for index in 0..THREADS {
            assert_eq!(
                array.cell(&me, index)?.load(),
                ROUNDS & mask,
                "width {size}"
            );
        }
        array.detach(&me)?;
        assert_eq!(me.verify()?.objects, 0);
    }
    Ok(())
}

#[test]
fn sums_of_all_threads_are_complete() -> Outcome {
    let session = Session::new()?;
    let me = session.thread()?;
    let array = SharedArray::create(&me, Initial::Repeated(&[0; 4], 3), None)?;
    thread::scope(|scope| -> Result<()> {
        let workers: Vec<_> = (0..THREADS)
            .map(|_| {
                scope.spawn(|| -> Result<()> {
                    let me = session.thread()?;
                    for round in 0..ROUNDS {
                        array.cell(&me, round % 3)?.fetch_add(2);
                        array.cell(&me, round % 3)?.fetch_sub(1);
                    }
                    Ok(())
                })
            })
            .collect();
        workers
            .into_iter()
            .try_for_each(|worker| worker.join().unwrap_or(Err(Error::TimedOut)))
    })?;
    let mut sum = 0;
    for index in 0..3 {
        sum += array.cell(&me, index)?.load();
    }
    assert_eq!(sum, THREADS * ROUNDS);
    Ok(())
}

#[test]
fn ranges_are_copied_exactly() -> Outcome {
    let session = Session::new()?;
    let me = session.thread()?;
    // Every unit, short and long ranges, in and across whatever the copying goes by.
    for size in [1, 2, 3, 4, 6, 8, 12, 16, 40] {
        let length = 400u64;
        let first: Vec<u8> = (0..size as u64 * length).map(|at| at as u8).collect();
        let array = SharedArray::create(&me, Initial::Elements(&first, size as u64), None)?;
        assert_eq!((array.len(), array.element_size()), (length, size as u64));
        let mut model = first;
        for (from, count) in [
            (0, 1),
            (1, 1),
            (3, 7),
            (5, 130),
            (399, 1),
            (0, 400),
            (7, 0),
            (400, 0),
        ] {
            let part: Vec<u8> = (0..count * size).map(|at| (at * 7 + from) as u8).collect();
            array.write_from(&me, from as u64, &part)?;
            model[from * size..][..part.len()].copy_from_slice(&part);
            let mut read = vec![1; part.len()];
            array.read_into(&me, from as u64, &mut read)?;
            assert_eq!(read, part, "size {size}, {from} and {count} more");
            let mut all = vec![0; model.len()];
            array.read_into(&me, 0, &mut all)?;
            assert_eq!(all, model, "size {size}, {from} and {count} more");
        }
        let element: Vec<u8> = (0..size as u8).map(|at| at + 100).collect();
        array.fill(&me, 2, 397, &element)?;
        model[2 * size..399 * size].copy_from_slice(&element.repeat(397));
        let mut all = vec![0; model.len()];
        array.read_into(&me, 0, &mut all)?;
        assert_eq!(all, model, "filled, size {size}");
        array.detach(&me)?;
    }
    assert_eq!(me.verify()?.blocks, 0);
    Ok(())
}

#[test]
fn what_is_beyond_the_end_is_refused() -> Outcome {
    let session = Session::new()?;
    let me = session.thread()?;
    let array = SharedArray::create(&me, Initial::Repeated(&[7; 4], 5), None)?;
    let beyond = |outcome: Result<()>, at: u64| {
        let length = 5;
        assert!(
            matches!(&outcome, Err(Error::IndexOutOfRange { index, length: found })
                if (*index, *found) == (at, length)),
            "{outcome:?} instead of {at}"
        );
    };
    beyond(array.cell(&me, 5).map(drop), 5);
    beyond(array.cell(&me, u64::MAX).map(drop), u64::MAX);
    beyond(array.read_into(&me, 4, &mut [0; 8]), 5);
    beyond(array.write_from(&me, 0, &[0; 24]), 5);
    beyond(array.write_from(&me, 9, &[]), 9);
    beyond(array.write_from(&me, u64::MAX, &[0; 8]), u64::MAX);
    beyond(array.fill(&me, 1, u64::MAX, &[0; 4]), u64::MAX);
    let mut all = [0; 20];
    array.read_into(&me, 0, &mut all)?;
    assert_eq!(all, [7; 20]);
    Ok(())
}

#[test]
fn what_does_not_fit_together_is_refused() -> Outcome {
    let session = Session::new()?;
    let me = session.thread()?;
    let other = session.thread_of_another_process()?;
    let array = SharedArray::create(&me, Initial::Repeated(&[7; 12], 5), Some("Point"))?;
    assert!(matches!(
        array.cell(&me, 0),
        Err(Error::WrongContents { .. })
    ));
    assert!(matches!(
        array.fill(&me, 0, 1, &[0; 4]),
        Err(Error::WrongContents { .. })
    ));
    let wrong = SharedArray::attach(&other, array.handle(), Some("u8"));
    match wrong {
        Err(Error::WrongContents {
            expected, found, ..
        }) => {
            assert_eq!((expected.as_str(), found.as_str()), ("u8", "Point"));
        }
        wrong => return Err(format!("{wrong:?}").into()),
    }
    let right = SharedArray::attach(&other, array.handle(), Some("Point"))?;
    let mut element = [0; 12];
    right.read_into(&other, 4, &mut element)?;
    assert_eq!(element, [7; 12]);
    right.detach(&other)?;
    let huge = SharedArray::create(&me, Initial::Repeated(&[0; 16], u64::MAX / 2), None);
    assert!(matches!(huge, Err(Error::OutOfMemory { .. })));
    let large = SharedArray::create(&me, Initial::Repeated(&[0; 16], 1 << 40), None);
    assert!(matches!(large, Err(Error::OutOfMemory { .. })));
    array.detach(&me)?;
    assert_eq!(me.verify()?.blocks, 0);
    Ok(())
}

#[test]
fn an_array_may_be_empty_or_large() -> Outcome {
    let session = Session::new()?;
    let me = session.thread()?;
    for size in [0, 1, 8] {
        let empty = SharedArray::create(&me, Initial::Repeated(&vec![0; size], 0), None)?;
        assert!(empty.is_empty());
        empty.read_into(&me, 0, &mut [])?;
        assert_eq!(empty.address(&me)?.len(), 0);
        empty.detach(&me)?;
    }
    let large = SharedArray::create(&me, Initial::Repeated(&[9; 8], 1 << 20), None)?;
    assert_eq!(
        large.cell(&me, (1 << 20) - 1)?.load(),
        0x0909_0909_0909_0909
    );
    let place = large.address(&me)?;
    assert_eq!(place.len(), 8 << 20);
    assert!(place.cast::<u8>().addr().get().is_multiple_of(64));
    large.detach(&me)?;
    assert_eq!(me.verify()?.blocks, 0);
    Ok(())
}

#[test]
fn the_lock_has_one_holder_and_is_released_by_that_hold() -> Outcome {
    let session = Session::new()?;
    let me = session.thread()?;
    let other = session.thread_of_another_process()?;
    let array = SharedArray::create(&me, Initial::Repeated(&[0; 8], 2), None)?;
    let same = SharedArray::attach(&other, array.handle(), None)?;
    assert_eq!(array.holder(&me)?, None);
    let taken = array.acquire(&me, Wait::Never)?;
    assert_eq!(taken.abandoned_by, None);
    assert_eq!(
        same.holder(&other)?.map(|holder| holder.pid),
        Some(std::process::id())
    );
    assert!(matches!(
        same.acquire(&other, Wait::Never),
        Err(Error::TimedOut)
    ));
    assert!(!same.release_hold(&other, taken.hold)?, "not its own");
    // The lock is advice: it keeps nobody from the elements.
    same.cell(&other, 1)?.store(3);
    assert!(array.release_hold(&me, taken.hold)?);
    assert!(!array.release_hold(&me, taken.hold)?, "only once");
    let taken = same.acquire(&other, Wait::Never)?;
    // It lets go of the array as a process that ends would.
    same.detach(&other)?;
    assert_eq!(
        array.acquire(&me, Wait::Never)?.abandoned_by,
        Some(std::process::id())
    );
    assert!(!array.release_hold(&me, taken.hold)?);
    array.detach(&me)?;
    assert_eq!(me.verify()?.blocks, 0);
    Ok(())
}

#[test]
fn changes_under_the_lock_belong_together() -> Outcome {
    let session = Session::new()?;
    let me = session.thread()?;
    let array = SharedArray::create(&me, Initial::Repeated(&[0; 8], 2), None)?;
    thread::scope(|scope| -> Result<()> {
        let workers: Vec<_> = (0..THREADS)
            .map(|_| {
                scope.spawn(|| -> Result<()> {
                    let me = session.thread()?;
                    for _ in 0..ROUNDS {
                        let taken = array.acquire(&me, Wait::Forever)?;
                        let (first, second) = (array.cell(&me, 0)?, array.cell(&me, 1)?);
                        let before = first.load();
                        assert_eq!(second.load(), before);
                        first.store(before + 1);
                        second.store(before + 1);
                        assert!(array.release_hold(&me, taken.hold)?);
                    }
                    Ok(())
                })
            })
            .collect();
        workers
            .into_iter()
            .try_for_each(|worker| worker.join().unwrap_or(Err(Error::TimedOut)))
    })?;
    assert_eq!(array.cell(&me, 0)?.load(), THREADS * ROUNDS);
    Ok(())
}
