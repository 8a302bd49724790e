//! The files with keys.

use std::process::Command;

use super::*;

#[test]
fn a_key_file_that_cannot_be_used_says_why_and_never_shows_a_key() -> TestResult {
    let _watchdog = watch();
    let digits = "0123456789abcdef".repeat(4);
    for (text, reason) in [
        (String::new(), "no key"),
        ("# nothing\n".to_owned(), "no key"),
        (
            format!("\nfirst {}\n", digits.get(1..).unwrap_or_default()),
            "line 2",
        ),
        (digits.clone(), "line 1"),
        (format!("a b {digits}"), "line 1"),
        (format!("a {digits} b"), "line 1"),
        (format!("{} {digits}", "a".repeat(65)), "line 1"),
        (format!("a {digits}\na {digits}\n"), "two keys"),
    ] {
        let file = key_file("wrong", &text)?;
        let refused = cluster(&format!("key_file={}", file.display())).map(drop);
        let refused = refused.expect_err("no keys").to_string();
        assert!(refused.contains(reason), "{text:?}: {refused}");
        assert!(!refused.contains("123456"), "{refused}");
    }
    let open = key_file("open", &keys(&['a']))?;
    close(&open, 0o644)?;
    let refused = cluster(&format!("key_file={}", open.display())).map(drop);
    let refused = refused.expect_err("readable by all").to_string();
    assert!(refused.contains("chmod 600"), "{refused}");
    Ok(())
}

#[test]
fn comments_and_empty_lines_are_passed_over_and_a_group_may_read() -> TestResult {
    let _watchdog = watch();
    let name = "a".repeat(64);
    let text = format!("# ours\n\n{name} {}\n", "0123456789abcdef".repeat(4));
    let file = key_file("comments", &text)?;
    close(&file, 0o640)?;
    let cluster = cluster(&format!("key_file={}", file.display()))?;
    let sealed = seal(&object(&cluster, Kind::Queue, "comments")?, b"value")?;
    assert_eq!(signer(&sealed), name);
    Ok(())
}

/// By which key a small value is signed.
fn signer(sealed: &[u8]) -> String {
    assert_eq!(sealed[0], 0x12);
    let length = usize::from(sealed[1]);
    String::from_utf8_lossy(&sealed[2..2 + length]).into_owned()
}

/// Set in a process that is to say with which key it signs: the address of the server.
const ADDRESS: &str = "PROCESSION_TEST_ADDRESS";

/// What it says.
fn signs_with(address: &str) -> TestResult {
    let cluster = Cluster::connect(&address.parse()?)?;
    let sealed = seal(&object(&cluster, Kind::Queue, "environment")?, b"value")?;
    println!("signed by {}", signer(&sealed));
    Ok(())
}

#[test]
fn the_environment_names_a_file_unless_the_address_does() -> TestResult {
    let _watchdog = watch();
    if let Ok(address) = std::env::var(ADDRESS) {
        return signs_with(&address);
    }
    let [from_environment, from_address] = ['a', 'b'].map(|key| {
        let file = key_file(&format!("environment-{key}"), &keys(&[key]));
        file.map(|file| file.display().to_string())
    });
    let (from_environment, from_address) = (from_environment?, from_address?);
    let url = server().url();
    for (address, expected) in [
        (url.clone(), "signed by key-a"),
        (format!("{url}?key_file={from_address}"), "signed by key-b"),
    ] {
        let test =
            "payload::tests::key_files::the_environment_names_a_file_unless_the_address_does";
        let output = Command::new(std::env::current_exe()?)
            .args([test, "--exact", "--nocapture"])
            .env("PROCESSION_KEY_FILE", &from_environment)
            .env(ADDRESS, &address)
            .output()?;
        let said = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success() && said.contains(expected), "{said}");
    }
    Ok(())
}
