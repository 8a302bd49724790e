//! The scripts, one after the other.

use super::super::doubt::GIVE_BACK;
use super::super::get::GET;
use super::super::inspect::{PEEK, PURGE, STATISTICS};
use super::super::letters::{DEAD, REQUEUE_DEAD};
use super::super::put::PUT;
use super::super::reap::REAP;
use super::super::renewal::RENEW;
use super::super::state::{CLOSE, LOOK};
use super::super::take::LEASE;
use super::super::task::DONE;
use super::Queue;

/// More bytes than any test moves.
const MANY: &str = "1000";

impl Queue {
    fn put(&mut self, messages: &[&str]) -> String {
        self.call(&PUT, &["h", "r", "m", "w", "b"], messages)
    }

    fn get(&mut self, limit: &str, bytes: &str) -> String {
        self.call(&GET, &["h", "r", "m", "w", "b"], &[limit, bytes])
    }

    fn lease(&mut self, lease: &str, may_be_new: &str, limit: &str) -> String {
        let its = format!("l:{lease}");
        let keys = ["h", "r", "m", "w", "b", "a", "c", &its];
        self.call(&LEASE, &keys, &[lease, "60000", may_be_new, limit, MANY])
    }

    fn done(&mut self, lease: &str, number: &str) -> String {
        let its = format!("l:{lease}");
        let id = self.id(number);
        self.call(&DONE, &["h", "m", "a", "c", "j", &its], &[lease, &id])
    }

    fn renew(&mut self, lease: &str) -> String {
        let its = format!("l:{lease}");
        self.call(&RENEW, &["h", "c", &its], &[lease, "60000"])
    }

    fn reap(&mut self, lease: &str, is_own: &str, portion: &str) -> String {
        let its = format!("l:{lease}");
        let keys = ["h", "r", "m", "a", "c", "w", "j", "d", &its];
        self.call(&REAP, &keys, &[lease, is_own, portion])
    }

    fn give_back(&mut self, lease: &str, numbers: &[&str]) -> String {
        let its = format!("l:{lease}");
        let ids: Vec<String> = numbers.iter().map(|number| self.id(number)).collect();
        let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
        self.call(&GIVE_BACK, &["h", "r", "w", &its], &ids)
    }

    fn look(&mut self) -> String {
        self.call(&LOOK, &["h", "r", "m", "c", "j"], &[])
    }

    fn close(&mut self) -> String {
        self.call(&CLOSE, &["h", "w", "b"], &[])
    }

    /// The id of that number; of any if it is gone.
    fn id(&mut self, number: &str) -> String {
        let ids = self.0.command("HKEYS", "m", &[]);
        let mut ids = ids.items().iter().filter_map(|id| id.text());
        let found = ids.find(|id| super::number_of(id) == number);
        found.unwrap_or_else(|| format!("{number:0>16}-{number:0>32}"))
    }

    fn signals(&mut self) -> usize {
        self.0.command("XRANGE", "j", &["-", "+"]).items().len()
    }
}

#[test]
fn put_appends_and_says_that_there_is_work() {
    let mut queue = Queue::plain("0");
    assert_eq!(queue.picture(), "");
    assert_eq!(queue.put(&["a", "b"]), "2");
    assert_eq!(queue.picture(), "r 1a 2b | w");
    assert_eq!(queue.put(&["c"]), "1");
    assert_eq!(queue.picture(), "r 1a 2b 3c | w");
}

#[test]
fn put_stops_at_the_bound() {
    let mut queue = Queue::plain("3");
    assert_eq!(queue.put(&["a"]), "1");
    assert_eq!(queue.picture(), "r 1a | w b");
    assert_eq!(queue.put(&["b", "c", "d"]), "2");
    assert_eq!(queue.picture(), "r 1a 2b 3c | w");
    assert_eq!(queue.put(&["d"]), "0");
    assert_eq!(queue.get("1", MANY), "got 2 a");
    assert_eq!(queue.picture(), "r 2b 3c | w b");
    assert_eq!(queue.put(&["d"]), "1");
    assert_eq!(queue.picture(), "r 2b 3c 4d | w");
}

#[test]
fn get_takes_from_the_front_as_much_as_it_may() {
    let mut queue = Queue::plain("0");
    assert_eq!(queue.get("5", MANY), "empty");
    queue.put(&["aa", "bb", "cc", "dddd"]);
    assert_eq!(queue.get("2", MANY), "got 2 aa bb");
    assert_eq!(queue.get("2", "3"), "got 1 cc");
    assert_eq!(queue.picture(), "r 4dddd | w");
    assert_eq!(queue.get("2", "3"), "got 0 dddd");
    assert_eq!(queue.picture(), "");
}

/// They are read in portions of 32.
#[test]
fn many_go_out_at_once_in_their_order() {
    let names: Vec<String> = (1..=70).map(|number| format!("m{number}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let mut queue = Queue::plain("0");
    queue.put(&names);
    assert_eq!(
        queue.get("69", MANY),
        format!("got 1 {}", names[..69].join(" "))
    );
    assert_eq!(queue.picture(), "r 70m70 | w");
    let mut queue = Queue::joinable("redeliver");
    queue.put(&names);
    // What comes back is counted, in whichever portion it is.
    for (lease, deliveries) in [("x", "1"), ("y", "2")] {
        let given = queue.lease(lease, "1", "70");
        let given: Vec<&str> = given.split(' ').skip(2).collect();
        let (messages, counts): (Vec<&str>, Vec<&str>) =
            given.chunks(3).map(|given| (given[2], given[1])).unzip();
        assert_eq!(messages, names);
        assert_eq!(counts, [deliveries; 70]);
        queue.reap(lease, "1", "100");
    }
}

#[test]
fn whoever_finds_it_closed_wakes_the_next() {
    let mut queue = Queue::plain("1");
    queue.put(&["a"]);
    queue.lose("w");
    assert_eq!(queue.close(), "1");
    assert_eq!(queue.picture(), "r 1a | w b | closed");
    queue.lose("b");
    assert_eq!(queue.put(&["b"]), "-1");
    assert_eq!(queue.picture(), "r 1a | w b | closed");
    assert_eq!(queue.get("1", MANY), "got 0 a");
    queue.lose("w");
    assert_eq!(queue.get("1", MANY), "closed");
    assert_eq!(queue.picture(), "w b | closed");
}

#[test]
fn lease_gives_out_what_is_then_held() {
    let mut queue = Queue::joinable("redeliver");
    assert_eq!(queue.lease("one", "1", "5"), "empty");
    assert_eq!(queue.picture(), "");
    queue.put(&["a", "b", "c"]);
    assert_eq!(queue.lease("one", "0", "1"), "lost");
    assert_eq!(queue.lease("one", "1", "2"), "got 1 1 1 a 2 1 b");
    assert_eq!(queue.picture(), "r 3c | one 1a*1 2b*1 | w");
    assert_eq!(queue.lease("two", "1", "2"), "got 0 3 1 c");
    assert_eq!(queue.picture(), "one 1a*1 2b*1 | two 3c*1");
    queue.close();
    queue.0.expire("c", "one");
    queue.lose("w");
    assert_eq!(queue.lease("two", "0", "2"), "closed one");
    assert_eq!(queue.picture(), "one 1a*1 2b*1 | two 3c*1 | w b | closed");
}

#[test]
fn done_is_for_what_the_lease_has() {
    let mut queue = Queue::joinable("redeliver");
    queue.put(&["a", "b"]);
    queue.lease("one", "1", "2");
    assert_eq!(queue.done("two", "1"), "-1");
    assert_eq!(queue.done("one", "1"), "1");
    assert_eq!(queue.picture(), "one 2b*1");
    assert_eq!(queue.done("one", "1"), "0");
    assert_eq!(queue.signals(), 0);
    assert_eq!(queue.done("one", "2"), "1");
    assert_eq!((queue.picture().as_str(), queue.signals()), ("one", 1));
    assert!(queue.look().starts_with("0 0 0 0  "), "{}", queue.look());
}

#[test]
fn renew_moves_the_end_and_tells_of_others() {
    let mut queue = Queue::joinable("redeliver");
    queue.put(&["a", "b"]);
    queue.lease("one", "1", "1");
    queue.lease("two", "1", "1");
    queue.0.expire("c", "one");
    assert_eq!(queue.renew("two"), "1 1 one");
    assert_eq!(queue.renew("none"), "0 0 one");
    assert_eq!(queue.renew("one"), "1 1");
    assert_eq!(queue.renew("two"), "1 1");
    assert_eq!(queue.picture(), "one 1a*1 | two 2b*1");
}

#[test]
fn reap_leaves_a_living_lease_alone() {
    let mut queue = Queue::joinable("redeliver");
    queue.put(&["a"]);
    queue.lease("one", "1", "1");
    assert_eq!(queue.reap("one", "0", "10"), "0 0 0");
    assert_eq!(queue.picture(), "one 1a*1");
    assert_eq!(queue.reap("one", "1", "10"), "0 0 1");
    assert_eq!(queue.picture(), "r 1a | a 1*1 | w");
}

#[test]
fn reap_redelivers_in_order_and_not_for_ever() {
    let mut queue = Queue::joinable("redeliver");
    queue.put(&["a", "b", "c", "d", "e"]);
    queue.lease("one", "1", "1");
    queue.lease("two", "1", "1");
    queue.lease("one", "0", "2");
    assert_eq!(queue.picture(), "r 5e | one 1a*1 3c*1 4d*1 | two 2b*1 | w");
    queue.0.expire("c", "one");
    queue.0.expire("c", "two");
    assert_eq!(queue.reap("one", "0", "10"), "0 0 3");
    assert_eq!(queue.reap("two", "0", "10"), "0 0 1");
    assert_eq!(queue.picture(), "r 1a 2b 3c 4d 5e | a 1*1 2*1 3*1 4*1 | w");
    assert_eq!(queue.reap("two", "0", "10"), "0 0 0");
    assert_eq!(queue.lease("three", "1", "2"), "got 3 1 2 a 2 2 b");
    queue.0.expire("c", "three");
    assert_eq!(queue.reap("three", "0", "10"), "0 2 0");
    assert_eq!(
        queue.picture(),
        "r 3c 4d 5e | a 3*1 4*1 | w | d a*2@three b*2@three"
    );
    assert_eq!(queue.signals(), 1);
    assert!(
        queue.look().starts_with("3 3 0 2 three "),
        "{}",
        queue.look()
    );
    assert_eq!(queue.lease("four", "1", "1"), "got 2 3 2 c");
    assert_eq!(queue.done("four", "3"), "1");
    assert_eq!(
        queue.picture(),
        "r 4d 5e | four | a 4*1 | w | d a*2@three b*2@three"
    );
}

#[test]
fn reap_goes_by_portions() {
    let mut queue = Queue::joinable("redeliver");
    queue.put(&["a", "b", "c"]);
    queue.lease("one", "1", "3");
    queue.0.expire("c", "one");
    assert_eq!(queue.reap("one", "0", "2"), "1 0 2");
    assert_eq!(queue.reap("one", "0", "2"), "0 0 1");
    assert_eq!(queue.picture(), "r 1a 2b 3c | a 1*1 2*1 3*1 | w");
}

#[test]
fn reap_reports() {
    let mut queue = Queue::joinable("report");
    queue.put(&["a", "b"]);
    queue.lease("one", "1", "1");
    queue.0.expire("c", "one");
    assert_eq!(queue.reap("one", "0", "10"), "0 1 0");
    assert_eq!(queue.picture(), "r 2b | w | d a*1@one");
    assert!(queue.look().starts_with("1 1 0 1 one "), "{}", queue.look());
    assert_eq!(queue.signals(), 1);
}

#[test]
fn reap_ignores() {
    let mut queue = Queue::joinable("ignore");
    queue.put(&["a"]);
    queue.lease("one", "1", "1");
    queue.0.expire("c", "one");
    assert_eq!(queue.reap("one", "0", "10"), "0 0 0");
    assert_eq!((queue.picture().as_str(), queue.signals()), ("", 1));
    assert!(queue.look().starts_with("0 0 0 0  "), "{}", queue.look());
}

#[test]
fn what_is_given_back_has_not_been_delivered() {
    let mut queue = Queue::joinable("redeliver");
    queue.put(&["a", "b", "c", "d"]);
    queue.lease("one", "1", "3");
    assert_eq!(queue.give_back("one", &["1"]), "1");
    assert_eq!(queue.give_back("one", &["3", "1"]), "1");
    assert_eq!(queue.picture(), "r 1a 3c 4d | one 2b*1 | w");
    assert_eq!(queue.lease("two", "1", "1"), "got 2 1 1 a");
}

#[test]
fn purge_leaves_what_is_held() {
    let mut queue = Queue::joinable("redeliver");
    queue.put(&["a", "b", "c"]);
    queue.lease("one", "1", "1");
    let keys = ["h", "r", "m", "a", "w", "b", "j"];
    assert_eq!(queue.call(&PURGE, &keys, &["1"]), "1");
    assert_eq!(queue.picture(), "r 3c | one 1a*1 | w");
    assert_eq!(queue.call(&PURGE, &keys, &["9"]), "1");
    assert_eq!(queue.call(&PURGE, &keys, &["9"]), "0");
    assert_eq!((queue.picture().as_str(), queue.signals()), ("one 1a*1", 0));
    queue.reap("one", "1", "10");
    assert_eq!(queue.call(&PURGE, &keys, &["9"]), "1");
    assert_eq!((queue.picture().as_str(), queue.signals()), ("", 1));
}

#[test]
fn dead_letters_are_shown_and_put_again() {
    let mut queue = Queue::joinable("report");
    queue.put(&["a", "b", "c"]);
    queue.lease("one", "1", "2");
    queue.reap("one", "1", "10");
    let shown = queue.call(&DEAD, &["h", "d"], &["-", "9", MANY]);
    let shown: Vec<&str> = shown.split(' ').collect();
    assert_eq!(shown.len(), 8);
    assert_eq!(shown.get(2..4), Some(&["one", "a"][..]));
    let keys = ["h", "r", "m", "w", "d"];
    assert_eq!(queue.call(&REQUEUE_DEAD, &keys, &["9", "1"]), "1");
    assert_eq!(queue.picture(), "r 3c 4a | w | d b*1@one");
    assert_eq!(queue.call(&REQUEUE_DEAD, &keys, &["9", "1"]), "1");
    assert_eq!(queue.call(&REQUEUE_DEAD, &keys, &["9", "1"]), "0");
    assert_eq!(queue.picture(), "r 3c 4a 5b | w");
    queue.close();
    assert_eq!(queue.call(&REQUEUE_DEAD, &keys, &["9", "1"]), "-1");
}

#[test]
fn peek_and_statistics_change_nothing() {
    let mut queue = Queue::joinable("redeliver");
    queue.put(&["a", "b", "c"]);
    queue.lease("one", "1", "1");
    queue.reap("one", "1", "1");
    let keys = ["h", "r", "m", "a"];
    assert_eq!(queue.call(&PEEK, &keys, &["0", "2", MANY]), "1 a 0 b");
    assert_eq!(queue.call(&PEEK, &keys, &["1", "9", "1"]), "0 b");
    assert_eq!(queue.call(&PEEK, &keys, &["3", "9", MANY]), "");
    let counts = queue.call(&STATISTICS, &["h", "r", "m", "c", "d"], &[]);
    assert_eq!(counts, "3 3 0 0 3 1 0 0 1 0 0");
    assert_eq!(queue.picture(), "r 1a 2b 3c | a 1*1 | w");
}
