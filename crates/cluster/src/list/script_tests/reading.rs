//! Reading elements, pages, and copies.

use super::*;

#[test]
fn elements_are_read() {
    let _watchdog = watch();
    let (mut bench, model) = bench(3);
    let mut get = |place| bench.call(&GET, &BOTH, &[place]);
    assert_eq!(get("2"), Reply::Bytes(model[2].clone()));
    assert_eq!(get("-3"), Reply::Bytes(model[0].clone()));
    assert_eq!(get("3"), Reply::Nil);
    assert_eq!(bench.call(&LEN, &BOTH, &[]), Reply::Integer(3));
}

#[test]
fn a_page_ends_before_it_is_too_large() {
    let _watchdog = watch();
    let (mut bench, _) = bench(1200);
    push(&mut bench, &vec![entry("large", &"x".repeat(100_000)); 40]);
    let mut page = |version: &[u8], start: &str, stop: &str| {
        let arguments = [version, b"0", start.as_bytes(), stop.as_bytes()];
        bench.call_bytes(&PAGE, &BOTH, &arguments)
    };
    let described = |page: &Reply| page.items().get(1..3).map(<[Reply]>::to_vec);
    let first = page(b"", "", "");
    assert_eq!(first.items().first(), Some(&Reply::Bytes(stamp("push"))));
    assert_eq!(described(&first), Some(numbers([0, 1240])));
    assert_eq!(first.items().len(), 3 + 1000);
    let second = page(&stamp("push"), "1000", "1240");
    assert!(
        second.items().len() < 3 + 240,
        "all of it: more than 256 KiB"
    );
    assert!(second.items().len() > 3 + 200);
    let last = page(b"", "-2", "");
    assert_eq!(described(&last), Some(numbers([1238, 1240])));
    assert_eq!(last.items().len(), 3 + 2);
    assert_eq!(page(b"", "7", "3").items().len(), 3, "none are wanted");
    assert_eq!(page(&stamp("other"), "", ""), Reply::Nil);
}

#[test]
fn a_copy_stays_as_it_is() {
    let _watchdog = watch();
    let (mut bench, _) = bench(3);
    bench.call(&COPY, &["h", "v", "copy"], &["60000"]);
    splice(&mut bench, b"", ["run", "", ""], &[]);
    let page = |bench: &mut Bench| bench.call(&PAGE, &["h", "copy"], &["old", "60000", "", ""]);
    assert!(bench.number("PTTL", "copy") > 0, "it stays for ever");
    bench.command("PERSIST", "copy", &[]);
    assert_eq!(page(&mut bench).items().len(), 3 + 3);
    // Whoever reads it has it live on, for so long.
    assert!(bench.number("PTTL", "copy") > 0, "it stays for ever");
    bench.command("DEL", "copy", &[]);
    assert_eq!(page(&mut bench), Reply::Nil);
}
