//! Arrays on a server.

#![allow(
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod servers;
mod watchdog;

use std::thread;

use procession_arena::Wait;
use procession_cluster::array::{ArrayError, Initial, Operation, SharedArray};
use procession_cluster::lock::Lock;
use procession_cluster::{ClusterError, SyncError};
use servers::{TestResult, cluster};
use watchdog::watch;

fn read(array: &SharedArray) -> Result<Vec<u8>, ArrayError> {
    let length = array.len() * array.element_size();
    let mut bytes = vec![0; usize::try_from(length).expect("it fits")];
    array.read_into(0, &mut bytes)?;
    Ok(bytes)
}

#[test]
fn elements_are_read_and_written() -> TestResult {
    let _watchdog = watch();
    let array = SharedArray::create(&cluster()?, None, Initial::Repeated(&[1, 2, 3], 4), None)?;
    assert_eq!((array.len(), array.element_size()), (4, 3));
    array.write_from(1, b"abcdef")?;
    array.fill(3, 1, b"xyz")?;
    array.fill(4, 0, b"xyz")?;
    assert_eq!(read(&array)?, b"\x01\x02\x03abcdefxyz");
    let same = SharedArray::attach(array.object().cluster(), array.object().name())?;
    assert_eq!((same.len(), same.element_size()), (4, 3));
    assert_eq!(read(&same)?, read(&array)?);
    Ok(())
}

#[test]
fn what_is_beyond_the_end_is_refused() -> TestResult {
    let _watchdog = watch();
    let array = SharedArray::create(&cluster()?, None, Initial::Elements(b"abcdefgh", 2), None)?;
    let beyond = |index| Err(ArrayError::OutOfRange { index, len: 4 });
    let mut two = [0; 4];
    assert_eq!(array.read_into(3, &mut two), beyond(4));
    assert_eq!(array.write_from(3, &two), beyond(4));
    assert_eq!(array.write_from(3, &[0; 3]), beyond(4), "one and a half");
    assert_eq!(array.write_from(u64::MAX, &two), beyond(u64::MAX));
    assert_eq!(array.fill(7, 1, &[0; 2]), beyond(7));
    assert_eq!(
        array.change(4, Operation::Swap, &[0; 2]),
        beyond(4).map(|()| vec![])
    );
    for wrong in [
        array.change(0, Operation::Swap, &[0; 3]).map(drop),
        array.compare_exchange(0, &[0; 2], &[0; 1]).map(drop),
        array.fill(0, 2, &[]),
    ] {
        assert!(matches!(wrong, Err(ArrayError::Cluster(_))), "{wrong:?}");
    }
    assert_eq!(read(&array)?, b"abcdefgh");
    Ok(())
}

#[test]
fn large_arrays_are_moved_in_portions() -> TestResult {
    let _watchdog = watch();
    let bytes: Vec<u8> = (0..700_002u32).map(|number| (number % 251) as u8).collect();
    let cluster = cluster()?;
    let array = SharedArray::create(&cluster, None, Initial::Elements(&bytes, 3), None)?;
    assert!(read(&array)? == bytes, "as it was created");
    array.write_from(1, &bytes[..600_000])?;
    let expected = [&bytes[..3], &bytes[..600_000], &bytes[600_003..]].concat();
    assert!(read(&array)? == expected, "as it was written");
    let empty = SharedArray::create(&cluster, None, Initial::Elements(&[], 4), None)?;
    assert!(empty.is_empty());
    assert!(read(&empty)?.is_empty());
    let nothings = SharedArray::create(&cluster, None, Initial::Repeated(&[], 7), None)?;
    assert_eq!((nothings.len(), nothings.element_size()), (7, 0));
    nothings.fill(0, 7, &[])?;
    let huge = Initial::Repeated(&[0; 8], 1 << 40);
    let refused = SharedArray::create(&cluster, None, huge, None);
    assert!(
        matches!(refused, Err(ClusterError::TooLarge { .. })),
        "{refused:?}"
    );
    Ok(())
}

#[test]
fn a_name_stands_for_one_array_of_one_length() -> TestResult {
    let _watchdog = watch();
    let cluster = cluster()?;
    let create = |length, contents| {
        let initial = Initial::Repeated(&[0; 4], length);
        SharedArray::create(&cluster, Some("histogram"), initial, Some(contents))
    };
    let array = create(10, "u32")?;
    array.fill(0, 10, &[1; 4])?;
    assert_eq!(read(&create(10, "u32")?)?, [1; 40], "the one that is there");
    for other in [create(11, "u32"), create(10, "f32")] {
        assert!(
            matches!(other, Err(ClusterError::Mismatch { .. })),
            "{other:?}"
        );
    }
    array.object().unlink()?;
    create(3, "u32")?;
    for outcome in [
        array.write_from(9, &[0; 4]),
        array.read_into(0, &mut [0; 4]),
        array.change(0, Operation::Add, &[0; 4]).map(drop),
    ] {
        let gone = ArrayError::Cluster(array_gone(&array));
        assert_eq!(outcome, Err(gone), "it is another array by now");
    }
    Ok(())
}

fn array_gone(array: &SharedArray) -> ClusterError {
    ClusterError::Gone {
        object: array.object().to_string(),
    }
}

#[test]
fn many_calculate_and_nothing_is_lost() -> TestResult {
    let _watchdog = watch();
    let array = SharedArray::create(&cluster()?, None, Initial::Repeated(&[0; 8], 3), None)?;
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for _ in 0..50 {
                    let add = |index, operation, operand: [u8; 8]| {
                        array.change(index, operation, &operand).expect("added");
                    };
                    add(0, Operation::Add, (-3i64).to_le_bytes());
                    add(1, Operation::AddFloat, 0.5f64.to_le_bytes());
                    let mut current = [0; 8];
                    array.read_into(2, &mut current).expect("read");
                    loop {
                        let next = (u64::from_le_bytes(current) + 1).to_le_bytes();
                        match array
                            .compare_exchange(2, &current, &next)
                            .expect("compared")
                        {
                            Ok(()) => break,
                            Err(found) => current.copy_from_slice(&found),
                        }
                    }
                }
            });
        }
    });
    let bytes = read(&array)?;
    let word = |index: usize| bytes[8 * index..].first_chunk().copied().expect("8 bytes");
    assert_eq!(i64::from_le_bytes(word(0)), -600);
    assert_eq!(f64::from_le_bytes(word(1)), 100.0);
    assert_eq!(u64::from_le_bytes(word(2)), 200);
    Ok(())
}

#[test]
fn an_array_has_a_lock_of_its_own() -> TestResult {
    let _watchdog = watch();
    let cluster = cluster()?;
    let create = |name| SharedArray::create(&cluster, name, Initial::Repeated(&[0], 1), None);
    for name in [Some("locked"), None] {
        let array = create(name)?;
        let same = SharedArray::attach(&cluster, array.object().name())?;
        let taken = array.lock()?.acquire(Wait::Forever)?;
        assert_eq!(
            same.lock()?.acquire(Wait::Never).map(drop),
            Err(SyncError::TimedOut)
        );
        let others = Lock::create(&cluster, Some("locked"))?;
        assert!(!others.is_locked()?, "that is another lock");
        assert!(array.lock()?.release_hold(&taken.hold)?);
        same.lock()?.acquire(Wait::Never)?;
        array.unlink()?;
        let gone = same.lock()?.is_locked();
        assert!(matches!(gone, Err(ClusterError::Gone { .. })), "{gone:?}");
    }
    Ok(())
}
