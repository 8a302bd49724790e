//! The kitchen: every dish is eaten exactly once, and the program ends by itself.

mod examples;
mod watchdog;

use std::collections::BTreeSet;
use std::error::Error;
use std::process::Command;

use examples::example;
use watchdog::watch;

#[test]
fn every_dish_is_eaten_exactly_once() -> Result<(), Box<dyn Error>> {
    let _watchdog = watch();
    let output = Command::new(example("kitchen")).output()?;
    let printed = String::from_utf8(output.stdout)?;
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    assert!(
        output.stderr.is_empty(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );

    let (mut cooked, mut eaten) = (BTreeSet::new(), BTreeSet::new());
    for line in printed.lines() {
        if let Some((eater, dish)) = line.split_once(" ate ") {
            assert!(["egg", "sss"].contains(&eater), "{line}: who is that?");
            let (name, cook) = dish.split_once(", cooked by ").ok_or(line)?;
            assert!(
                eaten.insert(format!("{cook} cooked {name}")),
                "{line}: a second time"
            );
        } else if line.contains(" cooked ") {
            assert!(cooked.insert(line.to_owned()), "{line}: a second time");
        }
    }
    let dishes = |cook_and_food: &str| (1..=5).map(|n| format!("{cook_and_food} {n}")).collect();
    let ordered: [Vec<String>; 2] = ["alex cooked 包子", "egon cooked 馒头"].map(dishes);
    assert!(cooked.iter().eq(ordered.iter().flatten()), "{printed}");
    assert_eq!(eaten, cooked, "{printed}");
    assert!(printed.ends_with("Every dish is eaten.\n"), "{printed}");
    Ok(())
}
