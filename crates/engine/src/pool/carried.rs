//! A pool whose tasks a carrier has carried out elsewhere. See "Carried pools" in `README.md`.

use std::cell::Cell;
use std::sync::Arc;

use super::carrier::{CarryTasks, Settler};
use super::config::PoolConfig;
use super::errands::Errand;
use super::error::PoolError;
use super::job::{Item, JobState};
use super::owner::Pool;
use super::shared::Shared;
use super::state::State;
use crate::launch::panic;

thread_local! {
    /// Calls of carriers that this thread is in the middle of, one inside the other.
    static DELIVERIES: Cell<usize> = const { Cell::new(0) };
}

/// Whether the calling thread is just telling a carrier something.
pub(super) fn delivers() -> bool {
    DELIVERIES.get() > 0
}

impl Pool {
    /// Makes a pool that has no workers of its own: `appoint` returns what carries its tasks elsewhere.
    ///
    /// All that jobs and results can do they do here as well. What concerns workers is the business of the other side: how
    /// they are prepared, how long a task may run, and whether it is run again. So [`pids`](Self::pids) and
    /// [`statistics`](Self::statistics) are empty, and there is no [`trace`](Self::trace).
    ///
    /// `workers` is how many there are, until the carrier [says otherwise](Settler::set_workers). If `max_queued` is
    /// given, so many tasks more than that are on their way at most; submitting another waits for room.
    ///
    /// # Errors
    ///
    /// Whatever `appoint` fails with.
    ///
    /// # If a process dies
    ///
    /// If it is this one, nobody tells the carrier that its tasks are not wanted any more: the other side has to notice.
    pub fn carried(
        workers: usize,
        max_queued: Option<usize>,
        appoint: impl FnOnce(Settler) -> Result<Arc<dyn CarryTasks>, PoolError>,
    ) -> Result<Pool, PoolError> {
        let config = PoolConfig {
            workers: 0,
            max_queued,
            ..PoolConfig::default()
        };
        let shared = Arc::new(Shared::new(State::carried(config, workers), None));
        let carrier = appoint(Settler::new(Arc::downgrade(&shared)))?;
        shared.change(|state, _| {
            if let Some(errands) = &mut state.errands {
                errands.appoint(carrier);
            }
        });
        Ok(Pool::of(shared))
    }
}

impl Shared {
    /// Tells the carrier what there is to tell, one thing after another, unless somebody else does.
    pub(super) fn deliver(&self) {
        if !self.lock().claims_delivery() {
            return;
        }
        DELIVERIES.set(DELIVERIES.get() + 1);
        while let Some((carrier, errand)) = self.next_errand() {
            let told = panic::catch(|| match errand {
                Errand::Carry(tasks) => carrier.carry(tasks),
                Errand::Cancel(numbers) => carrier.cancel(&numbers),
                Errand::End => carrier.end(),
            });
            if let Err(panic) = told {
                self.end(&panicked(&panic));
            }
        }
        DELIVERIES.set(DELIVERIES.get() - 1);
    }

    fn next_errand(&self) -> Option<(Arc<dyn CarryTasks>, Errand)> {
        let mut state = self.lock();
        let errands = state.errands.as_mut()?;
        let next = errands.next();
        if errands.is_concluded() {
            // Whoever joins the pool waits for that.
            state.wake_all_for_pool();
        }
        next
    }

    /// Ends the tasks of a job that no worker has begun, as far as the carrier knows; says how many.
    pub(super) fn withdraw(&self, job: &Arc<JobState>) -> usize {
        let unsent = self.change(|state, wakers| state.cancel_unsent(job, wakers));
        let (carrier, numbers) = match &self.lock().errands {
            Some(errands) => (errands.carrier(), errands.numbers_of(job)),
            None => return unsent,
        };
        let Some(carrier) = carrier.filter(|_| !numbers.is_empty()) else {
            return unsent;
        };
        match panic::catch(|| carrier.withdraw(&numbers)) {
            Ok(mut withdrawn) => {
                withdrawn.retain(|number| numbers.binary_search(number).is_ok());
                unsent + self.change(|state, wakers| state.cancel_withdrawn(&withdrawn, wakers))
            }
            Err(panic) => {
                self.end(&panicked(&panic));
                unsent
            }
        }
    }
}

fn panicked(panic: &panic::Panic) -> PoolError {
    PoolError::Unavailable {
        reason: format!(
            "what carries this pool's tasks has panicked at {}: {}",
            panic.location, panic.message
        ),
    }
}

/// Refuses tasks that cannot leave this machine, and all others with them.
pub(super) fn carriable(items: impl IntoIterator<Item = Item>) -> Result<Vec<Item>, PoolError> {
    let items: Vec<Item> = items.into_iter().collect();
    match items.iter().any(Item::has_handles) {
        true => Err(PoolError::LocalObject),
        false => Ok(items),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Weak;
    use std::thread;
    use std::time::{Duration, Instant};

    use super::*;
    use crate::EntryError;
    use crate::host::Answer;
    use crate::pool::{Carried, JobSettings, NamedWork, Order, TaskOptions};

    #[derive(Debug)]
    struct Quick(Settler);

    impl CarryTasks for Quick {
        fn carry(&self, tasks: Vec<Carried>) {
            for task in tasks {
                assert!(self.0.settle(task.number, Ok(task.bytes)));
            }
        }

        fn cancel(&self, _: &[u64]) {}

        fn withdraw(&self, _: &[u64]) -> Vec<u64> {
            Vec::new()
        }

        fn end(&self) {}
    }

    fn nothing(_: &mut Vec<u8>, _: Answer<'_>) -> Result<(), EntryError> {
        Ok(())
    }

    static NOTHING: NamedWork = NamedWork::new(nothing);

    /// The thread of callbacks has nobody but the pool who could tell it that there will be no more. Most often it sleeps by
    /// then; that it does not always is why there are many pools.
    #[test]
    fn nothing_is_left_of_pools_that_are_gone() {
        crate::init_library();
        let pools: Vec<Pool> = (0..50).map(|_| pool()).collect();
        pools.iter().for_each(call_back_once);
        let memories = pools.iter().map(|pool| Arc::downgrade(pool.shared()));
        let memories: Vec<Weak<Shared>> = memories.collect();
        drop(pools);
        let deadline = Instant::now() + Duration::from_secs(60);
        while memories.iter().any(|memory| memory.strong_count() > 0) {
            assert!(Instant::now() < deadline, "a thread still holds a pool");
            thread::yield_now();
        }
    }

    fn pool() -> Pool {
        Pool::carried(1, None, |settler| Ok(Arc::new(Quick(settler)))).unwrap()
    }

    fn call_back_once(pool: &Pool) {
        let settings = JobSettings {
            label: "task".into(),
            options: TaskOptions::default(),
            order: Order::AsSubmitted,
            callback: Some(Box::new(|_| ())),
            attended: true,
        };
        let job = pool.job(&NOTHING, settings).unwrap();
        job.push(Item::new(Vec::new(), &[]).unwrap()).unwrap();
        job.seal();
        assert!(job.wait(None).unwrap());
    }
}
