#define _GNU_SOURCE
#include "artifacts.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/// The process that packs: it sees what the step saw, and runs the machine's own `tar`. Never returns.
static void pack(const struct launch *launch, const struct view *view, const struct artifact *artifact, int to) {
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, NULL);
  char path[PATH_MAX];
  if (dup2(to, 1) < 0 || enter_view(launch, view) != 0 || realpath(artifact->path, path) == NULL) _exit(70);
  char *slash = strrchr(path, '/');
  const char *name = slash + 1, *folder = slash == path ? "/" : path;
  if (artifact->form == 'n') {
    folder = path;
    name = ".";
  } else {
    *slash = 0;
    if (*name == 0) name = ".";
    if (slash == path) folder = "/";
  }
  char folder_copy[PATH_MAX];
  snprintf(folder_copy, sizeof folder_copy, "%s", *folder == 0 ? "/" : folder);
  char *const arguments[] = {"tar", "-C", folder_copy, artifact->form == 'z' ? "-czf" : "-cf", "-", "--", (char *)name, NULL};
  char *const environment[] = {"PATH=/usr/local/bin:/usr/bin:/bin", "LC_ALL=C", NULL};
  execve("/bin/tar", arguments, environment);
  execve("/usr/bin/tar", arguments, environment);
  _exit(71);
}

static int copy_whole(int from, int to, off_t size) {
  for (off_t left = size; left > 0;) {
    ssize_t count = sendfile(to, from, NULL, (size_t)left);
    if (count <= 0) return count == 0 ? 0 : -1;
    left -= count;
  }
  return 0;
}

static int run_packer(const struct launch *launch, const struct view *view, const struct artifact *artifact, int to) {
  pid_t packer = fork();
  if (packer == 0) pack(launch, view, artifact, to);
  int status = -1;
  while (packer > 0 && waitpid(packer, &status, 0) < 0 && errno == EINTR) continue;
  // 1 is "some files changed while they were read": what a container's copy would be, too.
  return packer > 0 && WIFEXITED(status) && WEXITSTATUS(status) <= 1 ? 0 : -1;
}

static void collect(const struct launch *launch, const struct view *view, int index) {
  const struct artifact *artifact = &launch->artifacts[index];
  int from = open_in_view(launch, view, artifact->path);
  struct stat status;
  if (from < 0) return;
  if (fstat(from, &status) != 0 || !(S_ISREG(status.st_mode) || S_ISDIR(status.st_mode))) {
    close(from);
    return;
  }
  int is_plain = artifact->form == 'n' && S_ISREG(status.st_mode);
  char name[64], part[72];
  snprintf(name, sizeof name, "artifacts/%d%s", index, artifact->form == 'n' && !is_plain ? ".folder" : "");
  snprintf(part, sizeof part, "%s.part", name);
  int to = open(part, O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0644);
  int result = to < 0 ? -1 : is_plain ? copy_whole(from, to, status.st_size) : run_packer(launch, view, artifact, to);
  if (result == 0 && fsync(to) == 0) rename(part, name);
  else fprintf(stderr, "orchestrate-supervisor: cannot copy the artifact at %s: %s\n", artifact->path, strerror(errno));
  if (to >= 0) close(to);
  close(from);
}

void collect_artifacts(const struct launch *launch, const struct view *view) {
  if (launch->artifact_count == 0 || (mkdir("artifacts", 0755) != 0 && errno != EEXIST)) return;
  for (int index = 0; index < launch->artifact_count; index++) collect(launch, view, index);
}
