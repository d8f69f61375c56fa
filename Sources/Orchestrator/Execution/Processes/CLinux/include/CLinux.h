// Linux calls that Swift's Glibc module cannot make: variadic ones, and spawning in another directory.
#pragma once

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/types.h>

/// A descriptor that becomes readable when the process ends, or -1 with errno.
int linux_pidfd_open(pid_t pid);

/// Starts a program with standard input from /dev/null and its output appended to `log`. Every signal is held back from it and
/// has its default effect. Returns the process ID, or -1 with errno.
pid_t linux_spawn(const char *path, char *const argv[], char *const envp[], const char *log);

/// Whether another process holds the lock on `path`: 1 yes, 0 no, -1 with errno.
int linux_is_locked(const char *path);

/// Sends a signal to the process behind a descriptor of `linux_pidfd_open`. Returns 0, or -1 with errno.
int linux_pidfd_signal(int pidfd, int signal);
