//! Values among threads.

mod session;

use std::error::Error as StdError;
use std::thread;

use procession_arena::mem::Unit;
use procession_arena::{Error, Result};
use procession_objects::{Expect, Reading, Value};
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

fn read(value: &Value, me: &procession_arena::Participant) -> Result<Vec<u8>> {
    let mut reading = Reading::default();
    value.get(me, &mut reading)?;
    assert!(reading.handles.is_empty());
    Ok(reading.bytes)
}

#[test]
fn a_record_is_replaced_as_a_whole_and_only_if_it_is_as_expected() -> Outcome {
    let session = Session::new()?;
    let me = session.thread()?;
    let value = Value::create_record(&me, b"first", &[], None)?;
    assert_eq!(read(&value, &me)?, b"first");
    assert!(value.set(&me, b"second and longer", &[], Expect::Anything)?);

    let mut reading = Reading::default();
    let stamp = value.get_stamped(&me, &mut reading)?;
    assert_eq!(reading.bytes, b"second and longer");
    assert!(value.set(&me, &[7; 100_000], &[], Expect::Exactly(stamp))?);
    assert!(!value.set(&me, b"too late", &[], Expect::Exactly(stamp))?);
    assert!(!value.set(&me, b"never", &[], Expect::Absent)?);
    assert!(value.set(&me, &[8; 100_000], &[], Expect::Present)?);

    let stamp = value.get_stamped(&me, &mut reading)?;
    value.swap(&me, b"", &[], &mut reading)?;
    assert_eq!(reading.bytes, [8; 100_000]);
    assert_eq!(read(&value, &me)?, b"");
    assert!(!value.set(&me, b"too late", &[], Expect::Exactly(stamp))?);
    value.detach(&me)?;
    assert_eq!(me.verify()?.blocks, 0);
    Ok(())
}

#[test]
fn no_optimistic_update_is_lost_and_no_reader_sees_a_mixture() -> Outcome {
    // One is copied together with the search for it, the other at leisure.
    for size in [16, 10_000] {
        let session = Session::new()?;
        let me = session.thread()?;
        let value = Value::create_record(&me, &0u64.to_le_bytes().repeat(size / 8), &[], None)?;
        thread::scope(|scope| -> Result<()> {
            let workers: Vec<_> = (0..4)
                .map(|_| {
                    scope.spawn(|| -> Result<()> {
                        let me = session.thread()?;
                        let mut reading = Reading::default();
                        for _ in 0..500 {
                            loop {
                                let stamp = value.get_stamped(&me, &mut reading)?;
                                let (words, _) = reading.bytes.as_chunks::<8>();
                                assert!(words.iter().all(|word| word == &words[0]), "a mixture");
                                let next = u64::from_le_bytes(words[0]) + 1;
                                let bytes = next.to_le_bytes().repeat(size / 8);
                                if value.set(&me, &bytes, &[], Expect::Exactly(stamp))? {
                                    break;
                                }
                            }
                        }
                        Ok(())
                    })
                })
                .collect();
            workers
                .into_iter()
                .try_for_each(|worker| worker.join().unwrap_or(Err(Error::TimedOut)))
        })?;
        assert_eq!(read(&value, &me)?, 2_000u64.to_le_bytes().repeat(size / 8));
        value.detach(&me)?;
        assert_eq!(me.verify()?.objects, 0);
    }
    Ok(())
}

#[test]
fn a_record_keeps_what_its_handles_name() -> Outcome {
    let session = Session::new()?;
    let me = session.thread()?;
    let number = Value::create_word(&me, Unit::Eight, 5, None)?;
    let value = Value::create_record(&me, b"a number", &[number.handle()], None)?;
    number.detach(&me)?;
    assert_eq!(me.verify()?.objects, 2, "the value holds the number");

    let mut reading = Reading::default();
    value.get(&me, &mut reading)?;
    assert_eq!(reading.handles, [number.handle()]);
    assert!(value.set(&me, b"nothing", &[], Expect::Anything)?);
    assert_eq!(number.cell(&me)?.load(), 5, "its reader holds the number");
    number.detach(&me)?;
    assert_eq!(me.verify()?.objects, 1, "nobody holds the number");

    let number = Value::create_word(&me, Unit::Eight, 6, None)?;
    assert!(value.set(&me, b"a number", &[number.handle()], Expect::Anything)?);
    number.detach(&me)?;
    value.swap(&me, b"nothing", &[], &mut reading)?;
    assert_eq!(
        (reading.bytes.as_slice(), &*reading.handles),
        (&b"a number"[..], &[number.handle()][..])
    );
    assert_eq!(
        number.cell(&me)?.load(),
        6,
        "whoever took it out holds the number"
    );
    number.detach(&me)?;
    assert_eq!(me.verify()?.objects, 1);

    let number = Value::create_word(&me, Unit::Eight, 7, None)?;
    assert!(value.set(&me, b"a number", &[number.handle()], Expect::Anything)?);
    number.detach(&me)?;
    assert_eq!(me.verify()?.objects, 2, "the value holds the number");
    assert!(value.set(&me, b"nothing", &[], Expect::Anything)?);
    assert_eq!(
        me.verify()?.objects,
        1,
        "with the record the number is gone"
    );

    let number = Value::create_word(&me, Unit::Eight, 8, None)?;
    assert!(value.set(&me, b"a number", &[number.handle()], Expect::Anything)?);
    number.detach(&me)?;
    value.detach(&me)?;
    assert_eq!(me.verify()?.blocks, 0);
    Ok(())
}

#[test]
fn what_does_not_fit_together_is_refused() -> Outcome {
    let session = Session::new()?;
    let me = session.thread()?;
    let other = session.thread_of_another_process()?;
    let number = Value::create_word(&me, Unit::Eight, 5, Some("u64"))?;
    let text = Value::create_record(&me, b"text", &[], None)?;
    let is_refused = |outcome: Result<()>| {
        assert!(
            matches!(outcome, Err(Error::WrongContents { .. })),
            "{outcome:?}"
        );
    };
    is_refused(text.cell(&me).map(drop));
    is_refused(number.get(&me, &mut Reading::default()));
    is_refused(number.set(&me, b"text", &[], Expect::Anything).map(drop));
    is_refused(Value::attach(&other, number.handle(), Some("i64")).map(drop));
    assert_eq!(number.cell(&me)?.load(), 5);
    let huge = text.set(&me, &vec![0; 80 << 20], &[], Expect::Anything);
    assert!(matches!(huge, Err(Error::OutOfMemory { .. })));
    assert_eq!(read(&text, &me)?, b"text");
    number.detach(&me)?;
    text.detach(&me)?;
    assert_eq!(me.verify()?.blocks, 0);
    Ok(())
}
