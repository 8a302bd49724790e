//! Accounts in a dict; the sum never changes, since a transfer is one `extend`.

use procession::{Dict, Lock};
use serde::{Deserialize, Serialize};

use crate::Outcome;
use crate::random::Random;

const ACCOUNTS: u64 = 24;
const DEPOSIT: i64 = 1_000;

#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Bank {
    accounts: Dict<u64, i64>,
    lock: Lock,
}

impl Bank {
    pub(super) fn new() -> Outcome<Bank> {
        let bank = Bank {
            accounts: Dict::new()?,
            lock: Lock::new()?,
        };
        let deposits = (0..ACCOUNTS).map(|account| (account, DEPOSIT));
        bank.accounts.extend(deposits)?;
        Ok(bank)
    }

    pub(super) fn act(&self, random: &mut Random) -> Outcome<()> {
        match random.below(4) {
            0 => self.open_or_close(random),
            _ => self.transfer(random),
        }
    }

    /// Whoever died with the lock has made its transfer, or has not: there is nothing to put right.
    fn transfer(&self, random: &mut Random) -> Outcome<()> {
        let from = random.below(ACCOUNTS);
        let to = (from + 1 + random.below(ACCOUNTS - 1)) % ACCOUNTS;
        let amount = random.below(100).cast_signed();
        let _guard = self.lock.lock().or_else(|error| error.into_guard())?;
        let (rich, poor) = (self.accounts.require(&from)?, self.accounts.require(&to)?);
        self.accounts
            .extend([(from, rich - amount), (to, poor + amount)])?;
        Ok(())
    }

    /// Accounts without money come and go, so that the dict grows and is compacted.
    fn open_or_close(&self, random: &mut Random) -> Outcome<()> {
        let account = ACCOUNTS + random.below(200);
        match random.below(2) {
            0 => self.accounts.insert(&account, &0)?,
            _ => drop(self.accounts.remove(&account)?),
        }
        Ok(())
    }

    /// True at any time, since a snapshot is of one moment.
    pub(super) fn check(&self) -> Outcome<()> {
        let accounts = self.accounts.to_map()?;
        let sum: i64 = accounts.values().sum();
        let expected = ACCOUNTS.cast_signed() * DEPOSIT;
        if sum != expected {
            return Err(format!("the bank has {sum} instead of {expected}: {accounts:?}").into());
        }
        match (0..ACCOUNTS).find(|account| !accounts.contains_key(account)) {
            Some(account) => Err(format!("account {account} is gone").into()),
            None => Ok(()),
        }
    }
}
