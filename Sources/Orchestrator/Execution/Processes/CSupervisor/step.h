// The step itself: its process, and every process that came of it.
#pragma once

#include "launch.h"
#include "report.h"
#include "view.h"

/// Holds every signal back, so that none comes before `run_step` waits for it. The step itself starts with none held.
void hold_signals(void);

/// Runs the step to its end and leaves nothing of it running. SIGTERM to the supervisor ends the step: SIGTERM first, SIGKILL
/// after the grace. Always fills `ending`.
void run_step(const struct launch *launch, const struct view *view, struct ending *ending);
