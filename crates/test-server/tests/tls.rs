//! A server that speaks TLS.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod watchdog;

use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use procession_test_server::Server;
use watchdog::watch;

/// What a server sends first: a record of the handshake. It is asked with a hello of TLS 1.2, made by hand.
#[test]
fn the_second_port_speaks_tls() {
    let _watchdog = watch("the_second_port_speaks_tls");
    let server = Server::builder().tls().start().unwrap();
    let address = server.url();
    let address = address
        .strip_prefix("rediss://")
        .unwrap()
        .trim_end_matches('/');
    assert!(!address.ends_with(&server.port().to_string()));
    let mut stream = TcpStream::connect(address).unwrap();
    stream
        .set_read_timeout(Some(Duration::from_secs(20)))
        .unwrap();
    stream.write_all(&hello()).unwrap();
    let mut start = [0; 6];
    stream.read_exact(&mut start).unwrap();
    const HANDSHAKE: u8 = 22;
    const SERVER_HELLO: u8 = 2;
    assert_eq!([start[0], start[5]], [HANDSHAKE, SERVER_HELLO], "{start:?}");
}

#[test]
fn certificates_lie_beside_the_server() {
    let _watchdog = watch("certificates_lie_beside_the_server");
    let server = Server::builder().tls().start().unwrap();
    let certificates = server.certificates().unwrap();
    for file in [
        certificates.authority,
        certificates.client,
        certificates.client_key,
    ] {
        assert!(
            fs::read_to_string(&file)
                .unwrap()
                .starts_with("-----BEGIN "),
            "{file:?}"
        );
    }
    assert_eq!(Server::start().unwrap().certificates(), None);
}

/// TLS 1.2 with one cipher suite for certificates of elliptic curves.
fn hello() -> Vec<u8> {
    let mut body = vec![3, 3];
    body.extend([7; 32]);
    body.extend([0, 0, 2, 0xc0, 0x2b, 1, 0]);
    let extensions = [
        0, 10, 0, 4, 0, 2, 0, 23, // the curve P-256
        0, 11, 0, 2, 1, 0, // its points uncompressed
        0, 13, 0, 4, 0, 2, 4, 3, // ECDSA with SHA-256
    ];
    body.extend([0, extensions.len() as u8]);
    body.extend(extensions);
    let mut record = vec![22, 3, 1, 0, body.len() as u8 + 4, 1, 0, 0, body.len() as u8];
    record.extend(body);
    record
}
