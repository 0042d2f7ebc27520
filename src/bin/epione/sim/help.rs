//! The help on exit codes.

/// Example and exit codes, after the options.
pub(super) const SHORT: &str = "\
Example:
  epione sim --replicas 100 --groups 10 --byzantine 33 --seed 7

Exit codes:
  0  all blocks are decided, and no rule of safety is violated
  1  a rule of safety is violated
  2  the arguments are wrong, or trace or summary cannot be written
  3  the run stalled: no block within 600000 virtual ms after the last one and the time of --gst";
