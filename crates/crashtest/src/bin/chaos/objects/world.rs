//! All that the participants share.

use procession::{Event, Queue};
use serde::{Deserialize, Serialize};

use super::bank::Bank;
use super::counters::Counters;
use super::exclusion::Exclusion;
use super::hosted::HostedValue;
use super::ledger::Ledger;
use super::meeting::Meeting;
use super::names::Names;
use super::nested::Nested;
use super::pushes::Pushes;
use super::seats::Seats;
use super::shuffled::Shuffled;
use super::signals::Signals;
use super::texts::Texts;
use super::twins::Twins;
use super::uniform::Uniform;
use crate::Outcome;
use crate::random::Random;

#[derive(Clone, Serialize, Deserialize)]
pub(super) struct World {
    /// Set when it is time to go home.
    pub(super) evening: Event,
    /// What is wrong, as participants see it.
    pub(super) complaints: Queue<String>,
    pub(super) names: Names,
    pub(super) ledger: Ledger,
    pub(super) bank: Bank,
    pub(super) twins: Twins,
    pub(super) counters: Counters,
    pub(super) shuffled: Shuffled,
    pub(super) pushes: Pushes,
    pub(super) exclusion: Exclusion,
    pub(super) seats: Seats,
    pub(super) uniform: Uniform,
    pub(super) meeting: Meeting,
    pub(super) signals: Signals,
    pub(super) nested: Nested,
    pub(super) texts: Texts,
    pub(super) hosted: HostedValue,
}

impl World {
    pub(super) fn new(places: usize, random: &mut Random) -> Outcome<World> {
        Ok(World {
            evening: Event::new()?,
            complaints: Queue::new()?,
            names: Names::new(places)?,
            ledger: Ledger::new()?,
            bank: Bank::new()?,
            twins: Twins::new()?,
            counters: Counters::new()?,
            shuffled: Shuffled::new()?,
            pushes: Pushes::new()?,
            exclusion: Exclusion::new()?,
            seats: Seats::new()?,
            uniform: Uniform::new()?,
            meeting: Meeting::new()?,
            signals: Signals::new()?,
            nested: Nested::new()?,
            texts: Texts::new(random)?,
            hosted: HostedValue::new()?,
        })
    }

    /// What must be true at any time; one of it.
    pub(super) fn check_something(&self, random: &mut Random) -> Outcome<()> {
        match random.below(5) {
            0 => self.bank.check(),
            1 => self.twins.check(),
            2 => self.counters.check(),
            3 => self.shuffled.check(),
            _ => self.nested.check(),
        }
    }
}
