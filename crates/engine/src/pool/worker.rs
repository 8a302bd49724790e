//! A worker's life: the steps A to E in `README.md`.

use std::thread;

use procession_arena::sys::clock;
use procession_arena::sys::process::{
    Pidfd, change_niceness, exit_immediately, is_running, run_on, tell_failed_allocations,
};
use procession_arena::{Error, Handle, Participant, Wait};
use procession_objects::{Desk, Message, Queue};

use super::forwarding::Forwarder;
use super::held::Held;
use super::output::Capture;
use super::wire::{Appointment, Guardian, Order, Report, Subject};
use super::work::{Work, WorkName};
use crate::launch::init::{image, init_library};
use crate::launch::message::{self, Completion};
use crate::launch::{Arguments, EntryError, Returned, lifeline, panic};
use crate::with_participant;

/// The exit code of a worker that could not even store why its result could not be stored.
const UNREPORTED: i32 = 75;

/// Bytes that the buffer for arguments may keep from one task to the next.
const KEPT: usize = 1 << 20;

/// A worker's way to its owner.
struct Post {
    seat: u16,
    worker: u32,
    reports: Queue,
    inbox: Queue,
    desk: Desk,
    /// The number of the task before.
    last: u64,
    /// The function that the last task ran: most often the next one does too.
    known: Option<(WorkName, Work)>,
    capture: Option<Capture>,
}

/// What a worker process runs.
pub(super) fn work(arguments: Arguments) -> Result<Returned, EntryError> {
    let mut bytes = arguments.bytes().to_vec();
    let appointment: Appointment = message::cut(&mut bytes).ok_or(UNINTELLIGIBLE)?;
    live(
        &appointment,
        || prepare(&appointment, &mut bytes),
        || drop(arguments),
    )?;
    Ok(Returned::default())
}

/// The life of a worker that was started by a [`StartWorker`](super::StartWorker) with this appointment: prepares itself,
/// then carries out one task after another until the pool needs it no longer. False if it could not be prepared, which
/// the pool has been told.
///
/// # Errors
///
/// [`Error::NotAnArena`] if the pool runs another build; [`Error::StaleHandle`] if the pool has ended;
/// [`Error::Corrupt`] if the session is damaged.
///
/// # If a process dies
///
/// If it is the pool's owner, this one ends as well, at once.
pub fn serve_as_worker(
    mut appointment: Vec<u8>,
    prepare_program: impl FnOnce() -> Result<(), String>,
) -> Result<bool, Error> {
    let appointment: Appointment = message::cut(&mut appointment).ok_or(UNINTELLIGIBLE)?;
    let guardian = appointment.guardian.as_ref().ok_or(UNINTELLIGIBLE)?;
    init_library();
    if !guardian.runs_this_build() {
        return Err(OTHER_BUILD);
    }
    guardian.hold()?;
    live(
        &appointment,
        || {
            prepare(&appointment, &mut Vec::new())?;
            prepare_program().map_err(|reason| Completion::ArenaFailed { reason })
        },
        || (),
    )
}

/// Takes the appointment up; false if the worker could not be prepared.
fn live(
    appointment: &Appointment,
    prepare: impl FnOnce() -> Result<(), Completion>,
    prepared: impl FnOnce(),
) -> Result<bool, Error> {
    with_participant(|me| {
        let mut post = Post::take_up(me, appointment)?;
        let reports = Queue::attach(me, post.reports.handle())?;
        let forwarder = Forwarder::new(reports, appointment.wanted_events);
        match forwarder.during(prepare) {
            Ok(()) => post.report(me, Subject::Ready, 0, 0, Vec::new(), &[])?,
            Err(reason) => {
                post.report_failure(me, Subject::Unprepared, 0, 0, reason)?;
                return Ok(false);
            }
        }
        prepared();
        forwarder.stay();
        post.serve(me)?;
        Ok(true)
    })
}

impl Guardian {
    fn runs_this_build(&self) -> bool {
        image().is_ok_and(|image| image.build_id().as_bytes() == self.build)
    }

    /// Has this process end with the owner.
    fn hold(&self) -> Result<(), Error> {
        let refused = |call| move |source| Error::System { call, source };
        let pidfd = match Pidfd::open(self.pid) {
            // The number may be another's by now: then the descriptor is, too.
            Ok(pidfd) if is_running(self.pid, self.start_time) => pidfd,
            Err(error) if is_running(self.pid, self.start_time) => {
                return Err(refused("pidfd_open")(error));
            }
            _ => exit_immediately(lifeline::ORPHANED),
        };
        lifeline::hold(pidfd).map_err(refused("clone"))
    }
}

/// Becomes what the owner wants its workers to be.
fn prepare(appointment: &Appointment, arguments: &mut Vec<u8>) -> Result<(), Completion> {
    let refused = |what: &str, error: std::io::Error| Completion::ArenaFailed {
        reason: format!("it could not {what}: {error}"),
    };
    if appointment.nice != 0 {
        change_niceness(appointment.nice).map_err(|error| refused("change its niceness", error))?;
    }
    if !appointment.processors.is_empty() {
        run_on(&appointment.processors).map_err(|error| {
            refused(
                &format!("run on the processors {:?}", appointment.processors),
                error,
            )
        })?;
    }
    if appointment.has_memory_limit {
        tell_failed_allocations().map_err(|error| refused("watch its memory", error))?;
    }
    match appointment.initializer {
        Some(initializer) => run(function(initializer)?, arguments, &mut |_, _| ()),
        None => Ok(()),
    }
}

fn run(
    work: Work,
    arguments: &mut Vec<u8>,
    answer: &mut dyn FnMut(Vec<u8>, &[Handle]),
) -> Result<(), Completion> {
    match panic::catch(|| work(arguments, answer)) {
        Ok(outcome) => outcome.map_err(Completion::from),
        Err(panic) => Err(Completion::Panicked(panic)),
    }
}

/// The function of that name.
fn function(name: WorkName) -> Result<Work, Completion> {
    let refused = |reason: String| Completion::ArenaFailed { reason };
    let image = image().map_err(|error| refused(error.to_string()))?;
    name.find(image)
        .ok_or_else(|| refused("the function is not in the worker's program".to_owned()))
}

impl Post {
    fn take_up(me: &Participant, appointment: &Appointment) -> Result<Post, Error> {
        Ok(Post {
            seat: appointment.seat,
            worker: appointment.worker,
            reports: Queue::attach(me, Handle::unpack(appointment.reports))?,
            inbox: Queue::attach(me, Handle::unpack(appointment.inbox))?,
            desk: Desk::attach(me, Handle::unpack(appointment.desk))?,
            last: 0,
            known: None,
            capture: match appointment.captures_output {
                true => Some(capture()?),
                false => None,
            },
        })
    }

    /// Carries out one task after another, until the owner closes the inbox.
    fn serve(&mut self, me: &Participant) -> Result<(), Error> {
        let mut message = Message::default();
        loop {
            match self.inbox.get(me, &mut message, Wait::Forever) {
                Ok(()) => {
                    self.carry_out(me, &mut message)?;
                    if message.bytes.capacity() > KEPT {
                        message.bytes = Vec::new();
                    }
                }
                Err(Error::Closed) => return Ok(()),
                Err(error) => return Err(error),
            }
        }
    }

    fn carry_out(&mut self, me: &Participant, message: &mut Message) -> Result<(), Error> {
        let held = Held::received(std::mem::take(&mut message.handles));
        let order = Order::cut(&mut message.bytes).ok_or(UNINTELLIGIBLE)?;
        let number = order.number;
        let started = clock::now();
        if !self.desk.begin(me, self.last, number, started)? {
            wait_for_the_end();
        }
        self.last = number;
        let mut reported = None;
        let outcome = self.find(order.work).and_then(|work| {
            let mut answer = |bytes: Vec<u8>, handles: &[Handle]| {
                reported.get_or_insert_with(|| {
                    self.report(me, Subject::Returned, number, started, bytes, handles)
                });
            };
            run(work, &mut message.bytes, &mut answer)
        });
        drop(held);
        match (reported, outcome) {
            (Some(reported), _) => reported,
            (None, Err(completion)) => {
                self.report_failure(me, Subject::Failed, number, started, completion)
            }
            (None, Ok(())) => {
                let silent = Completion::ArenaFailed {
                    reason: "the function gave no answer".to_owned(),
                };
                self.report_failure(me, Subject::Failed, number, started, silent)
            }
        }
    }

    fn find(&mut self, name: WorkName) -> Result<Work, Completion> {
        match self.known {
            Some((known, work)) if known == name => Ok(work),
            _ => {
                let work = function(name)?;
                self.known = Some((name, work));
                Ok(work)
            }
        }
    }

    fn report_failure(
        &self,
        me: &Participant,
        subject: Subject,
        number: u64,
        started: u64,
        completion: Completion,
    ) -> Result<(), Error> {
        let mut bytes = Vec::new();
        message::append(&mut bytes, &completion).map_err(|_| UNINTELLIGIBLE)?;
        self.report(me, subject, number, started, bytes, &[])
    }

    /// Steps D and E.
    fn report(
        &self,
        me: &Participant,
        subject: Subject,
        number: u64,
        started: u64,
        bytes: Vec<u8>,
        handles: &[Handle],
    ) -> Result<(), Error> {
        let is_about_task = matches!(subject, Subject::Returned | Subject::Failed);
        if is_about_task {
            self.hand_in_output(me, number)?;
            if !self.desk.finish(me, number)? {
                wait_for_the_end();
            }
        }
        let report = Report {
            number,
            started,
            duration: clock::now().saturating_sub(started),
            worker: self.worker,
            seat: self.seat,
            subject,
        };
        let size = bytes.len() as u64;
        if let Err(error) = self.put(me, bytes, handles, report) {
            self.put_excuse(me, size, &error, report);
        }
        Ok(())
    }

    /// Sends what the task has written, so that it is there before the outcome.
    fn hand_in_output(&self, me: &Participant, number: u64) -> Result<(), Error> {
        let Some(output) = self.capture.as_ref().map(Capture::flush_and_take) else {
            return Ok(());
        };
        if output.is_empty() {
            return Ok(());
        }
        let (bytes, boundary) = output.join();
        let report = Report {
            number,
            started: boundary,
            worker: self.worker,
            seat: self.seat,
            ..Report::about_nothing(Subject::Output)
        };
        match self.put(me, bytes, &[], report) {
            // The outcome matters more than what was written on the way.
            Err(Error::OutOfMemory { .. }) => Ok(()),
            put => put,
        }
    }

    fn put(
        &self,
        me: &Participant,
        mut bytes: Vec<u8>,
        handles: &[Handle],
        report: Report,
    ) -> Result<(), Error> {
        report.append(&mut bytes);
        self.reports.put(me, &bytes, handles, Wait::Forever)
    }

    /// Reports that a result found no room. If not even that does, the end of the process says so.
    fn put_excuse(&self, me: &Participant, size: u64, error: &Error, report: Report) {
        let completion = Completion::ResultNotStored {
            size,
            reason: error.to_string(),
        };
        let mut bytes = Vec::new();
        let report = Report {
            subject: Subject::Failed,
            ..report
        };
        let excused = message::append(&mut bytes, &completion).is_ok()
            && self.put(me, bytes, &[], report).is_ok();
        if !excused {
            exit_immediately(UNREPORTED);
        }
    }
}

fn capture() -> Result<Capture, Error> {
    Capture::of_this_process().map_err(|source| Error::System {
        call: "fcntl",
        source,
    })
}

/// The owner has doomed this process: the signal is on its way.
fn wait_for_the_end() -> ! {
    loop {
        thread::park();
    }
}

const OTHER_BUILD: Error = Error::NotAnArena {
    what: "the worker runs another build of the library than its pool, so the library has been replaced meanwhile",
};

const UNINTELLIGIBLE: Error = Error::Corrupt {
    what: "what a pool wrote to its worker is unintelligible",
};
