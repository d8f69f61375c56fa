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
  int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
  if (null < 0 || dup2(null, 0) < 0 || dup2(files->log, 2) < 0) return -1;
  return dup2(launch->result != NULL ? files->result : files->log, 1);
}

/// What the step's process could not do before it became the step.
struct failure {
  int reason;        // errno
  int is_directory;  // the directory it should start in is at fault, not the program
};

/// The step's process. Returns only to tell what went wrong.
static struct failure become_step(
    const struct launch *launch, const struct view *view, const struct files *files, pid_t supervisor) {
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, NULL);
  setsid();
  // A step whose supervisor is gone would run on unseen.
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != supervisor) _exit(71);
  // The files were opened outside the view; entering it closes nothing.
  if (redirect(launch, files) < 0) return (struct failure){errno, 0};
  if (enter_view(launch, view) != 0) return (struct failure){errno, 1};
  execvp(launch->argv[0], launch->argv);
  return (struct failure){errno, 0};
}

static void explain(struct ending *ending, enum ending_kind kind, const char *what, int reason) {
  ending->kind = kind;
  snprintf(ending->message, sizeof ending->message, "%.400s: %s", what, strerror(reason));
}

/// A machine that is out of process IDs has some again soon: that delays the step for up to a minute, and then fails it.
static pid_t fork_patiently(void) {
  const struct timespec pause = {.tv_nsec = 200 * 1000000};
  pid_t step = fork();
  for (int tries = 0; step < 0 && errno == EAGAIN && tries < 300; tries++) {
    nanosleep(&pause, NULL);
    step = fork();
  }
  return step;
}

/// Starts the step. Returns its process ID, or -1 with `ending` filled: also when the program could not be executed.
static pid_t start_step(const struct launch *launch, const struct view *view, struct ending *ending) {
  struct files files;
  struct failure failure;
  int news[2];
  if (open_files(launch, &files) != 0 || pipe2(news, O_CLOEXEC) != 0) {
    explain(ending, ending_error, "cannot open its log", errno);
    return -1;
  }
  pid_t supervisor = getpid(), step = fork_patiently();
  if (step == 0) {
    failure = become_step(launch, view, &files, supervisor);
    _exit(write(news[1], &failure, sizeof failure) < 0 ? 71 : 64);
  }
  if (step < 0) explain(ending, ending_error, launch->argv[0], errno);
  close(news[1]);
  close_files(&files);
  if (step > 0 && read(news[0], &failure, sizeof failure) == sizeof failure) {
    waitpid(step, NULL, 0);
    explain(ending, ending_not_started, failure.is_directory ? launch->directory : launch->argv[0], failure.reason);
    step = -1;
  }
  close(news[0]);
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

void hold_signals(void) {
  sigset_t all;
  sigfillset(&all);
  sigprocmask(SIG_SETMASK, &all, NULL);
}

void run_step(const struct launch *launch, const struct view *view, struct ending *ending) {
  memset(ending, 0, sizeof *ending);
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGCHLD);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);

  ending->started_ms = wall_ms();
  pid_t step = start_step(launch, view, ending);
  if (step > 0) {
    int status = 0, overdue = watch_step(step, launch, &signals, &status);
    classify(status, overdue, ending);
    end_descendants();
  }
  ending->finished_ms = wall_ms();
  measure(ending);
}
