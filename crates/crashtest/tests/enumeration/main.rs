//! Death at every store of every operation of every object, and of every recovery from that.

mod array;
mod barrier;
mod condition;
mod creation;
mod dict;
mod event;
mod keeper;
mod list;
mod lock;
mod queue;
mod semaphore;
mod value;
