//! The thread that brings outcomes home.

use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use super::board::{BEGINNING, Entry};
use super::client::Client;
use super::hosts::Presence;
use super::outcome::Outcome;
use crate::ClusterError;
use crate::process::Begun;
use crate::waiting::SLICE;

/// How often the server is asked whether it still has the tasks.
const AUDIT_PERIOD: Duration = Duration::from_secs(5);

/// Reads what hosts have answered, and looks now and then whether tasks or hosts have been lost; until the pool has ended.
pub(super) fn read(client: &Client) {
    let mut reader = Reader {
        client,
        last: BEGINNING.to_owned(),
        next_audit: Instant::now() + AUDIT_PERIOD,
        presence: Presence::default(),
    };
    while reader.wait_for_tasks() {
        let round = reader.round();
        if let Err(error) = round {
            tracing::warn!(%error, "what came of tasks cannot be asked for; it is tried again");
            std::thread::sleep(SLICE.min(AUDIT_PERIOD));
        }
    }
}

pub(super) struct Reader<'a> {
    pub(super) client: &'a Client,
    /// The last reply that was told.
    last: String,
    next_audit: Instant,
    presence: Presence,
}

impl Reader<'_> {
    /// Waits until there are tasks without an outcome; false if there will be none.
    fn wait_for_tasks(&mut self) -> bool {
        let mut ledger = self.client.lock();
        while ledger.is_empty() && !ledger.is_over {
            self.presence.nobody_is_missed();
            ledger = self.client.wait(ledger);
        }
        !ledger.is_over
    }

    fn round(&mut self) -> Result<(), ClusterError> {
        if self.client.was_forgotten.swap(false, Ordering::Acquire) {
            self.last = BEGINNING.to_owned();
            self.next_audit = Instant::now();
        }
        let client = self.client;
        let slice = SLICE.min(self.next_audit.saturating_duration_since(Instant::now()));
        if !slice.is_zero() {
            let replies = client
                .board
                .wait_for_replies(&client.name, &self.last, slice)?;
            self.tell(replies)?;
        }
        client.check_hosts(&mut self.presence)?;
        if Instant::now() >= self.next_audit {
            self.audit()?;
            self.next_audit = Instant::now() + AUDIT_PERIOD;
        }
        Ok(())
    }

    /// Reads the replies that are there.
    pub(super) fn read_to_the_end(&mut self) -> Result<(), ClusterError> {
        let client = self.client;
        loop {
            let replies = client.board.replies(&client.name, &self.last)?;
            if replies.is_empty() {
                return Ok(());
            }
            self.tell(replies)?;
        }
    }

    /// Tells outcomes, and then removes them from the server: dying in between harms nobody, since they are this process's.
    fn tell(&mut self, replies: Vec<Entry>) -> Result<(), ClusterError> {
        let Some(last) = replies.last().map(|reply| reply.id.clone()) else {
            return Ok(());
        };
        let object = self.client.board.object();
        let mut outcomes = Vec::new();
        for reply in replies {
            // What a host has handed in together stands in one entry: a number, and what is told of that task.
            let mut number = None;
            for (name, value) in reply.into_fields() {
                match (name.as_slice(), number) {
                    (b"n", _) => number = parse(&value),
                    (b"b", Some(number)) => self.note_begun(number, value),
                    (b"v", Some(number)) => outcomes.push((number, Outcome::open(object, value))),
                    _ => {}
                }
            }
        }
        self.last = last;
        self.presence.nobody_is_missed();
        self.client.settle(outcomes);
        self.client
            .board
            .trim_replies(&self.client.name, &self.last)
    }

    fn note_begun(&self, number: u64, notice: Vec<u8>) {
        match Begun::open(self.client.board.object(), notice) {
            Ok(begun) => self.client.note_begun(number, begun),
            Err(error) => tracing::warn!(%error, "where a process has begun cannot be read"),
        }
    }
}

/// A number as it stands in an entry.
fn parse(text: &[u8]) -> Option<u64> {
    std::str::from_utf8(text).ok()?.parse().ok()
}
