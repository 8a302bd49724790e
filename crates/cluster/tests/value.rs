//! Values on a server.

#![allow(
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod servers;
mod watchdog;

use std::fmt::Debug;
use std::thread;

use procession_cluster::value::{Number, Plain, Value};
use procession_cluster::{Cluster, ClusterError, Expect};
use servers::{Cutter, TestResult, cluster};
use watchdog::watch;

fn number<N: Plain>(cluster: &Cluster, initial: N) -> Result<Value, ClusterError> {
    Value::create_number(cluster, None, initial, None)
}

#[test]
fn a_record_is_replaced_if_it_is_the_one_that_was_read() -> TestResult {
    let _watchdog = watch();
    let value = Value::create_record(&cluster()?, None, b"first", None)?;
    let first = value.get()?;
    assert_eq!(first.value, b"first");
    assert!(value.set(b"", Expect::Exactly(first.stamp))?);
    assert!(!value.set(b"third", Expect::Exactly(first.stamp))?);
    assert_eq!(value.swap(b"third")?, b"");
    assert_eq!(value.get()?.value, b"third");
    Ok(())
}

#[test]
fn a_name_stands_for_one_value_of_one_form() -> TestResult {
    let _watchdog = watch();
    let cluster = cluster()?;
    let first = Value::create_number(&cluster, Some("tickets"), 7u32, Some("u32"))?;
    first.fetch_add(1u32)?;
    let second = Value::create_number(&cluster, Some("tickets"), 7u32, Some("u32"))?;
    assert_eq!(second.get_number::<u32>()?, 8, "the one that is there");
    for other in [
        Value::create_number(&cluster, Some("tickets"), 7u64, Some("u64")),
        Value::create_record(&cluster, Some("tickets"), b"", Some("u32")),
    ] {
        assert!(
            matches!(other, Err(ClusterError::Mismatch { .. })),
            "{other:?}"
        );
    }
    first.object().unlink()?;
    let gone = second.fetch_add(1u32);
    assert!(matches!(gone, Err(ClusterError::Gone { .. })), "{gone:?}");
    Ok(())
}

/// Every operation gives what the processor gives, and leaves it.
fn calculates<N: Number + PartialEq + Debug>(numbers: &[N]) -> TestResult {
    let cluster = cluster()?;
    let value = number(&cluster, numbers[0])?;
    let same = |found: N, expected: N, what: &str| {
        // Also of NaN, which is not equal to itself.
        let is_same = found == expected || found.to_text() == expected.to_text();
        assert!(is_same, "{found:?} instead of {expected:?}: {what}");
    };
    for one in numbers {
        for other in numbers {
            let what = format!("{one:?} and {other:?}");
            value.swap_number(*one)?;
            same(value.fetch_add(*other)?, *one, &what);
            same(value.get_number()?, one.plus(*other), &what);
            value.swap_number(*one)?;
            same(value.fetch_sub(*other)?, *one, &what);
            same(value.swap_number(*one)?, one.minus(*other), &what);
            same(value.fetch_min(*other)?, *one, &what);
            same(value.swap_number(*one)?, one.least(*other), &what);
            same(value.fetch_max(*other)?, *one, &what);
            same(value.get_number()?, one.greatest(*other), &what);
        }
    }
    Ok(())
}

#[test]
fn numbers_are_calculated_with_as_in_memory() -> TestResult {
    let _watchdog = watch();
    calculates(&[0, 1, 254, u8::MAX])?;
    calculates(&[i8::MIN, -1, 0, i8::MAX])?;
    calculates(&[0, 1, u32::MAX])?;
    calculates(&[0, 1, i64::MAX as u64, 1 << 63, u64::MAX])?;
    calculates(&[i64::MIN, -1, 0, 1, (1 << 53) + 1, i64::MAX])?;
    calculates(&[0.0, -0.0, 0.1, 0.2, f64::MAX, f64::INFINITY, f64::NAN])?;
    calculates(&[
        0.0,
        -0.1,
        0.3,
        f32::MAX,
        f32::MIN_POSITIVE,
        f32::NEG_INFINITY,
    ])
}

#[test]
fn what_is_no_number_of_the_type_is_told() -> TestResult {
    let _watchdog = watch();
    let value = number(&cluster()?, 300u32)?;
    let wrong = value.get_number::<u8>();
    assert!(
        matches!(wrong, Err(ClusterError::Protocol { .. })),
        "{wrong:?}"
    );
    let wrong = value.get_number::<bool>();
    assert!(
        matches!(wrong, Err(ClusterError::Protocol { .. })),
        "{wrong:?}"
    );
    let letter = number(&cluster()?, '馒')?;
    assert_eq!(letter.swap_number('x')?, '馒');
    let flag = number(&cluster()?, false)?;
    assert!(!flag.update_number(|was: bool| Some(!was))?);
    assert!(flag.get_number()?);
    Ok(())
}

#[test]
fn many_add_and_nothing_is_lost() -> TestResult {
    let _watchdog = watch();
    let cluster = cluster()?;
    let (whole, float) = (number(&cluster, 0u64)?, number(&cluster, 0.0f64)?);
    // Beyond what the server adds, so that they have to be beaten by each other.
    let far = number(&cluster, u64::MAX - 100)?;
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for _ in 0..50 {
                    whole.fetch_add(3u64).expect("added");
                    float.fetch_sub(0.5).expect("subtracted");
                    far.fetch_add(1u64).expect("added");
                }
            });
        }
    });
    assert_eq!(whole.get_number::<u64>()?, 600);
    assert_eq!(float.get_number::<f64>()?, -100.0);
    assert_eq!(far.get_number::<u64>()?, 99);
    Ok(())
}

#[test]
fn connections_that_break_add_once() -> TestResult {
    let _watchdog = watch();
    let (cutter, cluster) = Cutter::start()?;
    let value = number(&cluster, 0)?;
    thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                for _ in 0..200 {
                    value.fetch_add(1).expect("added");
                }
            });
        }
    });
    assert_eq!(value.get_number::<i32>()?, 600);
    assert!(cutter.stop() > 0, "no connection was cut");
    Ok(())
}
