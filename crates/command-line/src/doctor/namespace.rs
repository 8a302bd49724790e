//! The namespace: whether this version can use it, and whom its values are safe from.

use procession_cluster::Address;
use procession_cluster::inspect::Examination;

use super::finding::Finding;

pub(super) fn layout(address: &Address, examined: &Examination) -> Finding {
    let (namespace, known) = (address.namespace(), examined.known_layout);
    match &examined.layout {
        Ok(None) => Finding::fine(format!("nobody has used the namespace {namespace:?} yet")),
        Ok(Some(found)) if found == known => Finding::fine(format!(
            "the namespace {namespace:?} is laid out in form {found}"
        )),
        Ok(Some(found)) => Finding::broken(
            format!(
                "the namespace {namespace:?} is laid out in form {found}, and this version knows form {known}"
            ),
            "use another namespace (?namespace=…), or the version of procession that made it",
        ),
        Err(error) => Finding::failure(error),
    }
}

pub(super) fn signatures(address: &Address, examined: &Examination) -> Finding {
    match (examined.has_key, address.is_local()) {
        (true, _) => Finding::fine("values are signed, and unsigned ones are refused"),
        (false, true) => Finding::fine("values are not signed, since nothing leaves this machine"),
        (false, false) => Finding::weak(
            "values are not signed: Python programs refuse that, since whoever can write to the server could have them run what he likes",
            "give all processes the same key, by PROCESSION_KEY_FILE or key_file= in the address",
        ),
    }
}

pub(super) fn encryption(address: &Address) -> Finding {
    match (address.is_encrypted(), address.is_local()) {
        (true, _) => Finding::fine("the connection is encrypted"),
        (false, true) => {
            Finding::fine("the connection is not encrypted, since nothing leaves this machine")
        }
        (false, false) => Finding::weak(
            "the connection is not encrypted: whoever is on the way can read everything, passwords included",
            "rediss:// instead of redis://, if the server knows TLS; a trusted network is the other way",
        ),
    }
}
