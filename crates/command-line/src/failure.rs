//! Why a command could not be carried out.

use std::io;

use procession_cluster::queue::QueueError;
use procession_cluster::{Address, Cluster, ClusterError};

#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    #[error("no server is named: give --url redis://host:6379, or set PROCESSION_URL to it")]
    NoServer,
    #[error(transparent)]
    Cluster(ClusterError),
    #[error("there is no queue {name:?} in the namespace {namespace:?}{others}")]
    NoQueue {
        name: String,
        namespace: String,
        others: String,
    },
    #[error("the queue was closed, so that nothing can be put into it")]
    Closed,
    #[error("there is no worker host {name:?}{others}")]
    NoHost { name: String, others: String },
    #[error(
        "{count} message(s) in {queue:?} would be thrown away for good: say --yes if that is meant"
    )]
    NotConfirmed { queue: String, count: u64 },
    #[error("{0}")]
    Told(String),
    #[error("the output cannot be written: {0}")]
    Output(#[from] io::Error),
}

impl From<ClusterError> for Failure {
    fn from(error: ClusterError) -> Failure {
        match &error {
            // Programs do not need it, so that the usual rule does not have it.
            ClusterError::NoPermission { reason } if reason.to_lowercase().contains("'scan'") => {
                Failure::Told(format!(
                    "the server's user may not look at what there is ({reason}): `acl --operator` prints the rule of one who may"
                ))
            }
            _ => Failure::Cluster(error),
        }
    }
}

impl From<QueueError> for Failure {
    fn from(error: QueueError) -> Failure {
        match error {
            QueueError::Cluster(error) => error.into(),
            QueueError::Closed => Failure::Closed,
            other => Failure::Told(other.to_string()),
        }
    }
}

impl From<serde_json::Error> for Failure {
    fn from(error: serde_json::Error) -> Failure {
        Failure::Output(error.into())
    }
}

pub(crate) fn address(url: Option<&str>) -> Result<Address, Failure> {
    let url = url.filter(|url| !url.is_empty()).ok_or(Failure::NoServer)?;
    Ok(url.parse()?)
}

pub(crate) fn connect(url: Option<&str>) -> Result<Cluster, Failure> {
    Ok(Cluster::connect(&address(url)?)?)
}

/// Other names that may have been meant, as the end of a message.
pub(crate) fn others(mut names: Vec<String>) -> String {
    const SHOWN: usize = 10;
    names.dedup();
    match names.as_slice() {
        [] => "; there is none at all".to_owned(),
        [shown @ .., _] if shown.len() >= SHOWN => {
            format!(
                "; there are {}, among them {}",
                names.len(),
                names[..SHOWN].join(", ")
            )
        }
        all => format!("; there is {}", all.join(", ")),
    }
}
