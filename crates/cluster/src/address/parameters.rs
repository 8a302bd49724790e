//! What stands behind the question mark of an address.

use std::path::PathBuf;
use std::time::Duration;

use super::parse::{decoded, wrong};
use super::{Files, LEASE, LINGER, PATIENCE};
use crate::ClusterError;

/// The shortest lease: renewing takes a third of it, and a scheduler may be busy for that long.
const SHORTEST_LEASE: Duration = Duration::from_secs(1);

pub(super) struct Parameters {
    pub(super) namespace: String,
    pub(super) lease: Duration,
    pub(super) patience: Duration,
    pub(super) linger: Duration,
    pub(super) is_insecure: bool,
    pub(super) files: Files,
}

pub(super) fn read(query: &str) -> Result<Parameters, ClusterError> {
    let mut read = Parameters {
        namespace: "default".to_owned(),
        lease: LEASE,
        patience: PATIENCE,
        linger: LINGER,
        is_insecure: false,
        files: Files::default(),
    };
    for parameter in query.split('&').filter(|parameter| !parameter.is_empty()) {
        let (name, value) = parameter
            .split_once('=')
            .ok_or_else(|| wrong(format!("{parameter:?} is no name=value")))?;
        let value = decoded(value)?;
        match name {
            "namespace" => read.namespace = namespace(value)?,
            "lease" => read.lease = seconds(name, &value)?.max(SHORTEST_LEASE),
            "patience" => read.patience = seconds(name, &value)?,
            "linger" => read.linger = seconds(name, &value)?,
            "insecure" => read.is_insecure = matches!(value.as_str(), "1" | "true" | "yes"),
            "key_file" => read.files.key = Some(PathBuf::from(value)),
            "ca_file" => read.files.certificate_authority = Some(PathBuf::from(value)),
            "certificate_file" => read.files.certificate = Some(PathBuf::from(value)),
            "private_key_file" => read.files.private_key = Some(PathBuf::from(value)),
            unknown => return Err(wrong(format!("there is no parameter {unknown:?}"))),
        }
    }
    Ok(read)
}

/// It stands between colons in keys, and in rules about them.
fn namespace(name: String) -> Result<String, ClusterError> {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
    match (1..=128).contains(&name.len()) && name.bytes().all(is_plain) {
        true => Ok(name),
        false => Err(wrong(format!(
            "the namespace {name:?} is not made of 1 to 128 letters, digits, dots, dashes and underscores"
        ))),
    }
}

fn seconds(name: &str, value: &str) -> Result<Duration, ClusterError> {
    let seconds = value.parse().ok().filter(|seconds: &f64| *seconds >= 0.0);
    seconds
        .and_then(|seconds| Duration::try_from_secs_f64(seconds).ok())
        .ok_or_else(|| wrong(format!("{name}={value} is no number of seconds")))
}
