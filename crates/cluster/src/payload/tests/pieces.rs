//! Values in pieces, and how long they live.

use super::*;

#[test]
fn what_is_in_pieces_lives_until_it_is_done() -> TestResult {
    let _watchdog = watch();
    let object = object(&cluster("")?, Kind::Queue, "pieces")?;
    let value = noise(PIECE * 2);
    let sealed = seal(&object, &value)?;
    assert!(sealed.len() < 100);
    let six_days = 6 * 86_400;
    let [(key, life)] = &blobs(&object)?[..] else {
        panic!("one blob");
    };
    assert!(*life > six_days, "{life}");

    // Reading it lets it live on, since it may be delivered again.
    server().command(&["EXPIRE", key, "100"])?.accepted()?;
    assert!(open(&object, sealed.clone())? == value);
    assert!(matches!(&blobs(&object)?[..], [(_, life)] if *life > six_days));

    // One that has lost its end has expired, like one that is gone.
    let part = server().command(&["GETRANGE", key, "0", "100"])?;
    let part = part.text().ok_or("no bytes")?;
    server().command(&["SET", key, &part])?.accepted()?;
    let expired = open(&object, sealed.clone()).expect_err("it is cut off");
    assert!(matches!(expired, ClusterError::Expired { .. }), "{expired}");

    release(&object, &sealed);
    assert_eq!(blobs(&object)?, []);
    let expired = open(&object, sealed).expect_err("it is gone");
    assert!(matches!(expired, ClusterError::Expired { .. }), "{expired}");
    Ok(())
}

#[test]
fn what_passes_through_goes_in_pieces_and_what_stays_is_whole() -> TestResult {
    let _watchdog = watch();
    let cluster = cluster("")?;
    for kind in Kind::ALL {
        let object = object(&cluster, kind, "passing")?;
        let sealed = seal(&object, &noise(PIECE + 1))?;
        let is_whole = sealed.len() > PIECE;
        let passes_through = matches!(kind, Kind::Queue | Kind::Pool | Kind::Process);
        assert_eq!(is_whole, !passes_through, "{kind:?}");
        assert_eq!(blobs(&object)?.is_empty(), is_whole, "{kind:?}");
    }
    Ok(())
}
