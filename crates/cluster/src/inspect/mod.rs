//! Looking at what lies on a server, and at the server itself; for those who run it, not for those who use it.
//!
//! Nothing here keeps an object alive, or takes part in it. Of a cluster every node is asked.

mod coverage;
mod drain;
mod examination;
mod objects;
mod permissions;
mod pools;

pub(crate) use drain::identity;
pub use drain::{Told, drain, wait_until_gone};
pub use examination::{Examination, Node, Stopwatch, examine};
pub use objects::{Found, objects};
pub use permissions::Denied;
pub use pools::{Counts, Held, Host, Pool, Waiting, pools};
