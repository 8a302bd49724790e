//! What the doctor has found.

use serde::Serialize;

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Verdict {
    Fine,
    /// It works, but not as well as it could, or not always.
    Weak,
    /// It does not work.
    Broken,
}

impl Verdict {
    /// The same words that the doctor of a machine says in Python.
    pub(super) fn word(self) -> &'static str {
        match self {
            Verdict::Fine => "ok",
            Verdict::Weak => "weak",
            Verdict::Broken => "BROKEN",
        }
    }
}

/// One thing that was looked at, and what to do about it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Finding {
    pub(super) verdict: Verdict,
    /// Of which server of a cluster; nothing if it concerns all.
    pub(super) server: Option<String>,
    pub(super) what: String,
    pub(super) remedy: Option<String>,
}

impl Finding {
    pub(super) fn fine(what: impl Into<String>) -> Finding {
        Finding {
            verdict: Verdict::Fine,
            server: None,
            what: what.into(),
            remedy: None,
        }
    }

    pub(super) fn weak(what: impl Into<String>, remedy: impl Into<String>) -> Finding {
        Finding {
            verdict: Verdict::Weak,
            remedy: Some(remedy.into()),
            ..Finding::fine(what)
        }
    }

    pub(super) fn broken(what: impl Into<String>, remedy: impl Into<String>) -> Finding {
        Finding {
            verdict: Verdict::Broken,
            ..Finding::weak(what, remedy)
        }
    }

    /// From an error, which says what to do itself.
    pub(super) fn failure(error: impl ToString) -> Finding {
        Finding {
            verdict: Verdict::Broken,
            ..Finding::fine(error.to_string())
        }
    }
}
