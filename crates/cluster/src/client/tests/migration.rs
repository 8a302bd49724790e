//! A slot moves from one node of a cluster to another, under load.

use procession_test_server::{Reply as Answer, ServerCluster};

use super::*;
use crate::watchdog::watch;

const EACH: u32 = 1000;

/// What a node calls itself.
fn id(node: &Server) -> Result<String, Box<dyn Error>> {
    let id = node.command(&["CLUSTER", "MYID"])?.accepted()?.text();
    Ok(id.ok_or("a node without a name")?)
}

/// Moves a slot; when the new node has all keys, and the old one still has the slot, `between` happens.
fn migrate(
    from: &Server,
    to: &Server,
    slot: u16,
    between: impl FnOnce() -> TestResult,
) -> TestResult {
    let (from_id, to_id) = (id(from)?, id(to)?);
    let slot = slot.to_string();
    let set = |node: &Server, state: &str, id: &str| -> TestResult {
        let words = ["CLUSTER", "SETSLOT", &slot, state, id];
        node.command(&words)?.accepted()?;
        Ok(())
    };
    set(to, "IMPORTING", &from_id)?;
    set(from, "MIGRATING", &to_id)?;
    loop {
        let keys = from
            .command(&["CLUSTER", "GETKEYSINSLOT", &slot, "1"])?
            .accepted()?;
        let Some(key) = keys.items().first().and_then(Answer::text) else {
            break;
        };
        let port = to.port().to_string();
        from.command(&["MIGRATE", "127.0.0.1", &port, &key, "0", "5000"])?
            .accepted()?;
    }
    between()?;
    set(to, "NODE", &to_id)?;
    set(from, "NODE", &to_id)
}

#[test]
fn a_slot_moves_there_and_back() -> TestResult {
    let _watchdog = watch();
    let servers = ServerCluster::start()?;
    let counter = Counter::create(&servers.url(), "moving")?;
    let slot = counter.object.slot();
    let home = servers.primary_of(slot)?;
    let mut others = (0..16384).step_by(500).map(|slot| servers.primary_of(slot));
    let other = others
        .find_map(|node| node.ok().filter(|node| node.port() != home.port()))
        .ok_or("all slots on one node")?;
    counter.add_during(EACH, || {
        for (from, to) in [(home, other), (other, home), (home, other)] {
            let begin = counter.number()?;
            while counter.number()? < begin + 100 {}
            migrate(from, to, slot, || {
                // The old node sends whoever asks to the new one, for once.
                let number = counter.number_with(Effort::Once)?;
                assert!(number >= begin + 100);
                Ok(())
            })?;
        }
        Ok(())
    })?;
    assert_eq!(counter.number()?, i64::from(THREADS * EACH));
    Ok(())
}
