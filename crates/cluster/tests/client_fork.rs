//! A process that is connected and copies itself by `fork`, as Python's `os.fork` does: both go on.
//!
//! Not run by the test harness, which has threads of its own.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod watchdog;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use procession_arena::Wait;
use procession_arena::sys::fork::{Forked, fork};
use procession_arena::sys::process::{exit_immediately, wait_for_child};
use procession_cluster::Cluster;
use procession_cluster::event::Event;
use procession_test_server::Server;
use watchdog::watch;

/// Copies this process; the copy does the work and ends, well if the work was done.
fn copy(work: impl FnOnce()) -> u32 {
    // SAFETY: the copy uses of this crate only what does not depend on locks of other threads, which is what is tested here; its
    // allocator is prepared for it by the system.
    match unsafe { fork() }.unwrap() {
        Forked::Child => exit_immediately(catch_unwind(AssertUnwindSafe(work)).is_err().into()),
        Forked::Parent { child } => child,
    }
}

fn has_done_it(child: u32) -> bool {
    wait_for_child(child).unwrap().unwrap().success()
}

/// The part of a fresh name that stands for the life of one process.
fn incarnation(cluster: &Cluster) -> String {
    let event = Event::create(cluster, None).unwrap();
    event.object().name().chars().take(17).collect()
}

fn both_go_on_under_different_names(cluster: &Cluster) {
    let event = Event::create(cluster, None).unwrap();
    let original = incarnation(cluster);
    let child = copy({
        let (cluster, event, original) = (cluster.clone(), event.clone(), original.clone());
        move || {
            event.set().unwrap();
            let own = incarnation(&cluster);
            assert_ne!(own, original);
            // Whoever connects anew in the copy is the same as whoever uses what he has inherited.
            let again = Cluster::connect(cluster.address()).unwrap();
            assert_eq!(incarnation(&again), own);
        }
    });
    assert!(event.wait(Wait::Forever).unwrap());
    assert!(has_done_it(child));
    assert_eq!(incarnation(cluster), original);
    event.clear().unwrap();
    println!("both go on under different names ... ok");
}

/// The copies must wait neither for locks that the other threads hold at the moment, nor use their connections.
fn copies_of_a_busy_process_are_not_held_up(cluster: &Cluster) {
    let event = Event::create(cluster, None).unwrap();
    let is_over = AtomicBool::new(false);
    thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                while !is_over.load(Ordering::Relaxed) {
                    let brief = Event::create(cluster, None).unwrap();
                    brief.set().unwrap();
                    assert!(brief.is_set().unwrap());
                }
            });
        }
        for _ in 0..30 {
            let child = copy({
                let (cluster, event) = (cluster.clone(), event.clone());
                move || {
                    event.set().unwrap();
                    Event::create(&cluster, None).unwrap().set().unwrap();
                    drop((cluster, event));
                }
            });
            assert!(has_done_it(child));
        }
        is_over.store(true, Ordering::Relaxed);
    });
    assert!(event.is_set().unwrap());
    println!("copies of a busy process are not held up ... ok");
}

/// What a copy has inherited it keeps alive by itself, also after the original has let go.
fn a_copy_keeps_what_it_has(server: &Server, cluster: &Cluster) {
    let event = Event::create(cluster, None).unwrap();
    let end = Event::create(cluster, Some("end")).unwrap();
    let entry = format!("e:{}", event.object().name());
    let child = copy({
        let (event, end) = (event.clone(), end.clone());
        move || {
            assert!(!event.is_set().unwrap());
            assert!(end.wait(Wait::Forever).unwrap());
            event.set().unwrap();
        }
    });
    drop(event);
    let lives_until = || -> u64 {
        let key = "pc:default:{anonymous:objects}:z";
        let score = server.command(&["ZSCORE", key, &entry]).unwrap().text();
        score.unwrap().parse().unwrap()
    };
    // Far behind the time that the original has given it.
    let first = lives_until();
    let begin = Instant::now();
    while lives_until() < first + 3_000 {
        assert!(
            begin.elapsed() < Duration::from_secs(60),
            "it is not renewed"
        );
    }
    end.set().unwrap();
    assert!(has_done_it(child));
    println!("a copy keeps what it has ... ok");
}

fn main() {
    let server = Server::start().unwrap();
    let url = format!("{}?lease=1&linger=1", server.url());
    let cluster = Cluster::connect(&url.parse().unwrap()).unwrap();
    let _watchdog = watch();
    both_go_on_under_different_names(&cluster);
    copies_of_a_busy_process_are_not_held_up(&cluster);
    a_copy_keeps_what_it_has(&server, &cluster);
}
