//! What a host has to do with one pool.

use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{self, Receiver, Sender};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::thread;

use procession_engine::PoolError;

use super::duty::Duty;
use super::held::{Held, Ticket};
use super::underway::Underway;
use super::verdict::Verdict;
use super::{Settings, Stop};
use crate::keeper::{Kept, Renew};
use crate::pool::{Board, Description, HostMember};
use crate::{Cluster, ClusterError};

/// A task that has ended, and what is to become of it; nothing if no more come.
pub(super) type Finished = Option<(Ticket, Verdict)>;

/// What a host has to do with one pool, as its threads share it.
pub(super) struct Station {
    pub(super) board: Board,
    /// Behind this entry of the pool's cancellations lie those that concern this host.
    pub(super) heard: String,
    description: Description,
    pub(super) duty: Duty,
    pub(super) stop: Stop,
    pub(super) drain: std::time::Duration,
    member: Mutex<Arc<HostMember>>,
    /// The server has given to others what this host holds.
    is_lost: AtomicBool,
    pub(super) is_over: AtomicBool,
    pub(super) held: Held,
    pub(super) finished: Sender<Finished>,
    serials: AtomicU64,
    /// Why the local pool carries nothing out any more.
    pub(super) failure: Mutex<Option<PoolError>>,
}

/// A registered host of a pool.
pub(super) struct OpenStation {
    station: Arc<Station>,
    finished: Receiver<Finished>,
    kept: Kept,
}

impl Station {
    /// Registers the host.
    pub(super) fn open(
        cluster: &Cluster,
        pool: &str,
        settings: &Settings,
        duty: Duty,
        stop: &Stop,
    ) -> Result<OpenStation, ClusterError> {
        let (sender, receiver) = mpsc::channel();
        let description = Description {
            host: settings.name.clone(),
            pid: std::process::id(),
            slots: settings.slots,
            code: settings.code.clone(),
            is_draining: false,
        };
        let board = duty.board(cluster, pool, &settings.code)?;
        let station = Arc::new(Station {
            // Before it is registered, so that it misses nothing that is said to it.
            heard: board.last_cancellation()?,
            board,
            member: Mutex::new(Arc::new(new_member(cluster, &description)?)),
            description,
            duty,
            stop: stop.clone(),
            drain: settings.drain,
            is_lost: AtomicBool::new(false),
            is_over: AtomicBool::new(false),
            held: Held::default(),
            finished: sender,
            serials: AtomicU64::new(0),
            failure: Mutex::new(None),
        });
        station
            .board
            .enter_host(&station.member(), &station.description)?;
        let kept = cluster.keep(Arc::new(Renewal(Arc::downgrade(&station))))?;
        Ok(OpenStation {
            station,
            finished: receiver,
            kept,
        })
    }

    /// As what the server knows the host now.
    pub(super) fn member(&self) -> Arc<HostMember> {
        Arc::clone(&self.member.lock().unwrap_or_else(PoisonError::into_inner))
    }

    pub(super) fn is_lost(&self) -> bool {
        self.is_lost.load(Ordering::Acquire)
    }

    pub(super) fn note_loss(&self) {
        self.is_lost.store(true, Ordering::Release);
    }

    pub(super) fn next_serial(&self) -> u64 {
        self.serials.fetch_add(1, Ordering::Relaxed)
    }

    /// Ends what the host holds, which others have by now, and begins a new life.
    pub(super) fn start_over(&self) -> Result<(), ClusterError> {
        let underway = self.held.underway();
        tracing::warn!(
            pool = self.board.object().name(),
            tasks = underway.len(),
            "this host was not heard for too long, or the server has lost its data: its {} are ended here",
            self.duty.name()
        );
        // What is left of them ends with this process.
        underway.iter().for_each(Underway::end);
        self.held.forget_words();
        let member = Arc::new(new_member(self.board.cluster(), &self.description)?);
        self.board.enter_host(&member, &self.description)?;
        *self.member.lock().unwrap_or_else(PoisonError::into_inner) = member;
        self.is_lost.store(false, Ordering::Release);
        Ok(())
    }

    fn renew(&self) -> Result<(), ClusterError> {
        if self.is_over.load(Ordering::Acquire) || self.is_lost() {
            return Ok(());
        }
        let member = self.member();
        let description = Description {
            is_draining: !self.stop.is_serving(),
            ..self.description.clone()
        };
        if !self.board.renew_host(&member, &description)? && Arc::ptr_eq(&member, &self.member()) {
            self.note_loss();
        }
        Ok(())
    }

    /// Says what is to become of a task.
    pub(super) fn finish(&self, ticket: Ticket, verdict: Verdict) {
        // The other end is there until it has been told that nothing more comes.
        let _ = self.finished.send(Some((ticket, verdict)));
    }
}

impl OpenStation {
    /// Serves the pool until the host is to stop.
    pub(super) fn serve(self) -> Result<(), PoolError> {
        let OpenStation {
            station,
            finished,
            kept,
        } = self;
        thread::scope(|scope| {
            let station = &station;
            scope.spawn(move || station.hand_in_results(&finished));
            scope.spawn(move || station.heed_cancellations());
            station.fetch_tasks();
            station.drain_tasks();
            station.is_over.store(true, Ordering::Release);
            let _ = station.finished.send(None);
        });
        drop(kept);
        station.leave();
        let failure = station
            .failure
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        failure.clone().map_or(Ok(()), Err)
    }
}

fn new_member(cluster: &Cluster, description: &Description) -> Result<HostMember, ClusterError> {
    let Description {
        host, pid, code, ..
    } = description;
    Ok(HostMember::new(host, *pid, &cluster.fresh_name()?, code))
}

struct Renewal(Weak<Station>);

impl Renew for Renewal {
    fn renew(&self) -> Result<(), ClusterError> {
        self.0.upgrade().map_or(Ok(()), |station| station.renew())
    }

    fn slot(&self) -> Option<u16> {
        Some(self.0.upgrade()?.board.object().slot())
    }
}

impl fmt::Debug for Station {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Station")
            .field("pool", &self.board.object())
            .field("member", &self.member())
            .finish_non_exhaustive()
    }
}
