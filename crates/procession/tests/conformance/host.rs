//! A worker host: this program once more.

use std::process::{Child, Command, Stdio};

use procession::Cluster;
use procession_cluster::agent::{Arguments, SWITCH, serve_as_program};

/// Set, with its server's address, in a process that is to be a host.
const HOST: &str = "PROCESSION_TEST_HOST";

#[test]
fn host_process() {
    procession::init_test!();
    let Ok(url) = std::env::var(HOST) else {
        return;
    };
    // However the tests end, their end of the standard input is closed with them.
    std::thread::spawn(|| {
        let ended = std::io::copy(&mut std::io::stdin(), &mut std::io::sink());
        eprintln!("the tests have ended: {ended:?}");
        std::process::exit(1);
    });
    let arguments = [SWITCH, &url, "--slots", "2"].map(Into::into);
    let arguments = Arguments::read(arguments, None).expect("arguments");
    match serve_as_program(&arguments.expect("a host")) {
        Ok(()) => std::process::exit(0),
        Err(error) => panic!("the host ends: {error}"),
    }
}

/// A host that was started; killed when it is dropped.
pub(crate) struct Host(Child);

impl Host {
    pub(crate) fn start(cluster: &Cluster) -> std::io::Result<Host> {
        Command::new(std::env::current_exe()?)
            .args(["host::host_process", "--exact", "--nocapture", "-q"])
            .env(HOST, cluster.url())
            .stdin(Stdio::piped())
            .spawn()
            .map(Host)
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        // It may have ended.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
