//! Renewing this process's lease.

use std::sync::{Arc, Weak};

use super::consumer::Consumer;
use super::get::number;
use super::{lease, reap};
use crate::ClusterError;
use crate::call::{Call, Effort};
use crate::keeper::Renew;
use crate::reply::Reply;
use crate::script::{Script, script};

pub(super) static RENEW: Script = script!("renew");

/// What the keeper has of a consumer.
pub(super) struct Renewal {
    consumer: Weak<Consumer>,
    slot: u16,
}

impl Renewal {
    pub(super) fn of(consumer: &Arc<Consumer>) -> Renewal {
        Renewal {
            consumer: Arc::downgrade(consumer),
            slot: consumer.object.slot(),
        }
    }
}

impl Renew for Renewal {
    fn renew(&self) -> Result<(), ClusterError> {
        match self.consumer.upgrade() {
            Some(consumer) => consumer.renew(),
            None => Ok(()),
        }
    }

    fn slot(&self) -> Option<u16> {
        Some(self.slot)
    }
}

impl Consumer {
    /// Renews the lease; for the keeper, which must not be kept waiting.
    fn renew(&self) -> Result<(), ClusterError> {
        let (lease, is_registered, is_in_doubt) = {
            let state = self.state();
            (
                Arc::clone(&state.lease),
                state.is_registered,
                state.is_in_doubt,
            )
        };
        if !is_registered && !is_in_doubt {
            return Ok(());
        }
        let cluster = self.object.cluster();
        let call = Call::new(&RENEW, &self.object)
            .keys(["h", "c"])
            .keys([&lease::part(&lease)])
            .argument(&*lease)
            .argument(cluster.lease());
        let mut parts = cluster
            .call_with(call, Effort::Once)?
            .into_array()?
            .into_iter();
        let (lives, has) = (number(parts.next())? == 1, number(parts.next())?);
        if !lives && is_registered {
            self.change_lease(&lease)?;
        }
        {
            let mut state = self.state();
            state.is_in_doubt |= lives && has > state.held.count(&lease);
        }
        let run_out = parts.map(Reply::into_text).collect::<Result<_, _>>()?;
        reap::reap_all(&self.object, run_out, Effort::Once)?;
        self.settle_doubt_if_idle()
    }
}
