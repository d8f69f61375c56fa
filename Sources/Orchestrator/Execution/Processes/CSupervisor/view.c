#define _GNU_SOURCE
#include "view.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static char attempt[PATH_MAX];

static int failed(struct view *view, const char *what, const char *path) {
  int reason = errno;
  snprintf(view->failure, sizeof view->failure, "cannot %s %s for a private file system", what, path);
  errno = reason;
  return -1;
}

static int make_directories(void) {
  const char *names[] = {"upper", "overlay", "root", "tmp"};
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
    if (mkdir(names[i], 0755) != 0 && errno != EEXIST) return -1;
  }
  return chmod("tmp", 01777);
}

static int mount_overlay(void) {
  // Relative paths: a comma or colon in the attempt's own path would end an option.
  if (mount("overlay", "root", "overlay", 0, "lowerdir=/,upperdir=upper,workdir=overlay") == 0) return 0;
  // The state may lie on a file system that cannot be an upper layer (another overlay): keep the changes in memory.
  if (mount("tmpfs", "overlay", "tmpfs", 0, "mode=0755") != 0) return -1;
  if (mkdir("overlay/upper", 0755) != 0 || mkdir("overlay/work", 0755) != 0) return -1;
  return mount("overlay", "root", "overlay", 0, "lowerdir=/,upperdir=overlay/upper,workdir=overlay/work");
}

/// Shows `source` at the same path inside the view, with what is mounted below it.
static int show(const char *source, const char *at) {
  char target[2 * PATH_MAX];
  snprintf(target, sizeof target, "root%s", at);
  return mount(source, target, NULL, MS_BIND | MS_REC, NULL);
}

static int is_below(const char *path, const char *directory) {
  size_t length = strlen(directory);
  return strncmp(path, directory, length) == 0 && (path[length] == 0 || path[length] == '/');
}

/// An overlay shows one file system only: what is mounted elsewhere (a home, a data disk) is shown as it is.
static int show_other_mounts(void) {
  FILE *table = fopen("/proc/self/mountinfo", "re");
  if (table == NULL) return -1;
  char line[2 * PATH_MAX], point[PATH_MAX];
  while (fgets(line, sizeof line, table) != NULL) {
    if (sscanf(line, "%*d %*d %*s %*s %4095s", point) != 1 || strcmp(point, "/") == 0) continue;
    if (is_below(point, "/proc") || is_below(point, "/sys") || is_below(point, "/dev")) continue;
    if (is_below(point, "/tmp") || is_below(point, attempt)) continue;
    char target[2 * PATH_MAX];
    snprintf(target, sizeof target, "root%s", point);
    mount(point, target, NULL, MS_BIND, NULL);  // one that cannot be shown (a path with blanks) is left out
  }
  fclose(table);
  return 0;
}

/// Makes a directory and those above it; ones that exist are left alone.
static void make_path(const char *prefix, const char *at) {
  char path[2 * PATH_MAX];
  snprintf(path, sizeof path, "%s%s", prefix, at);
  for (char *slash = strchr(path + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
    *slash = 0;
    mkdir(path, 0755);
    *slash = '/';
  }
  mkdir(path, 0755);
}

/// Shows a directory that the step shares with the world. It may lie below the private /tmp, so it is made if need be.
static int show_shared(const char *directory) {
  if (directory == NULL || *directory == 0) return 0;
  make_path("root", directory);
  return show(directory, directory);
}

/// Opens a path inside the view, never following a link out of it. Returns a descriptor or -1.
static int open_below(int root, const char *path, unsigned long long flags) {
  struct open_how how = {.flags = flags | O_CLOEXEC, .resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS};
  return (int)syscall(SYS_openat2, root, path, &how, sizeof how);
}

/// Makes what a mount point needs: the directories above it, and itself as a directory or an empty file.
static int make_target(int root, const char *path, int is_directory) {
  char prefix[PATH_MAX];
  if (strlen(path) >= sizeof prefix) return -1;
  int above = open_below(root, "/", O_PATH | O_DIRECTORY);
  for (const char *at = path; *at != 0 && above >= 0;) {
    while (*at == '/') at++;
    size_t length = strcspn(at, "/");
    int is_last = at[length + strspn(at + length, "/")] == 0;
    char name[NAME_MAX + 1];
    if (length == 0) break;
    if (length > NAME_MAX) return -1;
    memcpy(name, at, length);
    name[length] = 0;
    at += length;
    memcpy(prefix, path, (size_t)(at - path));
    prefix[at - path] = 0;
    int next = open_below(root, prefix, O_PATH);
    if (next < 0 && is_last && !is_directory) {
      close(openat(above, name, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0644));
      next = open_below(root, prefix, O_PATH);
    } else if (next < 0 && mkdirat(above, name, 0755) == 0) {
      next = open_below(root, prefix, O_PATH);
    }
    close(above);
    above = next;
  }
  return above;
}

static int bind_in_view(const struct mount *mount_point, int is_directory) {
  int root = open("root", O_PATH | O_DIRECTORY | O_CLOEXEC);
  int target = make_target(root, mount_point->target, is_directory);
  close(root);
  if (target < 0) return -1;
  char at[64];
  snprintf(at, sizeof at, "/proc/self/fd/%d", target);
  int result = mount(mount_point->source, at, NULL, MS_BIND | MS_REC, NULL);
  close(target);
  if (result != 0 || !mount_point->is_read_only) return result;
  // The mount covers its own point, so it is opened anew.
  root = open("root", O_PATH | O_DIRECTORY | O_CLOEXEC);
  target = open_below(root, mount_point->target, O_PATH);
  close(root);
  snprintf(at, sizeof at, "/proc/self/fd/%d", target);
  result = mount(NULL, at, NULL, MS_REMOUNT | MS_BIND | MS_RDONLY, NULL);
  close(target);
  return result;
}

/// Where the step shares the machine's files, a link stands in for a mount; what is there already is not touched.
static int link_in_place(const struct mount *mount_point) {
  char parent[PATH_MAX];
  snprintf(parent, sizeof parent, "%s", mount_point->target);
  for (size_t end = strlen(parent); end > 1 && parent[end - 1] == '/'; end--) parent[end - 1] = 0;
  char target[PATH_MAX];
  snprintf(target, sizeof target, "%s", parent);
  char *slash = strrchr(parent, '/');
  if (slash != NULL && slash != parent) {
    *slash = 0;
    make_path("", parent);
  }
  struct stat status;
  if (lstat(target, &status) == 0 && S_ISLNK(status.st_mode)) unlink(target);
  return symlink(mount_point->source, target);
}

static int mount_all(const struct launch *launch, struct view *view) {
  for (int i = 0; i < launch->mount_count; i++) {
    const struct mount *mount_point = &launch->mounts[i];
    struct stat status;
    if (stat(mount_point->source, &status) != 0) return failed(view, "find", mount_point->source);
    int result = launch->is_private ? bind_in_view(mount_point, S_ISDIR(status.st_mode)) : link_in_place(mount_point);
    if (result != 0) return failed(view, "mount", mount_point->target);
  }
  return 0;
}

/// Programs may lie below the machine's /tmp, which the private one hides.
static int show_programs(const struct launch *launch) {
  char list[2 * PATH_MAX];
  snprintf(list, sizeof list, "%s", getenv("PATH") == NULL ? "" : getenv("PATH"));
  char *rest = list;
  for (char *entry; (entry = strsep(&rest, ":")) != NULL;) {
    struct stat status;
    if (!is_below(entry, "/tmp") || strcmp(entry, "/tmp") == 0 || stat(entry, &status) != 0) continue;
    if (show_shared(entry) != 0) return -1;
  }
  char program[PATH_MAX];
  snprintf(program, sizeof program, "%s", launch->argv[0]);
  char *slash = strrchr(program, '/');
  if (slash == NULL || access(program, X_OK) != 0) return 0;
  *slash = 0;
  return is_below(program, "/tmp") && strcmp(program, "/tmp") != 0 ? show_shared(program) : 0;
}

static int fill_root(const struct launch *launch, struct view *view) {
  if (show_other_mounts() != 0) return failed(view, "read", "/proc/self/mountinfo");
  const char *system[] = {"/proc", "/sys", "/dev"};
  for (size_t i = 0; i < sizeof system / sizeof *system; i++) {
    if (show(system[i], system[i]) != 0) return failed(view, "show", system[i]);
  }
  if (show("tmp", "/tmp") != 0) return failed(view, "show", "/tmp");
  if (show_programs(launch) != 0) return failed(view, "show", "the programs below /tmp");
  if (show_shared(launch->workspace) != 0) return failed(view, "show", launch->workspace);
  if (show_shared(attempt) != 0) return failed(view, "show", attempt);
  return mount_all(launch, view);
}

int open_view(const struct launch *launch, struct view *view) {
  memset(view, 0, sizeof *view);
  view->root = "";
  if (getcwd(attempt, sizeof attempt) == NULL) return failed(view, "find", "the attempt's directory");
  if (!launch->is_private) return mount_all(launch, view);
  if (make_directories() != 0) return failed(view, "make directories in", attempt);
  if (unshare(CLONE_NEWNS) != 0) return failed(view, "leave", "the mount namespace");
  if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0) return failed(view, "make private", "/");
  if (mount_overlay() != 0) return failed(view, "mount", "an overlay");
  view->root = "root";
  return fill_root(launch, view);
}

/// A container's working directory is made when it is missing.
static int start_in(const char *directory) {
  if (chdir(directory) == 0) return 0;
  if (errno == ENOENT) make_path("", directory);
  return chdir(directory);
}

int enter_view(const struct launch *launch, const struct view *view) {
  if (*view->root != 0 && (chroot(view->root) != 0 || chdir("/") != 0)) return -1;
  return launch->directory == NULL ? 0 : start_in(launch->directory);
}

int open_in_view(const struct launch *launch, const struct view *view, const char *path) {
  char absolute[2 * PATH_MAX];
  int is_absolute = path[0] == '/';
  snprintf(absolute, sizeof absolute, "%s/%s", is_absolute ? "" : launch->directory, path);
  if (*view->root == 0) return open(absolute, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  int root = open(view->root, O_PATH | O_DIRECTORY | O_CLOEXEC);
  int file = open_below(root, absolute, O_RDONLY | O_NONBLOCK);
  close(root);
  return file;
}

void close_view(struct view *view) {
  if (*view->root != 0) umount2(view->root, MNT_DETACH);
}
