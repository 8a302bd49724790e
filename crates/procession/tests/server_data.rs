//! What is particular about dicts, lists, namespaces, values and arrays on a server, and about the manager that makes them.

#![allow(clippy::expect_used, reason = "a test that panics has failed")]

mod watchdog;

use std::error::Error;
use std::sync::OnceLock;

use procession::{Cluster, Dict, ProxyError, SharedError, Value};
use procession_cluster::ClusterError;
use procession_test_server::Server;
use watchdog::watch;

type TestResult = Result<(), Box<dyn Error>>;

fn server() -> &'static Server {
    static SERVER: OnceLock<Server> = OnceLock::new();
    SERVER.get_or_init(|| Server::start().expect("a server"))
}

fn cluster() -> Result<Cluster, Box<dyn Error>> {
    Ok(procession::connect(&server().url())?)
}

fn is_gone<T>(outcome: &Result<T, SharedError>) -> bool {
    matches!(
        outcome,
        Err(SharedError::Cluster(ClusterError::Gone { .. }))
    )
}

fn is_another<T>(outcome: &Result<T, SharedError>) -> bool {
    matches!(
        outcome,
        Err(SharedError::Cluster(ClusterError::Mismatch { .. }))
    )
}

#[test]
fn a_name_stands_for_one_object_of_one_type() -> TestResult {
    procession::init_test!();
    let _watchdog = watch();
    let cluster = cluster()?;
    let dict = cluster.dict::<String, u32>("stock")?;
    dict.insert("apples", &7)?;
    assert_eq!(
        cluster.dict::<String, u32>("stock")?.get("apples")?,
        Some(7)
    );
    assert!(is_another(&cluster.dict::<String, String>("stock")));
    assert!(is_another(&cluster.namespace("stock")), "it is a dict, too");

    let list = cluster.list::<u32>("found")?;
    list.push(&7)?;
    assert_eq!(cluster.list::<u32>("found")?.to_vec()?, [7]);
    assert!(is_another(&cluster.list::<u64>("found")));

    let value = cluster.value("tickets", 7u32)?;
    value.fetch_add(1)?;
    assert_eq!(cluster.value("tickets", 7u32)?.get()?, 8);
    assert!(is_another(&cluster.value("tickets", 7u64)));
    assert!(is_another(&cluster.value("tickets", "seven".to_owned())));

    let array = cluster.array("pixels", 4, 0u8)?;
    array.set(0, 7)?;
    assert_eq!(cluster.array("pixels", 4, 1u8)?.to_vec()?, [7, 0, 0, 0]);
    assert!(is_another(&cluster.array("pixels", 5, 0u8)));
    assert!(is_another(&cluster.array("pixels", 4, 0i8)));
    Ok(())
}

#[test]
fn what_was_unlinked_is_gone() -> TestResult {
    procession::init_test!();
    let _watchdog = watch();
    let cluster = cluster()?;
    let (dict, list) = (cluster.dict::<u8, u8>(None)?, cluster.list::<u8>(None)?);
    let (names, value) = (cluster.namespace(None)?, cluster.value(None, 1u8)?);
    let (text, array) = (
        cluster.value(None, String::new())?,
        cluster.array(None, 2, 0u8)?,
    );
    dict.unlink()?;
    list.unlink()?;
    names.unlink()?;
    value.unlink()?;
    text.unlink()?;
    array.unlink()?;
    assert!(is_gone(&dict.insert(&1, &1)));
    assert!(is_gone(&dict.iter()));
    assert!(is_gone(&list.push(&1)));
    assert!(is_gone(&list.sort()));
    assert!(is_gone(&names.get::<u8>("name")));
    assert!(is_gone(&value.fetch_add(1)));
    assert!(is_gone(&text.update(|text| text)));
    assert!(is_gone(&array.get(0)));
    assert!(is_gone(&array.fetch_add(0, 1)));
    assert!(
        dict.len()
            .is_err_and(|error| error.to_string().contains("unlinked"))
    );
    Ok(())
}

#[test]
fn what_lies_in_this_machines_memory_stays_here() -> TestResult {
    procession::init_test!();
    let _watchdog = watch();
    let cluster = cluster()?;
    let here = Value::new(7u32)?;
    let refused = |outcome: Result<(), SharedError>| match outcome {
        Err(SharedError::Encode { reason, .. }) => reason.contains("memory"),
        _ => false,
    };
    assert!(refused(
        cluster.dict::<u8, Value<u32>>(None)?.insert(&1, &here)
    ));
    assert!(refused(cluster.list::<Value<u32>>(None)?.push(&here)));
    assert!(refused(cluster.namespace(None)?.set("here", &here)));
    assert!(refused(cluster.value(None, here.clone()).map(drop)));

    // The other way round they are only names.
    let there = cluster.value(None, 8u32)?;
    let dict = Dict::<u8, Value<u32>>::new()?;
    dict.insert(&1, &there)?;
    assert_eq!(dict.require(&1)?.get()?, 8);
    Ok(())
}

#[test]
fn an_array_on_a_server_is_not_seen_in_place() -> TestResult {
    procession::init_test!();
    let _watchdog = watch();
    let array = cluster()?.array(None, 2, 0u8)?;
    assert_eq!(array.as_ptr().map(drop), Err(SharedError::NotInMemory));
    Ok(())
}

#[test]
fn what_is_too_large_is_refused_and_nothing_is_changed() -> TestResult {
    procession::init_test!();
    let _watchdog = watch();
    let cluster = cluster()?;
    let list = cluster.list::<Vec<u8>>(None)?;
    let too_large = |outcome: Result<(), SharedError>| {
        matches!(
            outcome,
            Err(SharedError::Cluster(ClusterError::TooLarge { .. }))
        )
    };
    assert!(too_large(list.push(&vec![0; (64 << 20) + 1])));
    assert!(too_large(list.extend(vec![vec![0; 33 << 20]; 4])));
    assert!(list.is_empty()?);
    assert!(too_large(cluster.array(None, 1 << 40, 0u8).map(drop)));
    Ok(())
}

#[test]
fn a_manager_on_a_server_hosts_nothing() -> TestResult {
    procession::init_test!();
    let _watchdog = watch();
    let manager = cluster()?.manager()?;
    let refused = [
        manager.host(7u32).map(drop),
        manager.host_with(|| 7u32, ()).map(drop),
    ];
    for refused in refused {
        let error = refused.expect_err("a refusal");
        assert!(matches!(error, ProxyError::NotOnServer), "{error}");
    }
    assert_eq!(manager.server_pid()?, None);
    Ok(())
}
