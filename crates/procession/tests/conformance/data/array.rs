//! Arrays.

use std::fmt::Debug;
use std::time::Duration;

use bytemuck::{Pod, Zeroable};
use procession::{Bits, LockError, Number, Process, SharedArray, SharedError};

use super::in_processes;
use crate::objects::{Objects, TestResult, in_every_place};

in_every_place!(
    elements_are_read_and_written,
    what_is_beyond_the_end_is_an_error,
    large_arrays_come_back,
    elements_of_any_size_are_kept,
    numbers_are_calculated_with,
    bits_are_combined,
    processes_add_and_nothing_is_lost,
    the_lock_makes_several_steps_one,
    the_lock_is_free_or_held,
    a_handle_travels_inside_others,
);

fn elements_are_read_and_written(objects: &Objects) -> TestResult {
    let array = objects.repeated(5, 1.5f32)?;
    assert_eq!(array.len(), 5);
    array.set(1, -0.5)?;
    array.write_from(3, &[7.0, 8.0])?;
    assert_eq!(array.get(1)?, -0.5);
    assert_eq!(array.to_vec()?, [1.5, -0.5, 1.5, 7.0, 8.0]);
    assert_eq!(array.range_to_vec(1..=2)?, [-0.5, 1.5]);
    array.fill(..2, 0.0)?;
    array.fill(2..2, 9.0)?;
    let mut some = [0.0; 3];
    array.read_into(1, &mut some)?;
    assert_eq!(some, [0.0, 1.5, 7.0]);
    Ok(())
}

fn what_is_beyond_the_end_is_an_error(objects: &Objects) -> TestResult {
    let array = objects.array(&[1u16, 2, 3])?;
    let beyond = |index| SharedError::IndexOutOfRange { index, length: 3 };
    assert_eq!(array.get(3), Err(beyond(3)));
    assert_eq!(array.set(4, 0), Err(beyond(4)));
    assert_eq!(array.fetch_add(3, 1), Err(beyond(3)));
    assert_eq!(array.compare_exchange(3, 0, 1), Err(beyond(3)));
    assert_eq!(array.range_to_vec(1..4), Err(beyond(3)));
    assert!(array.write_from(2, &[0, 0]).is_err());
    assert!(array.read_into(2, &mut [0, 0]).is_err());
    assert_eq!(array.to_vec()?, [1, 2, 3]);
    Ok(())
}

fn large_arrays_come_back(objects: &Objects) -> TestResult {
    let elements: Vec<u64> = (0..100_000).collect();
    let array = objects.array(&elements)?;
    assert!(array.to_vec()? == elements);
    array.write_from(1, &elements[..90_000])?;
    let expected = [&elements[..1], &elements[..90_000], &elements[90_001..]].concat();
    assert!(array.to_vec()? == expected);
    array.fill(.., 7)?;
    assert!(array.to_vec()? == vec![7; 100_000]);
    Ok(())
}

fn elements_of_any_size_are_kept(objects: &Objects) -> TestResult {
    #[derive(Clone, Copy, Debug, PartialEq, Pod, Zeroable)]
    #[repr(C)]
    struct Point {
        place: [f32; 2],
        color: [u8; 4],
    }
    let point = |x, color| Point {
        place: [x, -x],
        color: [color; 4],
    };
    let points = objects.array(&[point(1.0, 1), point(2.0, 2)])?;
    points.set(0, point(3.0, 3))?;
    assert_eq!(points.to_vec()?, [point(3.0, 3), point(2.0, 2)]);
    let nothings = objects.repeated(3, [0u8; 0])?;
    assert_eq!(nothings.len(), 3);
    nothings.get(2)?;
    assert!(nothings.get(3).is_err());
    let none = objects.array::<u32>(&[])?;
    assert!(none.is_empty());
    assert!(none.to_vec()?.is_empty());
    Ok(())
}

fn numbers_are_calculated_with(objects: &Objects) -> TestResult {
    fn calculates<T>(
        objects: &Objects,
        one: T,
        other: T,
        [sum, difference, least, greatest]: [T; 4],
    ) -> TestResult
    where
        T: Number + Pod + PartialEq + Debug,
    {
        let array = objects.array(&[other, one, other])?;
        assert_eq!(array.fetch_add(1, other)?, one);
        assert_eq!(array.swap(1, one)?, sum);
        assert_eq!(array.fetch_sub(1, other)?, one);
        assert_eq!(array.swap(1, one)?, difference);
        assert_eq!(array.fetch_min(1, other)?, one);
        assert_eq!(array.swap(1, one)?, least);
        assert_eq!(array.fetch_max(1, other)?, one);
        assert_eq!(array.swap(1, one)?, greatest);
        assert_eq!(array.compare_exchange(1, one, other)?, Ok(()));
        assert_eq!(array.to_vec()?, [other; 3]);
        Ok(())
    }
    calculates(objects, 250u8, 10, [4, 240, 10, 250])?;
    calculates(objects, -100i8, 100, [0, 56, -100, 100])?;
    calculates(objects, 1u16, 65535, [0, 2, 1, 65535])?;
    calculates(objects, i32::MAX, 1, [i32::MIN, i32::MAX - 1, 1, i32::MAX])?;
    calculates(objects, u64::MAX, 2, [1, u64::MAX - 2, 2, u64::MAX])?;
    calculates(objects, -1i64, 1, [0, -2, -1, 1])?;
    calculates(objects, 0.1, 0.2, [0.1 + 0.2, 0.1 - 0.2, 0.1, 0.2])?;
    calculates(objects, 0.1f32, 0.2, [0.1 + 0.2, 0.1 - 0.2, 0.1, 0.2])
}

fn bits_are_combined(objects: &Objects) -> TestResult {
    fn combines<T>(objects: &Objects, one: T, other: T, [and, or, xor]: [T; 3]) -> TestResult
    where
        T: Bits + Number + Pod + PartialEq + Debug,
    {
        let array = objects.array(&[other, one, other])?;
        assert_eq!(array.fetch_and(1, other)?, one);
        assert_eq!(array.swap(1, one)?, and);
        assert_eq!(array.fetch_or(1, other)?, one);
        assert_eq!(array.swap(1, one)?, or);
        assert_eq!(array.fetch_xor(1, other)?, one);
        assert_eq!(array.to_vec()?, [other, xor, other]);
        Ok(())
    }
    combines(objects, 0b1100u8, 0b1010, [0b1000, 0b1110, 0b0110])?;
    combines(objects, -1i64, 7, [7, -1, -8])
}

fn processes_add_and_nothing_is_lost(objects: &Objects) -> TestResult {
    const TIMES: usize = 20;
    fn add(whole: SharedArray<u64>, float: SharedArray<f64>) -> Result<(), SharedError> {
        for number in 0..TIMES {
            whole.fetch_add(number % 2, 3)?;
            whole.fetch_max(2, number as u64)?;
            float.fetch_sub(0, 0.5)?;
        }
        Ok(())
    }
    let (whole, float) = (objects.repeated(3, 0)?, objects.repeated(1, 0.0)?);
    in_processes!(add, (whole.clone(), float.clone()));
    let times = u64::from(super::PROCESSES) * TIMES as u64;
    assert_eq!(
        whole.to_vec()?,
        [times * 3 / 2, times * 3 / 2, TIMES as u64 - 1]
    );
    assert_eq!(float.to_vec()?, [times as f64 * -0.5]);
    Ok(())
}

fn the_lock_makes_several_steps_one(objects: &Objects) -> TestResult {
    const TIMES: i64 = 20;
    fn transfer(accounts: SharedArray<i64>) -> Result<(), SharedError> {
        for _ in 0..TIMES {
            let accounts = accounts.lock()?;
            accounts.set(0, accounts.get(0)? - 1)?;
            accounts.set(1, accounts.get(1)? + 1)?;
        }
        Ok(())
    }
    let accounts = objects.array(&[100, 0])?;
    in_processes!(transfer, (accounts.clone(),));
    let moved = i64::from(super::PROCESSES) * TIMES;
    assert_eq!(accounts.to_vec()?, [100 - moved, moved]);
    Ok(())
}

fn the_lock_is_free_or_held(objects: &Objects) -> TestResult {
    fn hold(array: SharedArray<u8>) -> Result<(), SharedError> {
        match array.try_lock() {
            Err(LockError::Failed(SharedError::WouldBlock)) => {}
            other => panic!("{other:?}"),
        }
        match array.lock_timeout(Duration::from_millis(1)) {
            Err(LockError::Failed(SharedError::TimedOut)) => Ok(()),
            other => panic!("{other:?}"),
        }
    }
    let array = objects.repeated(1, 0u8)?;
    assert!(!array.is_locked()?);
    let guard = array.lock()?;
    assert!(array.is_locked()?);
    let holder = array.holder()?.ok_or("nobody")?;
    assert_eq!(holder.pid, std::process::id());
    Process::spawn(hold, (array.clone(),))?.join()??;
    assert!(!guard.is_lost());
    drop(guard);
    assert!(!array.is_locked()?);
    Ok(())
}

fn a_handle_travels_inside_others(objects: &Objects) -> TestResult {
    fn work(arrays: Vec<SharedArray<i32>>) -> Result<Option<SharedArray<i32>>, SharedError> {
        arrays.iter().try_for_each(|array| array.fill(.., 7))?;
        Ok(arrays.into_iter().next())
    }
    let array = objects.repeated(4, 0)?;
    let back = Process::spawn(work, (vec![array.clone()],))?.join()??;
    assert_eq!(array.to_vec()?, [7; 4]);
    back.ok_or("nothing came back")?.set(0, 8)?;
    assert_eq!(array.get(0)?, 8);
    Ok(())
}
