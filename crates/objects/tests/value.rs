//! Values among threads.

mod session;

use std::error::Error as StdError;
use std::thread;

use procession_arena::mem::Unit;
use procession_arena::{Error, Result};
use procession_objects::Value;
use session::Session;

type Outcome = Result<(), Box<dyn StdError>>;

const UNITS: [Unit; 4] = [Unit::One, Unit::Two, Unit::Four, Unit::Eight];

#[test]
fn numbers_calculate_at_their_width() -> Outcome {
    let session = Session::new()?;
    let me = session.thread()?;
    for unit in UNITS {
        let highest = u64::MAX >> (64 - 8 * unit.size());
        let value = Value::create_word(&me, unit, u64::MAX, None)?;
        let cell = value.cell(&me)?;
        assert_eq!(cell.load(), highest, "cut off at {unit:?}");
        assert_eq!(cell.fetch_add(2), highest);
        assert_eq!(cell.load(), 1, "wraps at {unit:?}");
        assert_eq!(cell.fetch_sub(2), 1);
        assert_eq!(cell.load_in_total_order(), highest);
        assert_eq!(cell.swap(0b1100), highest);
        assert_eq!(cell.fetch_and(0b0110), 0b1100);
        assert_eq!(cell.fetch_or(0b0011), 0b0100);
        assert_eq!(cell.fetch_xor(0b1010), 0b0111);
        assert_eq!(cell.compare_exchange(0b1100, 1), Err(0b1101));
        assert_eq!(cell.compare_exchange(0b1101, u64::MAX), Ok(()));
        assert_eq!(cell.fetch_update(|_| None), Err(highest));
        assert_eq!(cell.fetch_update(|found| found.checked_sub(1)), Ok(highest));
        assert_eq!(cell.load(), highest - 1);
        cell.store(3);
        assert_eq!(cell.load(), 3);
        value.detach(&me)?;
    }
    assert_eq!(me.verify()?.blocks, 0);
    Ok(())
}

#[test]
fn no_update_of_a_number_is_lost() -> Outcome {
    let session = Session::new()?;
    let me = session.thread()?;
    for unit in UNITS {
        let value = Value::create_word(&me, unit, 0, None)?;
        thread::scope(|scope| -> Result<()> {
            let workers: Vec<_> = (0..4)
                .map(|_| {
                    scope.spawn(|| -> Result<()> {
                        let me = session.thread()?;
                        for _ in 0..5_000 {
                            value.cell(&me)?.fetch_add(1);
                            let added = value
                                .cell(&me)?
                                .fetch_update(|found| Some(found.wrapping_add(1)));
                            assert!(added.is_ok());
                        }
                        Ok(())
                    })
                })
                .collect();
            workers
                .into_iter()
                .try_for_each(|worker| worker.join().unwrap_or(Err(Error::TimedOut)))
        })?;
        let highest = u64::MAX >> (64 - 8 * unit.size());
        assert_eq!(value.cell(&me)?.load(), 40_000 & highest, "{unit:?}");
    }
    Ok(())
}
