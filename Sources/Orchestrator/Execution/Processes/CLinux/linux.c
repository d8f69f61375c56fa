#define _GNU_SOURCE
#include "CLinux.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/file.h>
#include <sys/syscall.h>
#include <unistd.h>

int linux_pidfd_open(pid_t pid) { return (int)syscall(SYS_pidfd_open, pid, 0); }

static int describe(posix_spawn_file_actions_t *files, posix_spawnattr_t *attributes, const char *log) {
  sigset_t all;
  sigfillset(&all);
  posix_spawnattr_setflags(attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  // A supervisor takes signals when it is ready for them, and starts its step with none held back.
  posix_spawnattr_setsigmask(attributes, &all);
  posix_spawnattr_setsigdefault(attributes, &all);
  int result = posix_spawn_file_actions_addopen(files, 0, "/dev/null", O_RDONLY, 0);
  if (result == 0) result = posix_spawn_file_actions_addopen(files, 1, log, O_CREAT | O_WRONLY | O_APPEND, 0644);
  return result == 0 ? posix_spawn_file_actions_adddup2(files, 1, 2) : result;
}

pid_t linux_spawn(const char *path, char *const argv[], char *const envp[], const char *log) {
  posix_spawn_file_actions_t files;
  posix_spawnattr_t attributes;
  pid_t pid = -1;
  posix_spawn_file_actions_init(&files);
  posix_spawnattr_init(&attributes);
  int result = describe(&files, &attributes, log);
  if (result == 0) result = posix_spawn(&pid, path, &files, &attributes, argv, envp);
  posix_spawn_file_actions_destroy(&files);
  posix_spawnattr_destroy(&attributes);
  errno = result;
  return result == 0 ? pid : -1;
}

int linux_is_locked(const char *path) {
  int file = open(path, O_RDONLY | O_CLOEXEC);
  if (file < 0) return -1;
  int locked = flock(file, LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK;
  close(file);
  return locked;
}

int linux_pidfd_signal(int pidfd, int signal) { return (int)syscall(SYS_pidfd_send_signal, pidfd, signal, NULL, 0); }
