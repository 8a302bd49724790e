//! What a queue is made with, as it stands in its header.

use procession_objects::{OnLost, QueueConfig};

use crate::ClusterError;
use crate::call::Call;
use crate::object::Object;
use crate::reply::Reply;
use crate::script::{Script, script};

static DESCRIBE: Script = script!("describe");

const PLAIN: &str = "queue";
const JOINABLE: &str = "joinable queue";

pub(super) fn write(config: &QueueConfig) -> [(&'static str, String); 4] {
    let kind = match config.joinable {
        None => PLAIN,
        Some(_) => JOINABLE,
    };
    let (on_lost, max_deliveries) = match config.joinable {
        None | Some(OnLost::Ignore) => ("ignore", 0),
        Some(OnLost::Report) => ("report", 0),
        Some(OnLost::Redeliver { max_deliveries }) => ("redeliver", max_deliveries.max(1)),
    };
    [
        ("kind", kind.to_owned()),
        ("maxsize", config.maxsize.unwrap_or(0).to_string()),
        ("on_lost", on_lost.to_owned()),
        ("max_deliveries", max_deliveries.to_string()),
    ]
}

/// The settings of a queue that exists, and how many of its messages were lost.
pub(super) fn read(object: &Object) -> Result<(QueueConfig, u64), ClusterError> {
    let call = Call::new(&DESCRIBE, object).keys(["h"]);
    let parts = object.cluster().call(call)?.into_parts()?;
    let [kind, maxsize, on_lost, max_deliveries, lost] = parts;
    let maxsize = Some(maxsize.count()?).filter(|items| *items > 0);
    let joinable = match (kind.into_text()?.as_str(), on_lost.into_text()?.as_str()) {
        (PLAIN, _) => None,
        (JOINABLE, "report") => Some(OnLost::Report),
        (JOINABLE, "ignore") => Some(OnLost::Ignore),
        (JOINABLE, "redeliver") => Some(OnLost::Redeliver {
            max_deliveries: u32::try_from(max_deliveries.count()?).unwrap_or(u32::MAX),
        }),
        (kind, on_lost) => {
            return Err(ClusterError::protocol(format!(
                "{object} is a {kind:?} with on_lost {on_lost:?}"
            )));
        }
    };
    let lost = match lost {
        Reply::Nil => 0,
        lost => lost.count()?,
    };
    Ok((QueueConfig { maxsize, joinable }, lost))
}
