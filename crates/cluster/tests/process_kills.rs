//! Processes on other machines while hosts, clients, the server and the processes themselves are killed, in an order that is drawn.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

#[allow(dead_code, reason = "not every test needs all of it")]
mod hosts;
mod watchdog;

use std::collections::BTreeSet;
use std::fs;
use std::process::Child;

use hosts::processes::{end, request, start_client};
use hosts::system::{is_running, kill_if_running};
use hosts::{Gate, Host, WAIT, poll};
use procession_arena::sys::random::random;
use procession_cluster::Cluster;
use procession_cluster::process::Process;
use procession_engine::ProcessError;
use procession_test_server::{Fsync, Reply, Server};
use watchdog::watch;

/// Asked for in each round.
const PROCESSES: usize = 6;

/// What a board keeps, and none of it grows without bounds; and the version of the layout.
const LASTING: [&str; 6] = ["}:b", "}:d", "}:h", "}:k", "}:x", "{layout}:v"];

#[test]
fn host_process() {
    hosts::become_host();
}

#[test]
fn client_process() {
    hosts::processes::become_client();
}

#[test]
fn whoever_is_killed_each_process_has_an_end_that_is_known_and_none_is_left() {
    let _watchdog = watch();
    let mut site = Site::new();
    site.round(Victim::Process, Moment::Begun);
    let before = (threads(), files());
    let moments = Moment::ALL.iter();
    let mut rounds: Vec<(Victim, Moment)> = moments
        .flat_map(|moment| Victim::ALL.map(|victim| (victim, *moment)))
        .collect();
    while !rounds.is_empty() {
        let (victim, moment) = rounds.swap_remove(below(rounds.len()));
        site.round(victim, moment);
    }
    poll("threads are given back", || threads() <= before.0);
    poll("files are given back", || files() <= before.1);
    site.close();
}

/// Threads of this process.
fn threads() -> usize {
    fs::read_dir("/proc/self/task").unwrap().count()
}

/// Open files of this process, but for sockets: as many connections are kept as were needed at once.
fn files() -> usize {
    let files = fs::read_dir("/proc/self/fd").unwrap();
    let targets = files.filter_map(|file| fs::read_link(file.unwrap().path()).ok());
    let others = targets.filter(|target| !target.to_string_lossy().starts_with("socket:"));
    others.count()
}

/// A number that is drawn.
fn below(bound: usize) -> usize {
    usize::try_from(random().unwrap() % bound as u64).unwrap()
}

/// Who is killed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Victim {
    Process,
    Host,
    AllHosts,
    Client,
    Server,
}

impl Victim {
    const ALL: [Victim; 5] = [
        Victim::Process,
        Victim::Host,
        Victim::AllHosts,
        Victim::Client,
        Victim::Server,
    ];
}

/// When something is killed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Moment {
    /// When the first half of the processes has been asked for.
    Asking,
    /// When all have been asked for.
    Starting,
    /// When all have begun.
    Begun,
    /// When all may end.
    Ending,
}

impl Moment {
    const ALL: [Moment; 4] = [
        Moment::Asking,
        Moment::Starting,
        Moment::Begun,
        Moment::Ending,
    ];
}

/// A server, two hosts, and two clients in this process.
struct Site {
    server: Server,
    url: String,
    clients: [Cluster; 2],
    hosts: Vec<(String, Host)>,
    started_hosts: usize,
    made_gates: usize,
}

/// A round: processes, each with its gate, and what was killed.
struct Round {
    processes: Vec<(Process, Gate)>,
    other_client: Option<(Child, [Gate; 2])>,
    killed_hosts: BTreeSet<String>,
    killed_process: Option<u32>,
    killed_server: bool,
}

impl Site {
    fn new() -> Site {
        // What the server has acknowledged survives its death.
        let server = Server::builder().append_only(Fsync::Always);
        let server = server.start().unwrap();
        let url = format!("{}?lease=1", server.url());
        let client = || Cluster::connect(&url.parse().unwrap()).unwrap();
        let mut site = Site {
            clients: [client(), client()],
            server,
            url,
            hosts: Vec::new(),
            started_hosts: 0,
            made_gates: 0,
        };
        site.start_missing_hosts();
        site
    }

    fn gate(&mut self) -> Gate {
        self.made_gates += 1;
        Gate::new(
            self.server.directory(),
            &format!("gate-{}", self.made_gates),
        )
    }

    fn start_missing_hosts(&mut self) {
        while self.hosts.len() < 2 {
            self.started_hosts += 1;
            let name = format!("host-{}", self.started_hosts);
            let host = Host::start(&self.url, 1, &[&format!("--name={name}")]);
            self.hosts.push((name, host));
        }
    }

    /// Asks for processes, kills something, lets the others go on, and looks at how each has ended.
    fn round(&mut self, victim: Victim, moment: Moment) {
        eprintln!("kills {victim:?} when {moment:?}");
        let mut round = Round::new();
        let come = |site: &mut Site, round: &mut Round, now: Moment| {
            if now == moment {
                site.kill(victim, round);
            }
        };
        if victim == Victim::Client {
            let gates = [self.gate(), self.gate()];
            round.other_client = Some((start_client(&self.url, gates.each_ref()), gates));
        }
        self.ask_for_processes(&mut round, true);
        come(self, &mut round, Moment::Asking);
        self.ask_for_processes(&mut round, false);
        come(self, &mut round, Moment::Starting);
        round.wait_until_begun();
        come(self, &mut round, Moment::Begun);
        round.open_gates();
        come(self, &mut round, Moment::Ending);
        round.explain_ends();
        poll("all processes are done with", || self.is_done());
        // Nothing is begun any more: so these are all.
        for pid in round.pids() {
            poll("it has ended", || !is_running(pid));
        }
    }

    /// Half of those of a round, of which some are daemonic.
    fn ask_for_processes(&mut self, round: &mut Round, daemonic: bool) {
        for number in 0..PROCESSES / 2 {
            let gate = self.gate();
            let client = &self.clients[number % self.clients.len()];
            let process = request(client, &WAIT, daemonic, &gate.argument());
            round.processes.push((process, gate));
        }
    }

    fn kill(&mut self, victim: Victim, round: &mut Round) {
        match victim {
            Victim::Process => round.kill_process(),
            Victim::Client => round.kill_client(),
            Victim::Host => self.kill_host(round),
            Victim::AllHosts => {
                self.kill_host(round);
                self.kill_host(round);
            }
            Victim::Server => {
                self.server.kill().unwrap();
                self.server.restart().unwrap();
                round.killed_server = true;
            }
        }
        self.start_missing_hosts();
    }

    fn kill_host(&mut self, round: &mut Round) {
        let (name, host) = self.hosts.remove(below(self.hosts.len()));
        host.signal(rustix::process::Signal::KILL);
        round.killed_hosts.insert(name);
    }

    /// Whether the server knows of no process any more.
    fn is_done(&self) -> bool {
        let tasks = self.server.command(&["HLEN", "pc:default:{p:default}:m"]);
        tasks.unwrap() == Reply::Integer(0)
    }

    /// Takes leave, and looks at what is left on the server.
    fn close(self) {
        for (_, mut host) in self.hosts {
            host.signal(rustix::process::Signal::TERM);
            assert!(host.wait().success());
        }
        drop(self.clients);
        for key in self.server.command(&["KEYS", "*"]).unwrap().items() {
            let key = key.text().unwrap();
            let life = self.server.command(&["PTTL", &key]).unwrap();
            let is_of_the_board = LASTING.iter().any(|part| key.ends_with(part));
            assert!(life != Reply::Integer(-1) || is_of_the_board, "{key} stays");
        }
    }
}

impl Round {
    fn new() -> Round {
        Round {
            processes: Vec::new(),
            other_client: None,
            killed_hosts: BTreeSet::new(),
            killed_process: None,
            killed_server: false,
        }
    }

    fn kill_process(&mut self) {
        let (_, gate) = &self.processes[below(self.processes.len())];
        let pid = gate.wait_for(1);
        // If it has ended meanwhile, its number is not soon given to another.
        if kill_if_running(pid) {
            self.killed_process = Some(pid);
        }
    }

    fn kill_client(&mut self) {
        if let Some((client, [_, gate])) = &mut self.other_client {
            client.kill().unwrap();
            client.wait().unwrap();
            gate.open();
        }
    }

    fn wait_until_begun(&self) {
        for (process, _) in &self.processes {
            // Those that were lost before are looked at later.
            let _ = process.wait_until_begun(None);
        }
    }

    fn open_gates(&self) {
        self.processes.iter().for_each(|(_, gate)| gate.open());
    }

    /// Makes sure that each process has ended in a way that is explained by what was killed.
    fn explain_ends(&self) {
        for (process, gate) in &self.processes {
            let end = end(process);
            let pids = gate.pids();
            assert!(pids.len() <= 1, "begun {} times", pids.len());
            match &end {
                Ok(result) => assert_eq!(*result, pids[0].to_string().into_bytes()),
                Err(ProcessError::Signaled { signal: 9, .. }) => {
                    assert_eq!(self.killed_process, Some(pids[0]));
                }
                // A lease may end while the server is away.
                Err(ProcessError::HostLost { host }) => {
                    assert!(
                        self.killed_server || self.killed_hosts.contains(host),
                        "{host}"
                    );
                }
                Err(other) => panic!("{other:?}"),
            }
        }
    }

    /// Of all that have begun.
    fn pids(&self) -> Vec<u32> {
        let others = self.other_client.iter().flat_map(|(_, gates)| gates);
        let own = self.processes.iter().map(|(_, gate)| gate);
        own.chain(others).flat_map(Gate::pids).collect()
    }
}
