//! Protocols between living threads, some of which may be killed, in many orders.

mod desk;
mod event;
mod lifetime;
mod lock;
mod place;
mod queue;
mod slots;
mod watching;
