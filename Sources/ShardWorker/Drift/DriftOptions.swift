import RunFiles

/// The flags by which a run is watched.
struct DriftOptions: Equatable {
  /// A baseline to compare with, if any.
  var baselinePath: String?
  /// Where a baseline of this run is written, if anywhere.
  var newBaselinePath: String?
  var action = DriftWatch.Action.warn
  var limits = DriftWatch.Limits()

  func watch() throws(WorkerError) -> DriftWatch {
    let baseline = try baselinePath.map { (path) throws(WorkerError) in
      try reportingFiles { () throws(RunFileError) in try DriftBaseline(readingFrom: path) }
    }
    return DriftWatch(baseline: baseline, limits: limits)
  }
}
