//! Pools whose workers are in other processes, with which only the server connects them.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

#[allow(dead_code, reason = "not every test needs all of it")]
#[path = "../hosts/mod.rs"]
mod hosts;
#[path = "../watchdog/mod.rs"]
mod watchdog;

mod cancelling;
mod carrying_out;
mod deaths;
mod draining;
mod server_failures;
mod sizes;
mod upkeep;

use std::time::Duration;

use hosts::system::{is_running, kill};
use hosts::{
    DIE, Gate, Host, PANIC, REVERSE, WAIT, ZEROS, next, poll, pool, pool_with, retries, submit,
};
use procession_cluster::Cluster;
use procession_cluster::pool::{DEFAULT, Upkeep};
use procession_engine::pool::TaskOptions;
use procession_engine::{PoolError, ProcessError};
use procession_test_server::{Fsync, Reply, Server, ServerCluster};
use rustix::process::Signal;
use sizes::noise;
use watchdog::watch;

#[test]
fn host_process() {
    hosts::become_host();
}

#[test]
fn client_process() {
    hosts::become_client();
}

fn server() -> (Server, String, Cluster) {
    let server = Server::start().unwrap();
    let (url, cluster) = connect(&server);
    (server, url, cluster)
}

fn connect(server: &Server) -> (String, Cluster) {
    let url = format!("{}?lease=1", server.url());
    let cluster = Cluster::connect(&url.parse().unwrap()).unwrap();
    (url, cluster)
}

fn none() -> TaskOptions {
    TaskOptions::default()
}
