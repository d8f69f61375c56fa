#define _GNU_SOURCE
#include "launch.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char *read_file(const char *path, size_t *length) {
  int file = open(path, O_RDONLY | O_CLOEXEC);
  struct stat status;
  if (file < 0 || fstat(file, &status) != 0) return NULL;
  char *text = status.st_size <= launch_limit_bytes ? malloc((size_t)status.st_size + 1) : NULL;
  *length = 0;
  while (text != NULL && *length < (size_t)status.st_size) {
    ssize_t count = read(file, text + *length, (size_t)status.st_size - *length);
    if (count <= 0) break;
    *length += (size_t)count;
  }
  close(file);
  if (text != NULL) text[*length] = 0;
  return text;
}

static size_t count_records(const char *text, size_t length) {
  size_t records = 0;
  for (size_t i = 0; i < length; i++) records += text[i] == 0;
  return records;
}

static int take_record(struct launch *launch, char *record, size_t *arguments) {
  char *value = record + 1;
  switch (record[0]) {
    case 'a': launch->argv[(*arguments)++] = value; return 0;
    case 'd': launch->directory = value; return 0;
    case 'w': launch->workspace = value; return 0;
    case 'r': launch->result = value; return 0;
    case 't': launch->deadline_ms = atoll(value); return 0;
    case 'g': launch->grace_ms = atoll(value); return 0;
    case 'p': launch->is_private = 1; return 0;
    case 'o':
      if (launch->output_count == launch_limit_outputs) return -1;
      launch->outputs[launch->output_count++] = value;
      return 0;
    case 'm':
      if (launch->mount_count == launch_limit_outputs) return -1;
      launch->mounts[launch->mount_count++].source = value;
      return 0;
    case 'n':
    case 'N':
      if (launch->mount_count == 0) return -1;
      launch->mounts[launch->mount_count - 1].target = value;
      launch->mounts[launch->mount_count - 1].is_read_only = record[0] == 'N';
      return 0;
    case 'x':
      if (launch->artifact_count == launch_limit_outputs || *value == 0) return -1;
      launch->artifacts[launch->artifact_count++] = (struct artifact){value[0], value + 1};
      return 0;
    default: return -1;
  }
}

int read_launch(const char *path, struct launch *launch) {
  memset(launch, 0, sizeof *launch);
  size_t length = 0, arguments = 0;
  char *text = read_file(path, &length);
  if (text == NULL) return -1;
  launch->argv = calloc(count_records(text, length) + 1, sizeof *launch->argv);
  if (launch->argv == NULL) return -1;
  for (char *record = text; record < text + length; record += strlen(record) + 1) {
    if (take_record(launch, record, &arguments) != 0) {
      errno = EINVAL;
      return -1;
    }
  }
  int has_all_targets = 1;
  for (int i = 0; i < launch->mount_count; i++) has_all_targets &= launch->mounts[i].target != NULL;
  if (arguments == 0 || !has_all_targets) errno = EINVAL;
  return arguments == 0 || !has_all_targets ? -1 : 0;
}
