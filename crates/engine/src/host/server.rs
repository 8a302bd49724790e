//! The server process's main thread: it takes orders, and starts a thread for each value.

use std::convert::Infallible;
use std::io::{self, Write};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use procession_arena::sys::process::exit_immediately;
use procession_arena::{Error, Handle, Participant, Wait};
use procession_objects::{Manager, Message, Queue};

use super::answer::answer;
use super::caller::let_go;
use super::value::{self, Birth};
use super::wire::{Appointment, Order, ReturnAddress};
use crate::launch::function::FunctionName;
use crate::launch::message::{self, Completion};
use crate::launch::{Arguments, EntryError, Returned};
use crate::with_participant;

/// How often the server makes sure that it was not overlooked when somebody let go.
const ROUND: Duration = Duration::from_secs(10);

/// The server's part of one value.
struct Running {
    thread: JoinHandle<()>,
    calls: Handle,
}

/// What the main thread knows.
struct Server {
    control: Queue,
    running: Vec<Running>,
    /// Each value's thread has a clone.
    alive: Sender<Infallible>,
}

/// What the server process runs.
pub(super) fn serve(arguments: Arguments) -> Result<Returned, EntryError> {
    let mut bytes = arguments.bytes().to_vec();
    let appointment: Appointment = message::cut(&mut bytes).ok_or(UNINTELLIGIBLE)?;
    let control = with_participant(|me| {
        let control = Queue::attach(me, Handle::unpack(appointment.control))?;
        match announce(me, &appointment)? {
            true => Ok(Some(control)),
            false => control.detach(me).map(|()| None),
        }
    })?;
    drop(arguments);
    if let Some(control) = control {
        let (alive, ended) = channel();
        let server = Server {
            control,
            running: Vec::new(),
            alive,
        };
        with_participant(|me| server.serve(me, &ended))?;
    }
    Ok(Returned::default())
}

/// Becomes the manager's server if it has none; tells whoever started this process who is.
fn announce(me: &Participant, appointment: &Appointment) -> Result<bool, Error> {
    let manager = Manager::attach(me, Handle::unpack(appointment.manager))?;
    let server = loop {
        let former = manager.server(me)?;
        if let Some(other) = former
            && me.arena().living_thread_of(other)?.is_some()
        {
            break other;
        }
        if manager.announce_server(me, former, me.process())? {
            break me.process();
        }
    };
    let name = server.pack().to_le_bytes().to_vec();
    answer(me, appointment.address, name, &[], DONE)?;
    me.detach(manager.handle())?;
    Ok(server == me.process())
}

impl Server {
    /// Until nobody is left who could give an order or call a value.
    fn serve(mut self, me: &Participant, ended: &Receiver<Infallible>) -> Result<(), Error> {
        me.keep(self.control.handle())?;
        self.take_orders(me)?;
        let Server {
            control,
            running,
            alive,
        } = self;
        drop(alive);
        // A value ends with its last user; its thread reaps the dead while it sleeps.
        while let Err(RecvTimeoutError::Timeout) = ended.recv_timeout(ROUND) {
            make_sure(me, &running)?;
        }
        control.detach(me)
    }

    fn take_orders(&mut self, me: &Participant) -> Result<(), Error> {
        let mut message = Message::default();
        loop {
            let wait = Instant::now()
                .checked_add(ROUND)
                .map_or(Wait::Forever, Wait::Until);
            match self.control.get(me, &mut message, wait) {
                Ok(()) => self.obey(me, std::mem::take(&mut message))?,
                Err(Error::TimedOut) => {
                    make_sure(me, &self.running)?;
                    me.leave_to_keeper(self.control.handle())?;
                }
                Err(Error::Closed) => return Ok(()),
                Err(error) => return Err(error),
            }
            self.running.retain(|value| !value.thread.is_finished());
        }
    }

    fn obey(&mut self, me: &Participant, mut message: Message) -> Result<(), Error> {
        match message::cut(&mut message.bytes) {
            Some(Order::Host { maker, address }) => self.host(me, maker, address, message),
            Some(Order::ShutDown { address }) => {
                self.control.close(me)?;
                for value in &self.running {
                    close(me, value.calls)?;
                }
                answer(me, address, Vec::new(), &[], DONE)?;
                end_at_once()
            }
            None => Err(Error::Corrupt {
                what: "an order to a manager's server is unintelligible",
            }),
        }
    }

    fn host(
        &mut self,
        me: &Participant,
        maker: FunctionName,
        address: ReturnAddress,
        message: Message,
    ) -> Result<(), Error> {
        let handles = message.handles.clone();
        let started = match handles.first() {
            Some(&calls) => {
                let birth = Birth {
                    calls,
                    maker,
                    address,
                    message,
                };
                value::start(birth, self.alive.clone()).map(|thread| Running { thread, calls })
            }
            None => Err("the order names no call queue".to_owned()),
        };
        match started {
            Ok(value) => {
                self.running.push(value);
                Ok(())
            }
            Err(reason) => {
                let_go(me, &handles);
                let refused = Completion::ArenaFailed { reason };
                answer(me, address, Vec::new(), &[], refused)
            }
        }
    }
}

/// Ends the process, and with it the calls under way, which is how their callers learn of it.
///
/// Not by `exit`, which waits for children that values have started, perhaps for ever.
fn end_at_once() -> ! {
    // What cannot be written now is lost, as it is in any other end.
    let _ = io::stdout().flush();
    exit_immediately(0)
}

/// Refuses all further calls of a value.
fn close(me: &Participant, calls: Handle) -> Result<(), Error> {
    match Queue::attach(me, calls) {
        Ok(queue) => {
            queue.close(me)?;
            queue.detach(me)
        }
        // The value has ended.
        Err(Error::StaleHandle { .. }) => Ok(()),
        Err(error) => Err(error),
    }
}

/// Whoever let go last may have overlooked that only the server is left.
fn make_sure(me: &Participant, running: &[Running]) -> Result<(), Error> {
    running
        .iter()
        .try_for_each(|value| me.leave_to_keeper(value.calls))
}

/// The answer that there is nothing more to say.
pub(super) const DONE: Completion = Completion::Returned {
    mentions_objects: false,
};

const UNINTELLIGIBLE: Error = Error::Corrupt {
    what: "a manager's server was started with something unintelligible",
};
