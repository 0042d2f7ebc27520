//! The help on exit codes and on the trace.

/// Example and exit codes, after the options.
pub(super) const SHORT: &str = "\
Example:
  epione sim --replicas 100 --groups 10 --byzantine 33 --seed 7

Exit codes:
  0  all blocks are decided, and no rule of safety is violated
  1  a rule of safety is violated
  2  the arguments are wrong, or trace or summary cannot be written
  3  the run stalled: no block within 600000 virtual ms after the last one and the time of --gst";

/// [`SHORT`] and the format of the trace.
pub(super) fn long() -> String {
    format!("{SHORT}\n\n{TRACE}")
}

const TRACE: &str = "\
Trace, version 2 (--trace FILE): one JSON object per line. Times and latencies are in virtual
milliseconds, lengths in bytes. Replicas are numbered from 0, heights from 1, views from 0. The
first line is the header, the last one the summary. Each line between them has `event` and `time`.

  header         schema, version; options: all options with their values, null if groups, profile
                 or bandwidth is not given; profile: the profile in use; faults: F; quorum: Q;
                 groups: lists of replicas by rank; schedule: the leaders in order; byzantine: list
                 of replica and behaviour
  block          the first honest replica delivers a block: height; view in which it is committed;
                 leader of this view; digest (hex); requests: their number; submitted: the time of
                 submission of each request, null if its replica crashed
  reply          a replica delivers a request that a client submitted to it: replica; height;
                 submitted; latency. A crash of the replica loses the request, and the client
                 submits it again
  crash          a replica crashes: replica
  restart        a replica restarts from its durable entries: replica
  evidence       a replica proves that a member signed contradicting statements: culprit;
                 reporter; height; view
  stabilisation  the links are reliable from this time on
  message        only with --events, a replica sends a message: from; to; kind; bytes;
                 arrivals: list of times, empty if the message is lost
  summary        outcome: decided, violated or stalled; violation: rule or null; blocks; later_views:
                 number of blocks after a view change; submitted, requests: numbers of submitted
                 and of decided requests; latency: samples, median, p90, p99, maximum, null without
                 samples; messages; bytes; agreement_messages: those of agreement on the blocks;
                 verifications_requested, verifications_computed; crashes; culprits; evidence:
                 number of proofs; trace: hash of all deliveries (hex)";
