//! The keys with which values are signed.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use crate::object::Object;
use crate::{Address, ClusterError};

/// Names the file with the keys, unless the address does.
const KEY_FILE: &str = "PROCESSION_KEY_FILE";

/// The longest name of a key.
const LONGEST_NAME: usize = 64;

/// What is signed: this rule, where the value belongs, and what it is.
const CONTEXT: &[u8] = b"procession value 1";

/// The keys of this process: the first signs, all verify. Without any, nothing is signed.
#[derive(Default)]
pub(crate) struct Keyring(Vec<Key>);

struct Key {
    name: String,
    secret: [u8; 32],
}

/// Who has signed, and how.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Signature {
    pub(super) key: String,
    pub(super) code: [u8; 32],
}

/// What a signature vouches for.
pub(super) struct Statement<'a> {
    pub(super) object: &'a Object,
    pub(super) uncompressed: Option<usize>,
    pub(super) body: &'a [u8],
}

impl Keyring {
    /// Reads the file that the address names, or else the environment.
    pub(crate) fn read(address: &Address) -> Result<Keyring, ClusterError> {
        let named = address.files.key.clone();
        match named.or_else(|| std::env::var_os(KEY_FILE).map(PathBuf::from)) {
            Some(path) => read_file(&path).map(Keyring),
            None => Ok(Keyring::default()),
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn sign(&self, statement: &Statement<'_>) -> Option<Signature> {
        let key = self.0.first()?;
        Some(Signature {
            key: key.name.clone(),
            code: *statement.code(key).as_bytes(),
        })
    }

    pub(super) fn verify(
        &self,
        statement: &Statement<'_>,
        signature: Option<&Signature>,
    ) -> Result<(), ClusterError> {
        let object = statement.object.to_string();
        match signature {
            None if self.is_empty() => Ok(()),
            None => Err(ClusterError::Unsigned { object }),
            Some(_) if self.is_empty() => Err(ClusterError::NoKey {
                reason: format!("{object} holds a signed value, which cannot be verified"),
            }),
            Some(signature) => {
                let mut keys = self.0.iter();
                let key = keys.find(|key| key.name == signature.key);
                // Compared in a time that does not tell how much is right.
                match key.is_some_and(|key| statement.code(key) == signature.code) {
                    true => Ok(()),
                    false => Err(ClusterError::BadSignature { object }),
                }
            }
        }
    }
}

impl Statement<'_> {
    fn code(&self, key: &Key) -> blake3::Hash {
        let mut hasher = blake3::Hasher::new_keyed(&key.secret);
        let size = self.uncompressed.map_or(0, |size| size as u64 + 1);
        for part in [
            CONTEXT,
            self.object.cluster().address().namespace().as_bytes(),
            self.object.kind().prefix().as_bytes(),
            self.object.name().as_bytes(),
            &size.to_le_bytes(),
            self.body,
        ] {
            hasher.update(&(part.len() as u64).to_le_bytes());
            hasher.update(part);
        }
        hasher.finalize()
    }
}

fn read_file(path: &Path) -> Result<Vec<Key>, ClusterError> {
    let wrong = |what: String| ClusterError::Address {
        reason: format!("the key file {} {what}", path.display()),
    };
    let unreadable = |error: std::io::Error| wrong(format!("cannot be read: {error}"));
    let permissions = fs::metadata(path).map_err(unreadable)?.permissions();
    if permissions.mode() & 0o007 != 0 {
        return Err(wrong(
            "is open to all users of this machine: close it with chmod 600".to_owned(),
        ));
    }
    let text = fs::read_to_string(path).map_err(unreadable)?;
    let keys = text
        .lines()
        .enumerate()
        .filter(|(_, line)| !line.trim().is_empty() && !line.starts_with('#'))
        // Without the line itself, which may be a key.
        .map(|(number, line)| {
            key(line).ok_or_else(|| {
                let number = number + 1;
                wrong(format!(
                    "has no key in line {number}: it must be a name, a space, and 64 hexadecimal digits"
                ))
            })
        })
        .collect::<Result<Vec<Key>, _>>()?;
    let mut names: Vec<&str> = keys.iter().map(|key| key.name.as_str()).collect();
    names.sort_unstable();
    if names.is_empty() {
        return Err(wrong(
            "has no key: a line of it is a name, a space, and 64 hexadecimal digits".to_owned(),
        ));
    }
    let twice = names.windows(2).find_map(|pair| match pair {
        [one, next] if one == next => Some(one),
        _ => None,
    });
    if let Some(name) = twice {
        return Err(wrong(format!(
            "has two keys that are called {name:?}: each has a name of its own"
        )));
    }
    Ok(keys)
}

fn key(line: &str) -> Option<Key> {
    let mut words = line.split_whitespace();
    let (name, digits, None) = (words.next()?, words.next()?, words.next()) else {
        return None;
    };
    let secret = blake3::Hash::from_hex(digits).ok()?;
    (name.len() <= LONGEST_NAME).then(|| Key {
        name: name.to_owned(),
        secret: *secret.as_bytes(),
    })
}
