//! The thread that leads when nobody else does. See "Leading" in `README.md`.

use std::sync::PoisonError;
use std::time::{Duration, Instant};

use procession_arena::Wait;

use super::shared::Shared;
use super::waiting::Leadership;

/// How long it naps while others may be leading.
const SHORTEST_NAP: Duration = Duration::from_millis(1);
/// A nap becomes longer while nothing changes; after this one it sleeps until it is woken.
const LONGEST_NAP: Duration = Duration::from_millis(64);
/// A nap from which it is woken if the lead becomes vacant; from a shorter one only for outcomes that somebody is to be told.
const DOZE: Duration = Duration::from_millis(4);
/// How long it leads before it looks whether it is still needed.
const LOOK: Duration = Duration::from_millis(100);

/// The attendant's life: until the pool has ended.
pub(super) fn attend(shared: &Shared) {
    let mut seen = 0;
    let mut nap = SHORTEST_NAP;
    loop {
        let mut state = shared.lock();
        if state.is_empty() {
            return;
        }
        let is_idle = state.outstanding == 0;
        let is_vacant = !state.is_led && state.followers.is_empty();
        if !is_idle && is_vacant && (state.is_prompt || state.leads == seen) {
            let leadership = Leadership::take(shared, &mut state);
            seen = state.leads;
            drop(state);
            lead(shared);
            drop(leadership);
            nap = SHORTEST_NAP;
            continue;
        }
        if is_idle {
            state.is_prompt = false;
        }
        nap = match state.leads == seen {
            true => (nap * 2).min(LONGEST_NAP),
            false => SHORTEST_NAP,
        };
        seen = state.leads;
        state.attendant_dozes = nap >= DOZE;
        state.attendant_naps = true;
        let mut state = match is_idle && nap == LONGEST_NAP {
            true => shared
                .attendant
                .wait(state)
                .unwrap_or_else(PoisonError::into_inner),
            false => {
                let woken = shared.attendant.wait_timeout(state, nap);
                woken.unwrap_or_else(PoisonError::into_inner).0
            }
        };
        let is_awake = !std::mem::take(&mut state.attendant_naps);
        let was_called = nap >= DOZE && !std::mem::take(&mut state.attendant_dozes);
        if is_awake || was_called {
            nap = SHORTEST_NAP;
        }
    }
}

/// Leads until somebody else wants to, or nothing is outstanding.
fn lead(shared: &Shared) {
    loop {
        let longest = shared.lock().longest_look(LOOK);
        if let Err(error) = shared.read_reports(Wait::Until(Instant::now() + longest)) {
            tracing::error!(%error, "a pool cannot read its workers' reports, and ends");
            shared.end(&error);
            return;
        }
        let state = shared.lock();
        if !state.followers.is_empty() || state.outstanding == 0 {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::pool::PoolConfig;
    use crate::pool::state::State;

    /// Of an attendant that naps for a moment, while a task is outstanding.
    fn napping() -> State {
        let mut state = State::new(PoolConfig::default());
        state.attendant_naps = true;
        state.outstanding = 1;
        state
    }

    #[test]
    fn a_nap_ends_once_when_somebody_is_to_be_told_of_an_outcome() {
        let mut state = napping();
        state.be_prompt();
        assert!(state.claims_attendant());
        state.be_prompt();
        assert!(!state.claims_attendant());
    }

    #[test]
    fn a_nap_goes_on_while_somebody_leads_or_will() {
        let mut state = napping();
        state.be_prompt();
        state.is_led = true;
        assert!(!state.claims_attendant());
        let mut state = napping();
        // Whoever has submitted it is expected to wait for it.
        state.attendant_is_wanted = true;
        assert!(!state.claims_attendant());
    }

    #[test]
    fn a_doze_ends_for_whoever_wants_the_attendant() {
        let mut state = napping();
        state.attendant_dozes = true;
        state.attendant_is_wanted = true;
        assert!(state.claims_attendant());
    }
}
