//! Phases of a barrier, on the server.

use super::Barrier;
use crate::call::Call;
use crate::script::Script;

/// A script that begins with breaking the phase if somebody who takes part in it has died.
macro_rules! phase_script {
    ($name:literal) => {
        Script::new(
            $name,
            concat!(
                include_str!(concat!("scripts/", $name, ".lua")),
                include_str!("scripts/phase.lua")
            ),
        )
    };
}

pub(super) static ARRIVE: Script = phase_script!("arrive");
pub(super) static LOOK: Script = phase_script!("look");
pub(super) static FINISH: Script = phase_script!("finish");
pub(super) static RESET: Script = phase_script!("reset");

impl Barrier {
    pub(super) fn phase_call(&self, script: &'static Script) -> Call<'_> {
        Call::new(script, &self.object).keys(["h", "z", "g", "p"])
    }
}
