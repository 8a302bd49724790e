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
        match random.below(24) {
            0..4 => world.bank.act(random),
            4..6 => world.counters.act(random, &world.ledger),
            6..8 => world.shuffled.act(random),
            8..10 => {
                self.pushed += 1;
                world.pushes.push(name, self.pushed - 1, &world.ledger)
            }
            10..13 => world.exclusion.act(name, random),
            13..15 => world.seats.act(name, self.done, &world.names, random),
            15 => world.uniform.act(random),
            16 => world.meeting.act(random, &world.ledger),
            17..19 => world.signals.act(random, &world.ledger),
            19..21 => world.nested.act(random),
            21..23 => world.texts.act(random),
            _ => world.hosted.act(name, self.done, &mut self.calls),
        }
    }
}
