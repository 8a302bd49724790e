//! What the processes do that are killed: a bit of everything.

use super::hosted::OwnCalls;
use super::world::World;
use crate::Outcome;
use crate::random::Random;

struct Participant {
    world: World,
    name: u64,
    random: Random,
    /// How much it has done; what it does next has this number.
    done: u64,
    pushed: u64,
    calls: OwnCalls,
}

/// Works until the evening, or until something is wrong.
pub(super) fn work(world: World, name: u64) {
    let mut participant = Participant {
        world,
        name,
        random: Random::new(name),
        done: 0,
        pushed: 0,
        calls: OwnCalls::default(),
    };
    if let Err(error) = participant.work() {
        // If not even that is possible, its end says that something is wrong.
        drop(participant.world.complaints.put(&error.to_string()));
    }
}

impl Participant {
    fn work(&mut self) -> Outcome<()> {
        while !self.world.evening.is_set()? {
            self.act()?;
            self.done += 1;
        }
        Ok(())
    }

    fn act(&mut self) -> Outcome<()> {
        let (world, name, random) = (&self.world, self.name, &mut self.random);
        // What makes others wait is rarer than what does not.
        match random.below(40) {
            0..2 => world.bank.act(random),
            2..7 => world.twins.act(random),
            7..12 => world.counters.act(random, &world.ledger),
            12..17 => world.shuffled.act(random),
            17..21 => {
                self.pushed += 1;
                world.pushes.push(name, self.pushed - 1, &world.ledger)
            }
            21..26 => world.nested.act(random),
            26..31 => world.texts.act(random),
            31..33 => world.exclusion.act(name, random),
            33 => world.seats.act(name, self.done, &world.names, random),
            34 => world.uniform.act(random),
            35 => world.meeting.act(random, &world.ledger),
            36..39 => world.signals.act(random, &world.ledger),
            _ => world.hosted.act(name, self.done, &mut self.calls),
        }
    }
}
