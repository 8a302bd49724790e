//! What stands behind the question mark of an address.

use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::time::Duration;

use super::parse::{decoded, wrong};
use super::{Durability, Files, LEASE, LINGER, PATIENCE};
use crate::ClusterError;
use crate::script::LONGEST_PATIENCE;

/// How long a lease may be. It is renewed when a third of it is over, and a scheduler may be busy for a while; and for as long as it
/// lasts, nobody gets what a dead process has held.
const LEASES: RangeInclusive<Duration> = Duration::from_secs(1)..=Duration::from_secs(3600);

/// Ten years: more than anybody waits, and few enough that no sum of times overflows.
const MOST_SECONDS: f64 = 10.0 * 365.0 * 86_400.0;

pub(super) struct Parameters {
    pub(super) namespace: String,
    pub(super) lease: Duration,
    pub(super) patience: Duration,
    pub(super) durability: Durability,
    pub(super) linger: Duration,
    pub(super) is_insecure: bool,
    pub(super) files: Files,
}

pub(super) fn read(query: &str) -> Result<Parameters, ClusterError> {
    let mut read = Parameters {
        namespace: "default".to_owned(),
        lease: LEASE,
        patience: PATIENCE,
        durability: Durability::default(),
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
            "lease" => read.lease = lease(&value)?,
            "patience" => read.patience = seconds(name, &value)?.min(LONGEST_PATIENCE),
            "durability" => read.durability = durability(&value)?,
            "linger" => read.linger = seconds(name, &value)?,
            "insecure" => read.is_insecure = truth(name, &value)?,
            "key_file" => read.files.key = Some(PathBuf::from(value)),
            "ca_file" => read.files.certificate_authority = Some(PathBuf::from(value)),
            "certificate_file" => read.files.certificate = Some(PathBuf::from(value)),
            "private_key_file" => read.files.private_key = Some(PathBuf::from(value)),
            unknown => return Err(wrong(format!("there is no parameter {unknown:?}"))),
        }
    }
    // The entry of an object that is in use is renewed together with the leases.
    read.linger = read.linger.max(read.lease);
    Ok(read)
}

/// It stands between colons in keys, and in rules about them.
fn namespace(name: String) -> Result<String, ClusterError> {
    match is_plain_name(&name) {
        true => Ok(name),
        false => Err(wrong(format!(
            "the namespace {name:?} is not made of 1 to 128 letters, digits, dots, dashes and underscores"
        ))),
    }
}

/// Whether a name can stand in keys and rules as it is.
pub(crate) fn is_plain_name(name: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
    (1..=128).contains(&name.len()) && name.bytes().all(is_plain)
}

fn lease(value: &str) -> Result<Duration, ClusterError> {
    let lease = seconds("lease", value)?;
    match LEASES.contains(&lease) {
        true => Ok(lease),
        false => Err(wrong(format!(
            "lease={value} is not between {} and {} seconds",
            LEASES.start().as_secs(),
            LEASES.end().as_secs()
        ))),
    }
}

fn durability(value: &str) -> Result<Durability, ClusterError> {
    Durability::named(value).ok_or_else(|| {
        wrong(format!(
            "durability={value} is none of server, replica and disk"
        ))
    })
}

fn truth(name: &str, value: &str) -> Result<bool, ClusterError> {
    match value {
        "1" | "true" | "yes" => Ok(true),
        "0" | "false" | "no" => Ok(false),
        other => Err(wrong(format!("{name}={other} is neither 1 nor 0"))),
    }
}

fn seconds(name: &str, value: &str) -> Result<Duration, ClusterError> {
    let seconds = value
        .parse()
        .ok()
        .filter(|seconds: &f64| (0.0..=MOST_SECONDS).contains(seconds));
    seconds
        .and_then(|seconds| Duration::try_from_secs_f64(seconds).ok())
        .ok_or_else(|| wrong(format!("{name}={value} is no number of seconds")))
}
