/// What happened, in the past tense. Everything that can change a run arrives as one of these.
public enum Event: Hashable, Sendable {
  /// The run was admitted; its entrypoint may start.
  case begun
  case attemptStarted(AttemptID)
  case attemptEnded(AttemptID, Outcome)
  case attemptProgressed(AttemptID, Progress)
  /// The executor cannot start the attempt yet, and says what it waits for.
  case attemptDelayed(AttemptID, reason: String)
  /// The wait before a retry node's next attempt, or of a suspended node, is over.
  case retryDue(NodeIndex)
  case shutdownRequested(ShutdownStrategy)
  case suspendRequested
  /// Without a selector the run as a whole goes on.
  case resumeRequested(NodeSelector?)
  /// Someone sets what a suspended node is to give or to end as.
  case nodeSet(NodeSelector, NodeChange)
}

/// How a run is brought to its end before its time.
public enum ShutdownStrategy: String, CaseIterable, Hashable, Sendable {
  /// Ends what runs; exit handlers still run.
  case stop = "Stop"
  /// Ends everything, exit handlers too.
  case terminate = "Terminate"
}

/// What the world owes the run, in the imperative. Repeating a command is harmless: the attempt decides, not the call.
public enum Command: Hashable, Sendable {
  case launch(Launch)
  /// Ask the attempt to end; its end arrives as `attemptEnded`.
  case terminate(AttemptID)
  /// The outcome is recorded: the executor may forget the attempt.
  case release(AttemptID)
  case wake(NodeIndex, at: Timestamp)
}

/// What one event led to.
public struct Transition: Sendable {
  public var commands: [Command]
  /// Nodes that are new or different, in order of index.
  public var changedNodes: [NodeIndex]
  /// Whether the run itself (phase, message, times, outputs) is different.
  public var runChanged: Bool
  /// Why the event changed nothing: late, repeated, or about something unknown.
  public var note: String?
}
