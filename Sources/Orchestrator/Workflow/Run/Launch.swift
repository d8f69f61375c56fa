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
  public var environmentSources: [EnvironmentSource] = []
  public var workingDirectory: String?
  /// What the step asks for, in thousandths of a unit (cores, bytes, GPUs) by resource name; limits count where no
  /// request is given, as in Kubernetes.
  public var requests: OrderedDictionary<String, Int64>
  public var outputFiles: [OutputFile]
  public var inputArtifacts: [InputArtifact] = []
  public var outputArtifacts: [OutputArtifact] = []
  public var mounts: [LaunchMount] = []
  /// Whether standard output is wanted as `outputs.result`.
  public var capturesResult: Bool
  /// Seconds after which the attempt is ended as failed.
  public var deadlineSeconds: Int64?
  /// The directory the run was submitted from.
  public var directory: String
  /// The directory a process starts in and may write to, relative to `directory`
  /// (annotation `orchestrate/workspace`); nil gives each attempt an empty one of its own.
  public var workspace: String?
  public var executor = ExecutorKind.process
  /// What a pod takes from the workflow beside all that; nil for processes.
  public var pod: PodRequest?
  /// What is to be done to an object, in place of running a program.
  public var resource: ResourceRequest?
}

/// What a resource template asks for, with no template left in it.
public struct ResourceRequest: Hashable, Sendable {
  /// A part of the object that is wanted back.
  public struct Output: Hashable, Sendable {
    public enum Language: Hashable, Sendable { case jsonPath, jq }
    public var parameter: String
    public var language: Language
    public var query: String

    public init(parameter: String, language: Language, query: String) {
      self.parameter = parameter
      self.language = language
      self.query = query
    }
  }

  public var action: ResourceTemplate.Action
  public var manifest: String
  public var mergeStrategy: String?
  public var flags: [String]
  public var setsOwner: Bool
  public var successCondition: String?
  public var failureCondition: String?
  public var outputs: [Output]

  public init(
    action: ResourceTemplate.Action, manifest: String, mergeStrategy: String? = nil, flags: [String] = [],
    setsOwner: Bool = false, successCondition: String? = nil, failureCondition: String? = nil, outputs: [Output] = []
  ) {
    self.action = action
    self.manifest = manifest
    self.mergeStrategy = mergeStrategy
    self.flags = flags
    self.setsOwner = setsOwner
    self.successCondition = successCondition
    self.failureCondition = failureCondition
    self.outputs = outputs
  }
}

/// The fields of a workflow that say how its pods are made, their tags replaced.
public struct PodRequest: Hashable, Sendable {
  /// Fields of the spec (`PodFields.spec`).
  public var workflow: Value
  /// Fields of the template (`PodFields.template`).
  public var template: Value
  /// The claim that the directory of the run stands for (annotation `orchestrate/workspace-claim`).
  public var workspaceClaim: String?

  public init(workflow: Value = .object([:]), template: Value = .object([:]), workspaceClaim: String? = nil) {
    self.workflow = workflow
    self.template = template
    self.workspaceClaim = workspaceClaim
  }
}

public struct LaunchVariable: Hashable, Sendable {
  public enum Source: Hashable, Sendable {
    case value(String)
    case secret(name: String, key: String, optional: Bool)
    case configMap(name: String, key: String, optional: Bool)
    case field(String)
  }
  public var name: String
  public var source: Source
}

/// A file whose text becomes an output parameter.
public struct OutputFile: Hashable, Sendable {
  public var parameter: String
  public var path: String
}

/// An artifact that is put at a path before the step starts.
public struct InputArtifact: Hashable, Sendable {
  public var name: String
  public var path: String
  public var location: Value
  public var mode: Int?
  public var isModeRecursive: Bool
  public var isOptional: Bool
}

/// What a step leaves at a path, and where it is to be kept.
public struct OutputArtifact: Hashable, Sendable {
  public var name: String
  public var path: String
  /// A location of its own; nil is `defaultKey` in the default repository.
  public var location: Value?
  public var defaultKey: String
  public var archive: ArtifactArchive
  public var isOptional: Bool
}

/// A volume at a path of the step's file system.
public struct LaunchMount: Hashable, Sendable {
  public var volume: String
  /// As Kubernetes writes it, with no tag left: `{"emptyDir": {}}`.
  public var source: Value
  public var path: String
  public var subPath: String?
  public var isReadOnly: Bool
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
  /// The output artifacts that were there, and where they are kept now.
  public var artifacts: [ArtifactValue]
  public var result: String?
  public var startedAt: Timestamp?
  public var finishedAt: Timestamp?

  public init(
    _ ending: Ending, parameters: [ParameterValue] = [], artifacts: [ArtifactValue] = [], result: String? = nil,
    startedAt: Timestamp? = nil, finishedAt: Timestamp? = nil
  ) {
    self.ending = ending
    self.parameters = parameters
    self.artifacts = artifacts
    self.result = result
    self.startedAt = startedAt
    self.finishedAt = finishedAt
  }
}
