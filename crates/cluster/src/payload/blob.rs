//! Bodies that lie on the server in pieces.

use std::ops::Range;
use std::time::Duration;

use super::PIECE;
use super::form::Pieces;
use crate::call::{Call, Effort};
use crate::object::{Kind, Object};
use crate::script::Script;
use crate::{Cluster, ClusterError};

pub(super) static PIECE_OF: Script = Script::new(
    "piece",
    concat!("-- confirmed\n", include_str!("scripts/piece.lua")),
);
/// The same step for an object that needs no creation, and so can be used although the server has lost its data; its clients submit again what a failover has lost, so that nobody confirms it.
pub(super) static PIECE_OF_ANY: Script = Script::new(
    "piece_of_any",
    concat!("-- without header\n", include_str!("scripts/piece.lua")),
);

/// How long a blob lives after somebody who needs it was last there.
pub(super) const LIFE: Duration = Duration::from_secs(7 * 86_400);

/// The part of the object that a blob is.
pub(super) fn part(name: &[u8; 32]) -> String {
    format!("k:{}", String::from_utf8_lossy(name))
}

/// Writes a body, and has it looked after for as long as this process lives; says what it is called.
pub(super) fn write(object: &Object, body: &[u8]) -> Result<[u8; 32], ClusterError> {
    let fresh = object.cluster().fresh_name()?;
    let name: [u8; 32] = fresh
        .into_bytes()
        .try_into()
        .map_err(|_| ClusterError::protocol("a fresh name of another length"))?;
    let script = match object.kind() {
        Kind::Pool | Kind::Process => &PIECE_OF_ANY,
        _ => &PIECE_OF,
    };
    for (number, piece) in body.chunks(PIECE).enumerate() {
        let call = Call::new(script, object)
            .keys(["h", &part(&name)])
            .argument(number * PIECE)
            .argument(LIFE)
            .argument(piece);
        object.cluster().call(call)?;
    }
    let cluster = object.cluster();
    cluster
        .caretaker()?
        .look_after(cluster, object.key(&part(&name)))?;
    Ok(name)
}

/// Reads a body; afterwards it lives for as long as a new one.
pub(super) fn read(object: &Object, pieces: &Pieces) -> Result<Vec<u8>, ClusterError> {
    let key = object.key(&part(&pieces.name));
    let mut body = Vec::with_capacity(pieces.size);
    while body.len() < pieces.size {
        let Range { start, end } = body.len()..(body.len() + PIECE).min(pieces.size);
        let (first, last) = (start.to_string(), (end - 1).to_string());
        let command: [&[u8]; 4] = [
            b"GETRANGE",
            key.as_bytes(),
            first.as_bytes(),
            last.as_bytes(),
        ];
        let piece = object.cluster().command(object, command)?.into_bytes()?;
        if piece.len() != end - start {
            return Err(ClusterError::Expired {
                object: object.to_string(),
            });
        }
        body.extend(piece);
    }
    live_on(object.cluster(), &key, Effort::Patient)?;
    Ok(body)
}

/// Has a blob live for as long as a new one; says whether it is there.
pub(super) fn live_on(cluster: &Cluster, key: &str, effort: Effort) -> Result<bool, ClusterError> {
    let life = LIFE.as_millis().to_string();
    let command: [&[u8]; 3] = [b"PEXPIRE", key.as_bytes(), life.as_bytes()];
    Ok(cluster.command_on(key, command, effort)?.integer()? == 1)
}

/// Removes a body that nobody needs any more. If that fails it ends by itself.
pub(super) fn remove(object: &Object, pieces: &Pieces) {
    let key = object.key(&part(&pieces.name));
    let command: [&[u8]; 2] = [b"UNLINK", key.as_bytes()];
    let cluster = object.cluster();
    if let Err(error) = cluster.command_on(&key, command, Effort::Once) {
        tracing::debug!(%error, "a large value that is not needed any more ends by itself");
    }
}
