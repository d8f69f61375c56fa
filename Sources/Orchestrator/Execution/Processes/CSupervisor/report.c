#define _GNU_SOURCE
#include "report.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/// Longer output files are cut here; the engine keeps less of them anyway.
static const long long output_limit = 1 << 20;

int open_files(const struct launch *launch, struct files *files) {
  const int flags = O_CREAT | O_WRONLY | O_APPEND | O_CLOEXEC;
  files->log = open("main.log", flags, 0644);
  files->result = launch->result == NULL ? files->log : open(launch->result, flags, 0644);
  return files->log < 0 || files->result < 0 ? -1 : 0;
}

void close_files(struct files *files) {
  if (files->result != files->log) close(files->result);
  close(files->log);
}

static void copy(int from, int to) {
  char buffer[65536];
  long long total = 0;
  for (ssize_t count; total < output_limit && (count = read(from, buffer, sizeof buffer)) > 0; total += count) {
    if (write(to, buffer, (size_t)count) != count) return;
  }
}

static void collect_output(const struct launch *launch, const struct view *view, int index) {
  int from = open_in_view(launch, view, launch->outputs[index]);
  struct stat status;
  if (from < 0) return;
  char name[32];
  snprintf(name, sizeof name, "outputs/%d", index);
  int to = fstat(from, &status) == 0 && S_ISREG(status.st_mode) ? open(name, O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0644) : -1;
  if (to >= 0) {
    copy(from, to);
    fsync(to);
    close(to);
  }
  close(from);
}

void collect_outputs(const struct launch *launch, const struct view *view) {
  if (launch->output_count == 0 || (mkdir("outputs", 0755) != 0 && errno != EEXIST)) return;
  for (int index = 0; index < launch->output_count; index++) collect_output(launch, view, index);
}

static const char *name_of(enum ending_kind kind) {
  switch (kind) {
    case ending_exited: return "exited";
    case ending_signaled: return "signaled";
    case ending_deadline: return "deadlineExceeded";
    case ending_not_started: return "notStarted";
    case ending_error: break;
  }
  return "error";
}

static void print_quoted(FILE *out, const char *text) {
  fputc('"', out);
  for (const unsigned char *byte = (const unsigned char *)text; *byte != 0; byte++) {
    if (*byte == '"' || *byte == '\\') fputc('\\', out);
    if (*byte < 0x20) fprintf(out, "\\u%04x", *byte);
    else fputc(*byte, out);
  }
  fputc('"', out);
}

static void print_ending(FILE *out, const struct ending *ending) {
  fprintf(out, "{\"ending\":\"%s\",\"code\":%d,", name_of(ending->kind), ending->code);
  fprintf(out, "\"startedMilliseconds\":%lld,\"finishedMilliseconds\":%lld,", ending->started_ms, ending->finished_ms);
  fprintf(out, "\"cpuMilliseconds\":%lld,\"maxRSSBytes\":%lld,\"message\":", ending->cpu_ms, ending->max_rss_bytes);
  print_quoted(out, ending->message);
  fputs("}\n", out);
}

static int sync_directory(void) {
  int directory = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  int result = fsync(directory);
  close(directory);
  return result;
}

int publish_ending(const struct ending *ending) {
  FILE *out = fopen("exit.json.tmp", "we");
  if (out == NULL) return -1;
  print_ending(out, ending);
  int written = fflush(out) == 0 && fsync(fileno(out)) == 0;
  if (fclose(out) != 0 || !written) return -1;
  return rename("exit.json.tmp", "exit.json") == 0 ? sync_directory() : -1;
}
