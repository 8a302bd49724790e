//! The example `crawl`: every file has one line, whatever is killed meanwhile.

#[path = "../examples/mod.rs"]
mod examples;
#[path = "../nobody/mod.rs"]
mod nobody;
#[path = "../scratch_directory/mod.rs"]
mod scratch_directory;
#[path = "../watchdog/mod.rs"]
mod watchdog;
#[path = "../worker/mod.rs"]
mod worker;

mod program;
mod tree;

use std::error::Error;
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;

use nobody::example_run_by_nobody;
use procession_test_server::{Fsync, Server};
use program::Program;
use scratch_directory::ScratchDirectory;
use tree::{Tree, check, line};
use watchdog::watch;
use worker::{a_worker_has_open, kill_the_worker_with, killed_a_worker_with};

type TestResult = Result<(), Box<dyn Error>>;

fn url(server: &Server) -> String {
    format!("{}?lease=1", server.url())
}

#[test]
fn this_machine_does_it_all_and_a_killed_worker_costs_nothing() -> TestResult {
    let _watchdog = watch();
    let tree = Tree::new()?;
    let crawl = Program::start(&[tree.text()])?;
    kill_the_worker_with(&tree.large(), &crawl);
    check(&crawl.output()?, &tree)
}

#[test]
fn a_killed_worker_of_a_host_costs_nothing() -> TestResult {
    let _watchdog = watch();
    let (server, tree) = (Server::start()?, Tree::new()?);
    let host = Program::host(&url(&server))?;
    let mut crawl = Program::crawling(&tree, &url(&server))?;
    crawl.until(|| killed_a_worker_with(&tree.large(), &host))?;
    check(&crawl.output()?, &tree)
}

#[test]
fn a_killed_host_costs_nothing() -> TestResult {
    let _watchdog = watch();
    let (server, tree) = (Server::start()?, Tree::new()?);
    let mut hosts = [Program::host(&url(&server))?, Program::host(&url(&server))?];
    let mut crawl = Program::crawling(&tree, &url(&server))?;
    let mut with_it = None;
    crawl.until(|| {
        let mut hosts = hosts.iter();
        with_it = hosts.position(|host| a_worker_has_open(&tree.large(), host));
        with_it.is_some()
    })?;
    let host = with_it.and_then(|number| hosts.get_mut(number));
    host.ok_or("no host")?.kill()?;
    check(&crawl.output()?, &tree)
}

#[test]
fn a_killed_server_that_keeps_its_data_on_disk_costs_nothing() -> TestResult {
    let _watchdog = watch();
    let server = Server::builder().append_only(Fsync::Always).start()?;
    let tree = Tree::new()?;
    let hosts = [Program::host(&url(&server))?, Program::host(&url(&server))?];
    let mut crawl = Program::crawling(&tree, &url(&server))?;
    let is_under_way = |host| a_worker_has_open(&tree.large(), host);
    crawl.until(|| hosts.iter().any(|host| is_under_way(host)))?;
    server.kill()?;
    server.restart()?;
    check(&crawl.output()?, &tree)
}

#[test]
fn what_cannot_be_read_is_told_and_not_fatal() -> TestResult {
    let _watchdog = watch();
    let tree = ScratchDirectory::new()?;
    let [locked, readable] = ["locked", "readable"].map(|name| tree.path().join(name));
    fs::write(&locked, "secret")?;
    fs::write(&readable, "readable")?;
    fs::set_permissions(&locked, Permissions::from_mode(0o000))?;
    fs::set_permissions(tree.path(), Permissions::from_mode(0o755))?;
    let program = ScratchDirectory::new()?;
    let output = example_run_by_nobody("crawl", &program)?
        .arg(tree.path())
        .output()?;
    let errors = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{errors}");
    assert_eq!(output.stdout, line(&readable)?.as_bytes(), "{errors}");
    let why = format!("crawl: {}: Permission denied", locked.display());
    assert!(errors.contains(&why), "{errors}");
    assert!(errors.ends_with("2 files, 8 bytes, 1 errors\n"), "{errors}");
    Ok(())
}

#[test]
fn what_makes_it_impossible_is_told() -> TestResult {
    let _watchdog = watch();
    let directory = ScratchDirectory::new()?;
    let directory = directory.path().to_str().unwrap_or_default();
    // Nobody listens on the port of discarded traffic.
    let nowhere = ["--on", "redis://127.0.0.1:9/?patience=1", directory];
    let missing = format!("{directory}/missing");
    for (arguments, why) in [
        (nowhere.as_slice(), "127.0.0.1:9 is not available"),
        (&[missing.as_str()], missing.as_str()),
    ] {
        let output = Program::start(arguments)?.output()?;
        let errors = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{errors}");
        assert!(errors.starts_with("crawl: "), "{errors}");
        assert!(errors.contains(why), "{errors}");
        assert!(output.stdout.is_empty());
    }
    Ok(())
}
