//! The two messages of a process slot: what a child is to run, and what came of it.
//!
//! A message is a block: its length, how many handles it carries, the handles, the bytes. The
//! slot's word that names it is the commit word. A message holds the objects it carries handles
//! of, because whoever looks for references looks here too.

use crate::arena::Arena;
use crate::error::{Error, Result};
use crate::heap::Block;
use crate::object_table::Handle;
use crate::registry::identity::ProcessId;
use crate::registry::intent::{Intent, OWNED, Transit, operation};
use crate::registry::participant::Participant;
use crate::registry::process_slot::{Mail, ProcessSlot};

const HANDLES: u64 = 16;

impl Participant {
    /// Leaves the message that tells a reserved child what to run.
    ///
    /// # Errors
    ///
    /// [`Error::OutOfMemory`]; [`Error::StaleHandle`] if an object in `handles` is gone.
    pub fn set_start_message(
        &self,
        process: ProcessId,
        bytes: &[u8],
        handles: &[Handle],
    ) -> Result<()> {
        self.put_mail(process, Mail::Start, bytes, handles)
    }

    /// Leaves what came of this process for its parent.
    ///
    /// # Errors
    ///
    /// As [`set_start_message`](Self::set_start_message).
    pub fn set_result(&self, bytes: &[u8], handles: &[Handle]) -> Result<()> {
        self.put_mail(self.process(), Mail::Result, bytes, handles)
    }

    /// Reads the message that tells this process what to run.
    ///
    /// # Errors
    ///
    /// [`Error::Corrupt`] if there is none.
    pub fn start_message(&self) -> Result<Vec<u8>> {
        self.read_mail(self.process(), Mail::Start)?
            .ok_or_else(|| Error::corrupt("a child was started without a message"))
    }

    /// Frees the message that told this process what to run.
    ///
    /// # Errors
    ///
    /// [`Error::Corrupt`] if the session is damaged.
    pub fn drop_start_message(&self) -> Result<()> {
        self.drop_mail(self.process(), Mail::Start)
    }

    /// Reads what came of a child; `None` if it left nothing.
    ///
    /// # Errors
    ///
    /// [`Error::Corrupt`] if the session is damaged.
    pub fn result(&self, process: ProcessId) -> Result<Option<Vec<u8>>> {
        self.read_mail(process, Mail::Result)
    }

    /// Attaches what a child's result carries handles of, for this process.
    ///
    /// # Errors
    ///
    /// [`Error::Corrupt`] if the session is damaged.
    pub fn attach_result_handles(&self, process: ProcessId) -> Result<Vec<Handle>> {
        self.attach_mailed(process, Mail::Result)
    }

    /// Attaches what this process's start message carries handles of.
    ///
    /// # Errors
    ///
    /// [`Error::Corrupt`] if the session is damaged.
    pub fn attach_start_handles(&self) -> Result<Vec<Handle>> {
        self.attach_mailed(self.process(), Mail::Start)
    }

    fn attach_mailed(&self, process: ProcessId, mail: Mail) -> Result<Vec<Handle>> {
        let Some((slot, _)) = self.arena().process_slot(process)? else {
            return Ok(Vec::new());
        };
        let block = slot.mail(mail).load();
        let mut handles = Vec::new();
        if block != 0 {
            self.arena()
                .visit_handles_of_mail(block, &mut |handle| handles.push(handle))?;
        }
        for handle in &handles {
            self.attach(*handle)?;
        }
        Ok(handles)
    }

    fn put_mail(
        &self,
        process: ProcessId,
        mail: Mail,
        bytes: &[u8],
        handles: &[Handle],
    ) -> Result<()> {
        let Some((slot, _)) = self.arena().process_slot(process)? else {
            return Err(Error::corrupt(
                "a message is meant for a process that is gone",
            ));
        };
        for handle in handles {
            self.note_sent(*handle)?;
        }
        let intent = self.begin(operation::MAIL, slot_name(process))?;
        let written = self.write_mail(bytes, handles);
        if let Ok(block) = written {
            // The slot's word is the commit; nobody but this thread writes it now.
            slot.mail(mail).store(block.offset);
        }
        intent.clear_block(Transit::Payload);
        intent.clear_target();
        written.map(drop)
    }

    fn write_mail(&self, bytes: &[u8], handles: &[Handle]) -> Result<Block> {
        let length = HANDLES + 8 * handles.len() as u64 + bytes.len() as u64;
        let block = self.allocate(length, Transit::Payload)?;
        let window = self.arena().window();
        window.word64(block.offset)?.store(bytes.len() as u64);
        window.word64(block.offset + 8)?.store(handles.len() as u64);
        let mut place = block.offset + HANDLES;
        for handle in handles {
            window.word64(place)?.store(handle.pack());
            place += 8;
        }
        window.copy_in(place, bytes)?;
        Ok(block)
    }

    fn read_mail(&self, process: ProcessId, mail: Mail) -> Result<Option<Vec<u8>>> {
        let Some((slot, _)) = self.arena().process_slot(process)? else {
            return Ok(None);
        };
        let block = slot.mail(mail).load();
        if block == 0 {
            return Ok(None);
        }
        let (bytes, place) = self.arena().measure_mail(block)?;
        let mut message = Vec::new();
        self.arena()
            .window()
            .append_to(&mut message, place, bytes as usize)?;
        Ok(Some(message))
    }

    /// Unlinks and frees a message, if there is one.
    pub(super) fn drop_mail(&self, process: ProcessId, mail: Mail) -> Result<()> {
        let slot = ProcessSlot::new(self.arena(), process.index)?;
        let word = slot.mail(mail);
        let offset = word.load();
        if offset == 0 {
            return Ok(());
        }
        let mut handles = Vec::new();
        self.arena()
            .visit_handles_of_mail(offset, &mut |handle| handles.push(handle))?;
        let intent = self.begin(operation::MAIL, slot_name(process))?;
        self.hold(offset, Transit::Payload)?;
        word.store(0);
        intent.set_expected(OWNED);
        self.release(Transit::Payload)?;
        intent.clear_transit();
        intent.clear_target();
        for handle in handles {
            self.destroy_if_unreachable(handle)?;
        }
        Ok(())
    }

    /// Frees a message that a dead thread had not linked yet, or had unlinked already.
    pub(super) fn settle_mail(&self, intent: Intent<'_>, slot_name: Handle) -> Result<()> {
        let Some(block) = intent.block(Transit::Payload) else {
            return Ok(());
        };
        let index = u16::try_from(slot_name.index)
            .map_err(|_| Error::corrupt("a message is meant for no possible process"))?;
        let slot = ProcessSlot::new(self.arena(), index)?;
        let linked = [Mail::Start, Mail::Result]
            .into_iter()
            .any(|mail| slot.mail(mail).load() == block.offset);
        if !linked {
            self.free(block)?;
        }
        intent.clear_transit();
        Ok(())
    }

    /// Calls `visit` with each handle that stands in a message of a process slot.
    pub(crate) fn visit_mailed_handles(&self, visit: &mut dyn FnMut(Handle)) -> Result<()> {
        self.arena()
            .visit_mail(&mut |arena, block| arena.visit_handles_of_mail(block, visit))
    }
}

/// A process slot in the place where intents name an object.
fn slot_name(process: ProcessId) -> Handle {
    Handle {
        index: process.index.into(),
        generation: process.generation,
    }
}

impl Arena {
    /// Calls `visit` with the block of each message of a process slot.
    pub(crate) fn visit_mail(
        &self,
        visit: &mut dyn FnMut(&Arena, u64) -> Result<()>,
    ) -> Result<()> {
        for index in 0..self.process_slots_used()? {
            let slot = ProcessSlot::new(self, index)?;
            for mail in [Mail::Start, Mail::Result] {
                let word = slot.mail(mail);
                let block = word.load();
                if block == 0 {
                    continue;
                }
                match visit(self, block) {
                    // It was taken in this moment, and freed.
                    Err(Error::Corrupt { .. }) if word.load() != block => {}
                    outcome => outcome?,
                }
            }
        }
        Ok(())
    }

    /// Length in bytes of a message, and where its bytes begin.
    fn measure_mail(&self, block: u64) -> Result<(u64, u64)> {
        let bytes = self.window().word64(block)?.load();
        let place = block + HANDLES + 8 * self.handles_of_mail(block)?;
        match self.capacity(block)?.checked_sub(place - block) {
            Some(room) if bytes <= room => Ok((bytes, place)),
            _ => Err(Error::corrupt("a message is longer than its block")),
        }
    }

    fn handles_of_mail(&self, block: u64) -> Result<u64> {
        let handles = self.window().word64(block + 8)?.load();
        match handles < self.capacity(block)? / 8 {
            true => Ok(handles),
            false => Err(Error::corrupt(
                "a message has more handles than its block holds",
            )),
        }
    }

    fn visit_handles_of_mail(&self, block: u64, visit: &mut dyn FnMut(Handle)) -> Result<()> {
        for number in 0..self.handles_of_mail(block)? {
            let word = self.window().word64(block + HANDLES + 8 * number)?;
            visit(Handle::unpack(word.load()));
        }
        Ok(())
    }
}
