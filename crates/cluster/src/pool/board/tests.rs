//! Each script alone: state before, call, answer, state after; and after each the invariants.

use std::sync::OnceLock;
use std::thread;
use std::time::{Duration, Instant};

use procession_test_server::Server;

use super::serving::ANSWER;
use super::submitting::{CANCEL, PUT};
use super::*;
use crate::pool::member::Description;
use crate::pool::upkeep::REQUEUE;
use crate::script_test::{Bench, texts};

const CODE: &str = "code";

/// A pool of its own on a server that all tests share.
struct Fixture {
    board: Board,
    host: HostMember,
    client: String,
}

fn cluster() -> Cluster {
    static SERVER: OnceLock<Server> = OnceLock::new();
    let server = SERVER.get_or_init(|| Server::start().unwrap());
    let url = format!("{}?lease=1", server.url());
    Cluster::connect(&url.parse().unwrap()).unwrap()
}

fn host(cluster: &Cluster, name: &str) -> HostMember {
    HostMember::new(name, 7, &cluster.fresh_name().unwrap(), CODE)
}

fn description() -> Description {
    Description {
        host: "heron".to_owned(),
        pid: 7,
        slots: 2,
        code: CODE.to_owned(),
        is_draining: false,
    }
}

impl Fixture {
    fn new() -> Fixture {
        let cluster = cluster();
        let name = cluster.fresh_name().unwrap();
        let fixture = Fixture {
            board: Board::new(&cluster, &name, CODE).unwrap(),
            host: host(&cluster, "heron"),
            client: cluster.fresh_name().unwrap(),
        };
        fixture.board.enter_client(&fixture.client).unwrap();
        fixture
            .board
            .enter_host(&fixture.host, &description())
            .unwrap();
        fixture
    }

    fn command(&self, name: &str, part: &str, rest: &[&str]) -> Reply {
        let key = self.board.object.key(part);
        let parts = [&[name, key.as_str()], rest].concat();
        let parts: Vec<&[u8]> = parts.iter().map(|part| part.as_bytes()).collect();
        self.board
            .cluster()
            .command(&self.board.object, &parts)
            .unwrap()
    }

    fn texts(&self, name: &str, part: &str, rest: &[&str]) -> Vec<String> {
        let replies = self.command(name, part, rest).into_array().unwrap();
        replies
            .into_iter()
            .map(|reply| reply.into_text().unwrap())
            .collect()
    }

    /// Puts tasks that begin with the client's name and a letter, as those of clients do.
    fn put(&self, kept: &str, contents: &[&str]) -> Vec<String> {
        self.put_urgent(0, kept, contents)
    }

    fn put_urgent(&self, priority: i32, kept: &str, contents: &[&str]) -> Vec<String> {
        let tasks: Vec<Submitted> = contents
            .iter()
            .map(|content| Submitted {
                priority,
                sealed: format!("{kept}{}{content}", self.client).into_bytes(),
            })
            .collect();
        let ids = self.board.put(&self.client, &tasks).unwrap();
        self.check();
        ids
    }

    fn fetch(&self, count: usize) -> Vec<Fetched> {
        let fetched = self.board.fetch(&self.host, count).unwrap();
        self.check();
        fetched
    }

    /// Fetches; returns what the tasks are called.
    fn fetch_ids(&self, count: usize) -> Vec<String> {
        self.fetch(count).into_iter().map(|task| task.id).collect()
    }

    fn answer(&self, ids: &[String], epitaph: &str) -> Vec<bool> {
        let answers: Vec<Answer> = ids
            .iter()
            .zip(1..)
            .map(|(id, number)| Answer {
                id: id.clone(),
                number,
                sealed: b"outcome".to_vec(),
                epitaph: epitaph.to_owned(),
                leftovers: None,
            })
            .collect();
        let hits = self
            .board
            .answer(&self.host, &self.client, &answers)
            .unwrap();
        self.check();
        hits
    }

    fn replies(&self) -> Vec<(String, String)> {
        let replies = self.board.replies(&self.client, BEGINNING).unwrap();
        let fields = replies.into_iter().flat_map(Entry::into_fields);
        let values: Vec<String> = fields
            .map(|(_, value)| String::from_utf8(value).unwrap())
            .collect();
        let pairs = values.chunks_exact(2);
        pairs
            .map(|pair| (pair[0].clone(), pair[1].clone()))
            .collect()
    }

    fn counter(&self, name: &str) -> i64 {
        let counter = self.command("HGET", "h", &[name]);
        if counter.is_nil() {
            0
        } else {
            counter.integer().unwrap()
        }
    }

    fn ready(&self) -> Vec<String> {
        self.texts("ZRANGE", "r:code", &["0", "-1"])
    }

    fn lease(&self) -> Vec<String> {
        self.texts("HKEYS", &self.host.lease(), &[])
    }

    /// What is true after every step: each task is in one place, waiting or held; and if one waits, somebody is woken.
    fn check(&self) {
        let mut places = self.ready();
        for host in self.texts("ZRANGE", "c", &["0", "-1"]) {
            places.extend(self.texts("HKEYS", &format!("l:{host}"), &[]));
        }
        places.sort();
        let mut tasks = self.texts("HKEYS", "m", &[]);
        tasks.sort();
        // One that was cancelled while a host held it is in no list of tasks any more.
        places.retain(|id| tasks.binary_search(id).is_ok() || self.ready().contains(id));
        assert_eq!(places, tasks);
        for id in self.texts("HKEYS", "a", &[]) {
            assert!(tasks.contains(&id), "attempts of a task that is gone: {id}");
        }
        let wakes = self.command("LLEN", "w:code", &[]).integer().unwrap();
        assert!(wakes <= 1 && (wakes == 1 || self.ready().is_empty()));
    }

    fn expire(&self, part: &str, member: &str) {
        self.command("ZADD", part, &["1", member]);
    }
}

#[test]
fn tasks_are_fetched_in_the_order_in_which_they_were_put() {
    let fixture = Fixture::new();
    let first = fixture.put("d", &["1", "2", "3"]);
    let second = fixture.put("d", &["4"]);
    let fetched = fixture.fetch(2);
    assert_eq!(fetched[0].id, first[0]);
    assert_eq!(
        fetched[0].sealed,
        format!("d{}1", fixture.client).into_bytes()
    );
    assert_eq!(
        (fetched[0].attempt, fetched[0].failed_host.as_str()),
        (1, "")
    );
    assert_eq!(fetched[1].id, first[1]);
    assert_eq!(fixture.fetch_ids(9), [&first[2..], &second[..]].concat());
    assert_eq!(fixture.fetch(9), []);
    assert_eq!((fixture.counter("puts"), fixture.counter("gots")), (4, 4));
}

#[test]
fn more_urgent_ones_come_first() {
    let fixture = Fixture::new();
    let usual = fixture.put("d", &["1"]);
    let urgent = fixture.put_urgent(7, "d", &["2", "3"]);
    let late = fixture.put_urgent(-7, "d", &["4"]);
    assert_eq!(fixture.fetch_ids(9), [urgent, usual, late].concat());
}

#[test]
fn a_portion_of_large_tasks_is_small() {
    let fixture = Fixture::new();
    let large = "x".repeat(BYTES_AT_ONCE / 2);
    fixture.put("d", &[&large, &large, &large]);
    assert_eq!(fixture.fetch(9).len(), 2);
    assert_eq!(fixture.fetch(9).len(), 1);
}

#[test]
fn who_is_not_registered_is_refused() {
    let fixture = Fixture::new();
    let stranger = "s".repeat(32);
    let task = [Submitted {
        priority: 0,
        sealed: b"task".to_vec(),
    }];
    assert!(is_absence(
        &fixture.board.put(&stranger, &task).unwrap_err()
    ));
    let stranger = host(fixture.board.cluster(), "stranger");
    assert!(is_absence(&fixture.board.fetch(&stranger, 1).unwrap_err()));
    assert!(!fixture.board.renew_host(&stranger, &description()).unwrap());
    assert!(!fixture.board.renew_client(&"s".repeat(32)).unwrap());
    fixture.check();
}

#[test]
fn an_answer_ends_the_task_and_tells_the_client_once() {
    let fixture = Fixture::new();
    let ids = fixture.put("d", &["1", "2"]);
    fixture.fetch(2);
    assert_eq!(fixture.answer(&ids[..1], ""), [true]);
    assert_eq!(fixture.answer(&ids, ""), [false, true]);
    let told = |number: &str| (number.to_owned(), "outcome".to_owned());
    assert_eq!(fixture.replies(), [told("1"), told("2")]);
    assert_eq!(fixture.counter("dones"), 2);
    assert_eq!(fixture.board.audit(&ids).unwrap(), [false, false]);
    assert_eq!(fixture.command("XLEN", "d", &[]).integer().unwrap(), 0);
}

#[test]
fn a_task_that_is_given_up_is_kept_among_the_dead() {
    let fixture = Fixture::new();
    let ids = fixture.put("d", &["1"]);
    fixture.fetch(1);
    assert_eq!(fixture.answer(&ids, "it kills"), [true]);
    assert_eq!(fixture.replies().len(), 1);
    let dead = format!("{:?}", fixture.command("XRANGE", "d", &["-", "+"]));
    assert_eq!(fixture.counter("dead"), 1);
    assert!(dead.len() > ids[0].len(), "{dead}");
}

/// The server and the client have less to do with one entry than with many.
#[test]
fn what_is_handed_in_together_is_told_in_one_entry() {
    let fixture = Fixture::new();
    let ids = fixture.put("d", &["1", "2", "3", "4"]);
    fixture.fetch(4);
    fixture.board.cancel(true, &ids[1..2]).unwrap();
    // The host still holds what was cancelled; nobody is told of that any more.
    assert_eq!(fixture.answer(&ids[..3], "why"), [true; 3]);
    let replies = fixture.board.replies(&fixture.client, BEGINNING).unwrap();
    assert_eq!(replies.len(), 1);
    let told = |number: &str| (number.to_owned(), "outcome".to_owned());
    assert_eq!(fixture.replies(), [told("1"), told("3")]);
    assert_eq!((fixture.counter("dones"), fixture.counter("dead")), (2, 2));
    assert_eq!(fixture.lease(), ids[3..]);
}

#[test]
fn many_tasks_are_fetched_at_once_in_their_order() {
    let fixture = Fixture::new();
    let names: Vec<String> = (0..150).map(|number| number.to_string()).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let ids = fixture.put("d", &names);
    assert_eq!(fixture.fetch_ids(100), ids[..100]);
    assert_eq!(fixture.fetch_ids(100), ids[100..]);
}

/// A portion is read at once, and what is too much of it is put back where it was.
#[test]
fn large_tasks_that_are_too_many_wait_where_they_were() {
    let fixture = Fixture::new();
    let large = "x".repeat(BYTES_AT_ONCE);
    let ids = fixture.put("d", &["1", &large, "3", "4"]);
    assert_eq!(fixture.fetch_ids(4), ids[..2]);
    assert_eq!(fixture.ready(), ids[2..]);
    assert_eq!(fixture.fetch_ids(4), ids[2..]);
}

#[test]
fn replies_are_trimmed_up_to_the_last_that_was_told() {
    let fixture = Fixture::new();
    let ids = fixture.put("d", &["1", "2", "3"]);
    fixture.fetch(3);
    for id in &ids {
        fixture.answer(std::slice::from_ref(id), "");
    }
    let second = fixture.board.replies(&fixture.client, BEGINNING).unwrap()[1]
        .id
        .clone();
    fixture
        .board
        .trim_replies(&fixture.client, &second)
        .unwrap();
    assert_eq!(fixture.replies(), [("1".to_owned(), "outcome".to_owned())]);
    // The stream goes on behind it.
    assert_eq!(
        fixture
            .board
            .replies(&fixture.client, &second)
            .unwrap()
            .len(),
        1
    );
}

#[test]
fn what_is_handed_back_comes_before_what_came_later() {
    let fixture = Fixture::new();
    let ids = fixture.put("d", &["1", "2", "3"]);
    fixture.fetch(2);
    fixture
        .board
        .hand_back(&fixture.host, true, &ids[1..2])
        .unwrap();
    fixture.check();
    fixture
        .board
        .hand_back(&fixture.host, false, &ids[..1])
        .unwrap();
    fixture.check();
    // Twice is once.
    fixture
        .board
        .hand_back(&fixture.host, true, &ids[..2])
        .unwrap();
    fixture.check();
    let again = fixture.fetch(9);
    let seen: Vec<_> = again
        .iter()
        .map(|task| (&task.id, task.attempt, task.failed_host.as_str()))
        .collect();
    assert_eq!(
        seen,
        [(&ids[0], 1, ""), (&ids[1], 2, "heron"), (&ids[2], 1, "")]
    );
    assert_eq!(fixture.counter("redelivered"), 2);
    fixture.answer(&ids, "");
    assert_eq!(fixture.command("HLEN", "a", &[]).integer().unwrap(), 0);
}

#[test]
fn a_recount_gives_back_what_nobody_knows_of() {
    let fixture = Fixture::new();
    let ids = fixture.put("d", &["1", "2", "3"]);
    fixture.fetch(3);
    assert_eq!(fixture.board.recount(&fixture.host, &ids[1..2]).unwrap(), 2);
    fixture.check();
    assert_eq!(fixture.lease(), ids[1..2]);
    assert_eq!(fixture.board.recount(&fixture.host, &ids[1..2]).unwrap(), 0);
    let again = fixture.fetch(9);
    assert_eq!(
        again.iter().map(|task| task.attempt).collect::<Vec<_>>(),
        [1, 1]
    );
    assert_eq!(fixture.answer(&ids[1..2], ""), [true]);
}

#[test]
fn a_waiting_task_is_cancelled_for_good() {
    let fixture = Fixture::new();
    let ids = fixture.put("d", &["1", "2"]);
    fixture.fetch(1);
    assert_eq!(fixture.board.cancel(false, &ids).unwrap(), [false, true]);
    fixture.check();
    assert_eq!(fixture.board.audit(&ids).unwrap(), [true, false]);
    assert_eq!(fixture.fetch(9), []);
    assert_eq!(fixture.answer(&ids[..1], ""), [true]);
    assert_eq!(fixture.command("XLEN", "x", &[]).integer().unwrap(), 0);
}

#[test]
fn a_held_task_is_cancelled_for_good_and_its_host_is_told() {
    let fixture = Fixture::new();
    let ids = fixture.put("d", &["1", "2"]);
    fixture.fetch(2);
    assert_eq!(fixture.board.cancel(true, &ids).unwrap(), [false, false]);
    fixture.check();
    let told = fixture
        .board
        .wait_for_cancellations(BEGINNING, Duration::from_millis(1))
        .unwrap();
    assert_eq!(told.len(), 2);
    // Cancelled once more, nobody hears of it again.
    fixture.board.cancel(true, &ids).unwrap();
    assert_eq!(fixture.command("XLEN", "x", &[]).integer().unwrap(), 2);
    // It does not come back, whatever its host does, and nobody is told.
    fixture
        .board
        .hand_back(&fixture.host, false, &ids[..1])
        .unwrap();
    fixture.check();
    assert_eq!(fixture.answer(&ids[1..], ""), [true]);
    assert_eq!(
        (fixture.fetch(9), fixture.replies(), fixture.lease()),
        (vec![], vec![], vec![])
    );
}

#[test]
fn tasks_of_a_dead_host_go_to_others_once() {
    let fixture = Fixture::new();
    let ids = fixture.put("d", &["1", "2"]);
    fixture.fetch(2);
    fixture.expire("c", fixture.host.text());
    let other = host(fixture.board.cluster(), "other");
    fixture.board.enter_host(&other, &description()).unwrap();
    fixture.check();
    assert_eq!(fixture.ready(), ids);
    assert_eq!(fixture.texts("HKEYS", "i", &[]), [other.text()]);
    // The dead one learns of it, and what it says no longer counts.
    assert!(
        !fixture
            .board
            .renew_host(&fixture.host, &description())
            .unwrap()
    );
    assert_eq!(fixture.answer(&ids, ""), [false, false]);
    assert!(is_absence(
        &fixture.board.fetch(&fixture.host, 1).unwrap_err()
    ));
    let fetched = fixture.board.fetch(&other, 9).unwrap();
    assert_eq!(
        (fetched[0].attempt, fetched[0].failed_host.as_str()),
        (2, "heron")
    );
}

#[test]
fn a_host_that_was_not_missed_yet_goes_on() {
    let fixture = Fixture::new();
    let ids = fixture.put("d", &["1"]);
    fixture.fetch(1);
    fixture.expire("c", fixture.host.text());
    assert!(
        fixture
            .board
            .renew_host(&fixture.host, &description())
            .unwrap()
    );
    assert_eq!(fixture.answer(&ids, ""), [true]);
}

/// Between being found and being removed it may have come back.
#[test]
fn who_lives_is_not_removed() {
    let fixture = Fixture::new();
    let ids = fixture.put("d", &["1"]);
    fixture.fetch(1);
    let removed = fixture.board.remove_host(&fixture.host, "heron");
    assert_eq!((removed, fixture.lease()), (Ok(0), ids));
    fixture.board.remove_client(&fixture.client, false).unwrap();
    assert!(fixture.board.renew_client(&fixture.client).unwrap());
}

#[test]
fn a_host_that_takes_its_leave_gives_all_back_uncounted() {
    let fixture = Fixture::new();
    let ids = fixture.put("d", &["1"]);
    fixture.fetch(1);
    fixture.board.leave_host(&fixture.host).unwrap();
    fixture.check();
    assert_eq!(fixture.ready(), ids);
    assert_eq!(fixture.board.hosts().unwrap(), []);
    fixture
        .board
        .enter_host(&fixture.host, &description())
        .unwrap();
    assert_eq!(fixture.board.hosts().unwrap(), [description()]);
    assert_eq!(fixture.fetch(1)[0].attempt, 1);
}

#[test]
fn tasks_of_a_dead_client_are_dropped_unless_they_are_to_be_kept() {
    let fixture = Fixture::new();
    fixture.put("d", &["1"]);
    let kept = fixture.put("k", &["2"]);
    fixture.expire("k", &fixture.client);
    assert!(
        fixture
            .board
            .renew_host(&fixture.host, &description())
            .unwrap()
    );
    assert_eq!(fixture.texts("ZRANGE", "k", &["0", "-1"]), [""; 0]);
    assert_eq!(fixture.fetch_ids(9), kept);
    assert_eq!(fixture.counter("dropped"), 1);
    // Nobody is told.
    assert_eq!(fixture.answer(&kept, ""), [true]);
    assert_eq!(fixture.replies(), []);
}

#[test]
fn a_client_takes_its_leave_with_its_replies() {
    let fixture = Fixture::new();
    let ids = fixture.put("d", &["1"]);
    fixture.fetch(1);
    fixture.answer(&ids, "");
    fixture.board.leave_client(&fixture.client).unwrap();
    assert_eq!(fixture.replies(), []);
    assert!(!fixture.board.renew_client(&fixture.client).unwrap());
}

/// What nobody was able to renew is not for others to take.
#[test]
fn nobody_is_taken_for_dead_because_the_server_was_away() {
    let fixture = Fixture::new();
    let ids = fixture.put("d", &["1"]);
    fixture.fetch(1);
    fixture.expire("c", fixture.host.text());
    fixture.expire("k", &fixture.client);
    // As if nobody had been heard for long.
    fixture.command("HSET", "h", &["heard", "1"]);
    let other = host(fixture.board.cluster(), "other");
    fixture.board.enter_host(&other, &description()).unwrap();
    assert_eq!(fixture.lease(), ids);
    assert!(
        fixture
            .board
            .renew_host(&fixture.host, &description())
            .unwrap()
    );
    assert!(fixture.board.renew_client(&fixture.client).unwrap());
    // But only for another lease.
    fixture.expire("c", fixture.host.text());
    let deadline = Instant::now() + Duration::from_secs(60);
    while fixture.board.renew_host(&other, &description()).unwrap() && !fixture.lease().is_empty() {
        assert!(
            Instant::now() < deadline,
            "the dead host keeps its tasks for ever"
        );
        thread::sleep(Duration::from_millis(50));
    }
    assert_eq!(fixture.ready(), ids);
}

#[test]
fn unlinking_a_pool_leaves_nothing() {
    let fixture = Fixture::new();
    let ids = fixture.put("d", &["1", "2", "3"]);
    fixture.fetch(2);
    fixture.answer(&ids[..1], "why");
    fixture.board.cancel(true, &ids[1..2]).unwrap();
    fixture.board.object.unlink().unwrap();
    let pattern = fixture.board.object.key("*");
    let parts: [&[u8]; 2] = [b"KEYS", pattern.as_bytes()];
    let keys = fixture
        .board
        .cluster()
        .command(&fixture.board.object, parts)
        .unwrap();
    let keys = keys
        .into_array()
        .unwrap()
        .into_iter()
        .map(|key| key.into_text().unwrap());
    // Records end by themselves.
    assert_eq!(
        keys.filter(|key| !key.contains(":rq:")).collect::<Vec<_>>(),
        [""; 0]
    );
}

/// [`Bench`] makes each recorded call twice.
#[test]
fn calls_that_are_made_again_act_once() {
    let mut bench = Bench::new(|_| ());
    let client = "c".repeat(32);
    let far = "9999999999999";
    bench.command("ZADD", "k", &[far, &client]);
    let put = ["h", "m", "r:code", "w:code", "b", "k"];
    for task in ["one", "two"] {
        let task = format!("d{client}{task}");
        bench.call(&PUT, &put, &[&client, "code", "batch", "2147483647", &task]);
    }
    let [one, two] = ["1", "2"].map(|number| format!("2147483647-{number:0>16}-batch"));
    bench.command("ZREM", "r:code", &[&one]);
    bench.command("HSET", "l:host", &[&one, "1"]);
    let answer = ["h", "m", "l:host", "a", "k", "rep", "d"];
    let dead = [&client, "1000", "code", &one, "7", "outcome", "why"];
    bench.call(&ANSWER, &answer, &dead);
    bench.call(&CANCEL, &["h", "m", "r:code", "a", "x"], &["1", &two]);
    let entries = bench.command("XRANGE", "d", &["-", "+"]);
    let entry = texts(&entries)[0].clone();
    let requeue = ["h", "m", "r:code", "w:code", "b", "d"];
    bench.call(&REQUEUE, &requeue, &[&entry, "code", "later"]);
    assert_eq!(
        bench.command("HLEN", "m", &[]),
        procession_test_server::Reply::Integer(1)
    );
    assert_eq!(
        ["r:code", "rep", "d"].map(|part| bench.count(part)),
        [1, 1, 0]
    );
}
