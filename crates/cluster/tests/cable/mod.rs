//! A cable between two networks that are on this machine, which can be cut: packets are lost then, and nobody is told.
//!
//! A test runs in a network namespace of its own, which it enters by starting itself once more; at the other end of the cable is another one. Both have no names, and
//! end with the processes in them.

mod replica;

use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};

use procession_test_server::Server;

use crate::hosts::poll;

pub(crate) use replica::Replica;

/// Set in a test that is in a namespace of its own.
const INSIDE: &str = "PROCESSION_TEST_NAMESPACE";

/// Both ends of the cable.
const NEAR: &str = "10.77.0.1";
const FAR: &str = "10.77.0.2";

/// Where this is true, the test goes on; elsewhere it has been run, in a network of its own.
pub(crate) fn is_inside(test: &str) -> bool {
    if std::env::var_os(INSIDE).is_some() {
        run(&mut tool("ip"), &["link", "set", "lo", "up"]);
        return true;
    }
    let tried = unshare().args(["--net", "true"]).output().expect("unshare");
    assert!(
        tried.status.success(),
        "the system allows no network namespace, in which alone a cable can be cut: as root it takes CAP_SYS_ADMIN, and for everybody else /proc/sys/user/max_user_namespaces \
         above 0 and, where there are these, the settings kernel.apparmor_restrict_unprivileged_userns=0 and kernel.unprivileged_userns_clone=1: {tried:?}"
    );
    let ended = unshare()
        .arg("--net")
        .arg(std::env::current_exe().expect("this program"))
        .args([test, "--exact", "--nocapture", "--test-threads=1"])
        .env(INSIDE, "1")
        .status()
        .expect("unshare");
    assert!(ended.success(), "{test} failed in a network of its own");
    false
}

/// What enters another namespace; those who are not root may do that where they are root of their own.
fn unshare() -> Command {
    let mut unshare = tool("unshare");
    if !rustix::process::geteuid().is_root() {
        unshare.args(["--user", "--map-root-user"]);
    }
    unshare
}

/// A tool of the system, which the path of those who are not root may not lead to.
fn tool(name: &str) -> Command {
    let places = ["/usr/sbin", "/sbin", "/usr/bin", "/bin"];
    let found = places.map(|place| Path::new(place).join(name));
    let found = found.into_iter().find(|file| file.is_file());
    Command::new(found.unwrap_or_else(|| {
        panic!(
            "`{name}` was not found: install it (Debian, Ubuntu: apt install iproute2 util-linux)"
        )
    }))
}

fn run(command: &mut Command, arguments: &[&str]) {
    let output = command.args(arguments).output().expect("a tool");
    assert!(output.status.success(), "{command:?}: {output:?}");
}

/// A cable to another network.
pub(crate) struct Cable {
    /// In the other network, to keep it.
    keeper: Child,
    /// It ends when this is closed, also if the test is killed.
    _stdin: Option<ChildStdin>,
}

impl Cable {
    pub(crate) fn lay() -> Cable {
        let mut keeper = tool("unshare")
            .args(["--net", "cat"])
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .spawn()
            .expect("unshare");
        let cable = Cable {
            _stdin: keeper.stdin.take(),
            keeper,
        };
        let network = |process: &str| std::fs::read_link(format!("/proc/{process}/ns/net"));
        let own = network("self").expect("a network");
        let pid = cable.keeper.id().to_string();
        poll("there is another network", || {
            network(&pid).is_ok_and(|other| other != own)
        });
        let near = |arguments: &[&str]| run(&mut tool("ip"), arguments);
        near(&[
            "link", "add", "near", "type", "veth", "peer", "name", "far", "netns", &pid,
        ]);
        near(&["address", "add", &format!("{NEAR}/30"), "dev", "near"]);
        near(&["link", "set", "near", "up"]);
        let far =
            |arguments: &[&str]| run(&mut cable.at_its_end(tool("ip").get_program()), arguments);
        far(&["link", "set", "lo", "up"]);
        far(&["address", "add", &format!("{FAR}/30"), "dev", "far"]);
        far(&["link", "set", "far", "up"]);
        cable
    }

    /// A command in the other network.
    pub(crate) fn at_its_end(&self, program: impl AsRef<std::ffi::OsStr>) -> Command {
        let mut command = tool("nsenter");
        command
            .arg(format!("--net=/proc/{}/ns/net", self.keeper.id()))
            .arg(program);
        command
    }

    /// This program, in the other network.
    pub(crate) fn this_program(&self) -> Command {
        self.at_its_end(std::env::current_exe().expect("this program"))
    }

    pub(crate) fn cut(&self) {
        run(&mut tool("ip"), &["link", "set", "near", "down"]);
    }

    pub(crate) fn mend(&self) {
        run(&mut tool("ip"), &["link", "set", "near", "up"]);
    }
}

impl Drop for Cable {
    fn drop(&mut self) {
        // It may have ended.
        let _ = self.keeper.kill();
        let _ = self.keeper.wait();
    }
}

/// A server that both networks reach.
pub(crate) fn server() -> Server {
    let both = format!("127.0.0.1 {NEAR}");
    let server = Server::builder()
        .argument("bind", both)
        .argument("protected-mode", "no");
    server.start().expect("a server")
}

/// Its address in the other network.
pub(crate) fn url_at_the_end(server: &Server) -> String {
    format!("redis://{NEAR}:{}/?insecure=1", server.port())
}
