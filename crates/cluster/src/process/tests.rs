//! A client of processes, with a host that is played by the test.

use std::time::{Duration, Instant};

use procession_engine::host::Answer;
use procession_engine::pool::NamedWork;
use procession_engine::{CarriedCommand, EntryError, init_library};
use procession_test_server::Server;

use super::{Begun, Process, Request, Settings};
use crate::Cluster;
use crate::pool::{Board, Description, Fetched, HostMember, Task, Told};
use crate::watchdog::watch;

const CODE: &str = "code";

static NOTHING: NamedWork = NamedWork::new(nothing);

#[allow(clippy::ptr_arg, reason = "the form of all work")]
fn nothing(_: &mut Vec<u8>, _: Answer<'_>) -> Result<(), EntryError> {
    Ok(())
}

/// The notice may have been lost, or the client may not have been there.
#[test]
fn a_client_that_was_not_told_that_its_process_has_begun_asks() {
    let _watchdog = watch();
    init_library();
    let server = Server::start().unwrap();
    let cluster = Cluster::connect(&server.url().parse().unwrap()).unwrap();
    let settings = Settings {
        pool: "default".to_owned(),
        code: CODE.to_owned(),
        patience_for_hosts: Duration::from_secs(60),
    };
    let command = CarriedCommand::new("worker bee", false);
    let process = Process::request(&cluster, &settings, &NOTHING, command, b"").unwrap();
    let board = Board::of_processes(&cluster, "default", CODE).unwrap();
    let host = HostMember::new("heron", 7, &cluster.fresh_name().unwrap(), CODE);
    let description = Description {
        host: "heron".to_owned(),
        pid: 7,
        slots: 1,
        code: CODE.to_owned(),
        is_draining: false,
    };
    board.enter_host(&host, &description).unwrap();
    let Fetched { id, sealed, .. } = until(|| board.fetch(&host, 1).unwrap().pop());
    let asked = until(|| {
        let entries = board.wait_for_cancellations("0-0", Duration::from_secs(1));
        let mut entry = entries.unwrap().pop()?;
        Some((entry.take("to")?, entry.take("signal")?))
    });
    assert_eq!(asked, (id.clone().into_bytes(), b"0".to_vec()));
    let task = Task::open(board.object(), CODE, &sealed).unwrap();
    let (Request { id: name, .. }, _) = Request::decode(&task.bytes).unwrap();
    let begun = Begun {
        id: name,
        host: "heron".to_owned(),
        pid: 4711,
    };
    let notice = begun.seal(board.object()).unwrap();
    let client = (task.address.client.as_str(), task.address.number);
    let told = board.tell(&host, &id, client, &notice).unwrap();
    assert_eq!(told, Told::Client);
    assert!(process.wait_until_begun(None).unwrap());
    assert_eq!(process.place(), Some(("heron".to_owned(), 4711)));
}

/// What comes in the end; the watchdog ends the wait for what does not.
fn until<T>(mut look: impl FnMut() -> Option<T>) -> T {
    let begin = Instant::now();
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(begin.elapsed() < Duration::from_secs(60), "waited in vain");
        std::thread::sleep(Duration::from_millis(10));
    }
}
