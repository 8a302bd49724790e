//! Two cooks, two eaters, and a table between them: producers and consumers over a `JoinableQueue`.
//!
//! Alex cooks 包子 (steamed buns with filling) and Egon cooks 馒头 (plain ones). Each puts five
//! dishes on the table and then waits until everything on it is eaten. Egg and Sss eat whatever
//! comes. All four are processes of their own, and the main process waits for the cooks alone: the
//! eaters are *daemonic*, so they end when the main process does.
//!
//! ```console
//! $ cargo run --release --example kitchen
//! ```

use std::error::Error;
use std::hash::{BuildHasher, RandomState};
use std::thread::sleep;
use std::time::Duration;

use procession::{JoinableQueue, Process, QueueError};
use serde::{Deserialize, Serialize};

/// What lies on the table. Anything that serde can serialize can be put into a queue.
#[derive(Serialize, Deserialize)]
struct Dish {
    name: String,
    cook: String,
}

/// Runs in a process of its own: puts five dishes on the table, and waits until all are eaten.
fn cook(cook: String, food: String, table: JoinableQueue<Dish>) -> Result<(), QueueError> {
    for number in 1..=5 {
        take_a_while();
        let name = format!("{food} {number}");
        println!("{cook} cooked {name}");
        table.put(&Dish {
            name,
            cook: cook.clone(),
        })?;
    }
    // Waits until `task_done` was called for every dish, whoever cooked it.
    table.join()
}

/// Runs in a process of its own: eats what comes, for as long as it lives.
fn eat(eater: String, table: JoinableQueue<Dish>) -> Result<(), QueueError> {
    loop {
        let dish = table.get()?;
        take_a_while();
        println!("{eater} ate {}, cooked by {}", dish.name, dish.cook);
        // Says that the dish is not only off the table, but eaten.
        table.task_done()?;
    }
}

/// Sleeps for up to a fifth of a second. The standard library has no random numbers, but each
/// `RandomState` hashes differently.
fn take_a_while() {
    sleep(Duration::from_millis(
        RandomState::new().hash_one("while") % 200,
    ));
}

fn main() -> Result<(), Box<dyn Error>> {
    // First thing in `main`: the processes that are started below run this same program, and turn
    // off here, into the function that they are for.
    procession::init();

    let table = JoinableQueue::new()?;

    let alex = Process::spawn(cook, ("alex".to_owned(), "包子".to_owned(), table.clone()))?;
    let egon = Process::spawn(cook, ("egon".to_owned(), "馒头".to_owned(), table.clone()))?;
    for eater in ["egg", "sss"] {
        let daemon = Process::builder().name(eater).daemon(true);
        daemon.spawn(eat, (eater.to_owned(), table.clone()))?;
    }

    // Two question marks: the first for the process, which may have been killed; the second for
    // what its function returned.
    alex.join()??;
    egon.join()??;
    println!("Every dish is eaten.");
    Ok(())
}
