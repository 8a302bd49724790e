//! What locks and reentrant locks have in common: the steps on the server.

use std::cell::Cell;
use std::sync::Arc;
use std::time::{Duration, Instant};

use procession_arena::Wait;
use procession_arena::sys::fork_epoch;

use crate::call::Call;
use crate::holder::{Holder, Owner};
use crate::lease::{End, Lease, Renewal};
use crate::object::{Kind, Object};
use crate::reply::Reply;
use crate::script::{Script, script};
use crate::waiting::wait_for;
use crate::{Cluster, ClusterError, SyncError};

pub(super) static ACQUIRE: Script = script!("acquire");
pub(super) static RELEASE: Script = script!("release");
pub(super) static RELEASE_ANYBODYS: Script = script!("release_anybodys");
pub(super) static RENEW: Script = script!("renew");
pub(super) static HOLDER: Script = script!("holder");

/// One acquisition of a lock. Clones are the same.
///
/// It ends nothing when it is dropped.
#[derive(Clone, Debug)]
pub struct Hold {
    /// Drawn for this acquisition alone.
    name: Arc<str>,
    fence: u64,
    lease: Arc<Lease>,
    /// Tells the process from a copy made by `fork`, which does not hold what its original holds.
    epoch: u64,
}

impl Hold {
    /// A number that is larger for every later acquisition of the same lock.
    ///
    /// Whatever the lock guards can refuse what comes with a smaller one than it has seen already: from a holder that does not know yet that
    /// its lease has run out.
    pub fn fence(&self) -> u64 {
        self.fence
    }

    /// Whether somebody else may hold the lock by now, since the server has not heard from this process for almost as long as the lease, or
    /// has said so.
    ///
    /// It is known before the lease ends, also while the server cannot be reached; and it is false again if a renewal comes through in time.
    pub fn is_lost(&self) -> bool {
        self.lease.is_lost()
    }

    pub(super) fn is_of_this_process(&self) -> bool {
        self.epoch == fork_epoch()
    }

    pub(super) fn is(&self, other: &Hold) -> bool {
        self.name == other.name
    }
}

/// What whoever acquired a lock is told.
#[derive(Clone, Debug)]
pub struct Taken {
    /// The hold.
    pub hold: Hold,
    /// The process that held the lock before until its lease ran out; this is told once.
    pub abandoned_by: Option<Owner>,
}

/// Makes a lock, or finds it.
pub(crate) fn create(
    cluster: &Cluster,
    name: Option<&str>,
    is_reentrant: bool,
) -> Result<Arc<Object>, ClusterError> {
    create_as(Object::new(cluster, Kind::Lock, name)?, is_reentrant)
}

pub(crate) fn create_as(object: Object, is_reentrant: bool) -> Result<Arc<Object>, ClusterError> {
    let is_reentrant = if is_reentrant { "1" } else { "0" };
    object.create(&[("reentrant", is_reentrant)])?;
    Ok(Arc::new(object))
}

/// Acquires it, and says how to have it renewed.
pub(crate) fn acquire(object: &Arc<Object>, wait: Wait) -> Result<(Taken, Renewal), SyncError> {
    let mut abandoned_by = None;
    loop {
        let (mut taken, renewal) = acquire_once(object, wait)?;
        taken.abandoned_by = taken.abandoned_by.or(abandoned_by);
        // An answer that was long in coming may be out of date.
        if !taken.hold.is_lost() || confirm(object, &taken.hold)? {
            return Ok((taken, renewal));
        }
        abandoned_by = taken.abandoned_by;
    }
}

fn acquire_once(object: &Arc<Object>, wait: Wait) -> Result<(Taken, Renewal), SyncError> {
    let name = object.cluster().fresh_name()?;
    let until_lease_ends = Cell::new(Duration::MAX);
    let attempt = || match attempt(object, &name)? {
        Attempt::Taken(taken) => Ok(Some(*taken)),
        Attempt::Held(left) => {
            until_lease_ends.set(left);
            Ok(None)
        }
    };
    let pause = |slice: Duration| {
        let slice = slice.min(until_lease_ends.get());
        object.cluster().wait_for_token(object, "w", slice)
    };
    let taken: Result<_, ClusterError> = wait_for(wait, attempt, pause);
    taken?.ok_or(SyncError::TimedOut)
}

enum Attempt {
    Taken(Box<(Taken, Renewal)>),
    /// So long the lease of the holder lasts, unless it is renewed.
    Held(Duration),
}

fn attempt(object: &Arc<Object>, name: &str) -> Result<Attempt, ClusterError> {
    let me = Owner::this_process();
    let call = Call::new(&ACQUIRE, object)
        .keys(["h"])
        .argument(name)
        .argument(object.cluster().lease())
        .argument(me.pid)
        .argument(me.host);
    let asked = Instant::now();
    let mut reply = object.cluster().call(call)?.into_array()?;
    let is_taken = reply.first().map(|first| first.integer()) == Some(Ok(1));
    reply.resize(4, Reply::Nil);
    let [_, number, pid, host] = Reply::Array(reply).into_parts()?;
    let number = number.count()?;
    if !is_taken {
        return Ok(Attempt::Held(Duration::from_millis(number)));
    }
    let (lease, renewal) = Renewal::new(&RENEW, &["h"], object, name, asked);
    let hold = Hold {
        name: name.into(),
        fence: number,
        lease,
        epoch: fork_epoch(),
    };
    let abandoned_by = Owner::read(&pid, host)?;
    let taken = Taken { hold, abandoned_by };
    Ok(Attempt::Taken(Box::new((taken, renewal))))
}

/// Ends a hold; false if somebody else has ended it before.
pub(crate) fn release(object: &Object, hold: &Hold) -> Result<bool, ClusterError> {
    if !hold.is_of_this_process() {
        return Ok(false);
    }
    let call = Call::new(&RELEASE, object)
        .keys(["h", "w"])
        .argument(&*hold.name);
    if object.cluster().call(call)?.integer()? == 1 {
        return Ok(true);
    }
    match hold.lease.over() {
        End::TakenAway => Ok(false),
        End::RanOut => Err(ClusterError::LeaseLost {
            object: object.to_string(),
        }),
    }
}

/// Whose hold is ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Whose {
    AnybodysWhoLives,
    OneWhoDied,
}

pub(crate) fn release_anybodys(object: &Object, whose: Whose) -> Result<bool, ClusterError> {
    let call = Call::new(&RELEASE_ANYBODYS, object)
        .keys(["h", "w"])
        .argument(whose == Whose::AnybodysWhoLives);
    Ok(object.cluster().call(call)?.integer()? == 1)
}

/// Makes sure that it is still there, and renews it.
pub(crate) fn confirm(object: &Object, hold: &Hold) -> Result<bool, ClusterError> {
    let call = Call::new(&RENEW, object)
        .keys(["h"])
        .argument(&*hold.name)
        .argument(object.cluster().lease());
    let asked = Instant::now();
    let is_there = object.cluster().call(call)?.integer()? == 1;
    match is_there {
        true => hold.lease.renewed(asked),
        false => drop(hold.lease.over()),
    }
    Ok(is_there)
}

pub(crate) fn holder(object: &Object) -> Result<Option<Holder>, ClusterError> {
    let call = Call::new(&HOLDER, object).keys(["h"]);
    let reply = object.cluster().call(call)?.into_array()?;
    if reply.is_empty() {
        return Ok(None);
    }
    let [_, pid, host, held_for] = Reply::Array(reply).into_parts()?;
    let owner = Owner::read(&pid, host)?;
    let held_for = Duration::from_millis(held_for.count()?);
    Ok(owner.map(|owner| Holder { owner, held_for }))
}
