//! Lists.

use procession::{List, Process, SharedError};

use super::in_processes;
use crate::objects::{Objects, TestResult, in_every_place};

in_every_place!(
    elements_are_added_and_read_and_removed,
    ranges_are_read_and_replaced,
    what_is_beyond_the_end_is_an_error,
    elements_are_put_in_order,
    what_is_there_decides,
    processes_push_and_pop_and_lose_nothing,
    long_lists_come_back,
    a_handle_travels_inside_others,
);

fn beyond(index: usize, length: usize) -> SharedError {
    SharedError::IndexOutOfRange { index, length }
}

fn elements_are_added_and_read_and_removed(objects: &Objects) -> TestResult {
    let list = objects.list::<String>()?;
    assert!(list.is_empty()?);
    assert_eq!(list.pop()?, None);
    assert_eq!(list.first()?, None);
    list.push(&"b".to_owned())?;
    list.insert(0, &"a".to_owned())?;
    list.insert(2, &String::new())?;
    assert_eq!(list.len()?, 3);
    assert_eq!(list.to_vec()?, ["a", "b", ""]);
    assert_eq!(list.get(1)?.as_deref(), Some("b"));
    assert_eq!(list.get(3)?, None);
    assert_eq!(list.first()?.as_deref(), Some("a"));
    assert_eq!(list.last()?.as_deref(), Some(""));
    list.set(2, &"c".to_owned())?;
    assert_eq!(list.remove(0)?, "a");
    assert_eq!(list.pop()?.as_deref(), Some("c"));
    assert_eq!(list.iter()?.collect::<Vec<_>>(), ["b"]);
    list.clear()?;
    assert!(list.is_empty()?);
    Ok(())
}

fn ranges_are_read_and_replaced(objects: &Objects) -> TestResult {
    let letters = objects.list()?;
    letters.extend("abcdef".chars())?;
    assert_eq!(letters.slice(1..3)?, ['b', 'c']);
    assert_eq!(letters.slice(..=1)?, ['a', 'b']);
    assert_eq!(letters.slice(4..100)?, ['e', 'f']);
    assert!(letters.slice(9..)?.is_empty());
    letters.splice(1..3, ['x', 'y', 'z'])?;
    assert_eq!(letters.to_vec()?, ['a', 'x', 'y', 'z', 'd', 'e', 'f']);
    letters.splice(7..7, ['g'])?;
    letters.splice(0..1, ['A'])?;
    letters.remove_range(1..4)?;
    assert_eq!(letters.to_vec()?, ['A', 'd', 'e', 'f', 'g']);
    letters.truncate(9)?;
    letters.truncate(3)?;
    letters.extend([] as [char; 0])?;
    letters.remove_range(2..)?;
    assert_eq!(letters.to_vec()?, ['A', 'd']);
    Ok(())
}

fn what_is_beyond_the_end_is_an_error(objects: &Objects) -> TestResult {
    let list = objects.list()?;
    list.extend([1, 2])?;
    assert_eq!(list.set(2, &0), Err(beyond(2, 2)));
    assert_eq!(list.insert(3, &0), Err(beyond(3, 2)));
    assert_eq!(list.remove(2), Err(beyond(2, 2)));
    assert_eq!(list.swap(0, 2), Err(beyond(2, 2)));
    assert_eq!(list.swap(3, 1), Err(beyond(3, 2)));
    assert_eq!(list.splice(3.., [0]), Err(beyond(3, 2)));
    assert_eq!(list.remove_range(3..4), Err(beyond(3, 2)));
    assert_eq!(list.update(2, |it| it), Err(beyond(2, 2)));
    assert_eq!(list.compare_exchange(2, &0, &1), Err(beyond(2, 2)));
    assert_eq!(list.to_vec()?, [1, 2]);
    Ok(())
}

fn elements_are_put_in_order(objects: &Objects) -> TestResult {
    let list = objects.list()?;
    list.extend([5, 3, 1, 4, 2])?;
    list.sort()?;
    assert_eq!(list.to_vec()?, [1, 2, 3, 4, 5]);
    list.sort()?;
    list.reverse()?;
    list.swap(0, 4)?;
    assert_eq!(list.to_vec()?, [1, 4, 3, 2, 5]);
    list.sort_by_key(|number| (number % 2, *number))?;
    assert_eq!(list.to_vec()?, [2, 4, 1, 3, 5]);
    list.retain(|number| *number != 4)?;
    assert_eq!(list.to_vec()?, [2, 1, 3, 5]);
    assert_eq!(list.index_of(&3)?, Some(2));
    assert_eq!(list.index_of(&4)?, None);
    assert!(list.contains(&5)?);
    list.push(&5)?;
    assert_eq!(list.count(&5)?, 2);
    list.retain(|_| false)?;
    assert!(list.is_empty()?);
    Ok(())
}

fn what_is_there_decides(objects: &Objects) -> TestResult {
    let list = objects.list()?;
    list.extend(["a".to_owned(), "b".to_owned()])?;
    assert_eq!(list.update(0, |it| it + "!")?, "a!");
    let (a, b) = ("a!".to_owned(), "b".to_owned());
    assert_eq!(list.compare_exchange(0, &b, &b)?, Err(a.clone()));
    assert_eq!(list.compare_exchange(0, &a, &b)?, Ok(()));
    assert_eq!(list.to_vec()?, ["b", "b"]);
    Ok(())
}

fn processes_push_and_pop_and_lose_nothing(objects: &Objects) -> TestResult {
    const TIMES: u32 = 20;
    fn work(from: List<u32>, to: List<u32>, sum: List<u32>) -> Result<(), SharedError> {
        for number in 0..TIMES {
            to.push(&number)?;
            sum.update(0, |sum| sum + 1)?;
            from.pop()?;
        }
        Ok(())
    }
    let (from, to, sum) = (objects.list()?, objects.list()?, objects.list()?);
    from.extend(0..super::PROCESSES * TIMES)?;
    sum.push(&0)?;
    in_processes!(work, (from.clone(), to.clone(), sum.clone()));
    assert!(from.is_empty()?, "some were popped twice, or not at all");
    assert_eq!(sum.to_vec()?, [super::PROCESSES * TIMES]);
    to.sort()?;
    let each = |number| std::iter::repeat_n(number, super::PROCESSES as usize);
    assert!(to.iter()?.eq((0..TIMES).flat_map(each)));
    Ok(())
}

fn long_lists_come_back(objects: &Objects) -> TestResult {
    let list = objects.list()?;
    list.extend(0..3000u32)?;
    assert!(list.iter()?.eq(0..3000));
    assert_eq!(list.slice(1999..2001)?, [1999, 2000]);
    list.sort_by(|one, other| other.cmp(one))?;
    assert!(list.iter()?.eq((0..3000).rev()));
    list.insert(1500, &7)?;
    assert_eq!(list.remove(1500)?, 7);
    list.splice(1000..2000, [1, 2, 3])?;
    let expected = (2000..3000).rev().chain([1, 2, 3]).chain((0..1000).rev());
    assert!(list.iter()?.eq(expected));
    let large = objects.list::<Vec<u8>>()?;
    large.extend(vec![vec![7; 300_000]; 5])?;
    assert!(large.to_vec()? == vec![vec![7; 300_000]; 5]);
    Ok(())
}

fn a_handle_travels_inside_others(objects: &Objects) -> TestResult {
    fn fill(lists: List<List<u32>>) -> Result<List<u32>, SharedError> {
        let inner = lists.remove(0)?;
        inner.push(&7)?;
        Ok(inner)
    }
    let (outer, inner) = (objects.list()?, objects.list()?);
    outer.push(&inner)?;
    let back = Process::spawn(fill, (outer,))?.join()??;
    back.push(&8)?;
    assert_eq!(inner.to_vec()?, [7, 8]);
    Ok(())
}
