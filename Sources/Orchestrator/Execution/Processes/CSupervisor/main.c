// orchestrate-supervisor DIRECTORY: runs one attempt, and outlives the engine that started it.
//
// The directory holds `launch` (what to run, see launch.h). The supervisor claims the attempt, runs the step in a session
// of its own, ends it when asked (SIGTERM) or when its time is up, leaves no process of it behind, and as its last act
// publishes `exit.json`. Whoever wants to know whether it lives tries the lock on `claim`; no process ID is trusted.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "artifacts.h"
#include "launch.h"
#include "report.h"
#include "step.h"
#include "view.h"

/// Exit statuses of the supervisor itself; the step's are in `exit.json`.
enum { supervised = 0, misused = 64, already_claimed = 3, broken = 70 };

/// Which start of the machine this is; empty where the kernel does not say.
static void read_boot_id(char *text, size_t size) {
  *text = 0;
  FILE *file = fopen("/proc/sys/kernel/random/boot_id", "re");
  if (file == NULL) return;
  if (fgets(text, (int)size, file) == NULL) *text = 0;
  fclose(file);
}

/// Whoever creates `claim` is the attempt's one supervisor, for ever; a second one leaves. It appears locked and with its
/// text, so whoever sees it unlocked knows that its supervisor is gone.
static int claim_attempt(void) {
  char name[32];
  snprintf(name, sizeof name, "claim.%d", getpid());
  int claim = open(name, O_CREAT | O_TRUNC | O_RDWR | O_CLOEXEC, 0600);
  if (claim < 0 || flock(claim, LOCK_EX) != 0) return -1;
  char boot[64];
  read_boot_id(boot, sizeof boot);
  dprintf(claim, "%d\n%s", getpid(), boot);
  int linked = link(name, "claim"), reason = errno;
  unlink(name);
  errno = reason;
  return linked == 0 && fsync(claim) == 0 ? claim : -1;
}

static int fail(const char *directory, const char *what) {
  fprintf(stderr, "orchestrate-supervisor: %s: %s: %s\n", directory, what, strerror(errno));
  struct ending ending = {.kind = ending_error};
  snprintf(ending.message, sizeof ending.message, "%s: %s", what, strerror(errno));
  publish_ending(&ending);
  return broken;
}

int main(int count, char **arguments) {
  if (count != 2) {
    fprintf(stderr, "usage: orchestrate-supervisor DIRECTORY\n");
    return misused;
  }
  hold_signals();
  // The engine's files are none of the step's business.
  syscall(SYS_close_range, 3u, ~0u, 0u);
  if (chdir(arguments[1]) != 0) {
    fprintf(stderr, "orchestrate-supervisor: %s: %s\n", arguments[1], strerror(errno));
    return misused;
  }
  if (claim_attempt() < 0) return errno == EEXIST ? already_claimed : broken;
  // A terminal's Ctrl-C is for the engine; orphans of the step come to this process instead of to init.
  setsid();
  prctl(PR_SET_CHILD_SUBREAPER, 1);

  struct launch launch;
  if (read_launch("launch", &launch) != 0) return fail(arguments[1], "cannot read its launch");
  struct view view;
  if (open_view(&launch, &view) != 0) return fail(arguments[1], view.failure);
  struct ending ending;
  run_step(&launch, &view, &ending);
  collect_outputs(&launch, &view);
  collect_artifacts(&launch, &view);
  close_view(&view);
  return publish_ending(&ending) == 0 ? supervised : broken;
}
