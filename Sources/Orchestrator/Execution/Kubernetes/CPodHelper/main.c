// orchestrate-pod-helper OPTIONS -- COMMAND ARGUMENTS: runs a step inside its pod, and hands over what it left.
//
// It stands before the step's own command as the container's first process. What the step prints goes to the container's
// log as it is; progress, output files, the result and the ending follow in lines of the helper's own (frames.h). Nothing
// else is needed of the pod: no rights of the API, no shell, no library.
//
//   -m MARK           the word that marks the helper's lines
//   -r                standard output is wanted as the result
//   -o PATH           an output file; may be repeated, the order numbers them
//   -p PATH           the file in which the step tells its progress
//   -s PATH SOURCE    a script: written to PATH, which becomes the last argument
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "frames.h"

enum {
  misused = 64,
  /// What Argo's executor exits with when the program is missing.
  not_started = 64,
  most_outputs = 256,
  /// Longest output or result that is kept (Argo's limit).
  text_limit = 256 << 10
};

struct task {
  const char *outputs[most_outputs];
  int output_count;
  int keeps_result;
  const char *progress;
  const char *script, *source;
  char **argv;
};

static long long wall_ms(void) {
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  return now.tv_sec * 1000LL + now.tv_nsec / 1000000;
}

static int read_options(int count, char **arguments, struct task *task) {
  int option;
  while ((option = getopt(count, arguments, "+m:o:p:rs:")) != -1) {
    switch (option) {
      case 'm': frame_mark = optarg; break;
      case 'o':
        if (task->output_count == most_outputs) return -1;
        task->outputs[task->output_count++] = optarg;
        break;
      case 'p': task->progress = optarg; break;
      case 'r': task->keeps_result = 1; break;
      case 's':
        if (optind >= count) return -1;
        task->script = optarg;
        task->source = arguments[optind++];
        break;
      default: return -1;
    }
  }
  task->argv = arguments + optind;
  return optind < count ? 0 : -1;
}

/// The script's place is the last argument; `argv` has room for it where its own options were.
static int write_script(struct task *task) {
  if (task->script == NULL) return 0;
  int file = open(task->script, O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0755);
  size_t length = strlen(task->source);
  if (file < 0 || write(file, task->source, length) != (ssize_t)length || close(file) != 0) return -1;
  char **place = task->argv - 1;
  for (; place[1] != NULL; place++) place[0] = place[1];
  place[0] = (char *)task->script;
  task->argv--;
  return 0;
}

// The step's end of things

static void become_step(const struct task *task, int result, int news, const sigset_t *mask) {
  sigprocmask(SIG_SETMASK, mask, NULL);
  setsid();
  if (result >= 0) dup2(result, STDOUT_FILENO);
  execvp(task->argv[0], task->argv);
  int reason = errno;
  ssize_t ignored = write(news, &reason, sizeof reason);
  (void)ignored;
  _exit(not_started);
}

/// Starts the step; `*result` becomes the end of a pipe from its standard output, or stays -1. Returns 0, or why not.
static int start_step(const struct task *task, pid_t *step, int *result, const sigset_t *mask) {
  int news[2], output[2] = {-1, -1};
  if (pipe2(news, O_CLOEXEC) != 0 || (task->keeps_result && pipe2(output, O_CLOEXEC) != 0)) return errno;
  *step = fork();
  if (*step < 0) return errno;
  if (*step == 0) become_step(task, output[1], news[1], mask);
  close(news[1]);
  close(output[1]);
  *result = output[0];
  int reason = 0;
  if (read(news[0], &reason, sizeof reason) <= 0) reason = 0;
  close(news[0]);
  return reason;
}

// The result: the last part of standard output, which goes on to the log

static unsigned char *kept;
static size_t kept_count;

static void keep(const unsigned char *bytes, size_t count) {
  if (kept == NULL && (kept = malloc(2 * text_limit)) == NULL) return;
  if (kept_count + count > 2 * (size_t)text_limit) {
    size_t drop = kept_count - text_limit;
    memmove(kept, kept + drop, text_limit);
    kept_count = text_limit;
  }
  memcpy(kept + kept_count, bytes, count);
  kept_count += count;
}

/// Returns 0 once nobody holds the other end any more.
static int pass_on(int result) {
  unsigned char bytes[65536];
  ssize_t count = read(result, bytes, sizeof bytes);
  if (count <= 0) return count < 0 && (errno == EINTR || errno == EAGAIN);
  keep(bytes, (size_t)count);
  for (ssize_t done = 0; done < count;) {
    ssize_t part = write(STDOUT_FILENO, bytes + done, (size_t)(count - done));
    if (part < 0 && errno != EINTR) break;
    if (part > 0) done += part;
  }
  return 1;
}

// Progress

static void tell_progress(const char *path) {
  static char told[64];
  char text[64] = "";
  int file = path != NULL ? open(path, O_RDONLY | O_CLOEXEC) : -1;
  if (file < 0) return;
  ssize_t count = read(file, text, sizeof text - 1);
  close(file);
  text[count > 0 ? count : 0] = 0;
  text[strcspn(text, " \r\n")] = 0;
  if (*text == 0 || strcmp(text, told) == 0) return;
  strcpy(told, text);
  frame_text("p %s", text);
}

// Waiting

/// Hands a signal on to the step; returns whether the step itself has ended, `*status` then says how.
static int take_signal(int signals, pid_t step, int *status) {
  struct signalfd_siginfo news;
  if (read(signals, &news, sizeof news) != sizeof news) return 0;
  if (news.ssi_signo != SIGCHLD) {
    kill(-step, (int)news.ssi_signo);
    return 0;
  }
  int ended = 0, one;
  // As the container's first process it gets the orphans too.
  for (pid_t child; (child = waitpid(-1, &one, WNOHANG)) > 0;) {
    if (child == step) ended = 1, *status = one;
  }
  return ended;
}

static int wait_for(const struct task *task, pid_t step, int result, int signals) {
  int status = 0, ended = 0;
  while (!ended) {
    struct pollfd files[2] = {{signals, POLLIN, 0}, {result, POLLIN, 0}};
    poll(files, 2, 1000);
    if (files[1].revents && !pass_on(result)) result = -1;
    if (files[0].revents & POLLIN) ended = take_signal(signals, step, &status);
    tell_progress(task->progress);
  }
  // What the step had written is there; what it left running in the background is not waited for.
  if (result >= 0) {
    fcntl(result, F_SETFL, O_NONBLOCK);
    struct pollfd file = {result, POLLIN, 0};
    while (poll(&file, 1, 0) > 0 && pass_on(result)) {}
  }
  return status;
}

// Handing over

static void hand_over_output(int number, const char *path) {
  int file = open(path, O_RDONLY | O_CLOEXEC);
  struct stat about;
  if (file < 0 || fstat(file, &about) != 0 || !S_ISREG(about.st_mode)) return;
  unsigned char *bytes = malloc(text_limit);
  size_t count = 0;
  for (ssize_t part; bytes != NULL && count < text_limit;) {
    part = read(file, bytes + count, text_limit - count);
    if (part <= 0) break;
    count += (size_t)part;
  }
  char kind[32];
  snprintf(kind, sizeof kind, "o %d", number);
  if (bytes != NULL) frame_bytes(kind, bytes, count);
  free(bytes);
  close(file);
}

static int hand_over(const struct task *task, int status, long long started) {
  for (int i = 0; i < task->output_count; i++) hand_over_output(i, task->outputs[i]);
  if (task->keeps_result) {
    size_t from = kept_count > text_limit ? kept_count - text_limit : 0;
    frame_bytes("r", kept != NULL ? kept + from : (const unsigned char *)"", kept_count - from);
  }
  int killed = WIFSIGNALED(status), code = killed ? WTERMSIG(status) : WEXITSTATUS(status);
  frame_text("e %s %d %lld %lld", killed ? "signaled" : "exited", code, started, wall_ms());
  frames_publish();
  return killed ? 128 + code : code;
}

static int hand_over_failure(const struct task *task, const char *what, int reason) {
  char text[512];
  int length = snprintf(text, sizeof text, "%.400s: %s", what, strerror(reason));
  fprintf(stderr, "%s\n", text);
  frame_bytes("x", (const unsigned char *)text, (size_t)length);
  (void)task;
  long long now = wall_ms();
  frame_text("e exited %d %lld %lld", not_started, now, now);
  frames_publish();
  return not_started;
}

int main(int count, char **arguments) {
  struct task task = {0};
  if (read_options(count, arguments, &task) != 0) {
    fprintf(stderr, "usage: orchestrate-pod-helper [-m mark] [-r] [-o path] [-p path] [-s path source] -- command ...\n");
    return misused;
  }
  if (write_script(&task) != 0) return hand_over_failure(&task, task.script, errno);
  sigset_t all, before;
  sigfillset(&all);
  sigprocmask(SIG_BLOCK, &all, &before);
  prctl(PR_SET_CHILD_SUBREAPER, 1);
  int signals = signalfd(-1, &all, SFD_CLOEXEC);
  pid_t step = 0;
  int result = -1;
  long long started = wall_ms();
  int reason = start_step(&task, &step, &result, &before);
  if (reason != 0) return hand_over_failure(&task, task.argv[0], reason);
  return hand_over(&task, wait_for(&task, step, result, signals), started);
}
