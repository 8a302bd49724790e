//! How far many tasks have come, for people to look at.

use std::fmt;
use std::io::{IsTerminal, stderr};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// How often a line is written where there is no terminal.
const BETWEEN_LINES: Duration = Duration::from_secs(2);

/// Shows how many of some tasks have ended: by a bar on a terminal, by lines elsewhere; on standard error.
pub(super) struct Progress {
    label: String,
    display: Display,
    done: u64,
    failed: u64,
    total: Option<u64>,
}

enum Display {
    Bar(ProgressBar),
    Lines { last: Instant },
}

impl Progress {
    /// `total` is how many there will be, if that is known.
    pub(super) fn new(label: String, total: Option<u64>) -> Progress {
        let display = match stderr().is_terminal() {
            true => Display::Bar(bar(&label, total)),
            false => Display::Lines {
                last: Instant::now(),
            },
        };
        Progress {
            label,
            display,
            done: 0,
            failed: 0,
            total,
        }
    }

    /// One more has ended.
    pub(super) fn advance(&mut self, failed: bool) {
        self.done += 1;
        self.failed += u64::from(failed);
        match &mut self.display {
            Display::Bar(bar) => {
                if failed {
                    bar.set_message(format!(", {} failed", self.failed));
                }
                bar.inc(1);
            }
            Display::Lines { last } if last.elapsed() >= BETWEEN_LINES => {
                *last = Instant::now();
                eprintln!("{self}");
            }
            Display::Lines { .. } => {}
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        match &self.display {
            // It stays where it is, so that one sees how far it came.
            Display::Bar(bar) => bar.abandon(),
            Display::Lines { .. } => eprintln!("{self}"),
        }
    }
}

impl fmt::Display for Progress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.label, self.done)?;
        if let Some(total) = self.total {
            write!(f, "/{total}")?;
        }
        match self.failed {
            0 => Ok(()),
            failed => write!(f, ", {failed} failed"),
        }
    }
}

fn bar(label: &str, total: Option<u64>) -> ProgressBar {
    let bar = ProgressBar::with_draw_target(total, ProgressDrawTarget::stderr());
    let template = match total {
        Some(_) => "{prefix}: [{wide_bar}] {pos}/{len}{msg} ({elapsed}, {eta} to go)",
        None => "{prefix}: {spinner} {pos}{msg} ({elapsed}, {per_sec})",
    };
    // A template that cannot be read would leave the default one.
    let style = ProgressStyle::with_template(template);
    bar.with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
        .with_prefix(label.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_tells_how_many_of_how_many() {
        let mut progress = Progress::new("work".to_owned(), Some(3));
        assert_eq!(progress.to_string(), "work: 0/3");
        progress.advance(false);
        progress.advance(true);
        assert_eq!(progress.to_string(), "work: 2/3, 1 failed");
        let mut endless = Progress::new("work".to_owned(), None);
        endless.advance(false);
        assert_eq!(endless.to_string(), "work: 1");
    }
}
