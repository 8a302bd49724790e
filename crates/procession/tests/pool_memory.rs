//! A pool in a session whose memory is full.

mod watchdog;

use std::error::Error;

use procession::{Pool, PoolError, context};
use watchdog::watch;

const MEMORY_CAP: u64 = 32 << 20;

/// One test, since the cap is set before the first use of the session.
#[test]
fn what_has_no_room_fails_alone() -> Result<(), Box<dyn Error>> {
    procession::init_test!();
    let _watchdog = watch();
    context().memory_cap(MEMORY_CAP)?;
    let pool = Pool::new(1)?;
    let worker = pool.apply(std::process::id, ())?;
    for _ in 0..2 {
        a_result_without_room_is_told_of(&pool)?;
        arguments_without_room_are_told_of(&pool)?;
        many_results_wait_outside_the_session(&pool)?;
    }
    assert_eq!(pool.apply(std::process::id, ())?, worker);
    Ok(())
}

fn a_result_without_room_is_told_of(pool: &Pool) -> Result<(), Box<dyn Error>> {
    let large = |size: u64| vec![1u8; size as usize];
    let ended = pool.apply(large, (MEMORY_CAP + 1,));
    let Err(PoolError::ResultNotStored { size, reason }) = ended else {
        return Err(format!("{:?}", ended.map(|bytes| bytes.len())).into());
    };
    assert_eq!(size, MEMORY_CAP + 1);
    assert!(!reason.is_empty());
    assert_eq!(pool.apply(large, (1000,))?, [1; 1000]);
    Ok(())
}

fn arguments_without_room_are_told_of(pool: &Pool) -> Result<(), Box<dyn Error>> {
    let length = |bytes: String| bytes.len();
    let large = "x".repeat(MEMORY_CAP as usize + 1);
    let refused = pool.apply(length, (large.clone(),));
    assert!(matches!(refused, Err(PoolError::Arena(_))), "{refused:?}");
    let small = "x".to_owned();
    let mut mixed = pool.imap(length, [small.clone(), large, small])?;
    assert_eq!(mixed.next().transpose()?, Some(1));
    assert!(matches!(mixed.next(), Some(Err(PoolError::Arena(_)))));
    assert_eq!(mixed.next().transpose()?, Some(1));
    assert!(mixed.next().is_none());
    Ok(())
}

/// Results that nobody has asked for yet lie in the owner's memory.
fn many_results_wait_outside_the_session(pool: &Pool) -> Result<(), Box<dyn Error>> {
    let results = (0..20)
        .map(|number: u8| pool.apply_async(|number: u8| vec![number; 4 << 20], (number,)))
        .collect::<Result<Vec<_>, _>>()?;
    for (number, result) in (0..).zip(results) {
        assert!(result.get()? == vec![number; 4 << 20]);
    }
    Ok(())
}
