//! The pool of the Python package, on that of the engine.
//!
//! What users see lies in `procession.pool`. Here values become bytes and bytes values, in the threads of those who ask; and the
//! interpreter's lock is let go of for every wait.

mod async_result;
mod call;
mod error;
mod failures;
mod feed;
mod feeding;
mod function;
mod host;
mod hosted_process;
mod imap_iterator;
mod owner;
mod result;
mod settlement;
mod slices;
mod starter;
mod waker;
mod worker;

pub(crate) use async_result::{AsyncResult, MapResult};
pub(crate) use host::{HostStop, serve_as_host};
pub(crate) use hosted_process::{HostedProcess, arrived_process};
pub(crate) use imap_iterator::{IMapIterator, IMapUnorderedIterator};
pub(crate) use owner::Pool;
pub(crate) use slices::interpreter_exits;
pub(crate) use worker::{serve, tell_failures_by};
