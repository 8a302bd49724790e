//! What the address names and does not say: passwords and certificates in files.

use std::fs;
use std::path::Path;
use std::sync::Once;

use redis::ClientTlsConfig;

use super::connection::Certificates;
use crate::{Address, ClusterError};

/// Names a file with the password, which then need not stand in the address.
const PASSWORD_FILE: &str = "PROCESSION_PASSWORD_FILE";

/// What is needed to be let in.
pub(super) struct Secrets {
    pub(super) password: Option<String>,
    pub(super) certificates: Certificates,
}

impl Secrets {
    pub(super) fn read(address: &Address) -> Result<Secrets, ClusterError> {
        if address.is_encrypted {
            choose_cryptography();
        }
        let files = &address.files;
        let client_tls = match (&files.certificate, &files.private_key) {
            (Some(certificate), Some(private_key)) => Some(ClientTlsConfig {
                client_cert: read(certificate)?,
                client_key: read(private_key)?,
            }),
            (None, None) => None,
            _ => {
                return Err(ClusterError::Address {
                    reason: "certificate_file and private_key_file go together".to_owned(),
                });
            }
        };
        let root_cert = files
            .certificate_authority
            .as_deref()
            .map(read)
            .transpose()?;
        Ok(Secrets {
            password: password(address)?,
            certificates: Certificates {
                client_tls,
                root_cert,
            },
        })
    }
}

fn password(address: &Address) -> Result<Option<String>, ClusterError> {
    match (&address.password, std::env::var_os(PASSWORD_FILE)) {
        (Some(password), _) => Ok(Some(password.clone())),
        (None, Some(path)) => {
            let password = String::from_utf8_lossy(&read(Path::new(&path))?)
                .trim_end()
                .to_owned();
            Ok(Some(password))
        }
        (None, None) => Ok(None),
    }
}

fn read(path: &Path) -> Result<Vec<u8>, ClusterError> {
    fs::read(path).map_err(|error| ClusterError::Address {
        reason: format!("the file {} cannot be read: {error}", path.display()),
    })
}

/// The crate `rustls` wants the program to choose; if it has, that is left alone.
fn choose_cryptography() {
    static CHOSEN: Once = Once::new();
    CHOSEN.call_once(|| {
        // An error says that there is one already.
        let _ = rustls::crypto::ring::default_provider().install_default();
    });
}
