//! Where a child's standard streams lead.

use std::fs::{File, OpenOptions};
use std::io::{self, Stderr, Stdin, Stdout};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::process::{ChildStderr, ChildStdin, ChildStdout};

/// Where one of a child's standard streams leads.
#[derive(Debug, Default)]
pub enum Stdio {
    /// To where the parent's leads.
    #[default]
    Inherit,
    /// To nowhere: `/dev/null`.
    Null,
    /// To the parent, which gets the other end from the [`Child`](super::Child).
    Piped,
    /// To an open file, pipe or socket.
    Descriptor(OwnedFd),
}

/// The three streams as a child wants them.
#[derive(Debug, Default)]
pub(super) struct StandardStreams {
    pub(super) input: Stdio,
    pub(super) output: Stdio,
    pub(super) error: Stdio,
}

/// The ends of the streams that the child gets.
#[derive(Debug)]
pub(super) struct ChildEnds {
    input: End<Stdin>,
    output: End<Stdout>,
    error: End<Stderr>,
}

/// The ends of piped streams that the parent keeps.
#[derive(Debug, Default)]
pub(super) struct ParentEnds {
    pub(super) input: Option<ChildStdin>,
    pub(super) output: Option<ChildStdout>,
    pub(super) error: Option<ChildStderr>,
}

#[derive(Debug)]
enum End<Inherited> {
    Inherited(Inherited),
    Own(OwnedFd),
}

impl<Inherited: AsFd> AsFd for End<Inherited> {
    fn as_fd(&self) -> BorrowedFd<'_> {
        match self {
            End::Inherited(stream) => stream.as_fd(),
            End::Own(descriptor) => descriptor.as_fd(),
        }
    }
}

impl StandardStreams {
    /// Opens what has to be opened.
    pub(super) fn open(self) -> io::Result<(ChildEnds, ParentEnds)> {
        let (input, kept_input) = match self.input {
            Stdio::Piped => {
                let (reader, writer) = io::pipe()?;
                (End::Own(reader.into()), Some(OwnedFd::from(writer)))
            }
            other => (other.without_pipe(io::stdin)?, None),
        };
        let (output, kept_output) = self.output.open_output(io::stdout)?;
        let (error, kept_error) = self.error.open_output(io::stderr)?;
        let kept = ParentEnds {
            input: kept_input.map(ChildStdin::from),
            output: kept_output.map(ChildStdout::from),
            error: kept_error.map(ChildStderr::from),
        };
        Ok((
            ChildEnds {
                input,
                output,
                error,
            },
            kept,
        ))
    }
}

impl Stdio {
    fn open_output<I>(self, inherited: fn() -> I) -> io::Result<(End<I>, Option<OwnedFd>)> {
        match self {
            Stdio::Piped => {
                let (reader, writer) = io::pipe()?;
                Ok((End::Own(writer.into()), Some(reader.into())))
            }
            other => Ok((other.without_pipe(inherited)?, None)),
        }
    }

    fn without_pipe<I>(self, inherited: fn() -> I) -> io::Result<End<I>> {
        match self {
            Stdio::Inherit => Ok(End::Inherited(inherited())),
            Stdio::Descriptor(descriptor) => Ok(End::Own(descriptor)),
            Stdio::Null | Stdio::Piped => Ok(End::Own(open_null()?.into())),
        }
    }
}

impl ChildEnds {
    /// Standard input, output and error, in this order.
    pub(super) fn descriptors(&self) -> [BorrowedFd<'_>; 3] {
        [self.input.as_fd(), self.output.as_fd(), self.error.as_fd()]
    }
}

pub(super) fn open_null() -> io::Result<File> {
    OpenOptions::new().read(true).write(true).open("/dev/null")
}
