//! A value in a server process, which is killed as well.

use std::collections::HashMap;

use procession::{Dict, Manager, Proxy, ProxyError};
use procession_arena::sys::process::Pidfd;
use serde::{Deserialize, Serialize};

use crate::Outcome;

/// Who made it, and which of its deeds that was.
type Id = (u64, u64);

/// Knows how often each participant has called it.
#[derive(Serialize, Deserialize)]
struct Register {
    id: Id,
    calls: HashMap<u64, u64>,
}

impl Register {
    fn call(&mut self, name: u64) -> (Id, u64) {
        let calls = self.calls.entry(name).or_default();
        *calls += 1;
        (self.id, *calls)
    }
}

#[derive(Clone, Serialize, Deserialize)]
pub(super) struct HostedValue {
    manager: Manager,
    /// The present register, at the key zero.
    present: Dict<u64, Proxy<Register>>,
}

/// A participant's own count, for each register.
#[derive(Default)]
pub(super) struct OwnCalls(HashMap<Id, u64>);

impl HostedValue {
    pub(super) fn new() -> Outcome<HostedValue> {
        Ok(HostedValue {
            manager: Manager::new()?,
            present: Dict::new()?,
        })
    }

    /// Every call that was answered was carried out once, and no other one under this name.
    pub(super) fn act(&self, name: u64, number: u64, own: &mut OwnCalls) -> Outcome<()> {
        let Some(register) = self.present.get(&0)? else {
            return self.host((name, number));
        };
        match register.call(Register::call, (name,)) {
            Ok((id, calls)) => {
                let expected = own.0.entry(id).or_default();
                *expected += 1;
                match calls == *expected {
                    true => Ok(()),
                    false => Err(format!("{calls} calls of {name} instead of {expected}").into()),
                }
            }
            Err(ProxyError::ServerGone) => self.host((name, number)),
            Err(error) => Err(error.into()),
        }
    }

    fn host(&self, id: Id) -> Outcome<()> {
        let calls = HashMap::new();
        match self.manager.host(Register { id, calls }) {
            Ok(register) => Ok(self.present.insert(&0, &register)?),
            Err(ProxyError::ServerGone) => Ok(()),
            // It was killed while it started.
            Err(ProxyError::Session { reason }) if reason.contains("signal 9") => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    /// Kills the server, if there is one.
    pub(super) fn kill_server(&self) -> Outcome<bool> {
        let Some(pid) = self.manager.server_pid()? else {
            return Ok(false);
        };
        // It may have gone by itself.
        Ok(Pidfd::open(pid).is_ok_and(|server| server.kill().is_ok()))
    }
}
