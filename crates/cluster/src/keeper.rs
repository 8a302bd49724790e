//! The threads that tell the server that this process is still there.

use std::collections::{HashMap, HashSet};
use std::fmt;
use std::panic::{AssertUnwindSafe, RefUnwindSafe, UnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, Weak};
use std::thread;
use std::time::{Duration, Instant};

use procession_arena::sys::fork_epoch;

use crate::{ClusterError, Endpoint};

/// Something on the server that ends unless it is renewed.
pub(crate) trait Renew: Send + Sync {
    /// Renews it, by a call that is made once and not again if it fails: the next round comes soon.
    ///
    /// # Errors
    ///
    /// Why it could not be renewed. That is no reason to stop trying.
    fn renew(&self) -> Result<(), ClusterError>;

    /// The slot of what it renews ([`Object::slot`](crate::Object::slot)), so that it does not have to wait for what lies on a node that does not answer.
    fn slot(&self) -> Option<u16> {
        None
    }
}

/// Renews whatever this process holds in one cluster, three times in each lease.
///
/// It goes on as long as there is anything to renew, whatever fails: a keeper that gives up after an error loses locks that their holders
/// still believe in. What lies on one node is renewed one after another; there is one thread for each node, since one that does not
/// answer costs every call to it seconds, and what lies on the others must not end for that. One server has one thread.
pub(crate) struct Keeper {
    shared: Arc<Shared>,
}

/// Tells on which node a slot is, as far as that is known without asking.
pub(crate) type NodeOfSlot =
    dyn Fn(u16) -> Option<Endpoint> + Send + Sync + UnwindSafe + RefUnwindSafe;

struct Shared {
    period: Duration,
    node_of: Box<NodeOfSlot>,
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    next: u64,
    kept: HashMap<u64, Arc<dyn Renew>>,
    /// When the next round of a node begins; at once for one that is new.
    due: HashMap<Node, Instant>,
    /// Those of which a round is under way.
    busy: HashSet<Node>,
    threads: usize,
    is_over: bool,
}

/// What is renewed together; `None` is all of which the node is not known.
type Node = Option<Endpoint>;

/// While it exists, the keeper renews something.
pub(crate) struct Kept {
    shared: Weak<Shared>,
    number: u64,
    made_in: u64,
}

impl Keeper {
    pub(crate) fn new(lease: Duration, node_of: Box<NodeOfSlot>) -> Keeper {
        Keeper {
            shared: Arc::new(Shared {
                period: lease / 3,
                node_of,
                state: Mutex::default(),
                changed: Condvar::new(),
            }),
        }
    }

    /// Has it renewed from now on; the first time after a third of a lease at the latest.
    pub(crate) fn keep(&self, renew: Arc<dyn Renew>) -> Result<Kept, ClusterError> {
        let mut state = self.shared.lock();
        let number = state.next;
        state.next += 1;
        let node = self.shared.node_of(&*renew);
        let is_new = !state.due.contains_key(&node);
        let first = Instant::now() + self.shared.period;
        state.due.entry(node).or_insert(first);
        state.kept.insert(number, renew);
        if let Err(error) = self.shared.spawn_if_needed(&mut state)
            && state.threads == 0
        {
            state.kept.remove(&number);
            return Err(error);
        }
        drop(state);
        if is_new {
            self.shared.changed.notify_all();
        }
        Ok(Kept {
            shared: Arc::downgrade(&self.shared),
            number,
            made_in: fork_epoch(),
        })
    }
}

impl Drop for Keeper {
    fn drop(&mut self) {
        self.shared.lock().is_over = true;
        self.shared.changed.notify_all();
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn node_of(&self, renew: &dyn Renew) -> Node {
        renew.slot().and_then(|slot| (self.node_of)(slot))
    }

    /// One more thread, if there is a node that nobody is free to see to.
    fn spawn_if_needed(self: &Arc<Shared>, state: &mut State) -> Result<(), ClusterError> {
        if state.threads > state.busy.len() || self.waiting_nodes(state).is_empty() {
            return Ok(());
        }
        let shared = Arc::clone(self);
        let thread = thread::Builder::new().name("lease keeper".to_owned());
        thread
            .spawn(move || shared.renew_for_ever())
            .map_err(|error| ClusterError::system(&error))?;
        state.threads += 1;
        Ok(())
    }

    fn renew_for_ever(self: Arc<Shared>) {
        let mut state = self.lock();
        while !state.is_over {
            let nodes = self.waiting_nodes(&state);
            let earliest = nodes.iter().min_by_key(|(_, due)| *due).cloned();
            match earliest {
                Some((node, due)) if due <= Instant::now() => {
                    state.busy.insert(node.clone());
                    if let Err(error) = self.spawn_if_needed(&mut state) {
                        tracing::warn!(%error, "one node's leases wait for those of another");
                    }
                    state = self.renew_all_of(node, state);
                }
                earliest => {
                    let due = earliest.map_or(self.period, |(_, due)| due - Instant::now());
                    let waited = self.changed.wait_timeout(state, due);
                    state = waited.unwrap_or_else(PoisonError::into_inner).0;
                }
            }
        }
        state.threads -= 1;
    }

    /// The nodes on which there is something to renew and nobody is doing so, and when that is to be done.
    fn waiting_nodes(&self, state: &State) -> Vec<(Node, Instant)> {
        let nodes: HashSet<Node> = state
            .kept
            .values()
            .map(|kept| self.node_of(&**kept))
            .collect();
        let waiting = nodes.into_iter().filter(|node| !state.busy.contains(node));
        let now = Instant::now();
        waiting
            .map(|node| {
                let due = state.due.get(&node).copied().unwrap_or(now);
                (node, due)
            })
            .collect()
    }

    fn renew_all_of<'a>(
        &'a self,
        node: Node,
        mut state: MutexGuard<'a, State>,
    ) -> MutexGuard<'a, State> {
        state.due.insert(node.clone(), Instant::now() + self.period);
        let round: Vec<u64> = state.kept.keys().copied().collect();
        for number in round {
            // Others may have been let go of while the last one was renewed.
            let Some(renew) = state.kept.get(&number).map(Arc::clone) else {
                continue;
            };
            if self.node_of(&*renew) != node {
                continue;
            }
            drop(state);
            renew_one(&*renew);
            drop(renew);
            state = self.lock();
            if state.is_over {
                break;
            }
        }
        state.busy.remove(&node);
        state
    }
}

/// Whatever happens, the thread goes on.
fn renew_one(renew: &dyn Renew) {
    match catch_unwind(AssertUnwindSafe(|| renew.renew())) {
        Ok(Ok(())) => {}
        Ok(Err(error)) => {
            tracing::warn!(%error, "a lease could not be renewed; it is tried again soon");
        }
        Err(_) => tracing::error!("renewing a lease has panicked; it is tried again soon"),
    }
}

impl Drop for Kept {
    fn drop(&mut self) {
        // In a copy made by `fork` the original's locks are left alone.
        if self.made_in != fork_epoch() {
            return;
        }
        if let Some(shared) = self.shared.upgrade() {
            let former = shared.lock().kept.remove(&self.number);
            // What it holds may be the last hold on whatever the user likes.
            drop(former);
        }
    }
}

impl fmt::Debug for Kept {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_tuple("Kept").field(&self.number).finish()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::{self, Receiver, Sender};

    use super::*;
    use crate::watchdog::watch;

    /// Reports each renewal, and may wait in it or fail.
    struct Renewal {
        slot: u16,
        reports: Sender<u16>,
        /// Ends when the sender is gone.
        obstacle: Option<Mutex<Receiver<()>>>,
        fails: bool,
    }

    impl Renew for Renewal {
        fn renew(&self) -> Result<(), ClusterError> {
            // Nobody may be listening any more.
            let _ = self.reports.send(self.slot);
            if let Some(obstacle) = &self.obstacle {
                let _ = obstacle.lock().expect("no panic").recv();
            }
            match self.fails {
                true => panic!("on purpose"),
                false => Err(ClusterError::Interrupted),
            }
        }

        fn slot(&self) -> Option<u16> {
            Some(self.slot)
        }
    }

    fn keeper() -> Keeper {
        let node_of = |slot| Some(Endpoint::Tcp("node".to_owned(), slot));
        Keeper::new(Duration::from_millis(3), Box::new(node_of))
    }

    #[test]
    fn a_node_that_does_not_answer_holds_up_no_other() {
        let _watchdog = watch();
        let keeper = keeper();
        let (reports, reported) = mpsc::channel();
        let renewal = |slot, obstacle| {
            let reports = reports.clone();
            keeper.keep(Arc::new(Renewal {
                slot,
                reports,
                obstacle,
                fails: false,
            }))
        };
        let (release, obstacle) = mpsc::channel();
        let _silent = renewal(1, Some(Mutex::new(obstacle))).expect("a thread");
        let _others = [2, 2, 3].map(|slot| renewal(slot, None).expect("a thread"));
        let mut counts = [0; 4];
        while counts[2] < 10 || counts[3] < 10 || counts[1] < 1 {
            counts[usize::from(reported.recv().expect("a keeper"))] += 1;
        }
        assert_eq!(counts[1], 1, "a round began while another was under way");
        drop(release);
        while counts[1] < 10 {
            counts[usize::from(reported.recv().expect("a keeper"))] += 1;
        }
    }

    #[test]
    fn a_renewal_that_panics_is_tried_again_and_holds_up_no_other() {
        let _watchdog = watch();
        let keeper = keeper();
        let (reports, reported) = mpsc::channel();
        let renewal = |fails: bool| {
            keeper.keep(Arc::new(Renewal {
                slot: fails.into(),
                reports: reports.clone(),
                obstacle: None,
                fails,
            }))
        };
        let _kept = [renewal(true), renewal(false)];
        let mut counts = [0; 2];
        while counts.iter().any(|count| *count < 5) {
            counts[usize::from(reported.recv().expect("a keeper"))] += 1;
        }
    }

    #[test]
    fn what_was_let_go_of_is_not_renewed_and_one_node_has_one_thread() {
        let _watchdog = watch();
        let keeper = keeper();
        let (reports, reported) = mpsc::channel();
        let renewal = || {
            keeper.keep(Arc::new(Renewal {
                slot: 1,
                reports: reports.clone(),
                obstacle: None,
                fails: false,
            }))
        };
        let kept: Vec<_> = (0..10).map(|_| renewal().expect("a thread")).collect();
        (0..50).for_each(|_| assert_eq!(reported.recv(), Ok(1)));
        assert_eq!(keeper.shared.lock().threads, 1);
        drop(kept);
        drop(reports);
        // All renewals are gone, and with them all who could report.
        while reported.recv().is_ok() {}
    }
}
