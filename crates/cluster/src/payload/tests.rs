//! Values on a real server.

mod key_files;
mod pieces;
mod signatures;

use std::error::Error;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

use procession_test_server::Server;

use super::*;
use crate::Cluster;
use crate::watchdog::watch;

pub(super) type TestResult = Result<(), Box<dyn Error>>;

pub(super) fn server() -> &'static Server {
    static SERVER: OnceLock<Server> = OnceLock::new();
    SERVER.get_or_init(|| Server::start().expect("a server"))
}

fn keys(names: &[char]) -> String {
    let line = |name: &char| {
        let digits: String = (0..64).map(|_| *name).collect();
        format!("key-{name} {digits}\n")
    };
    names.iter().map(line).collect()
}

fn close(path: &Path, mode: u32) -> TestResult {
    Ok(fs::set_permissions(path, fs::Permissions::from_mode(mode))?)
}

/// A file of keys that only we can read. Whoever reads it meanwhile, in another test, finds it as a whole.
fn key_file(name: &str, text: &str) -> Result<PathBuf, Box<dyn Error>> {
    static FILES: AtomicU64 = AtomicU64::new(0);
    let number = FILES.fetch_add(1, Ordering::Relaxed);
    let directory = server().directory();
    let (path, fresh) = (
        directory.join(name),
        directory.join(format!("keys-{number}")),
    );
    fs::write(&fresh, text)?;
    close(&fresh, 0o600)?;
    fs::rename(&fresh, &path)?;
    Ok(path)
}

fn signing(names: &[char]) -> Result<Cluster, Box<dyn Error>> {
    let file = key_file(&String::from_iter(names), &keys(names))?;
    cluster(&format!("key_file={}", file.display()))
}

pub(super) fn cluster(parameters: &str) -> Result<Cluster, Box<dyn Error>> {
    Ok(Cluster::connect(
        &format!("{}?{parameters}", server().url()).parse()?,
    )?)
}

pub(super) fn object(cluster: &Cluster, kind: Kind, name: &str) -> Result<Object, Box<dyn Error>> {
    let object = Object::absent(cluster, kind, name);
    object.create(&[])?;
    Ok(object)
}

/// Name and time to live in seconds of each blob of an object.
pub(super) fn blobs(object: &Object) -> Result<Vec<(String, i64)>, Box<dyn Error>> {
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

/// Bytes that cannot be compressed.
pub(super) fn noise(length: usize) -> Vec<u8> {
    let mut state = length as u64 + 1;
    let byte = |_| {
        state = state.wrapping_mul(6364136223846793005).wrapping_add(1);
        (state >> 56) as u8
    };
    (0..length).map(byte).collect()
}

pub(super) fn release(object: &Object, sealed: &[u8]) {
    Remainder::of(sealed)
        .expect("it is in pieces")
        .remove(object);
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
