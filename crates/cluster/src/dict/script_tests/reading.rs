//! Reading entries, pages, and copies.

use super::*;

#[test]
fn entries_are_read() {
    let _watchdog = watch();
    let mut bench = bench();
    let found = bench.call(&GET, &["h", "v"], &["beta", "gamma", "alpha"]);
    let expected = [
        Reply::Bytes(entry("b1", "two")),
        Reply::Nil,
        Reply::Bytes(entry("a1", "one")),
    ];
    assert_eq!(found, Reply::Array(expected.into()));
    let mut contains = |key| bench.call(&CONTAINS, &["h", "v"], &[key]);
    assert_eq!(contains("beta"), Reply::Integer(1));
    assert_eq!(contains("gamma"), Reply::Integer(0));
    assert_eq!(bench.call(&LEN, &["h", "v"], &[]), Reply::Integer(2));
}

#[test]
fn a_page_ends_before_it_is_too_large() {
    let _watchdog = watch();
    let mut bench = bench();
    let large = "x".repeat(200_000);
    for key in ["c", "d", "e"] {
        let entry = entry(key, &large);
        change(&mut bench, key, "0", &[key.as_bytes(), b"*", &entry]);
    }
    let mut page = |version: &[u8], first: &str, wants_entries: &str| {
        let arguments = [version, b"0", first.as_bytes(), wants_entries.as_bytes()];
        bench.call_bytes(&PAGE, &ALL, &arguments)
    };
    let of = |page: &Reply| -> Vec<Vec<u8>> {
        page.items().iter().skip(2).step_by(2).map(bytes).collect()
    };
    let first = page(b"", "0", "1");
    assert_eq!(
        first.items().get(1),
        Some(&Reply::Integer(5)),
        "all of them"
    );
    assert_eq!(of(&first), ["alpha".as_bytes(), b"beta", b"c", b"d"]);
    assert_eq!(of(&page(&stamp("e"), "4", "1")), ["e".as_bytes()]);
    assert_eq!(of(&page(b"", "0", "0")).len(), 5, "keys alone are small");
    assert_eq!(page(&stamp("d"), "4", "1"), Reply::Nil, "another version");
}

#[test]
fn a_copy_stays_as_it_is() {
    let _watchdog = watch();
    let mut bench = bench();
    bench.call(&COPY, &["h", "v", "o", "copy:v", "copy:o"], &["60000"]);
    change(&mut bench, "removal", "0", &[b"alpha", b"*", b""]);
    let page = |bench: &mut Bench| {
        bench.call(
            &PAGE,
            &["h", "copy:v", "copy:o"],
            &["old", "60000", "0", "1"],
        )
    };
    for part in ["copy:v", "copy:o"] {
        assert!(bench.number("PTTL", part) > 0, "{part} stays for ever");
        bench.command("PERSIST", part, &[]);
    }
    assert_eq!(page(&mut bench).items().len(), 6);
    // Whoever reads it has it live on, for so long.
    for part in ["copy:v", "copy:o"] {
        assert!(bench.number("PTTL", part) > 0, "{part} stays for ever");
    }
    bench.command("DEL", "copy:o", &[]);
    assert_eq!(page(&mut bench), Reply::Nil, "half a copy is none");
}
