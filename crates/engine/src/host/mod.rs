//! Values that live in a server process and are used from all others. See `README.md`.

mod answer;
mod caller;
mod error;
mod hosted;
mod manager;
mod server;
mod value;
mod wire;

pub use error::HostError;
pub use hosted::{Answer, Hosted, Maker, Method};
pub use manager::Host;
