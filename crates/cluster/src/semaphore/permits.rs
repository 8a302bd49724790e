//! The permits that a process holds of a semaphore.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Instant;

use procession_arena::sys::fork_epoch;

use crate::ClusterError;
use crate::call::{Call, Effort};
use crate::fork_aware::ForkAware;
use crate::keeper::{Kept, Renew};
use crate::lease::Lease;
use crate::object::Object;
use crate::script::{Script, script};

pub(super) static RENEW: Script = script!("renew");

/// Permits that are renewed by one call.
const PORTION: usize = 500;

/// A permit that this process has acquired. Clones are the same, and none gives it back when it is dropped.
#[derive(Clone, Debug)]
pub struct Permit {
    pub(super) name: Arc<str>,
    pub(super) lease: Arc<Lease>,
    /// Tells the process from a copy made by `fork`.
    epoch: u64,
}

impl Permit {
    pub(super) fn new(name: &str, lease: Lease) -> Permit {
        Permit {
            name: name.into(),
            lease: Arc::new(lease),
            epoch: fork_epoch(),
        }
    }

    /// Whether the permit may be somebody else's by now: see [`Hold::is_lost`](crate::lock::Hold::is_lost).
    pub fn is_lost(&self) -> bool {
        self.lease.is_lost()
    }

    pub(super) fn is_of_this_process(&self) -> bool {
        self.epoch == fork_epoch()
    }
}

/// The permits that a process holds of a semaphore, and their renewal.
pub(super) struct Permits(ForkAware<Mutex<State>>);

#[derive(Default)]
struct State {
    /// By name, and so by age.
    held: BTreeMap<Arc<str>, Held>,
    kept: Option<Kept>,
}

struct Held {
    lease: Arc<Lease>,
    is_loose: bool,
}

impl Permits {
    fn lock(&self) -> MutexGuard<'_, State> {
        let state = self.0.get_or_make(Mutex::default);
        state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// This process has acquired a permit, which is renewed from now on.
    pub(super) fn note(
        self: &Arc<Self>,
        object: &Arc<Object>,
        permit: &Permit,
        is_loose: bool,
    ) -> Result<(), ClusterError> {
        let held = Held {
            lease: Arc::clone(&permit.lease),
            is_loose,
        };
        let mut state = self.lock();
        state.held.insert(Arc::clone(&permit.name), held);
        if state.kept.is_none() {
            let renewal = Renewal {
                object: Arc::downgrade(object),
                permits: Arc::downgrade(self),
            };
            state.kept = Some(object.cluster().keep(Arc::new(renewal))?);
        }
        Ok(())
    }

    pub(super) fn loosen(&self, permit: &Permit) {
        if let Some(held) = self.lock().held.get_mut(&permit.name) {
            held.is_loose = true;
        }
    }

    pub(super) fn forget(&self, name: &str) -> Option<Arc<Lease>> {
        self.lock().held.remove(name).map(|held| held.lease)
    }

    /// Makes sure that a permit is still taken, and renews it.
    pub(super) fn confirm(&self, object: &Object, permit: &Permit) -> Result<bool, ClusterError> {
        let portion = [(Arc::clone(&permit.name), Arc::clone(&permit.lease))];
        self.renew(object, &portion, Effort::Patient)?;
        Ok(self.lock().held.contains_key(&permit.name))
    }

    fn renew(
        &self,
        object: &Object,
        portion: &[(Arc<str>, Arc<Lease>)],
        effort: Effort,
    ) -> Result<(), ClusterError> {
        let call = Call::new(&RENEW, object)
            .keys(["h", "z"])
            .argument(object.cluster().lease())
            .arguments(portion.iter().map(|(name, _)| &**name));
        let asked = Instant::now();
        let gone = object.cluster().call_with(call, effort)?;
        for name in gone.into_array()? {
            if let Some(lease) = self.forget(&name.into_text()?) {
                lease.over();
            }
        }
        portion.iter().for_each(|(_, lease)| lease.renewed(asked));
        Ok(())
    }

    /// The loose ones, the oldest first.
    pub(super) fn loose(&self) -> Vec<Arc<str>> {
        let state = self.lock();
        let loose = state.held.iter().filter(|(_, held)| held.is_loose);
        loose.map(|(name, _)| Arc::clone(name)).collect()
    }

    fn all(&self) -> Vec<(Arc<str>, Arc<Lease>)> {
        let state = self.lock();
        let all = state.held.iter();
        all.map(|(name, held)| (Arc::clone(name), Arc::clone(&held.lease)))
            .collect()
    }
}

/// Renews all of a process's permits of one semaphore, while it has a handle of that.
struct Renewal {
    object: Weak<Object>,
    permits: Weak<Permits>,
}

impl Renew for Renewal {
    fn renew(&self) -> Result<(), ClusterError> {
        let (Some(object), Some(permits)) = (self.object.upgrade(), self.permits.upgrade()) else {
            return Ok(());
        };
        for portion in permits.all().chunks(PORTION) {
            permits.renew(&object, portion, Effort::Once)?;
        }
        Ok(())
    }

    fn slot(&self) -> Option<u16> {
        self.object.upgrade().map(|object| object.slot())
    }
}

impl Default for Permits {
    fn default() -> Permits {
        Permits(ForkAware::new())
    }
}

impl fmt::Debug for Permits {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Permits")
            .field("held", &self.lock().held.len())
            .finish()
    }
}
