//! A semaphore: so many permits. The argument is in `README.md`.

mod permits;
#[cfg(test)]
mod script_tests;

use std::sync::Arc;
use std::time::{Duration, Instant};

use procession_arena::Wait;
use procession_objects::PermitRule;

use crate::call::Call;
use crate::lease::Lease;
use crate::object::{Kind, Object};
use crate::process_wide::ProcessWide;
use crate::reply::Reply;
use crate::script::{Script, script};
use crate::waiting::wait_for;
use crate::{Cluster, ClusterError, SyncError};

pub use permits::Permit;
use permits::Permits;

static ACQUIRE: Script = script!("acquire");
static RELEASE_PERMIT: Script = script!("release_permit");
static LOOSEN: Script = script!("loosen");
static RELEASE: Script = script!("release");
static VALUE: Script = script!("value");

static PERMITS: ProcessWide<Permits> = ProcessWide::new();

/// A handle on a semaphore. Clones are the same.
///
/// # If a process dies
///
/// Its permits come back when their leases end; also if it only lets go of its last handle. While it waits: nobody else is affected.
#[derive(Clone, Debug)]
pub struct Semaphore {
    object: Arc<Object>,
    permits: Arc<Permits>,
    initial: u32,
    rule: PermitRule,
}

impl Semaphore {
    /// Makes a semaphore with so many permits; or attaches to the one of that name.
    ///
    /// # Errors
    ///
    /// [`ClusterError::Mismatch`] if that one has another rule or other permits, [`ClusterError::Unavailable`] and its like.
    pub fn create(
        cluster: &Cluster,
        name: Option<&str>,
        permits: u32,
        rule: PermitRule,
    ) -> Result<Semaphore, ClusterError> {
        let object = Object::new(cluster, Kind::Semaphore, name)?;
        object.create(&[("rule", name_of(rule)), ("permits", &permits.to_string())])?;
        Ok(Semaphore::of(object, permits, rule))
    }

    /// A handle on the semaphore that another handle names.
    ///
    /// # Errors
    ///
    /// [`ClusterError::Gone`], [`ClusterError::Unavailable`] and its like.
    pub fn attach(cluster: &Cluster, name: &str) -> Result<Semaphore, ClusterError> {
        let object = Object::attach(cluster, Kind::Semaphore, name)?;
        let [rule, permits] = object
            .settings(["rule", "permits"])?
            .map(Option::unwrap_or_default);
        match (rule_of(&rule), permits.parse()) {
            (Some(rule), Ok(permits)) => Ok(Semaphore::of(object, permits, rule)),
            _ => Err(ClusterError::protocol(format!(
                "{object} has {permits:?} permits of the rule {rule:?}"
            ))),
        }
    }

    fn of(object: Object, initial: u32, rule: PermitRule) -> Semaphore {
        Semaphore {
            permits: PERMITS.of(&object),
            object: Arc::new(object),
            initial,
            rule,
        }
    }

    /// The object on the server.
    pub fn object(&self) -> &Object {
        &self.object
    }

    /// How many permits it had at first.
    pub fn initial(&self) -> u32 {
        self.initial
    }

    /// What a release may do.
    pub fn rule(&self) -> PermitRule {
        self.rule
    }

    /// Acquires a permit, which its holder gives back [by its name](Self::release_permit).
    ///
    /// # Errors
    ///
    /// [`SyncError::TimedOut`], also with [`Wait::Never`]; [`ClusterError::Gone`], [`ClusterError::Unavailable`] and its like.
    pub fn acquire(&self, wait: Wait) -> Result<Permit, SyncError> {
        self.take(wait, false)
    }

    /// Acquires a permit that somebody [releases](Self::release) without its name.
    ///
    /// # Errors
    ///
    /// As [`acquire`](Self::acquire).
    pub fn acquire_loose(&self, wait: Wait) -> Result<(), SyncError> {
        self.take(wait, true).map(drop)
    }

    fn take(&self, wait: Wait, is_loose: bool) -> Result<Permit, SyncError> {
        loop {
            let permit = self.take_once(wait, is_loose)?;
            self.permits.note(&self.object, &permit, is_loose)?;
            // An answer that was long in coming may be out of date.
            if !permit.is_lost() || self.permits.confirm(&self.object, &permit)? {
                return Ok(permit);
            }
        }
    }

    fn take_once(&self, wait: Wait, is_loose: bool) -> Result<Permit, SyncError> {
        let cluster = self.object.cluster();
        let name = cluster.fresh_name()?;
        let attempt = || self.attempt(&name, is_loose);
        let pause = |slice: Duration| cluster.wait_for_token(&self.object, "w", slice);
        let permit: Result<_, ClusterError> = wait_for(wait, attempt, pause);
        permit?.ok_or(SyncError::TimedOut)
    }

    fn attempt(&self, name: &str, is_loose: bool) -> Result<Option<Permit>, ClusterError> {
        let lease = self.object.cluster().lease();
        let call = Call::new(&ACQUIRE, &self.object)
            .keys(["h", "z", "f", "w"])
            .argument(name)
            .argument(lease)
            .argument(is_loose);
        let asked = Instant::now();
        let is_taken = self.object.cluster().call(call)?.integer()? == 1;
        Ok(is_taken.then(|| Permit::new(name, Lease::new(lease, asked))))
    }

    /// Gives back a permit of this process.
    ///
    /// # Errors
    ///
    /// [`ClusterError::LeaseLost`] if its lease had run out, so that it came back before; [`ClusterError::Gone`], [`ClusterError::Unavailable`]
    /// and its like.
    pub fn release_permit(&self, permit: &Permit) -> Result<(), ClusterError> {
        if !permit.is_of_this_process() {
            return Ok(());
        }
        let call = Call::new(&RELEASE_PERMIT, &self.object)
            .keys(["h", "z", "f", "w"])
            .argument(&*permit.name);
        let was_taken = self.object.cluster().call(call)?.integer()? == 1;
        self.permits.forget(&permit.name);
        self.unless_lost(was_taken)
    }

    /// Has the permit stay taken until somebody [releases](Self::release) it, or this process ends.
    ///
    /// # Errors
    ///
    /// As [`release_permit`](Self::release_permit).
    pub fn forget(&self, permit: &Permit) -> Result<(), ClusterError> {
        if !permit.is_of_this_process() {
            return Ok(());
        }
        let call = Call::new(&LOOSEN, &self.object)
            .keys(["h", "z", "f"])
            .argument(&*permit.name);
        let was_taken = self.object.cluster().call(call)?.integer()? == 1;
        self.permits.loosen(permit);
        self.unless_lost(was_taken)
    }

    fn unless_lost(&self, was_taken: bool) -> Result<(), ClusterError> {
        match was_taken {
            true => Ok(()),
            false => Err(ClusterError::LeaseLost {
                object: self.object.to_string(),
            }),
        }
    }

    /// Releases so many permits, all or none: loose ones of this process, else (unless permits are attributed) of others, else (if the
    /// semaphore is plain) new ones.
    ///
    /// # Errors
    ///
    /// [`SyncError::ReleasedTooOften`] if the semaphore is bounded and fewer loose permits are taken; [`SyncError::NotHeld`] if it is attributed
    /// and this process has fewer; [`SyncError::TooManyPermits`]; [`ClusterError::Gone`], [`ClusterError::Unavailable`] and its like.
    pub fn release(&self, count: u32) -> Result<(), SyncError> {
        let own = self.permits.loose();
        let call = Call::new(&RELEASE, &self.object)
            .keys(["h", "z", "f", "w"])
            .argument(count)
            .arguments(own.iter().map(|name| &**name));
        let gone = match self.object.cluster().call(call)? {
            Reply::Array(gone) => gone,
            refusal => {
                return Err(match refusal.into_text()?.as_str() {
                    "often" => SyncError::ReleasedTooOften {
                        bound: self.initial,
                    },
                    "many" => SyncError::TooManyPermits,
                    _ => SyncError::NotHeld,
                });
            }
        };
        for name in gone.into_iter().skip(1) {
            self.permits.forget(&name.into_text()?);
        }
        Ok(())
    }

    /// How many permits are free at this moment.
    ///
    /// # Errors
    ///
    /// [`ClusterError::Gone`], [`ClusterError::Unavailable`] and its like.
    pub fn value(&self) -> Result<u32, ClusterError> {
        let call = Call::new(&VALUE, &self.object).keys(["h", "z"]);
        let free = self.object.cluster().call(call)?.integer()?;
        Ok(u32::try_from(free.max(0)).unwrap_or(u32::MAX))
    }
}

fn name_of(rule: PermitRule) -> &'static str {
    match rule {
        PermitRule::Plain => "plain",
        PermitRule::Bounded => "bounded",
        PermitRule::Attributed => "attributed",
    }
}

fn rule_of(name: &str) -> Option<PermitRule> {
    let rules = [
        PermitRule::Plain,
        PermitRule::Bounded,
        PermitRule::Attributed,
    ];
    rules.into_iter().find(|rule| name_of(*rule) == name)
}
