//! What the processes do that are killed: a bit of everything.

use super::hosted::OwnCalls;
use super::part::Part;
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
        let part = Part::any(random);
        world.whereabouts.go_to(world.names.place_of(name), part)?;
        match part {
            Part::Bank => world.bank.act(random),
            Part::Twins => world.twins.act(random),
            Part::Counters => world.counters.act(random, &world.ledger),
            Part::Shuffled => world.shuffled.act(random),
            Part::Pushes => {
                self.pushed += 1;
                world.pushes.push(name, self.pushed - 1, &world.ledger)
            }
            Part::Nested => world.nested.act(random),
            Part::Texts => world.texts.act(random),
            Part::Exclusion => world.exclusion.act(name, random),
            Part::Seats => world.seats.act(name, self.done, &world.names, random),
            Part::Uniform => world.uniform.act(random),
            Part::Meeting => world.meeting.act(random, &world.ledger),
            Part::Signals => world.signals.act(random, &world.ledger),
            Part::Hosted => world.hosted.act(name, self.done, &mut self.calls),
        }
    }
}
