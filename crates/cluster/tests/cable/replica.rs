//! A replica at the other end of the cable.

use std::fs::File;
use std::io::{BufRead, BufReader, Write};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::process::{Child, ChildStdin, Stdio};

use procession_test_server::{Server, executable};

use super::{Cable, NEAR};
use crate::hosts::poll;

/// A replica that reaches its primary through the cable. Its socket is in the file system, which both ends share: so it can be spoken to also when the cable is cut.
pub(crate) struct Replica {
    child: Child,
    /// Its settings; also kept apart since waiting for a child closes it.
    _stdin: Option<ChildStdin>,
    socket: PathBuf,
}

impl Replica {
    /// Starts it; when this returns it has a copy of what its primary has, and gets what comes next.
    pub(crate) fn start(cable: &Cable, primary: &Server) -> Replica {
        let socket = primary.directory().join("replica.socket");
        let settings = format!(
            "port 0\nunixsocket {}\ndir {}\ndbfilename replica.rdb\nreplicaof {NEAR} {}\n",
            socket.display(),
            primary.directory().display(),
            primary.port()
        );
        let file = primary.directory().join("replica.conf");
        std::fs::write(&file, settings).expect("room");
        let log = File::create(primary.directory().join("replica.log")).expect("a log");
        let mut child = cable
            .at_its_end(executable().expect("a server"))
            .arg(file)
            .stdin(Stdio::piped())
            .stdout(log)
            .spawn()
            .expect("a replica");
        let replica = Replica {
            _stdin: child.stdin.take(),
            child,
            socket,
        };
        poll("the replica has its copy", || {
            primary
                .info("slave0")
                .is_ok_and(|line| line.contains("state=online"))
        });
        let mut connection = primary.connect().expect("the primary");
        let mut ask = |words: &[&str]| connection.command(words).expect("the primary");
        ask(&["SET", "first", "change"]);
        assert_eq!(ask(&["WAIT", "1", "0"]).text().as_deref(), Some("1"));
        replica
    }

    /// Its address, wherever the cable is.
    pub(crate) fn url(&self) -> String {
        format!("redis+unix://{}", self.socket.display())
    }

    /// Makes it a primary.
    pub(crate) fn promote(&self) {
        let mut stream = UnixStream::connect(&self.socket).expect("the replica");
        stream
            .write_all(b"REPLICAOF NO ONE\r\n")
            .expect("the replica");
        let mut reply = String::new();
        let read = BufReader::new(stream).read_line(&mut reply);
        assert_eq!((reply.trim(), read.is_ok()), ("+OK", true));
    }
}

impl Drop for Replica {
    fn drop(&mut self) {
        // It may have ended.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
