//! Arguments and results that are large, or too large.

use super::*;

/// So much that it goes in pieces, and nothing that could be compressed.
pub(crate) fn noise() -> Vec<u8> {
    let mut number = 1u64;
    let mut next_byte = || {
        number = number
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        (number >> 56) as u8
    };
    (0..1 << 20).map(|_| next_byte()).collect()
}

#[test]
fn large_arguments_and_results_go_in_pieces_and_leave_nothing() {
    let _watchdog = watch();
    let (server, url, cluster) = server();
    let _host = Host::start(&url, 1, &[]);
    let pool = pool(&cluster);
    let large = noise();
    let mut backwards = large.clone();
    backwards.reverse();
    assert!(next(&submit(&pool, &REVERSE, none(), [large])).unwrap() == backwards);
    let pieces = || {
        server
            .command(&["KEYS", "pc:default:{pool:default}:k:*"])
            .unwrap()
    };
    poll("the pieces are removed", || {
        pieces() == Reply::Array(Vec::new())
    });
}

#[test]
fn a_result_that_is_too_large_is_told_as_such() {
    let _watchdog = watch();
    let (_server, url, cluster) = server();
    let _host = Host::start(&url, 1, &[]);
    let pool = pool(&cluster);
    let size = (65u64 << 20).to_string().into_bytes();
    match next(&submit(&pool, &ZEROS, none(), [size])) {
        Err(PoolError::TooLarge { bytes, limit }) => assert!(bytes > limit),
        other => panic!("{other:?}"),
    }
    let large = vec![0; 65 << 20];
    match next(&submit(&pool, &REVERSE, none(), [large])) {
        Err(PoolError::TooLarge { bytes, limit }) => assert!(bytes > limit),
        other => panic!("{:?}", other.map(|bytes| bytes.len())),
    }
}
