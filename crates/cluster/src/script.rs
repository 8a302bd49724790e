//! The scripts that the server runs, each one step of an object.

use std::sync::OnceLock;
use std::time::Duration;

/// A script, which the server runs as one step.
///
/// Its file has the Lua code, and before it comments: `-- flags: allow-oom` for one that runs although the server's memory is full,
/// since it frees memory or keeps a lease; `-- recorded` for one that must not happen twice, see [`RECORDING`]; `-- confirmed` for one that stores something,
/// and waits until that is as durable as the address says; `-- wants a replica` for one that waits a moment for a replica in any case; `-- without header` for one
/// whose first key need not be there, as that of an object that exists is, see [`EXISTENCE`].
pub(crate) struct Script {
    /// What it is called in messages.
    pub(crate) name: &'static str,
    source: &'static str,
    prepared: OnceLock<Prepared>,
}

/// A script as the server gets it.
pub(crate) struct Prepared {
    pub(crate) text: String,
    /// By it the server knows a script that it has seen.
    pub(crate) digest: String,
}

/// Declares the script in a file `scripts/NAME.lua` beside the module.
macro_rules! script {
    ($name:literal) => {
        $crate::script::Script::new($name, include_str!(concat!("scripts/", $name, ".lua")))
    };
}
pub(crate) use script;

/// How long a record lives.
pub(crate) const RECORD_LIFE: Duration = Duration::from_secs(180);

/// For no longer than this a call is made again: whoever is patient for longer would find no record of what has been done.
pub(crate) const LONGEST_PATIENCE: Duration = Duration::from_secs(120);

/// Around a recorded script: a call that is made again, because its answer was lost, gets the answer and does nothing.
///
/// The last key holds the last call of one lane, and only one call is under way in a lane; the last argument tells calls apart. A script
/// refuses only before it has changed anything, so that refusals need no record. The record is looked for before the object: if that is gone by now,
/// the call was made nevertheless.
const RECORDING: &str = "\
local record, nonce = KEYS[#KEYS], ARGV[#ARGV]
KEYS[#KEYS] = nil
ARGV[#ARGV] = nil
local known = redis.call('GET', record)
if known and string.sub(known, 1, #nonce) == nonce then
  return cmsgpack.unpack(string.sub(known, #nonce + 1))
end
";

/// Before every script: an object exists by its first part. In Redis a missing key is like an empty one, so that without this
/// an object that is gone would come back as an empty one.
const EXISTENCE: &str = "\
if redis.call('EXISTS', KEYS[1]) == 0 then return redis.error_reply('GONE it does not exist') end
";

impl Script {
    pub(crate) const fn new(name: &'static str, source: &'static str) -> Script {
        Script {
            name,
            source,
            prepared: OnceLock::new(),
        }
    }

    /// Whether a call that is made again must not happen again.
    pub(crate) fn is_recorded(&self) -> bool {
        self.says("-- recorded")
    }

    /// Whether it is waited for until what it has done is as durable as the address says.
    pub(crate) fn is_confirmed(&self) -> bool {
        self.says("-- confirmed")
    }

    /// Whether it waits a moment for a replica, if there is one, whatever the address says.
    pub(crate) fn wants_a_replica(&self) -> bool {
        self.says("-- wants a replica")
    }

    pub(crate) fn prepared(&self, digest: fn(&str) -> String) -> &Prepared {
        self.prepared.get_or_init(|| {
            let text = self.text();
            let digest = digest(&text);
            Prepared { text, digest }
        })
    }

    /// The whole script.
    pub(crate) fn text(&self) -> String {
        let flags = match self.says("-- flags: allow-oom") {
            true => "#!lua flags=allow-oom\n",
            false => "#!lua\n",
        };
        let existence = match self.says("-- without header") {
            true => "",
            false => EXISTENCE,
        };
        let source = self.source;
        match self.is_recorded() {
            true => {
                let life = RECORD_LIFE.as_millis();
                format!(
                    "{flags}{RECORDING}{existence}local function step()\n{source}\nend
local reply = step()
if type(reply) == 'table' and reply.err then return reply end
redis.call('SET', record, nonce .. cmsgpack.pack(reply), 'PX', {life})
return reply
"
                )
            }
            false => [flags, existence, source].concat(),
        }
    }

    fn says(&self, declaration: &str) -> bool {
        let mut comments = self
            .source
            .lines()
            .take_while(|line| line.starts_with("--"));
        comments.any(|line| line == declaration)
    }
}
