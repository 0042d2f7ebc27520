//! Bars for work that takes longer than a second.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::io::{self, Read, Seek, SeekFrom};
use std::time::{Duration, Instant};

/// A bar that stays hidden for its first second.
pub(super) struct Progress {
    bar: ProgressBar,
    since: Instant,
    shown: bool,
}

impl Progress {
    /// A bar over bytes or items.
    pub(super) fn new(what: &'static str, length: u64, in_bytes: bool) -> Self {
        let template = if in_bytes {
            "{msg:>12} [{bar:30}] {bytes}/{total_bytes} {eta}"
        } else {
            "{msg:>12} [{bar:30}] {pos}/{len} {eta}"
        };
        let bar = ProgressBar::with_draw_target(Some(length), ProgressDrawTarget::hidden());
        let style = ProgressStyle::with_template(template).expect("the template is a constant");
        bar.set_style(style.progress_chars("=> "));
        bar.set_message(what);
        Self { bar, since: Instant::now(), shown: false }
    }

    /// Counts on.
    pub(super) fn advance(&mut self, by: u64) {
        if !self.shown && self.since.elapsed() > Duration::from_secs(1) {
            // Draws only where standard error is a terminal.
            self.bar.set_draw_target(ProgressDrawTarget::stderr());
            self.shown = true;
        }
        self.bar.inc(by);
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

/// A reader whose bytes are counted.
pub(super) struct Watched<'a, R> {
    pub(super) inner: &'a mut R,
    pub(super) progress: Progress,
}

impl<R: Read> Read for Watched<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        self.progress.advance(read as u64);
        Ok(read)
    }
}

impl<R: Seek> Seek for Watched<'_, R> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.inner.seek(to)
    }
}
