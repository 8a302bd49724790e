//! The smallest object that has all the protocols: a lock, an event, and a count that is waited for.

use procession_arena::mem::Region;
use procession_arena::{
    Block, Event, FIRST_OF_KIND, Guard, Handle, Lock, Object, ObjectKind, Participant, ProcessId,
    Result, ThreadToken, Wait,
};

const SIZE: usize = 48;
const LOCK: usize = 0;
const EVENT: usize = 8;
/// The thread inside of the guarded section, as it says itself.
const INSIDE: usize = 16;
/// How often a successor recovered.
const RECOVERIES: usize = 24;
/// What is waited for; its store is the commit.
const COUNT: usize = 32;
/// The thread that others wait for; nobody if zero.
const HOLDER: usize = 40;

const OPERATION: u8 = FIRST_OF_KIND;

/// For [`World::of`](crate::world::World::of).
pub static KINDS: &[&dyn ObjectKind] = &[&MonitorKind];

/// A view of a monitor.
#[derive(Clone, Copy, Debug)]
pub struct Monitor {
    object: Object,
}

/// The right to be inside; says so in the monitor.
#[derive(Debug)]
pub struct Inside<'a> {
    header: Region<'a, SIZE>,
    me: &'a Participant,
    _guard: Guard<'a>,
}

impl Monitor {
    /// Creates a monitor whose count is zero.
    ///
    /// # Errors
    ///
    /// As [`Participant::begin_object`].
    pub fn create(me: &Participant) -> Result<Monitor> {
        let block = me.begin_object(SIZE as u64)?;
        me.arena().window().clear(block, SIZE as u64)?;
        let object = me.finish_object(&MonitorKind, block)?;
        Ok(Monitor { object })
    }

    /// Makes the participant's process a holder of the monitor, so that its end is told to it.
    ///
    /// # Errors
    ///
    /// As [`Participant::attach`].
    pub fn attach(&self, me: &Participant) -> Result<()> {
        me.attach(self.object.handle).map(drop)
    }

    fn header<'a>(&self, me: &'a Participant) -> Result<Region<'a, SIZE>> {
        me.arena().window().region(self.object.header)
    }

    fn lock<'a>(&self, me: &'a Participant) -> Result<Lock<'a>> {
        Ok(Lock::new(self.header(me)?.word32::<LOCK>()))
    }

    fn event<'a>(&self, me: &'a Participant) -> Result<Event<'a>> {
        Ok(Event::new(self.header(me)?.word32::<EVENT>()))
    }

    /// Runs `operation` as one that this thread has under way on the monitor.
    ///
    /// # Errors
    ///
    /// As `operation`.
    pub fn at_work<T>(&self, me: &Participant, operation: impl FnOnce() -> Result<T>) -> Result<T> {
        let intent = me.begin(OPERATION, self.object.handle)?;
        let outcome = operation();
        intent.clear_target();
        outcome
    }

    /// Enters; a dead predecessor's traces are wiped out first.
    ///
    /// # Errors
    ///
    /// As [`Lock::acquire`].
    ///
    /// # Panics
    ///
    /// If somebody else is inside, or the traces were not wiped out.
    pub fn enter<'a>(&self, me: &'a Participant) -> Result<Inside<'a>> {
        let header = self.header(me)?;
        let inside = header.word32::<INSIDE>();
        let guard = self.lock(me)?.acquire(me, || {
            inside.store(0);
            header.word64::<RECOVERIES>().fetch_add(1);
            Ok(())
        })?;
        assert_eq!(inside.load(), 0, "somebody else is inside, or died there");
        inside.store(me.token().bits());
        Ok(Inside {
            header,
            me,
            _guard: guard,
        })
    }

    /// Adds to the count, then wakes as many.
    ///
    /// # Errors
    ///
    /// As [`enter`](Self::enter).
    pub fn add(&self, me: &Participant, number: u32) -> Result<()> {
        self.at_work(me, || {
            self.enter(me)?.change(|count| count + u64::from(number));
            self.event(me)?.notify(number);
            Ok(())
        })
    }

    /// Takes one from the count, waiting for it; wakes one more if there is more (rule W3).
    ///
    /// # Errors
    ///
    /// As [`enter`](Self::enter).
    pub fn take(&self, me: &Participant) -> Result<()> {
        self.at_work(me, || {
            let event = self.event(me)?;
            let left = event.wait_for(me, Wait::Forever, || {
                let inside = self.enter(me)?;
                Ok(match inside.count() {
                    0 => None,
                    count => {
                        inside.change(|_| count - 1);
                        Some(count - 1)
                    }
                })
            })?;
            if left.is_some_and(|left| left > 0) {
                event.notify(1);
            }
            Ok(())
        })
    }

    /// As [`add`](Self::add), without the lock: fewer steps, so that more orders of them are tried.
    ///
    /// # Errors
    ///
    /// [`Error::Corrupt`](procession_arena::Error::Corrupt), never.
    pub fn give(&self, me: &Participant, number: u32) -> Result<()> {
        self.at_work(me, || {
            let count = self.header(me)?.word64::<COUNT>();
            count.fetch_add(number.into());
            self.event(me)?.notify(number);
            Ok(())
        })
    }

    /// As [`take`](Self::take), without the lock.
    ///
    /// # Errors
    ///
    /// [`Error::Corrupt`](procession_arena::Error::Corrupt), never.
    pub fn grab(&self, me: &Participant) -> Result<()> {
        self.at_work(me, || {
            let count = self.header(me)?.word64::<COUNT>();
            let grab = || {
                let found = count.load();
                let taken = found > 0 && count.compare_exchange(found, found - 1).is_ok();
                Ok(taken.then_some(()))
            };
            let event = self.event(me)?;
            event.wait_for(me, Wait::Forever, grab)?;
            if count.load() > 0 {
                event.notify(1);
            }
            Ok(())
        })
    }

    /// Becomes the thread that others wait for.
    ///
    /// # Errors
    ///
    /// [`Error::Corrupt`](procession_arena::Error::Corrupt), never.
    pub fn hold(&self, me: &Participant) -> Result<()> {
        self.header(me)?.word32::<HOLDER>().store(me.token().bits());
        Ok(())
    }

    /// Is no longer the thread that others wait for, and wakes one.
    ///
    /// # Errors
    ///
    /// [`Error::Corrupt`](procession_arena::Error::Corrupt), never.
    pub fn let_go(&self, me: &Participant) -> Result<()> {
        self.at_work(me, || {
            self.header(me)?.word32::<HOLDER>().swap(0);
            self.event(me)?.notify(1);
            Ok(())
        })
    }

    /// Waits until nobody holds the monitor, and then does.
    ///
    /// # Errors
    ///
    /// [`Error::Corrupt`](procession_arena::Error::Corrupt) if a token is damaged.
    pub fn wait_to_hold(&self, me: &Participant) -> Result<()> {
        let holder = self.header(me)?.word32::<HOLDER>();
        let own = me.token().bits();
        self.wait_watching_holder(me, || holder.compare_exchange(0, own).is_ok())
    }

    /// Waits until nobody holds the monitor, and wakes the next who may wait for that (rule W3).
    ///
    /// # Errors
    ///
    /// [`Error::Corrupt`](procession_arena::Error::Corrupt) if a token is damaged.
    pub fn wait_until_free(&self, me: &Participant) -> Result<()> {
        let holder = self.header(me)?.word32::<HOLDER>();
        self.wait_watching_holder(me, || holder.load() == 0)
    }

    fn wait_watching_holder(&self, me: &Participant, ready: impl Fn() -> bool) -> Result<()> {
        let holder = self.header(me)?.word32::<HOLDER>();
        self.at_work(me, || {
            let watched = || ThreadToken::from_bits(holder.load());
            let event = self.event(me)?;
            event.wait_for_watching(me, Wait::Forever, watched, || Ok(ready().then_some(())))?;
            if holder.load() == 0 {
                event.notify(1);
            }
            Ok(())
        })
    }

    /// What was put and not taken.
    ///
    /// # Errors
    ///
    /// [`Error::Corrupt`](procession_arena::Error::Corrupt), never.
    pub fn count(&self, me: &Participant) -> Result<u64> {
        Ok(self.header(me)?.word64::<COUNT>().load())
    }

    /// How often somebody succeeded a dead owner of the lock.
    ///
    /// # Errors
    ///
    /// [`Error::Corrupt`](procession_arena::Error::Corrupt), never.
    pub fn recoveries(&self, me: &Participant) -> Result<u64> {
        Ok(self.header(me)?.word64::<RECOVERIES>().load())
    }
}

impl Inside<'_> {
    /// The count.
    pub fn count(&self) -> u64 {
        self.header.word64::<COUNT>().load()
    }

    /// Changes the count in two steps.
    pub fn change(&self, change: impl FnOnce(u64) -> u64) {
        let count = self.count();
        self.header.word64::<COUNT>().store(change(count));
    }
}

impl Drop for Inside<'_> {
    fn drop(&mut self) {
        let inside = self.header.word32::<INSIDE>();
        if !procession_arena::mem::simulation::is_dead() && !std::thread::panicking() {
            let own = self.me.token().bits();
            assert_eq!(inside.load(), own, "somebody else came in");
        }
        inside.store(0);
    }
}

#[derive(Debug)]
struct MonitorKind;

impl ObjectKind for MonitorKind {
    fn tag(&self) -> u8 {
        1
    }

    fn name(&self) -> &'static str {
        "monitor"
    }

    fn recover(&self, me: &Participant, object: Object) -> Result<()> {
        let monitor = Monitor { object };
        drop(monitor.enter(me)?);
        let holder = monitor.header(me)?.word32::<HOLDER>();
        let held = holder.load();
        if let Some(thread) = ThreadToken::from_bits(held)?
            && me.arena().is_dead(thread)?
        {
            let _ = holder.compare_exchange(held, 0);
        }
        monitor.event(me)?.notify_all();
        Ok(())
    }

    fn process_gone(
        &self,
        me: &Participant,
        object: Object,
        _process: ProcessId,
        _pid: u32,
    ) -> Result<()> {
        self.recover(me, object)
    }

    fn take_apart(&self, _me: &Participant, _object: Object) -> Result<()> {
        Ok(())
    }

    fn visit_blocks(
        &self,
        _me: &Participant,
        _object: Object,
        _visit: &mut dyn FnMut(Block),
    ) -> Result<()> {
        Ok(())
    }

    fn visit_handles(
        &self,
        _me: &Participant,
        _object: Object,
        _visit: &mut dyn FnMut(Handle),
    ) -> Result<()> {
        Ok(())
    }
}
