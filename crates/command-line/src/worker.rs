//! `procession worker`.

use crate::failure::Failure;

/// Says how to start a worker host: it runs the user's code, so that no program of ours can be one.
pub(crate) fn run(program: &str) -> Result<u8, Failure> {
    Err(Failure::Told(format!(
        "a worker host runs your code, so it is your own program that you start, one that calls procession::init() first in main: \
         ./my-program --procession-worker URL --slots N; if your code is Python: python -m procession worker URL --slots N --app MODULE \
         (`{program} workers` shows those that run)"
    )))
}
