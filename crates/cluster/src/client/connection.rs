//! A connection to one server.

use std::time::Duration;

use redis::io::tcp::{TcpSettings, socket2::TcpKeepalive};
use redis::{
    ConnectionAddr, ConnectionInfo, ConnectionLike, IntoConnectionInfo, RedisConnectionInfo,
    RedisResult, TlsCertificates, Value,
};

use super::failure::Failure;
use super::request::Request;
use super::secrets::Secrets;
use crate::reply::Reply;
use crate::{Address, ClusterError, Endpoint};

/// How long it may take until there is a connection.
const CONNECTING: Duration = Duration::from_secs(3);
/// How long an answer may take that the server can give at once.
pub(super) const ANSWERING: Duration = Duration::from_secs(2);
/// When the system begins to ask whether the other side is still there.
const KEEPALIVE: Duration = Duration::from_secs(15);

/// A connection to one server, which is used by one thread at a time, and thrown away after its first failure.
pub(super) struct Connection {
    connection: redis::Connection,
    /// Where it leads to, for messages.
    endpoint: Endpoint,
    /// The time that is set for answers, since setting it is a system call.
    answering: Duration,
}

impl Connection {
    pub(super) fn open(
        address: &Address,
        secrets: &Secrets,
        endpoint: &Endpoint,
    ) -> Result<Connection, Failure> {
        let mut connection = Connection::open_without_login(address, secrets, endpoint)?;
        // The crate `redis` would do it as well, but keeps to itself what the server says.
        let user = address.user.as_deref().map(str::as_bytes);
        let password = secrets.password.as_deref().map(str::as_bytes);
        let login: &[&[u8]] = match (user, password) {
            (None, None) => return Ok(connection),
            (None, Some(password)) => &[b"AUTH", password],
            (Some(user), password) => &[b"AUTH", user, password.unwrap_or_default()],
        };
        let login = Request::command(login);
        let answer = connection.ask(login.packed(), Duration::ZERO);
        answer.map_err(Failure::before_anything_was_asked)?;
        Ok(connection)
    }

    /// Opens a connection without saying who we are.
    pub(super) fn open_without_login(
        address: &Address,
        secrets: &Secrets,
        endpoint: &Endpoint,
    ) -> Result<Connection, Failure> {
        // Not only those that the address names: any server may name others.
        address
            .check_security_of(endpoint)
            .map_err(Failure::Final)?;
        let open = || -> RedisResult<redis::Connection> {
            let info = connection_info(address, endpoint)?;
            let client = match (address.is_encrypted, &secrets.certificates) {
                (true, certificates) => redis::Client::build_with_tls(info, certificates.clone())?,
                (false, _) => redis::Client::open(info)?,
            };
            let connection = client.get_connection_with_timeout(CONNECTING)?;
            connection.set_read_timeout(Some(ANSWERING))?;
            connection.set_write_timeout(Some(ANSWERING))?;
            Ok(connection)
        };
        Ok(Connection {
            connection: open()
                .map_err(|error| Failure::of(&error, endpoint).before_anything_was_asked())?,
            endpoint: endpoint.clone(),
            answering: ANSWERING,
        })
    }

    /// Sends a command and waits for the answer; the server may think about it for `thinking`.
    pub(super) fn ask(&mut self, packed: &[u8], thinking: Duration) -> Result<Reply, Failure> {
        self.be_patient(packed.len(), thinking)?;
        let value = self.connection.req_packed_command(packed);
        let value = value.map_err(|error| Failure::of(&error, &self.endpoint))?;
        reply(value, &self.endpoint)
    }

    /// Sends several commands in one go, and waits for all answers; the server may think about the last for `thinking`.
    pub(super) fn ask_together<const N: usize>(
        &mut self,
        commands: [&[u8]; N],
        thinking: Duration,
    ) -> Result<[Result<Reply, Failure>; N], Failure> {
        let packed = commands.concat();
        let sent = self.connection.send_packed_command(&packed);
        sent.map_err(|error| Failure::of(&error, &self.endpoint))?;
        let mut answers = Vec::with_capacity(N);
        for number in 1..=N {
            let thinking = if number == N {
                thinking
            } else {
                Duration::ZERO
            };
            self.be_patient(packed.len(), thinking)?;
            // Who is silent is not waited for once more.
            let value = self.connection.recv_response();
            let value = value.map_err(|error| Failure::of(&error, &self.endpoint))?;
            answers.push(reply(value, &self.endpoint));
        }
        answers.try_into().map_err(|answers: Vec<_>| {
            Failure::Broken(format!("{} answers to {N} commands", answers.len()))
        })
    }

    /// Where it leads to.
    pub(super) fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    /// Has the next answer take no longer than the server may think, and the command is on its way.
    fn be_patient(&mut self, bytes: usize, thinking: Duration) -> Result<(), Failure> {
        // What the system has taken in to be sent may still be on its way: a second for each MiB.
        let sending = Duration::from_secs(bytes as u64 >> 20);
        let answering = ANSWERING + thinking + sending;
        if self.answering != answering {
            let set = self.connection.set_read_timeout(Some(answering));
            set.map_err(|error| Failure::of(&error, &self.endpoint))?;
            self.answering = answering;
        }
        Ok(())
    }
}

fn connection_info(address: &Address, endpoint: &Endpoint) -> RedisResult<ConnectionInfo> {
    let transport = match endpoint {
        Endpoint::Unix(path) => ConnectionAddr::Unix(path.clone()),
        Endpoint::Tcp(host, port) if address.is_encrypted => ConnectionAddr::TcpTls {
            host: host.clone(),
            port: *port,
            insecure: false,
            tls_params: None,
        },
        Endpoint::Tcp(host, port) => ConnectionAddr::Tcp(host.clone(), *port),
    };
    let settings = TcpSettings::default()
        .set_nodelay(true)
        .set_keepalive(TcpKeepalive::new().with_time(KEEPALIVE));
    Ok(transport
        .into_connection_info()?
        .set_tcp_settings(settings)
        .set_redis_settings(RedisConnectionInfo::default().set_skip_set_lib_name()))
}

/// The certificates as the crate `redis` wants them.
pub(super) type Certificates = TlsCertificates;

fn reply(value: Value, from: &Endpoint) -> Result<Reply, Failure> {
    let text = |text: String| Reply::Bytes(text.into_bytes());
    let array = |values: Vec<Value>| {
        let replies: Result<_, _> = values.into_iter().map(|value| reply(value, from)).collect();
        replies.map(Reply::Array)
    };
    Ok(match value {
        Value::Nil => Reply::Nil,
        Value::Int(number) => Reply::Integer(number),
        Value::BulkString(bytes) => Reply::Bytes(bytes),
        Value::Okay => Reply::Bytes(b"OK".to_vec()),
        Value::SimpleString(string) => text(string),
        Value::VerbatimString { text: string, .. } => text(string),
        Value::Boolean(is_true) => Reply::Integer(is_true.into()),
        Value::Double(number) => text(number.to_string()),
        Value::Array(values) | Value::Set(values) => array(values)?,
        Value::Map(pairs) => array(
            pairs
                .into_iter()
                .flat_map(|(key, value)| [key, value])
                .collect(),
        )?,
        Value::ServerError(error) => return Err(Failure::of(&error.into(), from)),
        other => {
            let reason = format!("an answer of an unknown form: {other:?}");
            return Err(Failure::Final(ClusterError::protocol(reason)));
        }
    })
}
