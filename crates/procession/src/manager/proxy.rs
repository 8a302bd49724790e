//! A hosted value, as its users see it.

use std::any::type_name;
use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;
use std::time::Duration;

use procession_arena::{ProcessId, Wait};
use procession_engine::Hosted;
use serde::de::{self, DeserializeOwned};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::method::{self, Method};
use super::proxy_error::ProxyError;
use crate::codec::{decode_owned, encode};
use crate::deadline::until;
use crate::function::CapturesNothing;
use crate::handle::{HandleIn, HandleOut};

/// A handle of a value that a [`Manager`](crate::Manager)'s server process keeps.
///
/// Cloning it is cheap, and it can be passed to other processes as an argument, as a result, or inside
/// other shared objects. The value ends with its last proxy. A proxy that is itself in the server process, say
/// in another hosted value of the same manager, does not count for that: keep one elsewhere.
///
/// Calls of one value are carried out one after another, those from one thread in their order; calls of
/// different values run side by side. A call that goes back to the value on which it is made waits for itself:
/// use [`call_timeout`](Proxy::call_timeout) where that may happen.
///
/// # If a process dies
///
/// - The server: the value is lost, and every call fails with [`ProxyError::ServerGone`] at once, those that
///   wait included.
/// - A caller: its call is carried out or not; nobody else is affected.
pub struct Proxy<T> {
    hosted: Arc<Hosted>,
    // The value is in the server, never here.
    value: PhantomData<fn(&T)>,
}

impl<T: 'static> Proxy<T> {
    pub(super) fn new(hosted: Hosted) -> Proxy<T> {
        Proxy {
            hosted: Arc::new(hosted),
            value: PhantomData,
        }
    }

    /// Calls `method` on the value, and waits for its result.
    ///
    /// # Errors
    ///
    /// [`ProxyError::Panicked`] if the method panics: to this caller alone, and the value goes on.
    /// [`ProxyError::ServerGone`], [`ProxyError::ShutDown`], [`ProxyError::Encode`],
    /// [`ProxyError::Decode`], [`ProxyError::ResultNotStored`].
    ///
    /// # If a process dies
    ///
    /// If it is the server: the call fails at once. It may have been carried out.
    ///
    /// # Examples
    ///
    /// ```
    /// # procession::init();
    /// let manager = procession::Manager::new()?;
    /// let words = manager.host(Vec::<String>::new())?;
    /// words.call(Vec::push, ("bread".to_owned(),))?;
    /// assert_eq!(words.call(Vec::len, ())?, 1);
    /// # Ok::<_, Box<dyn std::error::Error>>(())
    /// ```
    pub fn call<F, A, R, B>(&self, method: F, arguments: A) -> Result<R, ProxyError>
    where
        F: Method<T, A, R, B>,
        A: Serialize + DeserializeOwned,
        R: Serialize + DeserializeOwned + 'static,
        B: 'static,
    {
        let proof = const { CapturesNothing::new() };
        self.ask(proof, method, &arguments, Wait::Forever)
    }

    /// Calls `method` on the value, and waits at most for `timeout`.
    ///
    /// # Errors
    ///
    /// [`ProxyError::TimedOut`], and those of [`call`](Proxy::call). After a time-out the call is
    /// carried out all the same, unless the server ends before; its result is thrown away.
    pub fn call_timeout<F, A, R, B>(
        &self,
        method: F,
        arguments: A,
        timeout: Duration,
    ) -> Result<R, ProxyError>
    where
        F: Method<T, A, R, B>,
        A: Serialize + DeserializeOwned,
        R: Serialize + DeserializeOwned + 'static,
        B: 'static,
    {
        let proof = const { CapturesNothing::new() };
        self.ask(proof, method, &arguments, until(timeout))
    }

    fn ask<F, A, R, B>(
        &self,
        proof: CapturesNothing<F>,
        method: F,
        arguments: &A,
        wait: Wait,
    ) -> Result<R, ProxyError>
    where
        F: Method<T, A, R, B>,
        A: Serialize + DeserializeOwned,
        R: Serialize + DeserializeOwned + 'static,
        B: 'static,
    {
        let mut bytes = Vec::new();
        let handles = encode(arguments, &mut bytes).map_err(ProxyError::encode)?;
        let entry = method::entry::<F, T, A, R, B>(proof, method);
        self.hosted
            .call(entry, bytes, &handles, wait, decode_owned)?
            .map_err(ProxyError::decode)
    }
}

impl<T> Clone for Proxy<T> {
    fn clone(&self) -> Proxy<T> {
        Proxy {
            hosted: Arc::clone(&self.hosted),
            value: PhantomData,
        }
    }
}

impl<T> fmt::Debug for Proxy<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Proxy")
            .field("handle", &format_args!("{}", self.hosted.handle()))
            .field("of", &type_name::<T>())
            .finish()
    }
}

/// A proxy travels by procession alone; anywhere else, serializing it is an error.
impl<T> Serialize for Proxy<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let calls = HandleOut(self.hosted.handle());
        (calls, self.hosted.server().pack(), type_name::<T>()).serialize(serializer)
    }
}

impl<'de, T: 'static> Deserialize<'de> for Proxy<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Proxy<T>, D::Error> {
        let (HandleIn(calls), server, of): (HandleIn, u64, String) =
            Deserialize::deserialize(deserializer)?;
        let expected = type_name::<T>();
        if of != expected {
            let reason = format!("it is a Proxy of `{of}`, not a Proxy of `{expected}`");
            return Err(de::Error::custom(reason));
        }
        let server = ProcessId::unpack(server)
            .ok_or_else(|| de::Error::custom("the proxy names no server"))?;
        Hosted::attach(calls, server)
            .map(Proxy::new)
            .map_err(de::Error::custom)
    }
}
