//! The processes of many rounds, and the history of each round.

use std::collections::HashSet;
use std::error::Error;

use procession::{Process, Queue, StartMethod, Value};

use crate::chance::Chance;
use crate::recording::{Journal, Order, STEPS, now, work};
use crate::search::{Call, is_linearizable};
use crate::subject::Subject;

/// Processes that are at work at once.
const PROCESSES: usize = 4;

/// In one of so many rounds a process is killed.
const ROUNDS_FOR_A_KILL: u64 = 4;

pub(crate) type Outcome<T> = Result<T, Box<dyn Error>>;

struct Member<O: Subject> {
    process: Process<Result<(), String>>,
    orders: Queue<Order<O::Object>>,
}

/// What the histories were like.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    pub(crate) rounds: u64,
    pub(crate) kills: u64,
    /// Calls that somebody was killed in.
    pub(crate) cut_short: u64,
    /// Pairs of calls that were under way at once.
    pub(crate) overlaps: u64,
}

/// Plays so many rounds with new objects.
///
/// # Errors
///
/// The first history that no order explains, and whatever else goes wrong.
pub(crate) fn play<O: Subject>(rounds: u64, seed: u64) -> Outcome<Tally> {
    let mut crew = (0..PROCESSES)
        .map(|_| start::<O>())
        .collect::<Outcome<Vec<_>>>()?;
    let (mut chance, mut tally) = (Chance(seed), Tally::default());
    for number in 0..rounds {
        Round::<O>::open(number, &mut chance)?.play(&mut crew, &mut chance, &mut tally)?;
    }
    for Member { process, orders } in crew {
        orders.close()?;
        process.join()??;
    }
    Ok(tally)
}

fn start<O: Subject>() -> Outcome<Member<O>> {
    let orders = Queue::new()?;
    let builder = Process::builder().start_method(StartMethod::ForkServer);
    let process = builder.daemon(true).spawn(work::<O>, (orders.clone(),))?;
    Ok(Member { process, orders })
}

struct Round<O: Subject> {
    number: u64,
    object: O::Object,
    state: O::State,
    journals: Vec<Journal>,
    chances: Vec<u64>,
    ready: Value<u64>,
    done: Queue<usize>,
}

/// Who was killed, and between which times.
struct Death {
    process: usize,
    begun: u64,
    ended: u64,
}

impl<O: Subject> Round<O> {
    fn open(number: u64, chance: &mut Chance) -> Outcome<Round<O>> {
        let (object, state) = O::make(chance)?;
        let journals = (0..PROCESSES).map(|_| Journal::new());
        Ok(Round {
            number,
            object,
            state,
            journals: journals.collect::<Result<_, _>>()?,
            chances: (0..PROCESSES).map(|_| chance.below(u64::MAX)).collect(),
            ready: Value::new(0)?,
            done: Queue::new()?,
        })
    }

    fn play(self, crew: &mut [Member<O>], chance: &mut Chance, tally: &mut Tally) -> Outcome<()> {
        for (process, member) in crew.iter().enumerate() {
            member.orders.put(&self.order(process))?;
        }
        let death = match chance.below(ROUNDS_FOR_A_KILL) {
            0 => Some(self.kill(crew, chance)?),
            _ => None,
        };
        let mut at_work: HashSet<usize> = (0..PROCESSES).collect();
        if let Some(death) = &death {
            at_work.remove(&death.process);
        }
        while !at_work.is_empty() {
            at_work.remove(&self.done.get()?);
        }
        let calls = self.calls(death.as_ref())?;
        tally.count(&calls, death.is_some());
        match is_linearizable::<O>(&calls, self.state.clone()) {
            true => Ok(()),
            false => Err(self.explain(calls).into()),
        }
    }

    fn order(&self, process: usize) -> Order<O::Object> {
        Order {
            object: self.object.clone(),
            round: self.number,
            chance: self.chances[process],
            journal: self.journals[process].clone(),
            everybody: PROCESSES as u64,
            ready: self.ready.clone(),
            process,
            done: self.done.clone(),
        }
    }

    /// Kills one when it is at some step, and puts another one in its place.
    fn kill(&self, crew: &mut [Member<O>], chance: &mut Chance) -> Outcome<Death> {
        let process = chance.below(PROCESSES as u64) as usize;
        let next = start()?;
        let step = chance.below(STEPS as u64) as usize;
        while !self.journals[process].has_begun(step)? {
            std::hint::spin_loop();
        }
        let begun = now();
        let victim = std::mem::replace(&mut crew[process], next);
        victim.process.kill()?;
        match victim.process.join() {
            Err(_) => Ok(Death {
                process,
                begun,
                ended: now(),
            }),
            Ok(ended) => Err(format!("a process ended by itself: {ended:?}").into()),
        }
    }

    /// All that was done, and at the end a look at what has become of the object.
    fn calls(&self, death: Option<&Death>) -> Outcome<Vec<Call<O::Operation>>> {
        let mut calls = Vec::new();
        for (process, journal) in self.journals.iter().enumerate() {
            let plan = O::plan(self.number, &mut Chance(self.chances[process]), STEPS);
            let death = death.filter(|death| death.process == process);
            for (operation, entry) in plan.into_iter().zip(journal.entries()?) {
                let (ended, answer) = match (entry.end, death) {
                    (Some((ended, answer)), _) => (ended, Some(answer)),
                    (None, Some(death)) => (death.ended, None),
                    (None, None) => return Err("a living process did not end its call".into()),
                };
                calls.push(Call {
                    process,
                    operation,
                    begun: entry.begun,
                    ended,
                    answer,
                });
            }
            if let Some((death, operation)) = death.zip(O::death()) {
                let answer = Some(O::perform(&self.object, &operation)?);
                let (begun, ended) = (death.begun, death.ended);
                calls.push(Call {
                    process,
                    operation,
                    begun,
                    ended,
                    answer,
                });
            }
        }
        for operation in O::epilogue() {
            let begun = now();
            let answer = Some(O::perform(&self.object, &operation)?);
            calls.push(Call {
                process: PROCESSES,
                operation,
                begun,
                ended: now(),
                answer,
            });
        }
        Ok(calls)
    }

    fn explain(&self, mut calls: Vec<Call<O::Operation>>) -> String {
        calls.sort_by_key(|call| call.begun);
        let first = calls.first().map_or(0, |call| call.begun);
        let mut text = format!("no order explains round {}:", self.number);
        for call in calls {
            let (begun, ended) = (call.begun - first, call.ended - first);
            text += &format!(
                "\n  {begun:>9} to {ended:>9} ns, process {}: {:?} -> {:?}",
                call.process, call.operation, call.answer
            );
        }
        text
    }
}

impl Tally {
    fn count<O>(&mut self, calls: &[Call<O>], is_killed: bool) {
        self.rounds += 1;
        self.kills += u64::from(is_killed);
        self.cut_short += calls.iter().filter(|call| call.answer.is_none()).count() as u64;
        for (number, one) in calls.iter().enumerate() {
            let others = calls[number + 1..].iter();
            self.overlaps += others
                .filter(|other| one.begun < other.ended && other.begun < one.ended)
                .count() as u64;
        }
    }
}
