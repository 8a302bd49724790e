//! `ip`, by which tests lay cables between networks of their own and cut them: the one that is there, or one that is installed.

use std::path::Path;

use crate::package;
use crate::step::Step;

const PACKAGE: &str = "iproute2";
/// Where it is on any system, whatever the path says to those who are not root.
const PLACES: [&str; 4] = ["/usr/sbin/ip", "/sbin/ip", "/usr/bin/ip", "/bin/ip"];

/// Finds it; where there is none, installs one if that is possible.
pub(crate) fn step() -> Step {
    let is_there = PLACES.iter().any(|place| Path::new(place).is_file());
    plan(is_there, package::can_install())
}

fn plan(is_there: bool, can_install: bool) -> Step {
    let name = "tools of the network";
    match (is_there, can_install) {
        (true, _) => Step::sequence(name, Vec::new()),
        (false, true) => Step::sequence(name, package::installation(PACKAGE)),
        (false, false) => {
            let reason = "`ip` was not found: install it (Debian, Ubuntu: apt install iproute2)";
            Step::impossible(name, reason.to_owned())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_installed_only_where_it_is_missing() {
        assert!(plan(true, true).lines().is_empty());
        let lines = plan(false, true).lines();
        assert!(lines.iter().any(|line| line.contains(PACKAGE)), "{lines:?}");
        let complaint = plan(false, false).run().unwrap_err();
        assert!(complaint.contains(PACKAGE), "{complaint}");
    }
}
