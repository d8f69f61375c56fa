import WorkflowCore

/// Runs attempts somewhere: as processes, as pods.
///
/// Every call may be repeated; the attempt's identity decides, not the call. An executor never decides what an ending
/// means: it reports what happened.
public protocol AttemptExecutor: Sendable {
  /// Makes sure the attempt has one execution, starting it only if it never started. It may have to wait for room first:
  /// start and end arrive as observations. A launch that was accepted but not started is forgotten with this process; the
  /// engine asks again from its state.
  func ensureLaunched(_ launch: Launch) async throws(ExecutionError)

  /// The truth now. What `observations` says is only a hint: it may repeat, and it starts anew with each process.
  func inspect(_ attempt: AttemptID) async throws(ExecutionError) -> AttemptStatus

  /// Asks the attempt to end: politely, and by force after the grace period. Ended attempts are left alone.
  func terminate(_ attempt: AttemptID) async throws(ExecutionError)

  /// Forgets what is only needed while the outcome is not recorded. Logs stay.
  func release(_ attempt: AttemptID) async throws(ExecutionError)

  /// Moves what an ended attempt left out of the way, so that one of the same name can be launched anew.
  func setAside(_ attempt: AttemptID) async throws(ExecutionError)

  /// Removes everything that the attempts of a run left.
  func removeAll(ofRun uid: String) async throws(ExecutionError)

  /// Waits for what was asked and is still under way, before the engine leaves.
  func settle() async

  /// News of attempts, from the moment it is first asked for.
  var observations: AsyncStream<Observation> { get }
}

extension AttemptExecutor {
  public func settle() async {}
}

/// Something an executor noticed.
public enum Observation: Hashable, Sendable {
  /// The attempt was accepted, and waits for room.
  case delayed(AttemptID, reason: String)
  case started(AttemptID)
  case progressed(AttemptID, Progress)
  case ended(AttemptID, Outcome)
}

/// Where an attempt stands.
public enum AttemptStatus: Hashable, Sendable {
  /// Nothing of it is known: it was never launched here.
  case unknown
  case running
  case ended(Outcome)
}

/// Why a call to an executor did not do what it was asked to.
public enum ExecutionError: Error, Hashable, Sendable {
  /// It never will: the launch itself is wrong.
  case refused(String)
  /// Nothing happened; the same call may succeed later.
  case unavailable(String)
}

extension ExecutionError {
  public var message: String {
    switch self {
    case .refused(let message), .unavailable(let message): message
    }
  }
}
