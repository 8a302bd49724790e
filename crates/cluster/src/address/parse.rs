//! Reading an address.

use std::path::PathBuf;
use std::str::FromStr;

use super::parameters::{self, Parameters};
use super::{Address, Endpoint, Topology};
use crate::ClusterError;

const SERVER_PORT: u16 = 6379;
const SENTINEL_PORT: u16 = 26379;

pub(super) fn wrong(reason: impl Into<String>) -> ClusterError {
    ClusterError::Address {
        reason: reason.into(),
    }
}

impl FromStr for Address {
    type Err = ClusterError;

    fn from_str(url: &str) -> Result<Address, ClusterError> {
        let (scheme, rest) = url
            .split_once("://")
            .ok_or_else(|| wrong("it does not begin with redis:// or rediss://"))?;
        let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
        // Said before anything else, since other complaints would show the password.
        if query
            .find(['@', '='])
            .is_some_and(|at| query.as_bytes().get(at) == Some(&b'@'))
        {
            return Err(wrong("a question mark in a password is written %3F"));
        }
        // A password may have a slash in it only percent-encoded, but an at sign is common: the last one counts.
        let (login, rest) = match rest.rsplit_once('@') {
            Some((login, rest)) => (Some(login), rest),
            None => (None, rest),
        };
        let (hosts, path) = match rest.split_once('/') {
            Some((hosts, path)) => (hosts, path),
            None => (rest, ""),
        };
        let (topology, is_encrypted) = match scheme {
            "redis" | "valkey" => (nodes(hosts, path)?, false),
            "rediss" | "valkeys" => (nodes(hosts, path)?, true),
            "redis+unix" | "unix" => (socket(hosts, path)?, false),
            "redis+sentinel" => (sentinels(hosts, path)?, false),
            "rediss+sentinel" => (sentinels(hosts, path)?, true),
            other => return Err(wrong(format!("nothing is known of {other}://"))),
        };
        let (user, password) = match login {
            Some(login) => credentials(login)?,
            None => (None, None),
        };
        let Parameters {
            namespace,
            lease,
            patience,
            durability,
            linger,
            is_insecure,
            files,
        } = parameters::read(query)?;
        Ok(Address {
            url: url.to_owned(),
            topology,
            is_encrypted,
            is_insecure,
            user,
            password,
            namespace,
            lease,
            patience,
            durability,
            linger,
            files,
        })
    }
}

fn nodes(hosts: &str, path: &str) -> Result<Topology, ClusterError> {
    match path {
        "" | "0" => Ok(Topology::Nodes(endpoints(hosts, SERVER_PORT)?)),
        other => Err(wrong(format!(
            "the numbered database {other} cannot be used: say ?namespace=… instead"
        ))),
    }
}

fn socket(hosts: &str, path: &str) -> Result<Topology, ClusterError> {
    match (hosts, path) {
        (_, "") => Err(wrong("the path of the socket is missing")),
        ("", path) => {
            let path = format!("/{}", decoded(path)?);
            Ok(Topology::Nodes(vec![Endpoint::Unix(PathBuf::from(path))]))
        }
        _ => Err(wrong("the path of the socket must begin with a slash")),
    }
}

fn sentinels(hosts: &str, path: &str) -> Result<Topology, ClusterError> {
    match path {
        "" => Err(wrong(
            "the name that the sentinels know the server by is missing, as in redis+sentinel://host/name",
        )),
        service => Ok(Topology::Sentinels {
            sentinels: endpoints(hosts, SENTINEL_PORT)?,
            service: decoded(service)?,
        }),
    }
}

fn endpoints(hosts: &str, default_port: u16) -> Result<Vec<Endpoint>, ClusterError> {
    hosts
        .split(',')
        .map(|host| endpoint(host, default_port))
        .collect()
}

fn endpoint(host: &str, default_port: u16) -> Result<Endpoint, ClusterError> {
    let is_bare_ipv6 = |text: &str| text.ends_with(']');
    let (host, port) = match host.rsplit_once(':') {
        Some((name, port)) if !is_bare_ipv6(host) => {
            let port = port
                .parse()
                .map_err(|_| wrong(format!("{port:?} is no port")))?;
            (name, port)
        }
        _ => (host, default_port),
    };
    match host {
        "" => Err(wrong("the name of the host is missing")),
        host => Ok(Endpoint::Tcp(
            host.trim_matches(['[', ']']).to_owned(),
            port,
        )),
    }
}

type Credentials = (Option<String>, Option<String>);

fn credentials(login: &str) -> Result<Credentials, ClusterError> {
    let (user, password) = login.split_once(':').unwrap_or((login, ""));
    let optional = |text: String| (!text.is_empty()).then_some(text);
    Ok((optional(decoded(user)?), optional(decoded(password)?)))
}

/// Without the percent signs.
pub(super) fn decoded(text: &str) -> Result<String, ClusterError> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    loop {
        match rest {
            [] => break,
            [b'%', first, second, after @ ..] => {
                let digit = |byte: &u8| char::from(*byte).to_digit(16);
                let (Some(first), Some(second)) = (digit(first), digit(second)) else {
                    return Err(wrong(
                        "a percent sign is not followed by two hexadecimal digits",
                    ));
                };
                bytes.push((first * 16 + second) as u8);
                rest = after;
            }
            [b'%', ..] => {
                return Err(wrong(
                    "a percent sign is not followed by two hexadecimal digits",
                ));
            }
            [byte, after @ ..] => {
                bytes.push(*byte);
                rest = after;
            }
        }
    }
    String::from_utf8(bytes).map_err(|_| wrong("it is not UTF-8"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::script::LONGEST_PATIENCE;

    fn read(url: &str) -> Address {
        url.parse().unwrap()
    }

    fn tcp(host: &str, port: u16) -> Endpoint {
        Endpoint::Tcp(host.to_owned(), port)
    }

    #[test]
    fn hosts_have_ports_or_the_usual_one() {
        let address = read("redis://a,b:7000,[::1]:7001,[::1]");
        let expected = [
            tcp("a", 6379),
            tcp("b", 7000),
            tcp("::1", 7001),
            tcp("::1", 6379),
        ];
        assert_eq!(address.endpoints(), expected);
    }

    #[test]
    fn credentials_are_percent_encoded_and_the_last_at_sign_counts() {
        let address = read("rediss://ada:l%40ve%2Flace@x@host/");
        assert_eq!(address.user.as_deref(), Some("ada"));
        assert_eq!(address.password.as_deref(), Some("l@ve/lace@x"));
        assert_eq!(read("redis://:secret@host").user, None);
    }

    #[test]
    fn sentinels_name_a_service() {
        let address = read("redis+sentinel://one,two:1/main");
        let Topology::Sentinels { sentinels, service } = &address.topology else {
            panic!("{address:?}");
        };
        assert_eq!(sentinels, &[tcp("one", 26379), tcp("two", 1)]);
        assert_eq!(service, "main");
    }

    #[test]
    fn neither_display_nor_debug_show_the_password() {
        let address = read("redis://ada:secret@host/?namespace=shop");
        assert_eq!(address.to_string(), "host:6379");
        assert!(!format!("{address:?}").contains("secret"));
    }

    #[test]
    fn what_leaves_the_machine_must_be_encrypted() {
        for fine in [
            "redis://localhost",
            "redis://127.0.0.1,[::1]",
            "redis+unix:///run/redis",
            "rediss://far",
            "redis://far/?insecure=1",
        ] {
            assert_eq!(read(fine).check_security(), Ok(()), "{fine}");
        }
        for plain in [
            "redis://far",
            "redis://127.0.0.1,far",
            "redis+sentinel://far/x",
        ] {
            let refused = read(plain).check_security();
            assert!(
                matches!(refused, Err(ClusterError::Insecure { .. })),
                "{plain}"
            );
        }
    }

    #[test]
    fn times_are_cut_to_what_can_be_kept() {
        let address = read("redis://host/?patience=1000&lease=30&linger=1");
        assert_eq!(address.patience, LONGEST_PATIENCE);
        assert_eq!(address.linger, address.lease);
    }

    #[test]
    fn a_wrong_address_is_told_apart() {
        for (url, reason) in [
            ("localhost", "does not begin"),
            ("http://localhost", "http"),
            ("redis://", "host is missing"),
            ("redis://host:port", "no port"),
            ("redis://host/3", "database 3"),
            ("redis://%zz@host", "percent"),
            ("redis+sentinel://host", "sentinels"),
            ("redis+unix://", "path"),
            ("redis://host/?lease=short", "lease"),
            ("redis://host/?lease=0.5", "between 1 and 3600"),
            ("redis://host/?lease=1e18", "lease"),
            ("redis://host/?patience=inf", "patience"),
            ("redis://host/?insecure=maybe", "neither"),
            ("redis://:what?ever@host/", "%3F"),
            ("redis://host/?leese=1", "leese"),
            ("redis://host/?namespace=a:b", "namespace"),
        ] {
            let refused = url.parse::<Address>().map(|_| ()).unwrap_err().to_string();
            assert!(refused.contains(reason), "{url}: {refused}");
            assert!(
                !refused.contains("ever"),
                "the password is in it: {refused}"
            );
        }
    }
}
