//! A pair of connected sockets that carries whole messages, and descriptors with them.

use std::io::{self, IoSlice, IoSliceMut};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use rustix::io::Errno;
use rustix::net::{
    AddressFamily, RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, RecvMsg, ReturnFlags,
    SendAncillaryBuffer, SendAncillaryMessage, SendFlags, SocketFlags, SocketType,
};

use super::retry_on_interrupt;

/// The most descriptors that travel with one message.
pub const MAX_DESCRIPTORS: usize = 8;

/// The longest message in bytes.
pub const MAX_MESSAGE: usize = 4096;

/// One end of a pair of connected sockets.
#[derive(Debug)]
pub struct Socket(OwnedFd);

/// A whole message.
#[derive(Debug)]
pub struct Message {
    /// Its content; never empty.
    pub bytes: Vec<u8>,
    /// The descriptors that came with it.
    pub descriptors: Vec<OwnedFd>,
}

/// What a [`Socket`] had to say.
#[derive(Debug)]
pub enum Received {
    /// A message.
    Message(Message),
    /// Nothing at the moment.
    Nothing,
    /// Nobody holds the other end any more, and everything that was sent has been read.
    End,
}

impl Socket {
    /// Creates two ends, both closed on `exec`.
    ///
    /// # References
    ///
    /// [`unix(7)`, `SOCK_SEQPACKET`](https://man7.org/linux/man-pages/man7/unix.7.html)
    ///
    /// # Errors
    ///
    /// `EMFILE` if no descriptors are left.
    pub fn pair() -> io::Result<(Socket, Socket)> {
        let (one, other) = rustix::net::socketpair(
            AddressFamily::UNIX,
            SocketType::SEQPACKET,
            SocketFlags::CLOEXEC,
            None,
        )?;
        Ok((Socket(one), Socket(other)))
    }

    /// The socket in the slot of standard input, if that is the socket with this inode number.
    ///
    /// The number ties an announcement, such as an environment variable, to the very socket it
    /// was made for: whoever merely inherits the announcement has another standard input.
    ///
    /// # Errors
    ///
    /// `EMFILE` if no descriptor is left.
    pub fn from_standard_input(inode: u64) -> io::Result<Option<Socket>> {
        let input = std::io::stdin();
        let status = rustix::fs::fstat(&input)?;
        if status.st_ino != inode || !is_message_socket(input.as_fd()) {
            return Ok(None);
        }
        let own = rustix::io::fcntl_dupfd_cloexec(&input, super::fork::FIRST_AFTER_STANDARD)?;
        Ok(Some(Socket(own)))
    }

    /// The inode number, which no other socket of the machine has while this end is open.
    ///
    /// # Errors
    ///
    /// None that the system documents for an open socket.
    pub fn inode(&self) -> io::Result<u64> {
        Ok(rustix::fs::fstat(&self.0)?.st_ino)
    }

    /// Sends one message whole, with descriptors.
    ///
    /// # References
    ///
    /// [`sendmsg(2)`](https://man7.org/linux/man-pages/man2/sendmsg.2.html),
    /// [`unix(7)`, `SCM_RIGHTS`](https://man7.org/linux/man-pages/man7/unix.7.html)
    ///
    /// # Errors
    ///
    /// `EPIPE` or `ECONNRESET` if nobody holds the other end; invalid input if the message is
    /// empty (the receiver could not tell it from the end) or longer than [`MAX_MESSAGE`], or if
    /// there are more than [`MAX_DESCRIPTORS`] descriptors.
    pub fn send(&self, message: &[u8], descriptors: &[BorrowedFd<'_>]) -> io::Result<()> {
        if message.is_empty() || message.len() > MAX_MESSAGE || descriptors.len() > MAX_DESCRIPTORS
        {
            return Err(io::ErrorKind::InvalidInput.into());
        }
        let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(MAX_DESCRIPTORS))];
        let mut ancillary = SendAncillaryBuffer::new(&mut space);
        if !descriptors.is_empty() && !ancillary.push(SendAncillaryMessage::ScmRights(descriptors))
        {
            return Err(io::ErrorKind::InvalidInput.into());
        }
        let message = [IoSlice::new(message)];
        retry_on_interrupt(|| {
            rustix::net::sendmsg(&self.0, &message, &mut ancillary, SendFlags::NOSIGNAL)
        })?;
        Ok(())
    }

    /// Takes the next message without waiting; the descriptors in it are closed on `exec`.
    ///
    /// # References
    ///
    /// [`recvmsg(2)`](https://man7.org/linux/man-pages/man2/recvmsg.2.html)
    ///
    /// # Errors
    ///
    /// `EMFILE` if the descriptors of a message found no room in this process: the message and
    /// they are lost then. Invalid data if a message was longer than [`MAX_MESSAGE`].
    pub fn receive(&self) -> io::Result<Received> {
        match self.receive_to_the_end() {
            // Linux says so if the other side left messages unread when it closed, and says it
            // once, ahead of the messages which that side had sent.
            Err(error) if error.kind() == io::ErrorKind::ConnectionReset => {
                self.receive_to_the_end()
            }
            outcome => outcome,
        }
    }

    /// Linux looks for a message first and for the end afterwards. If the other side sends its last message and closes
    /// in between, the end is told before that message, which is there as soon as the end has been seen. It
    /// happens once in some thousand times where both sides are quick.
    fn receive_to_the_end(&self) -> io::Result<Received> {
        match self.receive_once() {
            Ok(Received::End) => self.receive_once(),
            outcome => outcome,
        }
    }

    fn receive_once(&self) -> io::Result<Received> {
        let mut bytes = [0; MAX_MESSAGE];
        let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(MAX_DESCRIPTORS))];
        let mut ancillary = RecvAncillaryBuffer::new(&mut space);
        let outcome = retry_on_interrupt(|| {
            let flags = RecvFlags::CMSG_CLOEXEC | RecvFlags::DONTWAIT;
            let mut room = [IoSliceMut::new(&mut bytes)];
            rustix::net::recvmsg(&self.0, &mut room, &mut ancillary, flags)
        });
        let received = match outcome {
            Ok(received) => received,
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                return Ok(Received::Nothing);
            }
            Err(error) => return Err(error),
        };
        let descriptors = take_descriptors(&mut ancillary);
        check_whole(&received)?;
        match bytes.get(..received.bytes) {
            Some([]) | None => Ok(Received::End),
            Some(bytes) => Ok(Received::Message(Message {
                bytes: bytes.to_vec(),
                descriptors,
            })),
        }
    }
}

impl From<OwnedFd> for Socket {
    /// Takes an end that another process sent.
    fn from(descriptor: OwnedFd) -> Socket {
        Socket(descriptor)
    }
}

impl From<Socket> for OwnedFd {
    fn from(socket: Socket) -> OwnedFd {
        socket.0
    }
}

impl AsFd for Socket {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}

fn is_message_socket(descriptor: BorrowedFd<'_>) -> bool {
    rustix::net::sockopt::socket_type(descriptor) == Ok(SocketType::SEQPACKET)
}

fn take_descriptors(ancillary: &mut RecvAncillaryBuffer<'_>) -> Vec<OwnedFd> {
    let mut descriptors = Vec::new();
    for message in ancillary.drain() {
        if let RecvAncillaryMessage::ScmRights(received) = message {
            descriptors.extend(received);
        }
    }
    descriptors
}

fn check_whole(received: &RecvMsg) -> io::Result<()> {
    if received.flags.contains(ReturnFlags::CTRUNC) {
        // Nothing else can be the reason: the buffer has room for as many as can be sent.
        return Err(Errno::MFILE.into());
    }
    if received.flags.contains(ReturnFlags::TRUNC) {
        return Err(io::Error::new(
            io::ErrorKind::InvalidData,
            "a message was cut off",
        ));
    }
    Ok(())
}

/// True for the errors with which a send tells that nobody holds the other end.
pub fn is_peer_gone(error: &io::Error) -> bool {
    let gone = [Errno::PIPE, Errno::CONNRESET, Errno::NOTCONN];
    gone.iter()
        .any(|errno| error.raw_os_error() == Some(errno.raw_os_error()))
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};

    use super::*;

    fn message(socket: &Socket) -> Message {
        match socket.receive().unwrap() {
            Received::Message(message) => message,
            other => panic!("expected a message, got {other:?}"),
        }
    }

    #[test]
    fn messages_keep_their_borders_and_their_order() {
        let (one, other) = Socket::pair().unwrap();
        one.send(b"first", &[]).unwrap();
        one.send(b"second", &[]).unwrap();
        assert_eq!(message(&other).bytes, b"first");
        assert_eq!(message(&other).bytes, b"second");
        assert!(matches!(other.receive().unwrap(), Received::Nothing));
    }

    #[test]
    fn descriptors_travel_with_their_message() {
        let (one, other) = Socket::pair().unwrap();
        let (mut reader, writer) = std::io::pipe().unwrap();
        one.send(b"take this", &[writer.as_fd()]).unwrap();
        drop(writer);
        for descriptor in message(&other).descriptors {
            std::fs::File::from(descriptor)
                .write_all(b"through")
                .unwrap();
        }
        let mut text = String::new();
        reader.read_to_string(&mut text).unwrap();
        assert_eq!(text, "through");
    }

    #[test]
    fn what_was_sent_is_read_before_the_end() {
        let (one, other) = Socket::pair().unwrap();
        one.send(b"last words", &[]).unwrap();
        drop(one);
        assert_eq!(message(&other).bytes, b"last words");
        assert!(matches!(other.receive().unwrap(), Received::End));
        assert!(is_peer_gone(&other.send(b"too late", &[]).unwrap_err()));
    }

    #[test]
    fn the_last_words_of_a_peer_that_did_not_listen_arrive() {
        let (one, other) = Socket::pair().unwrap();
        other.send(b"unread", &[]).unwrap();
        one.send(b"last words", &[]).unwrap();
        drop(one);
        assert_eq!(message(&other).bytes, b"last words");
        assert!(matches!(other.receive().unwrap(), Received::End));
    }

    #[test]
    fn an_empty_message_is_refused() {
        let (one, _other) = Socket::pair().unwrap();
        assert_eq!(
            one.send(b"", &[]).unwrap_err().kind(),
            io::ErrorKind::InvalidInput
        );
    }

    #[test]
    fn standard_input_is_not_taken_for_another_socket() {
        let (one, _other) = Socket::pair().unwrap();
        assert!(
            Socket::from_standard_input(one.inode().unwrap())
                .unwrap()
                .is_none()
        );
    }
}
