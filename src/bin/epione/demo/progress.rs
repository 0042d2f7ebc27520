//! Progress bars for operations that take longer than a second.

use epione::protocol::Progress;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::io::{self, Read, Seek, SeekFrom};
use std::time::{Duration, Instant};

/// A progress bar that stays hidden for its first second.
pub(super) struct Bar {
    bar: ProgressBar,
    since: Instant,
    shown: bool,
}

impl Bar {
    /// Creates a bar over bytes or items.
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

    pub(super) fn advance_by(&mut self, by: u64) {
        if !self.shown && self.since.elapsed() > Duration::from_secs(1) {
            // Draws only where standard error is a terminal.
            self.bar.set_draw_target(ProgressDrawTarget::stderr());
            self.shown = true;
        }
        self.bar.inc(by);
    }
}

impl Progress for Bar {
    fn advance(&mut self) {
        self.advance_by(1);
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

/// A reader that advances a bar by the bytes read.
pub(super) struct Counted<'a, R> {
    pub(super) inner: &'a mut R,
    pub(super) bar: Bar,
}

impl<R: Read> Read for Counted<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        self.bar.advance_by(read as u64);
        Ok(read)
    }
}

impl<R: Seek> Seek for Counted<'_, R> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.inner.seek(to)
    }
}
