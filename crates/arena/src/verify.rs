//! Checking that every block of the arena is in exactly one place (invariant 4).

use std::collections::HashMap;

use crate::arena::Arena;
use crate::error::{Error, Result};
use crate::heap::Block;
use crate::object_table::{Entry, EntryState, Handle, Object};
use crate::registry::{Participant, Transit};

/// What [`Participant::verify`] found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Inventory {
    /// Blocks in use, all of them accounted for.
    pub blocks: usize,
    /// Objects in the table.
    pub objects: usize,
}

impl Participant {
    /// Checks the whole arena: each block that is in use is referred to exactly once, and each
    /// reference is to a block in use.
    ///
    /// Only meaningful while no other thread works on the session's objects.
    ///
    /// # Errors
    ///
    /// [`Error::Corrupt`] with what is wrong: a leaked block, a dangling or double reference, or
    /// a structure that does not hold together.
    pub fn verify(&self) -> Result<Inventory> {
        let mut references = References::default();
        let objects = self.collect_from_objects(&mut references)?;
        self.arena().visit_mail(&mut |arena, block| {
            references.add(arena.block_at(block)?);
            Ok(())
        })?;
        self.arena().for_each_thread(|slot, _| {
            let intent = slot.intent()?;
            for place in [Transit::Payload, Transit::Structure] {
                if let Some(block) = intent.block(place)
                    && self.arena().is_allocated(block)?
                {
                    references.add(block);
                }
            }
            Ok(())
        })?;
        let blocks = references.compare_with_heap(self.arena())?;
        Ok(Inventory { blocks, objects })
    }

    fn collect_from_objects(&self, references: &mut References) -> Result<usize> {
        let arena = self.arena();
        let mut objects = 0;
        for index in 0..arena.committed_objects()? {
            let entry = Entry::new(arena, index as u32)?;
            let status = entry.status()?;
            if status.state == EntryState::Free {
                continue;
            }
            objects += 1;
            let handle = Handle {
                index: index as u32,
                generation: status.generation,
            };
            let object = Object {
                handle,
                header: entry.header(),
            };
            references.add(arena.block_at(object.header)?);
            let kind = arena.kind(status)?;
            kind.visit_blocks(self, object, &mut |block| references.add(block))?;
        }
        Ok(objects)
    }
}

/// How often each block is referred to.
#[derive(Debug, Default)]
struct References {
    counts: HashMap<Block, u32>,
}

impl References {
    fn add(&mut self, block: Block) {
        *self.counts.entry(block).or_insert(0) += 1;
    }

    fn compare_with_heap(mut self, arena: &Arena) -> Result<usize> {
        let (mut blocks, mut leaked, mut doubled) = (0, 0, 0);
        arena.visit_blocks(&mut |block| {
            blocks += 1;
            match self.counts.remove(&block) {
                None => leaked += 1,
                Some(1) => {}
                Some(_) => doubled += 1,
            }
        })?;
        if leaked > 0 {
            return Err(Error::corrupt(
                "a block is in use that nothing refers to: it has leaked",
            ));
        }
        if doubled > 0 {
            return Err(Error::corrupt("a block is referred to twice"));
        }
        match self.counts.is_empty() {
            true => Ok(blocks),
            false => Err(Error::corrupt("an object refers to a block that is free")),
        }
    }
}
