//! Values on a real server.

use std::error::Error;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use procession_test_server::Server;

use super::*;
use crate::Cluster;
use crate::watchdog::watch;

type TestResult = Result<(), Box<dyn Error>>;

fn server() -> &'static Server {
    static SERVER: OnceLock<Server> = OnceLock::new();
    SERVER.get_or_init(|| Server::start().expect("a server"))
}

fn cluster(parameters: &str) -> Result<Cluster, Box<dyn Error>> {
    Ok(Cluster::connect(
        &format!("{}?{parameters}", server().url()).parse()?,
    )?)
}

fn object(cluster: &Cluster, kind: Kind, name: &str) -> Result<Object, Box<dyn Error>> {
    let object = Object::absent(cluster, kind, name);
    object.create(&[])?;
    Ok(object)
}

/// Bytes that cannot be compressed.
fn noise(length: usize) -> Vec<u8> {
    let mut state = length as u64 + 1;
    let byte = |_| {
        state = state.wrapping_mul(6364136223846793005).wrapping_add(1);
        (state >> 56) as u8
    };
    (0..length).map(byte).collect()
}

/// A file of keys that only we can read.
fn key_file(name: &str, text: &str) -> Result<PathBuf, Box<dyn Error>> {
    let path = server().directory().join(name);
    fs::write(&path, text)?;
    close(&path, 0o600)?;
    Ok(path)
}

fn close(path: &Path, mode: u32) -> TestResult {
    Ok(fs::set_permissions(path, fs::Permissions::from_mode(mode))?)
}

fn keys(names: &[char]) -> String {
    let line = |name: &char| {
        let digits: String = (0..64).map(|_| *name).collect();
        format!("key-{name} {digits}\n")
    };
    names.iter().map(line).collect()
}

fn signing(names: &[char]) -> Result<Cluster, Box<dyn Error>> {
    let file = key_file(&String::from_iter(names), &keys(names))?;
    cluster(&format!("key_file={}", file.display()))
}

fn release(object: &Object, sealed: &[u8]) {
    Remainder::of(sealed)
        .expect("it is in pieces")
        .remove(object);
}

/// Name and time to live in seconds of each blob of an object.
fn blobs(object: &Object) -> Result<Vec<(String, i64)>, Box<dyn Error>> {
    let found = server()
        .command(&["KEYS", &object.key("k:*")])?
        .accepted()?;
    let mut blobs = Vec::new();
    for key in found.items() {
        let key = key.text().ok_or("a key that is no text")?;
        let life = server().command(&["TTL", &key])?.text().ok_or("no life")?;
        blobs.push((key, life.parse()?));
    }
    Ok(blobs)
}

#[test]
fn values_of_all_sizes_come_back() -> TestResult {
    let _watchdog = watch();
    for cluster in [cluster("")?, signing(&['a'])?] {
        for kind in [Kind::Queue, Kind::Dict] {
            let object = object(&cluster, kind, "sizes")?;
            for size in [
                0,
                1,
                4096,
                4097,
                PIECE - 200,
                PIECE,
                PIECE + 1,
                3 * PIECE,
                3 * PIECE + 7,
            ] {
                for value in [noise(size), vec![b'x'; size]] {
                    let sealed = seal(&object, &value)?;
                    assert!(kind != Kind::Queue || sealed.len() <= PIECE + 200);
                    assert!(open(&object, sealed.clone())? == value, "{kind:?} {size}");
                    assert!(take(&object, sealed)? == value, "{kind:?} {size}");
                }
            }
            assert_eq!(blobs(&object)?, []);
        }
    }
    Ok(())
}

#[test]
fn a_value_that_is_too_large_is_refused_with_a_way_out() -> TestResult {
    let _watchdog = watch();
    let object = object(&cluster("")?, Kind::Queue, "large")?;
    let refused = seal(&object, &vec![0; LARGEST + 1]).expect_err("too large");
    assert_eq!(
        refused,
        ClusterError::TooLarge {
            bytes: LARGEST as u64 + 1,
            limit: LARGEST as u64
        }
    );
    assert!(refused.to_string().contains("send it in parts"));
    assert_eq!(
        open(&object, seal(&object, &vec![0; LARGEST])?)?.len(),
        LARGEST
    );
    Ok(())
}

#[test]
fn what_is_in_pieces_lives_until_it_is_done() -> TestResult {
    let _watchdog = watch();
    let object = object(&cluster("")?, Kind::Queue, "pieces")?;
    let value = noise(PIECE * 2);
    let sealed = seal(&object, &value)?;
    assert!(sealed.len() < 100);
    let six_days = 6 * 86_400;
    let [(key, life)] = &blobs(&object)?[..] else {
        panic!("one blob");
    };
    assert!(*life > six_days, "{life}");

    // Reading it lets it live on, since it may be delivered again.
    server().command(&["EXPIRE", key, "100"])?.accepted()?;
    assert!(open(&object, sealed.clone())? == value);
    assert!(matches!(&blobs(&object)?[..], [(_, life)] if *life > six_days));

    release(&object, &sealed);
    assert_eq!(blobs(&object)?, []);
    let expired = open(&object, sealed).expect_err("it is gone");
    assert!(matches!(expired, ClusterError::Expired { .. }), "{expired}");
    Ok(())
}

#[test]
fn what_this_process_has_written_is_looked_after_until_it_is_gone() -> TestResult {
    let _watchdog = watch();
    // Apart from those of other tests.
    let cluster = cluster("patience=50")?;
    let object = object(&cluster, Kind::Pool, "care")?;
    let sealed = [1, 2].map(|size| seal(&object, &noise(PIECE + size)));
    let [first, second] = sealed;
    release(&object, &first?);
    let [(key, _)] = &blobs(&object)?[..] else {
        panic!("one blob is left");
    };
    server().command(&["EXPIRE", key, "100"])?.accepted()?;
    let caretaker = cluster.caretaker()?;
    caretaker.look_after_all(&cluster)?;
    assert!(matches!(&blobs(&object)?[..], [(_, life)] if *life > 86_400));
    assert_eq!(caretaker.count(), 1);
    release(&object, &second?);
    caretaker.look_after_all(&cluster)?;
    assert_eq!(caretaker.count(), 0);
    Ok(())
}

#[test]
fn keys_are_replaced_one_after_the_other() -> TestResult {
    let _watchdog = watch();
    let [old, both, turned, new] = [
        signing(&['a'])?,
        signing(&['a', 'b'])?,
        signing(&['b', 'a'])?,
        signing(&['b'])?,
    ];
    let exchange = |from: &Cluster, to: &Cluster| -> Result<Vec<u8>, Box<dyn Error>> {
        let sealed = seal(&object(from, Kind::Queue, "keys")?, b"value")?;
        Ok(open(&object(to, Kind::Queue, "keys")?, sealed)?)
    };
    for (from, to) in [
        (&old, &both),
        (&both, &old),
        (&both, &turned),
        (&turned, &both),
        (&turned, &new),
        (&new, &turned),
    ] {
        assert_eq!(exchange(from, to)?, b"value");
    }
    let refused = exchange(&old, &new).expect_err("another key").to_string();
    assert!(refused.contains("another key"), "{refused}");
    Ok(())
}

#[test]
fn what_is_not_signed_as_it_should_be_is_refused() -> TestResult {
    let _watchdog = watch();
    let (open_to_all, signed) = (cluster("")?, signing(&['a'])?);
    let here = object(&signed, Kind::Queue, "here")?;

    let unsigned = seal(&object(&open_to_all, Kind::Queue, "here")?, b"value")?;
    let refused = open(&here, unsigned).expect_err("unsigned");
    assert!(matches!(refused, ClusterError::Unsigned { .. }));
    assert!(refused.to_string().contains("give the same key to all"));

    let sealed = seal(&here, b"value")?;
    let keyless = open(&object(&open_to_all, Kind::Queue, "here")?, sealed.clone());
    let keyless = keyless.expect_err("it cannot be verified");
    assert!(matches!(keyless, ClusterError::NoKey { .. }));
    assert!(keyless.to_string().contains("PROCESSION_KEY_FILE"));

    let file = key_file("elsewhere", &keys(&['a']))?;
    let elsewhere = cluster(&format!("namespace=other&key_file={}", file.display()))?;
    for other in [
        object(&signed, Kind::Queue, "there")?,
        object(&signed, Kind::Dict, "here")?,
        object(&elsewhere, Kind::Queue, "here")?,
    ] {
        let moved = open(&other, sealed.clone());
        assert!(
            matches!(moved, Err(ClusterError::BadSignature { .. })),
            "{other}"
        );
    }
    Ok(())
}

#[test]
fn whatever_bit_is_turned_the_value_is_refused() -> TestResult {
    let _watchdog = watch();
    let object = object(&signing(&['a'])?, Kind::Dict, "bits")?;
    for value in [b"value".to_vec(), vec![b'x'; 5000]] {
        let sealed = seal(&object, &value)?;
        assert_eq!(open(&object, sealed.clone())?, value);
        for bit in 0..sealed.len() * 8 {
            let mut turned = sealed.clone();
            turned[bit / 8] ^= 1 << (bit % 8);
            assert!(open(&object, turned).is_err(), "bit {bit}");
        }
    }
    Ok(())
}

#[test]
fn what_was_done_to_a_value_is_signed_too() -> TestResult {
    let _watchdog = watch();
    let object = object(&signing(&['a'])?, Kind::Dict, "form")?;
    let mut sealed = seal(&object, &[b'x'; 5000])?;
    // As if it had not been compressed: the body stays as it was signed.
    assert_eq!(sealed[0], 0x13);
    sealed[0] = 0x12;
    sealed.drain(1..5);
    let refused = open(&object, sealed);
    assert!(
        matches!(refused, Err(ClusterError::BadSignature { .. })),
        "{refused:?}"
    );
    Ok(())
}

#[test]
fn a_key_file_that_cannot_be_used_says_why_and_never_shows_a_key() -> TestResult {
    let digits = "0123456789abcdef".repeat(4);
    for (text, reason) in [
        (String::new(), "no key"),
        ("# nothing\n".to_owned(), "no key"),
        (
            format!("\nfirst {}\n", digits.get(1..).unwrap_or_default()),
            "line 2",
        ),
        (digits.clone(), "line 1"),
        (format!("a b {digits}"), "line 1"),
        (format!("a {digits}\na {digits}\n"), "two keys"),
    ] {
        let file = key_file("wrong", &text)?;
        let refused = cluster(&format!("key_file={}", file.display())).map(drop);
        let refused = refused.expect_err("no keys").to_string();
        assert!(refused.contains(reason), "{text:?}: {refused}");
        assert!(!refused.contains("123456"), "{refused}");
    }
    let open = key_file("open", &keys(&['a']))?;
    close(&open, 0o644)?;
    let refused = cluster(&format!("key_file={}", open.display())).map(drop);
    let refused = refused.expect_err("readable by all").to_string();
    assert!(refused.contains("chmod 600"), "{refused}");
    Ok(())
}
