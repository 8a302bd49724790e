//! Each test has a client of its own, and so a caretaker: addresses that differ in anything lead to different clients.

use super::*;
use crate::object::Kind;
use crate::payload::tests::{TestResult, blobs, cluster, noise, object, release, server};
use crate::payload::{PIECE, seal};
use crate::watchdog::watch;

#[test]
fn what_this_process_has_written_is_looked_after_until_it_is_gone() -> TestResult {
    let _watchdog = watch();
    let cluster = cluster("patience=50")?;
    let object = object(&cluster, Kind::Pool, "care")?;
    let sealed = [1, 2].map(|size| seal(&object, &noise(PIECE + size)));
    let [first, second] = sealed;
    release(&object, &first?);
    let [(key, _)] = &blobs(&object)?[..] else {
        panic!("one blob is left");
    };
    server().command(&["EXPIRE", key, "100"])?.accepted()?;
    let caretaker = cluster.caretaker()?;
    caretaker.look_after_all(&cluster)?;
    assert!(matches!(&blobs(&object)?[..], [(_, life)] if *life > 86_400));
    assert_eq!(caretaker.lock().keys.len(), 1);
    release(&object, &second?);
    caretaker.look_after_all(&cluster)?;
    assert_eq!(caretaker.lock().keys.len(), 0);
    Ok(())
}

#[test]
fn a_round_is_made_when_it_is_due_and_not_before() -> TestResult {
    let _watchdog = watch();
    let cluster = cluster("patience=51")?;
    let object = object(&cluster, Kind::Pool, "round")?;
    seal(&object, &noise(PIECE + 1))?;
    let caretaker = cluster.caretaker()?;
    assert!(caretaker.lock().kept.is_some(), "nobody makes rounds");
    let [(key, _)] = &blobs(&object)?[..] else {
        panic!("one blob");
    };
    let life_after = |round: &Round| -> Result<i64, Box<dyn std::error::Error>> {
        server().command(&["EXPIRE", key, "100"])?.accepted()?;
        round.renew()?;
        let life = server().command(&["TTL", key])?.text().ok_or("no life")?;
        Ok(life.parse()?)
    };
    let last = Instant::now().checked_sub(ROUND).ok_or("no such time")?;
    let round = Round {
        cluster: cluster.downgrade(),
        caretaker: Arc::downgrade(caretaker),
        last: Mutex::new(last),
    };
    assert!(life_after(&round)? > 86_400, "it was due");
    assert!(life_after(&round)? <= 100, "it was not due");
    assert!(ROUND * 10 < LIFE, "not one round in time may fail");
    Ok(())
}
