//! The countdown: a hundred processes, and no step lost.

mod examples;
mod watchdog;

use std::error::Error;
use std::process::Command;

use examples::example;
use watchdog::watch;

#[test]
fn it_ends_at_zero() -> Result<(), Box<dyn Error>> {
    let _watchdog = watch();
    let output = Command::new(example("countdown")).output()?;
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
    assert!(output.status.success());
    assert_eq!(String::from_utf8(output.stdout)?, "{\"count\": 0}\n");
    Ok(())
}
