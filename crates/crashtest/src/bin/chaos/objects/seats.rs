//! A semaphore whose permits come back when their holders are killed.

use procession::{Semaphore, SharedArray, SharedError};
use serde::{Deserialize, Serialize};

use super::names::Names;
use crate::Outcome;
use crate::random::Random;

const SEATS: u32 = 3;

#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Seats {
    permits: Semaphore,
    /// Who sits where, packed; zero for nobody.
    seats: SharedArray<u64>,
}

/// That somebody sits down; never the same twice.
#[derive(Clone, Copy)]
struct Sitting {
    name: u64,
    number: u64,
}

impl Sitting {
    fn pack(self) -> u64 {
        self.number << 32 | self.name
    }

    fn name_of(packed: u64) -> u64 {
        packed & 0xffff_ffff
    }
}

impl Seats {
    pub(super) fn new() -> Outcome<Seats> {
        Ok(Seats {
            permits: Semaphore::builder(SEATS).attributed(true).build()?,
            seats: SharedArray::new(SEATS as usize, 0)?,
        })
    }

    /// `number` is another one each time.
    pub(super) fn act(
        &self,
        name: u64,
        number: u64,
        names: &Names,
        random: &mut Random,
    ) -> Outcome<()> {
        let permit = match random.below(3) {
            0 => self.permits.try_acquire(),
            1 => self.permits.acquire_timeout(random.moment()),
            _ => self.permits.acquire(),
        };
        let _permit = match permit {
            Ok(permit) => permit,
            Err(SharedError::WouldBlock | SharedError::TimedOut) => return Ok(()),
            Err(error) => return Err(error.into()),
        };
        let sitting = Sitting { name, number };
        let seat = self.sit_down(sitting, names)?;
        random.linger();
        match self.seats.compare_exchange(seat, sitting.pack(), 0)? {
            Ok(_) => Ok(()),
            // Others need not wait until it is dead.
            Err(_) if names.is_condemned(name)? => Ok(()),
            Err(other) => Err(format!("{other:x} sat down where {name} sat").into()),
        }
    }

    /// With a permit there is a seat that is free, or whose owner was killed.
    fn sit_down(&self, sitting: Sitting, names: &Names) -> Outcome<usize> {
        loop {
            let before = self.seats.to_vec()?;
            let mut all_are_taken = true;
            for (seat, owner) in before.iter().copied().enumerate() {
                if owner != 0 && !names.is_condemned(Sitting::name_of(owner))? {
                    continue;
                }
                all_are_taken = false;
                let taken = self.seats.compare_exchange(seat, owner, sitting.pack())?;
                if taken.is_ok() {
                    return Ok(seat);
                }
            }
            // No sitting comes twice. So if they are still the same, they were all there at one moment, the
            // end of the first look, when nobody had yet killed them.
            if all_are_taken && self.seats.to_vec()? == before {
                let name = sitting.name;
                return Err(format!("{name} has a permit, but {before:x?} sit there").into());
            }
        }
    }

    pub(super) fn finish(&self) -> Outcome<()> {
        match self.permits.value()? {
            SEATS => Ok(()),
            value => Err(format!("{value} of {SEATS} permits have come back").into()),
        }
    }
}
