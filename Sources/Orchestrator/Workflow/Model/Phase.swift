/// Where a node stands (Argo's node phases). A node is not its process: what runs has an `AttemptState` of its own.
public enum NodePhase: String, CaseIterable, Hashable, Sendable {
  /// Known, and waiting for something. Leads to every other phase but `omitted`.
  case pending = "Pending"
  /// At work. Leads to `succeeded`, `failed`, `error`.
  case running = "Running"
  case succeeded = "Succeeded"
  /// `when` said no, or a loop had no items.
  case skipped = "Skipped"
  /// The step said no.
  case failed = "Failed"
  /// The platform or the engine could not carry it out.
  case error = "Error"
  /// `depends` said no.
  case omitted = "Omitted"

  /// No event changes a node that is fulfilled.
  public var isFulfilled: Bool { self != .pending && self != .running }

  public var isFailure: Bool { self == .failed || self == .error }
}

/// Where a run stands (Argo's workflow phases).
public enum RunPhase: String, CaseIterable, Hashable, Sendable {
  case pending = "Pending"
  case running = "Running"
  case succeeded = "Succeeded"
  case failed = "Failed"
  case error = "Error"

  public var isFinished: Bool { self != .pending && self != .running }
}

/// What a node is (Argo's node types).
public enum NodeType: String, CaseIterable, Hashable, Sendable {
  /// Runs a program: in a pod or as a process.
  case pod = "Pod"
  case steps = "Steps"
  case stepGroup = "StepGroup"
  case dag = "DAG"
  /// All items of a looped task.
  case taskGroup = "TaskGroup"
  /// Holds the attempts of a node with a retry strategy.
  case retry = "Retry"
  /// Waits to be resumed, by a person or after a time.
  case suspend = "Suspend"
  case skipped = "Skipped"

  /// Whether the node itself is launched.
  public var isLeaf: Bool { self == .pod }
}
