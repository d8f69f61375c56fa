// The step's view of the file system: the machine's own, or a private one as a container would have.
#pragma once

#include "launch.h"

struct view {
  const char *root;       // where the view is mounted, or "" for the machine's own
  char failure[256];      // what could not be done, when opening fails
};

/// Sets the view up, in a mount namespace of this process when it is private. The step's writes then stay in the attempt's
/// directory: `upper` holds what it changed, `tmp` its /tmp. Returns 0, or -1 with `failure` and errno set.
int open_view(const struct launch *launch, struct view *view);

/// Called in the step's process: enters the view and the directory the step starts in.
int enter_view(const struct launch *launch, const struct view *view);

/// Opens a file as the step saw it, never following a link out of its view. Returns a descriptor or -1.
int open_in_view(const struct launch *launch, const struct view *view, const char *path);

void close_view(struct view *view);
