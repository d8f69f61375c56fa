// What a supervisor is told: the file `launch`, a row of records, each a key byte, a value and a NUL.
#pragma once

enum { launch_limit_outputs = 512, launch_limit_bytes = 8 << 20 };

/// Something of the machine that the step sees at a path of its own.
struct mount {
  const char *source;
  const char *target;
  int is_read_only;
};

/// A file or folder that is kept as an artifact.
struct artifact {
  char form;  // 'z': tar with gzip, 't': tar, 'n': a file as it is, a folder as a tar of what is in it
  const char *path;
};

struct launch {
  char **argv;              // a: one argument of the command, in order
  const char *directory;    // d: where the step starts
  const char *workspace;    // w: a directory the step sees as it is and may write to
  const char *result;       // r: the file for standard output when it is wanted on its own, else null
  const char *outputs[launch_limit_outputs];  // o: a file to keep as an output, in order
  int output_count;
  struct mount mounts[launch_limit_outputs];  // m, then n or N: source, then target, read-only with N; in order
  int mount_count;
  struct artifact artifacts[launch_limit_outputs];  // x: form and path, in order
  int artifact_count;
  long long deadline_ms;    // t: how long the step may run; 0 is without limit
  long long grace_ms;       // g: how long after SIGTERM until SIGKILL
  int is_private;           // p: give the step a file system view of its own
};

/// Reads the file into memory that is kept. Returns 0, or -1 with errno set.
int read_launch(const char *path, struct launch *launch);
