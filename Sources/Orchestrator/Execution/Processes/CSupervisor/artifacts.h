// What the step leaves as artifacts: copies in the attempt's directory, which the engine takes from there.
#pragma once

#include "launch.h"
#include "view.h"

/// Copies each declared artifact that is there to `artifacts/0`, `artifacts/1`, ...: a file as it is, or a tar. A folder
/// without an archive becomes `artifacts/N.folder`, a tar of what is in it. One that is missing leaves nothing.
void collect_artifacts(const struct launch *launch, const struct view *view);
