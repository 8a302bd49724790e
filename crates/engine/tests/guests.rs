//! Processes that somebody else starts: copies and new ones that take part by invitation.
//!
//! Not run by the test harness, whose threads a copy would not have.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod watchdog;

use std::panic::{AssertUnwindSafe, catch_unwind};

use procession_arena::sys::fork::{Forked, fork};
use procession_arena::sys::process::{current_pid, exit_immediately, wait_for_child};
use procession_arena::{Error, Inventory, Participant, Wait};
use procession_engine::invitation::{self, Inheritance};
use procession_engine::{aside, with_participant};
use procession_objects::{Message, OnLost, Queue, QueueConfig};
use watchdog::watch;

fn me<T>(operation: impl FnOnce(&Participant) -> Result<T, Error>) -> T {
    with_participant(operation).unwrap()
}

fn inventory() -> Inventory {
    me(Participant::verify)
}

fn queue() -> Queue {
    let config = QueueConfig {
        joinable: Some(OnLost::Report),
        ..QueueConfig::default()
    };
    me(|me| Queue::create(me, &config))
}

fn get(queue: &Queue) -> Result<Vec<u8>, Error> {
    let mut message = Message::default();
    with_participant(|me| queue.get(me, &mut message, Wait::Forever))?;
    Ok(message.bytes)
}

/// Forks; in the copy, takes part by the invitation and does `life`.
fn copy_living(guest: u64, life: impl FnOnce()) -> u32 {
    let still = invitation::hold_still();
    let original = current_pid();
    // SAFETY: the only other thread is the watchdog, which sleeps and has no lock.
    match unsafe { fork() }.unwrap() {
        Forked::Parent { child } => child,
        Forked::Child => {
            drop(still);
            let outcome = catch_unwind(AssertUnwindSafe(|| {
                invitation::take_part_as_copy(guest).unwrap();
                // Should the test fail, it waits for nothing that its original does not do any more.
                invitation::end_with(original, || false).unwrap();
                life();
            }));
            // As an interpreter does it: without exit handlers.
            exit_immediately(outcome.is_err().into())
        }
    }
}

/// What the parent lets go of right after the start is the copy's all the same; with its end it is gone.
fn a_copy_holds_what_its_parent_held() {
    let gate = queue();
    let before = inventory();
    let legacy = queue();
    me(|me| legacy.put(me, b"for the copy", &[], Wait::Never));
    let guest = invitation::invite(Inheritance::Everything).unwrap();
    let pid = copy_living(guest, || {
        assert_eq!(get(&gate).unwrap(), b"go");
        assert_eq!(get(&legacy).unwrap(), b"for the copy");
    });
    me(|me| legacy.detach(me));
    assert_ne!(inventory(), before);
    me(|me| gate.put(me, b"go", &[], Wait::Never));
    assert!(wait_for_child(pid).unwrap().unwrap().success());
    invitation::guest_ended(guest).unwrap();
    assert_eq!(inventory(), before);
    // It had taken the word without marking it as done.
    let joined = with_participant(|me| gate.join(me, Wait::Forever));
    assert!(matches!(joined, Err(Error::ConsumerLost { count: 1, .. })));
    me(|me| gate.detach(me));
}

/// A copy that never came holds nothing.
fn an_invitation_that_nobody_takes_up_ends() {
    let before = inventory();
    let legacy = queue();
    let guest = invitation::invite(Inheritance::Everything).unwrap();
    invitation::guest_ended(guest).unwrap();
    me(|me| legacy.detach(me));
    assert_eq!(inventory(), before);
}

/// The message holds what it carries until it is dropped.
fn a_message_awaits_the_guest() {
    let before = inventory();
    let carried = queue();
    let guest = invitation::invite(Inheritance::Nothing).unwrap();
    let handle = carried.handle();
    invitation::leave_message(guest, b"work", &[handle]).unwrap();
    me(|me| carried.detach(me));
    let pid = copy_living(guest, || {
        let (bytes, handles) = invitation::message().unwrap();
        assert_eq!(
            (bytes.as_slice(), handles.as_slice()),
            (&b"work"[..], &[handle][..])
        );
        invitation::drop_message().unwrap();
        me(|me| Queue::attach(me, handle).map(drop));
    });
    assert!(wait_for_child(pid).unwrap().unwrap().success());
    invitation::guest_ended(guest).unwrap();
    assert_eq!(inventory(), before);
}

/// A signal handler that uses the session in the middle of a wait is somebody else.
fn who_is_aside_is_another_participant() {
    let inner = queue();
    me(|outer| {
        let token = outer.token();
        aside(|| {
            me(|me| {
                assert_ne!(me.token(), token);
                inner.put(me, b"aside", &[], Wait::Never)
            });
        });
        assert_eq!(me(|me| Ok(me.token())), token);
        Ok(())
    });
    me(|me| inner.detach(me));
}

/// A wait that is called off ends, although its time does not.
fn a_wait_can_be_called_off() {
    let empty = queue();
    let outcome = with_participant(|me| {
        me.call_off_waits_by(Some(|| true));
        let outcome = empty.get(me, &mut Message::default(), Wait::Forever);
        assert!(me.call_off_waits_by(None).is_some());
        outcome
    });
    assert!(matches!(outcome, Err(Error::TimedOut)));
    me(|me| empty.detach(me));
}

fn main() {
    procession_engine::init();
    let _watchdog = watch("guests");
    a_copy_holds_what_its_parent_held();
    an_invitation_that_nobody_takes_up_ends();
    a_message_awaits_the_guest();
    who_is_aside_is_another_participant();
    a_wait_can_be_called_off();
    println!("guests ... ok");
}
