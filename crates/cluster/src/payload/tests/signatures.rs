//! Who has signed, and what.

use super::*;

#[test]
fn keys_are_replaced_one_after_the_other() -> TestResult {
    let _watchdog = watch();
    let [old, both, turned, new] = [
        signing(&['a'])?,
        signing(&['a', 'b'])?,
        signing(&['b', 'a'])?,
        signing(&['b'])?,
    ];
    let exchange = |from: &Cluster, to: &Cluster| -> Result<Vec<u8>, Box<dyn Error>> {
        let sealed = seal(&object(from, Kind::Queue, "keys")?, b"value")?;
        Ok(open(&object(to, Kind::Queue, "keys")?, sealed)?)
    };
    for (from, to) in [
        (&old, &both),
        (&both, &old),
        (&both, &turned),
        (&turned, &both),
        (&turned, &new),
        (&new, &turned),
    ] {
        assert_eq!(exchange(from, to)?, b"value");
    }
    let refused = exchange(&old, &new).expect_err("another key").to_string();
    assert!(refused.contains("another key"), "{refused}");
    Ok(())
}

#[test]
fn what_is_not_signed_as_it_should_be_is_refused() -> TestResult {
    let _watchdog = watch();
    let (open_to_all, signed) = (cluster("")?, signing(&['a'])?);
    let here = object(&signed, Kind::Queue, "here")?;

    let unsigned = seal(&object(&open_to_all, Kind::Queue, "here")?, b"value")?;
    let refused = open(&here, unsigned).expect_err("unsigned");
    assert!(matches!(refused, ClusterError::Unsigned { .. }));
    assert!(refused.to_string().contains("give the same key to all"));

    let sealed = seal(&here, b"value")?;
    let keyless = open(&object(&open_to_all, Kind::Queue, "here")?, sealed.clone());
    let keyless = keyless.expect_err("it cannot be verified");
    assert!(matches!(keyless, ClusterError::NoKey { .. }));
    assert!(keyless.to_string().contains("PROCESSION_KEY_FILE"));

    let file = key_file("elsewhere", &keys(&['a']))?;
    let elsewhere = cluster(&format!("namespace=other&key_file={}", file.display()))?;
    for other in [
        object(&signed, Kind::Queue, "there")?,
        object(&signed, Kind::Dict, "here")?,
        object(&elsewhere, Kind::Queue, "here")?,
    ] {
        let moved = open(&other, sealed.clone());
        assert!(
            matches!(moved, Err(ClusterError::BadSignature { .. })),
            "{other}"
        );
    }
    Ok(())
}

#[test]
fn whatever_bit_is_turned_the_value_is_refused() -> TestResult {
    let _watchdog = watch();
    let object = object(&signing(&['a'])?, Kind::Dict, "bits")?;
    for value in [b"value".to_vec(), vec![b'x'; 5000], noise(300)] {
        let sealed = seal(&object, &value)?;
        assert_eq!(open(&object, sealed.clone())?, value);
        for bit in 0..sealed.len() * 8 {
            let mut turned = sealed.clone();
            turned[bit / 8] ^= 1 << (bit % 8);
            assert!(open(&object, turned).is_err(), "bit {bit}");
        }
    }
    Ok(())
}

#[test]
fn what_was_done_to_a_value_is_signed_too() -> TestResult {
    let _watchdog = watch();
    let object = object(&signing(&['a'])?, Kind::Dict, "form")?;
    let mut sealed = seal(&object, &[b'x'; 5000])?;
    // As if it had not been compressed: the body stays as it was signed.
    assert_eq!(sealed[0], 0x13);
    sealed[0] = 0x12;
    sealed.drain(1..5);
    let refused = open(&object, sealed);
    assert!(
        matches!(refused, Err(ClusterError::BadSignature { .. })),
        "{refused:?}"
    );
    Ok(())
}

/// As `README.md` says it, so that all versions agree.
#[test]
fn a_signature_is_over_all_that_the_rule_names() -> TestResult {
    let _watchdog = watch();
    let object = object(&signing(&['a'])?, Kind::Dict, "rule")?;
    let compressed = lz4_flex::block::compress(&[b'x'; 5000]);
    for (value, size, body) in [
        (b"value".to_vec(), 0, b"value".to_vec()),
        (vec![b'x'; 5000], 5001, compressed),
    ] {
        let mut signature = blake3::Hasher::new_keyed(&[0xaa; 32]);
        for part in [
            b"procession value 1".as_slice(),
            b"default",
            b"d",
            b"rule",
            &u64::to_le_bytes(size),
            &body,
        ] {
            signature.update(&(part.len() as u64).to_le_bytes());
            signature.update(part);
        }
        let end = [signature.finalize().as_bytes().as_slice(), &body].concat();
        assert!(seal(&object, &value)?.ends_with(&end));
    }
    Ok(())
}
