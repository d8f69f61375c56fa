#define _GNU_SOURCE
#include "step.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static const long long never = -1;

static long long monotonic_ms(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * 1000LL + now.tv_nsec / 1000000;
}

static long long wall_ms(void) {
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  return now.tv_sec * 1000LL + now.tv_nsec / 1000000;
}

/// Everything the step prints goes to files, so that no reader can ever hold it up.
static int redirect(const struct launch *launch, const struct files *files) {
  int null = open("/dev/null", O_RDONLY);
  if (null < 0 || dup2(null, 0) < 0 || dup2(files->log, 2) < 0) return -1;
  return dup2(launch->result != NULL ? files->result : files->log, 1);
}

/// The step's process. Returns only to report errno through `failure`.
static void become_step(const struct launch *launch, const struct view *view, const struct files *files, int failure) {
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, NULL);
  setsid();
  // A step whose supervisor is gone would run on unseen.
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  // The files were opened outside the view; entering it closes nothing.
  if (redirect(launch, files) >= 0 && enter_view(launch, view) == 0) execvp(launch->argv[0], launch->argv);
  int reason = errno;
  if (write(failure, &reason, sizeof reason) < 0) _exit(71);
  _exit(64);
}

/// Starts the step. Returns its process ID, or -1 with errno set: also when the program could not be executed.
static pid_t start_step(const struct launch *launch, const struct view *view, int *not_executed) {
  struct files files;
  int failure[2], reason = 0;
  if (open_files(launch, &files) != 0 || pipe2(failure, O_CLOEXEC) != 0) return -1;
  pid_t step = fork();
  if (step == 0) become_step(launch, view, &files, failure[1]);
  close(failure[1]);
  close_files(&files);
  if (step > 0 && read(failure[0], &reason, sizeof reason) == sizeof reason) {
    waitpid(step, NULL, 0);
    *not_executed = 1;
    errno = reason;
    step = -1;
  }
  close(failure[0]);
  return step;
}

/// Waits for a signal until `until` (monotonic milliseconds, or never). Returns the signal, or 0 when the time is up.
static int wait_signal(const sigset_t *signals, long long until) {
  if (until == never) return sigwaitinfo(signals, NULL);
  long long left = until - monotonic_ms();
  if (left <= 0) return 0;
  struct timespec time = {.tv_sec = left / 1000, .tv_nsec = left % 1000 * 1000000};
  int signal = sigtimedwait(signals, NULL, &time);
  return signal < 0 && errno == EAGAIN ? 0 : signal;
}

/// Reaps whatever has ended. Returns 1 when the step itself has.
static int reap(pid_t step, int *status) {
  int ended = 0, any;
  for (pid_t pid; (pid = waitpid(-1, &any, WNOHANG)) > 0;) {
    if (pid == step) {
      *status = any;
      ended = 1;
    }
  }
  return ended;
}

static long long earlier(long long a, long long b) {
  if (a == never) return b;
  return b == never || a < b ? a : b;
}

/// Waits for the step's end. Returns whether its time was up.
static int watch_step(pid_t step, const struct launch *launch, const sigset_t *signals, int *status) {
  long long deadline = launch->deadline_ms > 0 ? monotonic_ms() + launch->deadline_ms : never;
  long long kill_at = never;
  int overdue = 0;
  for (;;) {
    int signal = wait_signal(signals, earlier(deadline, kill_at));
    if (signal == SIGCHLD) {
      if (reap(step, status)) return overdue;
    } else if (signal == SIGTERM || signal == SIGINT || (signal == 0 && kill_at == never)) {
      overdue |= signal == 0;
      deadline = never;
      if (kill_at == never) kill_at = monotonic_ms() + launch->grace_ms;
      kill(-step, SIGTERM);
      kill(step, SIGCONT);
    } else if (signal == 0) {
      kill(-step, SIGKILL);
      kill_at = never;
    }
  }
}

/// Kills what the step left behind: its orphans are this process's children now, and theirs will be.
static void end_descendants(void) {
  for (;;) {
    FILE *list = fopen("/proc/thread-self/children", "re");
    int child;
    while (list != NULL && fscanf(list, "%d", &child) == 1) kill(child, SIGKILL);
    if (list != NULL) fclose(list);
    if (waitpid(-1, NULL, 0) < 0 && errno == ECHILD) return;
  }
}

static void measure(struct ending *ending) {
  struct rusage usage;
  getrusage(RUSAGE_CHILDREN, &usage);
  ending->cpu_ms = (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1000LL + (usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1000;
  ending->max_rss_bytes = usage.ru_maxrss * 1024LL;
}

static void classify(int status, int overdue, struct ending *ending) {
  if (overdue) {
    ending->kind = ending_deadline;
  } else if (WIFSIGNALED(status)) {
    ending->kind = ending_signaled;
    ending->code = WTERMSIG(status);
  } else {
    ending->kind = ending_exited;
    ending->code = WEXITSTATUS(status);
  }
}

void run_step(const struct launch *launch, const struct view *view, struct ending *ending) {
  memset(ending, 0, sizeof *ending);
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGCHLD);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  sigprocmask(SIG_BLOCK, &signals, NULL);

  ending->started_ms = wall_ms();
  int not_executed = 0, status = 0;
  pid_t step = start_step(launch, view, &not_executed);
  if (step < 0) {
    ending->kind = not_executed ? ending_not_started : ending_error;
    snprintf(ending->message, sizeof ending->message, "%s: %s", launch->argv[0], strerror(errno));
  } else {
    int overdue = watch_step(step, launch, &signals, &status);
    classify(status, overdue, ending);
    end_descendants();
  }
  ending->finished_ms = wall_ms();
  measure(ending);
}
