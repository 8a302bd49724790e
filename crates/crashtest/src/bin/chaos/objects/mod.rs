//! All shared objects at once, with many processes that do a bit of everything.

mod bank;
mod counters;
mod exclusion;
mod hosted;
mod ledger;
mod meeting;
mod names;
mod nested;
mod participant;
mod pushes;
mod seats;
mod shuffled;
mod signals;
mod texts;
mod twins;
mod uniform;
mod world;

use std::fmt;
use std::time::{Duration, Instant};

use procession::{Process, ProcessError, QueueError};
use procession_engine::with_participant;

use crate::Outcome;
use crate::random::Random;
use pushes::Seen;
use world::World;

/// One in so many kills hits the server of the hosted values.
const SERVERS: u64 = 10;

/// Participants looked at to find one that is at work.
const LOOKS: u32 = 4;

/// The world, those who work in it, and what is known about them.
struct Kitchen {
    world: World,
    participants: Vec<Process<()>>,
    seen: Seen,
    summary: Summary,
}

/// What happened.
#[derive(Default)]
pub(crate) struct Summary {
    participants: usize,
    killed: u64,
    servers_killed: u64,
    came_through: u64,
    late_wakes: u64,
    longest_silence: Duration,
}

/// Kills so many of so many participants, one after another, and looks whether all is well.
pub(crate) fn run(kills: u64, participants: usize, random: &mut Random) -> Outcome<Summary> {
    let mut kitchen = Kitchen::open(participants, random)?;
    let mut last = Instant::now();
    for _ in 0..kills {
        let moment = Duration::from_micros(random.below(3_000));
        kitchen.listen(moment)?;
        kitchen.world.check_something(random)?;
        kitchen.world.pushes.drain(&mut kitchen.seen)?;
        match random.below(SERVERS) {
            0 => kitchen.kill_server()?,
            _ => {
                let victim = kitchen.choose(random);
                kitchen.kill(victim)?;
            }
        }
        kitchen.summary.longest_silence = kitchen.summary.longest_silence.max(last.elapsed());
        last = Instant::now();
    }
    kitchen.close()
}

impl Kitchen {
    fn open(participants: usize, random: &mut Random) -> Outcome<Kitchen> {
        let mut kitchen = Kitchen {
            world: World::new(participants, random)?,
            participants: Vec::new(),
            seen: Seen::default(),
            summary: Summary::default(),
        };
        kitchen.summary.participants = participants;
        for place in 0..participants {
            let name = kitchen.world.names.at(place)?;
            let participant = kitchen.start(name)?;
            kitchen.participants.push(participant);
        }
        Ok(kitchen)
    }

    fn start(&self, name: u64) -> Outcome<Process<()>> {
        let builder = Process::builder().daemon(true);
        Ok(builder.spawn(participant::work, (self.world.clone(), name))?)
    }

    /// The place of one to be killed: mostly one that is at work, not one that waits for others.
    fn choose(&self, random: &mut Random) -> usize {
        let mut place = 0;
        for _ in 0..LOOKS {
            place = random.below(self.participants.len() as u64) as usize;
            if is_at_work(self.participants[place].pid()) {
                break;
            }
        }
        place
    }

    /// Kills a participant and puts another one in its place.
    fn kill(&mut self, place: usize) -> Outcome<()> {
        let name = self.world.names.condemn(place)?;
        let next = self.start(name)?;
        let victim = std::mem::replace(&mut self.participants[place], next);
        victim.kill()?;
        match victim.join() {
            Err(ProcessError::Signaled { .. }) => {}
            other => {
                self.listen(Duration::ZERO)?;
                return Err(format!("a participant ended by itself: {other:?}").into());
            }
        }
        self.summary.killed += 1;
        Ok(())
    }

    fn kill_server(&mut self) -> Outcome<()> {
        if self.world.hosted.kill_server()? {
            self.summary.servers_killed += 1;
        }
        Ok(())
    }

    /// Waits for so long, unless somebody complains.
    fn listen(&self, time: Duration) -> Outcome<()> {
        match self.world.complaints.get_timeout(time) {
            Ok(complaint) => Err(complaint.into()),
            Err(QueueError::TimedOut) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    /// Sends everybody home, and looks at what they have left.
    fn close(mut self) -> Outcome<Summary> {
        self.world.evening.set()?;
        for participant in std::mem::take(&mut self.participants) {
            while participant.is_alive() {
                self.world.meeting.end()?;
                self.world.signals.end()?;
                self.listen(Duration::from_millis(1))?;
            }
            participant.join()?;
        }
        self.listen(Duration::ZERO)?;
        let (world, ledger) = (&self.world, &self.world.ledger);
        let kills = self.summary.killed;
        world.bank.check()?;
        world.twins.check()?;
        world.counters.finish(ledger, kills)?;
        world.shuffled.check()?;
        world.pushes.finish(&mut self.seen, ledger, kills)?;
        world.seats.finish()?;
        world.signals.finish(ledger, kills)?;
        world.nested.check()?;
        self.summary.came_through = world.meeting.finish(ledger, kills)?;
        self.summary.late_wakes = with_participant(|me| me.arena().late_wakes())?;
        Ok(self.summary)
    }
}

/// Whether a process has a processor, or is next to get one.
///
/// # References
///
/// [`proc_pid_stat(5)`](https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html)
fn is_at_work(pid: u32) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    // The name in front of the state is in parentheses, and may contain some itself.
    stat.rsplit_once(") ")
        .is_some_and(|(_, state)| state.starts_with('R'))
}

impl fmt::Display for Summary {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "{} participants, {} killed and {} servers, {} times through the barrier, longest round of \
             checks {:.1} ms, {} late wakes",
            self.participants,
            self.killed,
            self.servers_killed,
            self.came_through,
            self.longest_silence.as_secs_f64() * 1e3,
            self.late_wakes
        )
    }
}
