//! Shared objects from one hand, and values in a server process.

mod method;
mod objects;
mod place;
mod proxy;
mod proxy_error;

use std::fmt;

use procession_engine::Host;
use serde::Serialize;
use serde::de::DeserializeOwned;

pub use method::{ByMutableReference, ByReference, Method};
pub use proxy::Proxy;
pub use proxy_error::ProxyError;

use place::Place;

use crate::codec::{encode, encode_last};
use crate::function::{CapturesNothing, Function};

/// Makes shared objects, and keeps values of the user's own types in a server process.
///
/// The objects that it makes lie in shared memory: no server stands between a process and its data, and they
/// live as long as somebody uses them, whatever becomes of the manager. What cannot lie there, a value of a type with
/// methods of its own, goes to [`host`](Manager::host): it is kept by a server process, which is started
/// with the first one, and is used through a [`Proxy`].
///
/// One that a [`Cluster`](crate::Cluster) has made makes its objects on the cluster's server, and hosts nothing.
///
/// The value itself is a handle: cloning it is cheap, and it can be passed to other processes. The server
/// ends with the last handle of the manager and the last proxy of its values, in whichever process they are.
///
/// # If a process dies
///
/// - The server: hosted values are lost, which their users are told at once. Everything else goes on, and the
///   next [`host`](Manager::host) gets a new server.
/// - Any other, the one that made the manager included: nobody else is affected.
#[derive(Clone)]
pub struct Manager {
    place: Place,
}

impl Manager {
    /// Makes a manager. This starts no process.
    ///
    /// # Errors
    ///
    /// [`ProxyError::Session`] if the session has no room for it or could not be set up.
    pub fn new() -> Result<Manager, ProxyError> {
        let host = Host::create().map_err(session)?;
        Ok(Manager {
            place: Place::memory(host),
        })
    }

    /// Has the server process keep `value`, which other processes then use through the proxy.
    ///
    /// The value is sent there; one that cannot be sent is made there by
    /// [`host_with`](Manager::host_with).
    ///
    /// # Errors
    ///
    /// [`ProxyError::ShutDown`]; [`ProxyError::Encode`] and [`ProxyError::Decode`] if the value cannot be
    /// sent; [`ProxyError::ServerGone`]; [`ProxyError::Session`] if the server could not be started;
    /// [`ProxyError::NotOnServer`] if the manager makes its objects on a server.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::collections::BTreeMap;
    ///
    /// use procession::{Manager, Process, Proxy};
    ///
    /// type Stock = BTreeMap<String, u32>;
    ///
    /// fn deliver(stock: Proxy<Stock>) -> Result<(), procession::ProxyError> {
    ///     stock.call(|stock: &mut Stock, what: String| *stock.entry(what).or_default() += 1, ("flour".to_owned(),))
    /// }
    ///
    /// fn main() -> Result<(), Box<dyn std::error::Error>> {
    ///     procession::init();
    ///     let manager = Manager::new()?;
    ///     let stock = manager.host(Stock::new())?;
    ///     let first = Process::spawn(deliver, (stock.clone(),))?;
    ///     let second = Process::spawn(deliver, (stock.clone(),))?;
    ///     first.join()??;
    ///     second.join()??;
    ///     assert_eq!(stock.call(|stock: &Stock| stock["flour"], ())?, 2);
    ///     Ok(())
    /// }
    /// ```
    pub fn host<T>(&self, mut value: T) -> Result<Proxy<T>, ProxyError>
    where
        T: Serialize + DeserializeOwned + 'static,
    {
        let (bytes, handles) = encode_last(&mut value).map_err(ProxyError::encode)?;
        let hosted = self
            .place
            .host()?
            .host(method::decode_value::<T>, bytes, &handles)?;
        Ok(Proxy::new(hosted))
    }

    /// Has the server process make a value by calling `function` with `arguments`, and keep it.
    ///
    /// The value needs no serde: it may be a file, a connection, a library's state.
    ///
    /// # Errors
    ///
    /// [`ProxyError::Panicked`] if the function panics, and those of [`host`](Manager::host).
    ///
    /// # Examples
    ///
    /// ```
    /// use std::sync::mpsc::{Receiver, Sender, channel};
    ///
    /// type Line = (Sender<u32>, Receiver<u32>); // cannot be sent anywhere
    ///
    /// # procession::init();
    /// let manager = procession::Manager::new()?;
    /// let line = manager.host_with(channel::<u32>, ())?;
    /// line.call(|line: &mut Line| line.0.send(7).is_ok(), ())?;
    /// assert_eq!(line.call(|line: &mut Line| line.1.recv().ok(), ())?, Some(7));
    /// # Ok::<_, Box<dyn std::error::Error>>(())
    /// ```
    pub fn host_with<F, A, T>(&self, function: F, arguments: A) -> Result<Proxy<T>, ProxyError>
    where
        F: Function<A, T>,
        A: Serialize + DeserializeOwned,
        T: 'static,
    {
        let proof = const { CapturesNothing::new() };
        let mut bytes = Vec::new();
        let handles = encode(&arguments, &mut bytes).map_err(ProxyError::encode)?;
        let maker = method::maker::<F, A, T>(proof, function);
        Ok(Proxy::new(self.place.host()?.host(maker, bytes, &handles)?))
    }

    /// Shuts the manager down, for all processes and for good.
    ///
    /// Hosted values end, without waiting for calls under way; from now on their calls fail with
    /// [`ProxyError::ShutDown`], and the manager makes nothing any more. Objects in shared memory that
    /// it has made live on. Shutting down twice does nothing.
    ///
    /// # Errors
    ///
    /// [`ProxyError::Session`] if the session's memory is damaged; [`ProxyError::Cluster`].
    pub fn shutdown(&self) -> Result<(), ProxyError> {
        self.place.shut_down()
    }

    /// Whether the manager was shut down.
    ///
    /// # Errors
    ///
    /// [`ProxyError::Session`] if the session's memory is damaged; [`ProxyError::Cluster`].
    pub fn is_shut_down(&self) -> Result<bool, ProxyError> {
        self.place.is_shut_down()
    }

    /// The pid of the process that keeps hosted values, if there is one at the moment.
    ///
    /// # Errors
    ///
    /// [`ProxyError::Session`] if the session's memory is damaged.
    pub fn server_pid(&self) -> Result<Option<u32>, ProxyError> {
        match &self.place {
            Place::Memory(host) => host.server_pid().map_err(session),
            Place::Server { .. } => Ok(None),
        }
    }
}

fn session(error: procession_arena::Error) -> ProxyError {
    procession_engine::HostError::from(error).into()
}

impl fmt::Debug for Manager {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Manager")
            .field("place", &self.place)
            .field("server_pid", &self.server_pid().ok().flatten())
            .field("shut_down", &self.is_shut_down().ok())
            .finish()
    }
}
