//! The thread of one hosted value.

use std::any::Any;
use std::convert::Infallible;
use std::sync::mpsc::{Sender, channel};
use std::thread::{self, JoinHandle};

use procession_arena::sys::process::exit_immediately;
use procession_arena::{Error, Handle, Participant, Wait};
use procession_objects::{Message, Queue};

use super::answer::answer;
use super::caller::let_go;
use super::hosted::{Maker, Method};
use super::server::DONE;
use super::wire::{Call, ReturnAddress};
use crate::launch::function::FunctionName;
use crate::launch::init::image;
use crate::launch::message::{self, Completion};
use crate::launch::panic;
use crate::with_participant;

/// The order to make a value.
pub(super) struct Birth {
    pub(super) calls: Handle,
    pub(super) maker: FunctionName,
    pub(super) address: ReturnAddress,
    /// The arguments, and what handles came with them.
    pub(super) message: Message,
}

/// Starts the thread, which drops `alive` when it ends; why it could not be started, otherwise.
pub(super) fn start(birth: Birth, alive: Sender<Infallible>) -> Result<JoinHandle<()>, String> {
    let (tell, started) = channel();
    let body = move || {
        let _alive = alive;
        let _never_alone = EndsWithItsThread;
        let registered = with_participant(|me| {
            let _ = tell.send(Ok(()));
            if let Err(error) = live(me, birth) {
                tracing::error!(%error, "a hosted value cannot go on, and its server with it");
                // Callers that wait are told by the end of the process, which must not wait for
                // children that values have started.
                exit_immediately(BROKEN);
            }
            Ok::<(), Error>(())
        });
        if let Err(error) = registered {
            let _ = tell.send(Err(error.to_string()));
        }
    };
    let thread = thread::Builder::new()
        .name("hosted value".to_owned())
        .spawn(body)
        .map_err(|error| error.to_string())?;
    match started.recv() {
        Ok(Ok(())) => Ok(thread),
        Ok(Err(reason)) => Err(reason),
        Err(_) => Err("its thread ended at once".to_owned()),
    }
}

/// The exit code of a server whose session is damaged.
const BROKEN: i32 = 70;

/// Ends the server if the value's thread panics where nobody catches it, for nobody would answer its callers.
///
/// Methods are caught; but what they panic with may itself panic when it is thrown away.
struct EndsWithItsThread;

impl Drop for EndsWithItsThread {
    fn drop(&mut self) {
        if thread::panicking() {
            exit_immediately(BROKEN);
        }
    }
}

/// From the making of the value to its end, which comes when its call queue is closed.
fn live(me: &Participant, birth: Birth) -> Result<(), Error> {
    // Held by the message until it is let go of below.
    let calls = Queue::attach(me, birth.calls)?;
    me.keep(birth.calls)?;
    let made = make(birth.maker, &birth.message.bytes);
    let_go(me, &birth.message.handles);
    let (value, completion) = match made {
        Ok(value) => (Some(value), DONE),
        Err(completion) => (None, completion),
    };
    answer(me, birth.address, Vec::new(), &[], completion)?;
    if let Some(mut value) = value {
        let served = serve(me, &calls, value.as_mut());
        // A panic here is reported by the hook, and concerns nobody else.
        let _ = panic::catch(|| drop(value));
        served?;
    }
    calls.detach(me)
}

fn make(maker: FunctionName, arguments: &[u8]) -> Result<Box<dyn Any>, Completion> {
    let address = address_of(maker)?;
    // SAFETY: only `Host::host` names functions in such orders, and it names makers; the server runs
    // the same build, which the greeting of launch has shown.
    let maker = unsafe { std::mem::transmute::<*const (), Maker>(address) };
    match panic::catch(|| maker(arguments)) {
        Ok(made) => made.map_err(Completion::from),
        Err(panic) => Err(Completion::Panicked(panic)),
    }
}

/// Carries out one call after another.
fn serve(me: &Participant, calls: &Queue, value: &mut dyn Any) -> Result<(), Error> {
    let mut message = Message::default();
    loop {
        match calls.get(me, &mut message, Wait::Forever) {
            Ok(()) => {}
            Err(Error::Closed) => return Ok(()),
            Err(error) => return Err(error),
        }
        let call: Call = message::cut(&mut message.bytes).ok_or(Error::Corrupt {
            what: "a call of a hosted value is unintelligible",
        })?;
        carry_out(me, value, &call, &message.bytes)?;
        let_go(me, &message.handles);
    }
}

fn carry_out(
    me: &Participant,
    value: &mut dyn Any,
    call: &Call,
    arguments: &[u8],
) -> Result<(), Error> {
    let mut answered = None;
    let mut reply = |bytes: Vec<u8>, handles: &[Handle]| {
        answered = Some(answer(me, call.address, bytes, handles, DONE));
    };
    let failure = match address_of(call.method) {
        Ok(address) => {
            // SAFETY: only `Hosted::call` names functions in calls, and it names methods; the
            // server runs the same build, which the greeting of launch has shown.
            let method = unsafe { std::mem::transmute::<*const (), Method>(address) };
            match panic::catch(|| method(value, arguments, &mut reply)) {
                Ok(Ok(())) => Completion::ArenaFailed {
                    reason: "the method gave no answer".to_owned(),
                },
                Ok(Err(error)) => Completion::from(error),
                Err(panic) => Completion::Panicked(panic),
            }
        }
        Err(failure) => failure,
    };
    match answered {
        Some(answered) => answered,
        None => answer(me, call.address, Vec::new(), &[], failure),
    }
}

fn address_of(function: FunctionName) -> Result<*const (), Completion> {
    let image = image().map_err(|error| Completion::ArenaFailed {
        reason: error.to_string(),
    })?;
    function.address(image).ok_or(Completion::ArenaFailed {
        reason: "the function is not in the server's program".to_owned(),
    })
}
