import OrderedCollections

/// Everything an executor needs to run one attempt, with no template left in it. The same state gives the same launch.
public struct Launch: Hashable, Sendable {
  public var attempt: AttemptID
  public var workflowName: String
  public var namespace: String
  public var nodeName: String
  public var podName: String
  public var templateName: String
  public var image: String?
  public var command: [String]
  public var args: [String]
  /// A script's text: the executor passes a file that holds it as the last argument.
  public var source: String?
  public var environment: [LaunchVariable]
  public var workingDirectory: String?
  /// What the step asks for, in thousandths of a unit (cores, bytes, GPUs) by resource name; limits count where no
  /// request is given, as in Kubernetes.
  public var requests: OrderedDictionary<String, Int64>
  public var outputFiles: [OutputFile]
  /// Whether standard output is wanted as `outputs.result`.
  public var capturesResult: Bool
  /// Seconds after which the attempt is ended as failed.
  public var deadlineSeconds: Int64?
  /// The directory the run was submitted from.
  public var directory: String
  /// The directory a process starts in and may write to, relative to `directory`
  /// (annotation `orchestrate/workspace`); nil gives each attempt an empty one of its own.
  public var workspace: String?
}

public struct LaunchVariable: Hashable, Sendable {
  public enum Source: Hashable, Sendable {
    case value(String)
    case secret(name: String, key: String, optional: Bool)
    case configMap(name: String, key: String, optional: Bool)
  }
  public var name: String
  public var source: Source
}

/// A file whose text becomes an output parameter.
public struct OutputFile: Hashable, Sendable {
  public var parameter: String
  public var path: String
}

/// How an attempt ended, and what it left.
public struct Outcome: Hashable, Sendable {
  public enum Ending: Hashable, Sendable {
    case exited(code: Int32)
    case signaled(Int32)
    case deadlineExceeded
    case outOfMemory
    /// The program could not be executed: it is missing, say. The step's fault, not the platform's.
    case notStarted(String)
    /// The executor could not carry the attempt out.
    case error(String)
    /// What became of the attempt cannot be known any more: its host restarted, or its supervisor was killed.
    case lost(String)
  }

  public var ending: Ending
  /// Text of the output files that were there, one trailing newline removed.
  public var parameters: [ParameterValue]
  public var result: String?
  public var startedAt: Timestamp?
  public var finishedAt: Timestamp?

  public init(
    _ ending: Ending, parameters: [ParameterValue] = [], result: String? = nil,
    startedAt: Timestamp? = nil, finishedAt: Timestamp? = nil
  ) {
    self.ending = ending
    self.parameters = parameters
    self.result = result
    self.startedAt = startedAt
    self.finishedAt = finishedAt
  }
}
