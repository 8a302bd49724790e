//! One queue, its producers and consumers, and their killer.

mod oracle;
mod participants;

use std::fmt;
use std::time::{Duration, Instant};

use procession::{JoinableQueue, OnLost, Process, ProcessError, Queue, QueueError};
use procession_engine::with_participant;

use crate::random::Random;
use crate::{Outcome, arena};
use oracle::Oracle;
use participants::{Item, Receipt, consume, produce};

const PRODUCERS: usize = 3;
const CONSUMERS: usize = 3;

/// A kind of queue to be tried.
pub(crate) struct Round {
    pub(crate) on_lost: OnLost,
    pub(crate) maxsize: usize,
}

/// What happened.
#[derive(Clone, Copy, Default)]
pub(crate) struct Summary {
    producers_killed: u64,
    consumers_killed: u64,
    receipts: u64,
    redelivered: u64,
    missing: u64,
    reported: u64,
    late_wakes: u64,
    longest_silence: Duration,
}

type Participant = Process<Result<(), QueueError>>;

/// The processes, and what they share.
struct Kitchen {
    items: JoinableQueue<Item>,
    receipts: Queue<Receipt>,
    participants: Vec<Participant>,
    next_name: u64,
    oracle: Oracle,
    last_heard: Instant,
    summary: Summary,
}

impl Round {
    pub(crate) fn run(&self, kills: u64, random: &mut Random) -> Outcome<Summary> {
        let before = arena::inventory()?;
        let mut kitchen = self.open()?;
        for _ in 0..kills {
            kitchen.listen(Duration::from_micros(random.below(3_000)))?;
            let victim = random.below((PRODUCERS + CONSUMERS) as u64) as usize;
            kitchen.kill(victim)?;
        }
        kitchen.close()?;
        let summary = kitchen.account()?;
        self.judge(&summary)?;
        drop(kitchen);
        arena::check(before)?;
        Ok(summary)
    }

    fn open(&self) -> Outcome<Kitchen> {
        let items = JoinableQueue::builder()
            .on_lost(self.on_lost)
            .maxsize(self.maxsize);
        let mut kitchen = Kitchen {
            items: items.build()?,
            receipts: Queue::builder().maxsize(10_000).build()?,
            participants: Vec::new(),
            next_name: 0,
            oracle: Oracle::default(),
            last_heard: Instant::now(),
            summary: Summary::default(),
        };
        for place in 0..PRODUCERS + CONSUMERS {
            let participant = kitchen.start(place)?;
            kitchen.participants.push(participant);
        }
        Ok(kitchen)
    }

    /// What the queue promises for the kills that there were.
    fn judge(&self, summary: &Summary) -> Outcome<()> {
        let Summary {
            missing,
            reported,
            consumers_killed,
            ..
        } = *summary;
        let promise = match self.on_lost {
            OnLost::Report => missing <= reported && reported <= consumers_killed,
            OnLost::Redeliver { .. } => missing == 0 && reported == 0,
            OnLost::Ignore => missing <= consumers_killed && reported == 0,
        };
        match promise {
            true => Ok(()),
            false => Err(format!("{self}: more is lost than promised: {summary}").into()),
        }
    }
}

impl Kitchen {
    fn start(&mut self, place: usize) -> Outcome<Participant> {
        let name = self.next_name;
        self.next_name += 1;
        Ok(match place < PRODUCERS {
            true => Process::spawn(produce, (name, self.items.clone()))?,
            false => Process::spawn(consume, (name, self.items.clone(), self.receipts.clone()))?,
        })
    }

    /// Kills a participant and puts another one in its place.
    fn kill(&mut self, place: usize) -> Outcome<()> {
        let next = self.start(place)?;
        let victim = std::mem::replace(&mut self.participants[place], next);
        victim.kill()?;
        match victim.join() {
            Err(ProcessError::Signaled { .. }) => {}
            other => return Err(format!("a participant ended by itself: {other:?}").into()),
        }
        match place < PRODUCERS {
            true => self.summary.producers_killed += 1,
            false => self.summary.consumers_killed += 1,
        }
        Ok(())
    }

    /// Hears what consumers say, for about so long.
    fn listen(&mut self, time: Duration) -> Outcome<()> {
        let end = Instant::now() + time;
        loop {
            match self
                .receipts
                .get_timeout(end.saturating_duration_since(Instant::now()))
            {
                Ok(receipt) => self.hear(&receipt)?,
                Err(QueueError::TimedOut) => return Ok(()),
                Err(error) => return Err(error.into()),
            }
            if Instant::now() >= end {
                return Ok(());
            }
        }
    }

    fn hear(&mut self, receipt: &Receipt) -> Outcome<()> {
        let silence = self.last_heard.elapsed();
        self.last_heard = Instant::now();
        self.summary.longest_silence = self.summary.longest_silence.max(silence);
        Ok(self.oracle.hear(receipt)?)
    }

    /// Lets the participants come to their end, and hears what is left to be heard.
    fn close(&mut self) -> Outcome<()> {
        self.items.close()?;
        loop {
            self.listen(Duration::from_millis(1))?;
            match self.items.join_timeout(Duration::from_millis(1)) {
                Ok(()) => break,
                Err(QueueError::TimedOut) => {}
                Err(QueueError::ConsumerLost { count, .. }) => self.summary.reported += count,
                Err(error) => return Err(error.into()),
            }
        }
        for participant in std::mem::take(&mut self.participants) {
            while participant.is_alive() {
                self.listen(Duration::from_millis(1))?;
            }
            participant.join()??;
        }
        loop {
            match self.receipts.try_get() {
                Ok(receipt) => self.hear(&receipt)?,
                Err(QueueError::Empty) => return Ok(()),
                Err(error) => return Err(error.into()),
            }
        }
    }

    fn account(&mut self) -> Outcome<Summary> {
        self.summary.receipts = self.oracle.receipts;
        self.summary.redelivered = self.oracle.redelivered;
        self.summary.missing = self.oracle.missing();
        self.summary.late_wakes = with_participant(|me| me.arena().late_wakes())?;
        Ok(self.summary)
    }
}

impl fmt::Display for Round {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:?}, maxsize {}", self.on_lost, self.maxsize)
    }
}

impl fmt::Display for Summary {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "{} producers and {} consumers killed, {} items seen, {} redelivered, {} missing, \
             {} reported as lost, longest silence {:.1} ms, {} late wakes",
            self.producers_killed,
            self.consumers_killed,
            self.receipts,
            self.redelivered,
            self.missing,
            self.reported,
            self.longest_silence.as_secs_f64() * 1e3,
            self.late_wakes
        )
    }
}

impl std::ops::AddAssign for Summary {
    fn add_assign(&mut self, other: Summary) {
        self.producers_killed += other.producers_killed;
        self.consumers_killed += other.consumers_killed;
        self.receipts += other.receipts;
        self.redelivered += other.redelivered;
        self.missing += other.missing;
        self.reported += other.reported;
        self.late_wakes = other.late_wakes;
        self.longest_silence = self.longest_silence.max(other.longest_silence);
    }
}
