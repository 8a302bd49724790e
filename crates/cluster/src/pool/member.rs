//! Worker hosts, as they are called on the server.

use std::fmt;

/// One life of one worker host: never configured and never used again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct HostMember {
    /// What users call the machine.
    pub(crate) name: String,
    pub(crate) pid: u32,
    /// Which program it runs.
    pub(crate) code: String,
    text: String,
}

impl HostMember {
    /// `incarnation` is a name that nobody has used before.
    pub(crate) fn new(name: &str, pid: u32, incarnation: &str, code: &str) -> HostMember {
        let name = name.replace('/', "_");
        let text = format!("{name}/{pid}/{incarnation}/{code}");
        HostMember {
            name,
            pid,
            code: code.to_owned(),
            text,
        }
    }

    /// A host, by what it is called on the server.
    pub(crate) fn parse(text: &str) -> Option<HostMember> {
        let mut parts = text.splitn(4, '/');
        let (name, pid, _) = (parts.next()?, parts.next()?.parse().ok()?, parts.next()?);
        Some(HostMember {
            name: name.to_owned(),
            pid,
            code: parts.next()?.to_owned(),
            text: text.to_owned(),
        })
    }

    /// What it is called on the server.
    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// The part with what it holds.
    pub(crate) fn lease(&self) -> String {
        format!("l:{}", self.text)
    }
}

/// What a worker host says of itself, as it stands on the server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Description {
    pub(crate) host: String,
    pub(crate) pid: u32,
    pub(crate) slots: usize,
    pub(crate) code: String,
    /// It takes no more tasks, and ends when those that it has are done.
    pub(crate) is_draining: bool,
}

/// What a host says of itself that takes no more tasks.
const DRAINING: &str = "draining";

impl Description {
    /// What is missing is left empty: a later version may say other things.
    pub(crate) fn parse(text: &str) -> Description {
        let say = |name: &str| {
            let mut words = text.split(' ').filter_map(|word| word.split_once('='));
            words
                .find(|(found, _)| *found == name)
                .map_or("", |(_, value)| value)
        };
        Description {
            host: say("host").to_owned(),
            pid: say("pid").parse().unwrap_or_default(),
            slots: say("slots").parse().unwrap_or_default(),
            code: say("code").to_owned(),
            is_draining: say("state") == DRAINING,
        }
    }
}

impl fmt::Display for Description {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Description {
            host,
            pid,
            slots,
            code,
            is_draining,
        } = self;
        let host = host.replace(' ', "_");
        write!(formatter, "host={host} pid={pid} slots={slots} code={code}")?;
        match is_draining {
            true => write!(formatter, " state={DRAINING}"),
            false => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_is_recognised_by_what_it_is_called() {
        let host = HostMember::new("a/b", 7, "00ff", "file:1/2");
        assert_eq!(host.name, "a_b");
        assert_eq!(HostMember::parse(host.text()), Some(host));
        assert_eq!(HostMember::parse("nonsense"), None);
    }

    #[test]
    fn a_description_is_read_as_it_was_written() {
        for is_draining in [false, true] {
            let description = Description {
                host: "heron".to_owned(),
                pid: 7,
                slots: 32,
                code: "ab12".to_owned(),
                is_draining,
            };
            assert_eq!(Description::parse(&description.to_string()), description);
        }
    }
}
