import ArgumentParser

/// The flags of `ShardWorker run` by which scores, nulls, speed and memory are watched.
struct WatchOptions: ParsableArguments {
  @Option(help: ArgumentHelp("Compare scores and nulls with this baseline while running.", valueName: "file"))
  var baseline: String?

  @Option(help: ArgumentHelp("Write a baseline of this run, for later ones.", valueName: "file"))
  var writeBaseline: String?

  @Option(help: "On an alarm, `warn` or `stop` with 65 (default: warn; given alone, it turns the watch on).")
  var onDrift: DriftWatch.Action?

  @Option(help: "The population stability index of an output that is an alarm.")
  var maxStabilityIndex = DriftWatch.Limits().stabilityIndex

  @Option(help: "The change of a column's null rate that is an alarm.")
  var maxNullChange = DriftWatch.Limits().nullRate

  @Option(help: "The share of the usual rows a second whose lack is an alarm.")
  var maxSlowdown = DriftWatch.Limits().slowdown

  @Option(help: ArgumentHelp("The growth of memory a minute that is an alarm.", valueName: "MiB"))
  var maxMemoryGrowth = DriftWatch.Limits().memoryGrowth

  func validate() throws {
    let limits = [maxStabilityIndex, maxNullChange, maxSlowdown, maxMemoryGrowth]
    guard limits.allSatisfy({ $0 > 0 }) else { throw ValidationError("limits of alarms must be above 0") }
  }

  /// Nil when nothing is watched.
  var options: DriftOptions? {
    guard baseline != nil || writeBaseline != nil || onDrift != nil else { return nil }
    var limits = DriftWatch.Limits()
    limits.stabilityIndex = maxStabilityIndex
    limits.nullRate = maxNullChange
    limits.slowdown = maxSlowdown
    limits.memoryGrowth = maxMemoryGrowth
    return DriftOptions(
      baselinePath: baseline, newBaselinePath: writeBaseline, action: onDrift ?? .warn, limits: limits)
  }
}

extension DriftWatch.Action: ExpressibleByArgument {}
