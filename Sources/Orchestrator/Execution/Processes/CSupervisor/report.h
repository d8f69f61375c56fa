// What a supervisor leaves in the attempt's directory.
#pragma once

#include "launch.h"
#include "view.h"

enum ending_kind { ending_exited, ending_signaled, ending_deadline, ending_not_started, ending_error };

struct ending {
  enum ending_kind kind;
  int code;  // exit status, or the signal's number
  long long started_ms, finished_ms;  // since 1970
  long long cpu_ms, max_rss_bytes;    // of the step and all its children
  char message[512];
};

/// Where the step's output goes while it runs.
struct files {
  int log;     // `main.log`: both streams in the order written, or only standard error when `result` is kept apart
  int result;  // standard output, when it is wanted
};

int open_files(const struct launch *launch, struct files *files);
void close_files(struct files *files);

/// Copies the declared output files to `outputs/0`, `outputs/1`, ...; one that is missing leaves no copy.
void collect_outputs(const struct launch *launch, const struct view *view);

/// Writes `exit.json` so that it is there whole or not at all, also after a power cut. Returns 0 or -1.
int publish_ending(const struct ending *ending);
