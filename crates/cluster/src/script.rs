//! The scripts that the server runs, each one step of an object.

use std::sync::OnceLock;

/// A script, which the server runs as one step.
///
/// Its file has the Lua code, and before it comments: `-- flags: allow-oom` for one that runs although the server's memory is full,
/// since it frees memory or keeps a lease; `-- recorded` for one that must not happen twice, see [`RECORDING`]; `-- without header` for one
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

/// Around a recorded script: a call that is made again, because its answer was lost, gets the answer and does nothing.
///
/// The last key holds the last call of one lane, and only one call is under way in a lane; the last argument tells calls apart. A script
/// refuses only before it has changed anything, so that refusals need no record.
const RECORDING: (&str, &str) = (
    "\
local record, nonce = KEYS[#KEYS], ARGV[#ARGV]
KEYS[#KEYS] = nil
ARGV[#ARGV] = nil
local known = redis.call('GET', record)
if known and string.sub(known, 1, #nonce) == nonce then
  return cmsgpack.unpack(string.sub(known, #nonce + 1))
end
local function step()
",
    "
end
local reply = step()
if type(reply) == 'table' and reply.err then return reply end
redis.call('SET', record, nonce .. cmsgpack.pack(reply), 'PX', 120000)
return reply
",
);

/// Before every other script: an object exists by its first part. In Redis a missing key is like an empty one, so that without this
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
        match self.is_recorded() {
            true => [flags, existence, RECORDING.0, self.source, RECORDING.1].concat(),
            false => [flags, existence, self.source].concat(),
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
