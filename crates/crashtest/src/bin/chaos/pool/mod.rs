//! A pool, threads that give it tasks, and somebody who kills its workers.

mod killer;
mod ledger;
mod submitter;
mod task;
mod ways;

use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, yield_now};
use std::time::{Duration, Instant};

use procession::Pool;
use procession_engine::with_participant;

use crate::Outcome;
use crate::random::Random;
use ledger::{Fates, Ledger};
use submitter::Submitter;
use task::Marks;

/// Tasks for each kill that is asked for; there is a kill every ten milliseconds for as long as they take.
const TASKS_PER_KILL: u64 = 100;

const WORKERS: usize = 4;
const SUBMITTERS: u64 = 5;

/// Tasks that wait in the pool: fewer than are submitted at a time, so that submitters wait as well.
const MOST_QUEUED: usize = 1_000;

/// A worker that gets so far retires, and another takes its place.
const TASKS_PER_WORKER: u64 = 400;

/// Until the last worker that was killed has been replaced.
const PATIENCE: Duration = Duration::from_secs(30);

/// What happened.
pub(crate) struct Summary {
    tasks: usize,
    took: Duration,
    kills: u64,
    workers: u64,
    fates: Fates,
    late_wakes: u64,
}

/// Has as many tasks carried out as suit so many kills, and looks whether each was told its end.
pub(crate) fn run(kills: u64, random: &mut Random) -> Outcome<Summary> {
    let tasks = usize::try_from(kills * TASKS_PER_KILL)?;
    let marks = Marks::new(tasks + WORKERS)?;
    let ledger = Ledger::new(tasks);
    let pool = Pool::builder()
        .workers(WORKERS)
        .initializer(task::prepare, (marks.clone(),))
        .max_queued(MOST_QUEUED)
        .max_tasks_per_worker(TASKS_PER_WORKER)
        .build()?;
    let begin = Instant::now();
    let killed = submit_and_kill(&pool, &ledger, &marks, random)?;
    let took = begin.elapsed();
    look_at_the_end(&pool, tasks, &marks)?;
    let workers = pool.statistics().iter().map(|seat| seat.workers).sum();
    if random.below(2) == 0 {
        pool.close();
        pool.join()?;
    }
    drop(pool);
    Ok(Summary {
        tasks,
        took,
        kills: killed,
        workers,
        fates: ledger.judge(&marks, killed)?,
        late_wakes: with_participant(|me| me.arena().late_wakes())?,
    })
}

fn submit_and_kill(
    pool: &Pool,
    ledger: &Ledger,
    marks: &Marks,
    random: &mut Random,
) -> Outcome<u64> {
    let over = AtomicBool::new(false);
    let seeds: Vec<u64> = (0..SUBMITTERS).map(|_| random.below(u64::MAX)).collect();
    thread::scope(|scope| {
        let killer = scope.spawn(|| killer::kill_workers(pool, &over, random));
        let submitters: Vec<_> = seeds
            .into_iter()
            .map(|seed| {
                let random = Random::new(seed);
                let submitter = Submitter {
                    pool,
                    ledger,
                    marks,
                    random,
                };
                scope.spawn(|| submitter.submit_all())
            })
            .collect();
        let outcomes: Vec<_> = submitters.into_iter().map(|thread| thread.join()).collect();
        over.store(true, Ordering::Relaxed);
        let kills = killer.join().map_err(|_| "the killer panicked")??;
        for outcome in outcomes {
            outcome.map_err(|_| "a submitter panicked")??;
        }
        Ok(kills)
    })
}

/// All workers are there, and work.
fn look_at_the_end(pool: &Pool, tasks: usize, marks: &Marks) -> Outcome<()> {
    let begin = Instant::now();
    while !killer::is_at_full_strength(pool) {
        if begin.elapsed() > PATIENCE {
            return Err(format!(
                "of {} workers only {:?} are there",
                pool.workers(),
                pool.pids()
            )
            .into());
        }
        yield_now();
    }
    let last =
        (tasks..tasks + WORKERS).map(|number| task::Task::new(number, task::Length::Quick, marks));
    for (answer, number) in pool.map(task::carry_out, last)?.into_iter().zip(tasks..) {
        if answer? != task::Answer::to(number) {
            return Err("a wrong result came of a quiet pool".into());
        }
    }
    match pool.outstanding() {
        0 => Ok(()),
        tasks => Err(format!("{tasks} tasks are outstanding that nobody knows").into()),
    }
}

impl fmt::Display for Summary {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Fates {
            returned,
            lost,
            expired,
            cancelled,
            untold,
            begun_again,
            lost_unmarked,
        } = self.fates;
        let seconds = self.took.as_secs_f64();
        write!(
            formatter,
            "{} tasks in {seconds:.1} s, {} workers killed ({:.0} a second) of {}, {returned} tasks returned, {lost} lost \
             ({lost_unmarked} before their first instruction), {expired} expired, {cancelled} cancelled, {untold} given up \
             or in a map that failed, {begun_again} begun again, {} late wakes",
            self.tasks,
            self.kills,
            self.kills as f64 / seconds,
            self.workers,
            self.late_wakes
        )
    }
}
