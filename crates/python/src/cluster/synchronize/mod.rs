//! Locks and their kin.

mod event;

pub(crate) use event::Event;
