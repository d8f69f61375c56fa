import WorkflowCore

/// The numbers of the GPUs that an attempt was given, as its directory says; empty when it has none.
public func attemptDevices(_ attempt: AttemptID, under root: String) -> [Int] {
  AttemptDirectory(of: attempt, under: root).readDevices()
}
