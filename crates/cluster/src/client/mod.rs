//! The only part of procession that speaks to a server.

#[cfg(not(feature = "client"))]
mod absent;
#[cfg(feature = "client")]
mod confirmation;
#[cfg(feature = "client")]
mod connection;
#[cfg(feature = "client")]
mod discovery;
#[cfg(feature = "client")]
mod failure;
#[cfg(feature = "client")]
mod lane;
#[cfg(feature = "client")]
mod map;
#[cfg(feature = "client")]
mod nodes;
#[cfg(feature = "client")]
mod pause;
#[cfg(feature = "client")]
mod replicas;
#[cfg(feature = "client")]
mod request;
#[cfg(feature = "client")]
mod retry;
#[cfg(feature = "client")]
mod route;
#[cfg(feature = "client")]
mod secrets;
#[cfg(test)]
#[cfg(feature = "client")]
mod tests;

#[cfg(not(feature = "client"))]
pub(crate) use absent::Client;
#[cfg(feature = "client")]
pub(crate) use retry::Client;
