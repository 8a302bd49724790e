//! What is recorded happens once, however often it is asked for.

use super::*;
use crate::watchdog::watch;

fn counter(name: &str) -> Result<Counter, Box<dyn Error>> {
    Counter::create(&server().url(), name)
}

#[test]
fn the_same_call_happens_once() -> TestResult {
    let _watchdog = watch();
    let counter = counter("once")?;
    for (nonce, expected) in [("a", 1), ("a", 1), ("b", 2), ("b", 2), ("c", 3)] {
        assert_eq!(counter.add_as(nonce, Effort::Patient)?, expected);
    }
    assert_eq!(counter.number()?, 3);
    Ok(())
}

#[test]
fn every_form_of_answer_is_recorded_as_it_was() -> TestResult {
    let _watchdog = watch();
    let counter = counter("forms")?;
    let text = |text: &[u8]| Reply::Bytes(text.to_vec());
    let nested = [
        Reply::Integer(1),
        Reply::Array(vec![text(b"two"), Reply::Array(Vec::new())]),
        Reply::Nil,
        text(b"four"),
    ];
    for (form, expected) in [
        ("nothing", Reply::Nil),
        ("number", Reply::Integer(7)),
        ("bytes", text(b"\0\xff")),
        ("status", text(b"FINE")),
        ("empty", Reply::Array(Vec::new())),
        ("nested", Reply::Array(nested.to_vec())),
    ] {
        let before = counter.number()?;
        assert_eq!(counter.answer(form, form)?, expected, "{form}");
        assert_eq!(counter.answer(form, form)?, expected, "{form}, recorded");
        assert_eq!(counter.number()?, before + 1, "{form}");
    }
    Ok(())
}

#[test]
fn a_refusal_is_not_recorded() -> TestResult {
    let _watchdog = watch();
    let counter = counter("refusal")?;
    let switch = counter.object.key("closed");
    server().command(&["SET", &switch, "1"])?.accepted()?;
    let refused = counter.add_as("a", Effort::Patient);
    assert!(
        matches!(&refused, Err(ClusterError::Refused { code, .. }) if code == "CLOSED"),
        "{refused:?}"
    );
    server().command(&["DEL", &switch])?.accepted()?;
    assert_eq!(counter.add_as("a", Effort::Patient)?, 1);
    Ok(())
}

#[test]
fn an_object_that_is_gone_says_so_but_what_was_done_before_was_done() -> TestResult {
    let _watchdog = watch();
    let counter = counter("gone")?;
    assert_eq!(counter.add_as("a", Effort::Patient)?, 1);
    counter.object.unlink()?;
    assert_eq!(counter.add_as("a", Effort::Patient)?, 1, "it was made then");
    let gone = counter.add_as("b", Effort::Patient);
    assert!(matches!(gone, Err(ClusterError::Gone { .. })), "{gone:?}");
    assert!(matches!(counter.number(), Err(ClusterError::Gone { .. })));
    // Nor has it come back by that.
    let header = server().command(&["EXISTS", &counter.object.key("h")])?;
    assert_eq!(header.text().as_deref(), Some("0"));
    Ok(())
}

#[test]
fn a_server_that_forgets_its_scripts_is_told_them_again() -> TestResult {
    let _watchdog = watch();
    let server = Server::start()?;
    let counter = Counter::create(&server.url(), "forgotten")?;
    counter.add_during(200, || {
        for _ in 0..200 {
            server.command(&["SCRIPT", "FLUSH"])?.accepted()?;
        }
        Ok(())
    })?;
    assert_eq!(counter.number()?, i64::from(THREADS * 200));
    Ok(())
}

#[test]
fn records_end_by_themselves_and_later_than_patience() -> TestResult {
    let _watchdog = watch();
    let counter = counter("life")?;
    counter.add()?;
    let pattern = counter.object.key("rq:*");
    let records = server().command(&["KEYS", &pattern])?.accepted()?;
    let [record] = records.items() else {
        panic!("{records:?}");
    };
    let record = record.text().unwrap_or_default();
    let left = server().command(&["PTTL", &record])?.text();
    let left: u128 = left.unwrap_or_default().parse()?;
    let patience = crate::script::LONGEST_PATIENCE.as_millis();
    assert!(left > patience, "{left} ms");
    Ok(())
}
