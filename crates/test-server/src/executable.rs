//! Where the server's executable is.

use std::env;
use std::io;
use std::path::{Path, PathBuf};

/// The variable that names another executable: another version, or one that is not on the `PATH`.
pub const VARIABLE: &str = "PROCESSION_REDIS_SERVER";

/// What is looked for on the `PATH`, in this order.
const NAMES: [&str; 2] = ["redis-server", "valkey-server"];

/// Finds the server's executable: the one that `PROCESSION_REDIS_SERVER` names, else `redis-server` or `valkey-server`
/// on the `PATH`.
///
/// # Errors
///
/// `NotFound`, with what to install, when there is none.
pub fn executable() -> io::Result<PathBuf> {
    if let Some(named) = env::var_os(VARIABLE).filter(|named| !named.is_empty()) {
        let named = PathBuf::from(named);
        return if named.is_file() {
            Ok(named)
        } else {
            Err(nothing_at(&named))
        };
    }
    search(&env::var_os("PATH").unwrap_or_default()).ok_or_else(not_installed)
}

fn search(path: &std::ffi::OsStr) -> Option<PathBuf> {
    NAMES.iter().find_map(|name| {
        env::split_paths(path)
            .map(|directory| directory.join(name))
            .find(|candidate| candidate.is_file())
    })
}

fn nothing_at(named: &Path) -> io::Error {
    let text = format!(
        "{VARIABLE} names {}, where there is no file",
        named.display()
    );
    io::Error::new(io::ErrorKind::NotFound, text)
}

fn not_installed() -> io::Error {
    let text = format!(
        "redis-server was not found: install it (Debian, Ubuntu: apt install redis-server; or set {VARIABLE} to its path)"
    );
    io::Error::new(io::ErrorKind::NotFound, text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_path_has_no_server() {
        assert_eq!(search("".as_ref()), None);
        assert_eq!(search("/no/such/directory".as_ref()), None);
    }

    #[test]
    fn the_error_says_what_to_install() {
        let text = not_installed().to_string();
        assert!(text.contains("apt install redis-server"), "{text}");
        assert!(text.contains(VARIABLE), "{text}");
    }
}
