//! Values.

use std::fmt::Debug;

use procession::{Bits, Number, Process, SharedError, Value};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::in_processes;
use crate::objects::{Objects, TestResult, in_every_place};

in_every_place!(
    values_of_many_types_are_replaced,
    numbers_are_calculated_with,
    bits_are_combined,
    what_is_there_decides,
    processes_add_and_nothing_is_lost,
    a_handle_travels_inside_others,
);

fn replaces<T>(objects: &Objects, values: &[T]) -> TestResult
where
    T: Serialize + DeserializeOwned + Clone + PartialEq + Debug + 'static,
{
    let value = objects.value(values[0].clone())?;
    assert_eq!(value.get()?, values[0]);
    for pair in values.windows(2) {
        value.set(pair[0].clone())?;
        assert_eq!(value.get()?, pair[0]);
        assert_eq!(value.swap(pair[1].clone())?, pair[0]);
        assert_eq!(value.get()?, pair[1]);
    }
    Ok(())
}

fn values_of_many_types_are_replaced(objects: &Objects) -> TestResult {
    replaces(objects, &[0, 1, u8::MAX])?;
    replaces(objects, &[i64::MIN, -1, i64::MAX])?;
    replaces(objects, &[0, 1, u64::MAX])?;
    replaces(
        objects,
        &[0.0, 0.1, f64::MIN_POSITIVE, f64::MAX, f64::NEG_INFINITY],
    )?;
    replaces(objects, &[0.0, 0.1, f32::MIN_POSITIVE, f32::MAX])?;
    replaces(objects, &[false, true])?;
    replaces(objects, &['a', '馒', char::MAX])?;
    replaces(objects, &[String::new(), "a".repeat(100_000)])?;
    replaces(objects, &[vec![0u8; 3], vec![]])?;
    replaces(objects, &[Some((1u128, "one".to_owned())), None])
}

fn numbers_are_calculated_with(objects: &Objects) -> TestResult {
    fn calculates<T>(objects: &Objects, cases: &[(T, T, [T; 4])]) -> TestResult
    where
        T: Number + Serialize + DeserializeOwned + PartialEq + Debug + Copy + 'static,
    {
        for (one, other, [sum, difference, least, greatest]) in cases {
            let value = objects.value(*one)?;
            assert_eq!(value.fetch_add(*other)?, *one);
            assert_eq!(value.swap(*one)?, *sum);
            assert_eq!(value.fetch_sub(*other)?, *one);
            assert_eq!(value.swap(*one)?, *difference);
            assert_eq!(value.fetch_min(*other)?, *one);
            assert_eq!(value.swap(*one)?, *least);
            assert_eq!(value.fetch_max(*other)?, *one);
            assert_eq!(value.get()?, *greatest);
        }
        Ok(())
    }
    calculates(
        objects,
        &[(250u8, 10, [4, 240, 10, 250]), (0, 1, [1, 255, 0, 1])],
    )?;
    calculates(objects, &[(-100i8, 100, [0, 56, -100, 100])])?;
    let half = 1u64 << 63;
    calculates(
        objects,
        &[
            (half, half, [0, 0, half, half]),
            (7, half, [half + 7, half + 7, 7, half]),
        ],
    )?;
    calculates(
        objects,
        &[(i64::MAX, 1, [i64::MIN, i64::MAX - 1, 1, i64::MAX])],
    )?;
    calculates(objects, &[(0.1, 0.2, [0.1 + 0.2, 0.1 - 0.2, 0.1, 0.2])])?;
    calculates(objects, &[(0.1f32, 0.2, [0.1 + 0.2, 0.1 - 0.2, 0.1, 0.2])])
}

fn bits_are_combined(objects: &Objects) -> TestResult {
    fn combines<T>(objects: &Objects, one: T, other: T, [and, or, xor]: [T; 3]) -> TestResult
    where
        T: Bits + Serialize + DeserializeOwned + PartialEq + Debug + Copy + 'static,
    {
        let value = objects.value(one)?;
        assert_eq!(value.fetch_and(other)?, one);
        assert_eq!(value.swap(one)?, and);
        assert_eq!(value.fetch_or(other)?, one);
        assert_eq!(value.swap(one)?, or);
        assert_eq!(value.fetch_xor(other)?, one);
        assert_eq!(value.get()?, xor);
        Ok(())
    }
    combines(objects, 0b1100u8, 0b1010, [0b1000, 0b1110, 0b0110])?;
    combines(objects, -1i64, 7, [7, -1, -8])?;
    combines(objects, true, false, [false, true, true])
}

fn what_is_there_decides(objects: &Objects) -> TestResult {
    let text = objects.value("a".to_owned())?;
    assert_eq!(text.update(|it| it + "b")?, "ab");
    let (a, ab) = ("a".to_owned(), "ab".to_owned());
    assert_eq!(text.compare_exchange(&a, a.clone())?, Err(ab.clone()));
    assert_eq!(text.compare_exchange(&ab, a.clone())?, Ok(()));
    assert_eq!(text.get()?, a);
    let number = objects.value(0.5)?;
    assert_eq!(number.update(|it| it * 3.0)?, 1.5);
    assert_eq!(number.compare_exchange(&1.5, 2.0)?, Ok(()));
    assert_eq!(number.compare_exchange(&1.5, 3.0)?, Err(2.0));
    Ok(())
}

fn processes_add_and_nothing_is_lost(objects: &Objects) -> TestResult {
    const TIMES: u32 = 20;
    fn add(
        whole: Value<u32>,
        float: Value<f64>,
        product: Value<u64>,
        text: Value<String>,
    ) -> Result<(), SharedError> {
        for _ in 0..TIMES {
            whole.fetch_add(1)?;
            float.fetch_sub(0.5)?;
            product.update(|product| product.wrapping_mul(3))?;
            text.update(|text| text + ".")?;
        }
        Ok(())
    }
    let (whole, float) = (objects.value(0)?, objects.value(0.0)?);
    let (product, text) = (objects.value(1u64)?, objects.value(String::new())?);
    in_processes!(
        add,
        (whole.clone(), float.clone(), product.clone(), text.clone())
    );
    let times = super::PROCESSES * TIMES;
    assert_eq!(whole.get()?, times);
    assert_eq!(float.get()?, f64::from(times) * -0.5);
    assert_eq!(product.get()?, 3u64.wrapping_pow(times));
    assert_eq!(text.get()?.len(), times as usize);
    Ok(())
}

fn a_handle_travels_inside_others(objects: &Objects) -> TestResult {
    fn work(outer: Value<Option<Value<u32>>>) -> Result<Option<Value<u32>>, SharedError> {
        let inner = outer.swap(None)?;
        inner.iter().try_for_each(|inner| inner.set(7))?;
        Ok(inner)
    }
    let inner = objects.value(0)?;
    let outer = objects.value(Some(inner.clone()))?;
    let back = Process::spawn(work, (outer.clone(),))?.join()??;
    assert_eq!(inner.get()?, 7);
    back.ok_or("nothing came back")?.fetch_add(1)?;
    assert_eq!(inner.get()?, 8);
    assert!(outer.get()?.is_none());
    Ok(())
}
