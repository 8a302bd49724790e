//! Ports that are free on the loopback interface.

use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, Hasher};
use std::io;
use std::net::{Ipv4Addr, TcpListener};

/// Ports of servers lie below those that the kernel gives to outgoing connections (from 32768 on, unless it has been told otherwise), and
/// so do the ports of the cluster's bus. Otherwise, while a server is down, its port could go to an outgoing connection; and a client that
/// tries to reach the server again and again would, sooner or later, be connected to itself.
const FIRST: u16 = 10_000;
const COUNT: u16 = 12_000;

/// A node of a cluster talks to the others on its port plus this.
const BUS: u16 = 10_000;

/// A port that was free a moment ago, together with that of its cluster bus.
///
/// Another process may take it before the server does; then the server says so and ends, and another port is tried.
pub(crate) fn free() -> io::Result<u16> {
    free_besides(0)
}

/// A second port for a server that has not yet taken its first.
pub(crate) fn free_besides(other: u16) -> io::Result<u16> {
    let start = (random() % u64::from(COUNT)) as u16;
    (0..COUNT)
        .map(|step| FIRST + (start + step) % COUNT)
        .find(|&port| port != other && is_free(port) && is_free(port + BUS))
        .ok_or_else(|| io::Error::new(io::ErrorKind::AddrInUse, "every port is taken"))
}

/// Another number in every call and in every process.
pub(crate) fn random() -> u64 {
    RandomState::new().build_hasher().finish()
}

fn is_free(port: u16) -> bool {
    TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_taken_port_is_not_free() {
        let taken = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        assert!(!is_free(taken.local_addr().unwrap().port()));
    }

    #[test]
    fn the_bus_has_a_port_as_well() {
        for _ in 0..100 {
            assert!((FIRST..FIRST + COUNT).contains(&free().unwrap()));
        }
        const { assert!(FIRST + COUNT + BUS <= 32_768) };
    }
}
