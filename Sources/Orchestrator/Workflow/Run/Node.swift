/// The place of a node in its run: nodes are numbered as they appear, and never removed.
public struct NodeIndex: Hashable, Comparable, Sendable {
  public let value: Int32
  public init(_ value: Int) { self.value = Int32(clamping: value) }
  public static func < (left: Self, right: Self) -> Bool { left.value < right.value }
}

/// A parameter with its value: of a run, of a node's inputs, or of its outputs.
public struct ParameterValue: Hashable, Sendable {
  public let name: String
  public let value: String

  public init(name: String, value: String) {
    self.name = name
    self.value = value
  }
}

extension Array where Element == ParameterValue {
  /// The value of the parameter called `name`.
  public subscript(name: String) -> String? { first { $0.name == name }?.value }
}

/// An artifact and where it is kept: of a node's inputs or outputs, or of a run.
public struct ArtifactValue: Hashable, Sendable {
  public let name: String
  /// As Argo writes it: `{"s3": {"key": "..."}}`. A key without a bucket lies in the default repository.
  public let location: Value

  public init(name: String, location: Value) {
    self.name = name
    self.location = location
  }
}

extension Array where Element == ArtifactValue {
  /// Where the artifact called `name` is kept.
  public subscript(name: String) -> Value? { first { $0.name == name }?.location }
}

/// What a node gave back.
public struct NodeOutputs: Hashable, Sendable {
  public var parameters: [ParameterValue]
  public var artifacts: [ArtifactValue]
  /// Standard output of the main program, where a sibling asks for it.
  public var result: String?
  public var exitCode: Int32?

  public init(
    parameters: [ParameterValue] = [], artifacts: [ArtifactValue] = [], result: String? = nil, exitCode: Int32? = nil
  ) {
    self.parameters = parameters
    self.artifacts = artifacts
    self.result = result
    self.exitCode = exitCode
  }
}

/// Work done of work known, in units of the step's own choosing (records, say).
public struct Progress: Hashable, Sendable {
  public var done: Int64
  public var total: Int64

  public init(done: Int64, total: Int64) {
    self.done = done
    self.total = total
  }
}

/// Where the launch of a leaf node stands.
public enum AttemptState: String, CaseIterable, Hashable, Sendable {
  /// Waits for the run's parallelism. Leads to `requested`, or to `ended` when the run is shut down.
  case queued
  /// An executor owes a start. Leads to `running`, `ending`, `ended`.
  case requested
  /// An executor has started it. Leads to `ending`, `ended`.
  case running
  /// An executor owes an end. Leads to `ended`.
  case ending
  /// Its outcome is recorded; nothing is owed.
  case ended
}

/// One vertex of a run's graph.
///
/// Nodes hang together twice: `owner` is who is told when this node ends (a group, a loop, a retry, a dag);
/// `boundary` is Argo's: the steps or dag node whose template the call stands in.
public struct Node: Hashable, Sendable {
  public let index: NodeIndex
  /// Argo's node ID: the run's name, a dash, and the FNV-1a hash of `name`; the root's is the run's name.
  public let id: String
  public let name: String
  public let displayName: String
  public let type: NodeType
  public let templateName: String?
  public let owner: NodeIndex?
  public let boundary: NodeIndex?
  /// Which of the owner's members this is: a step of the group, a task of the dag, an item of the loop, an attempt.
  public let member: Int
  public let item: Value?
  /// Runs because something ended (an exit handler): no part of the graph that it ends.
  public let isHook: Bool

  public var phase: NodePhase
  public var message: String?
  public var startedAt: Timestamp
  public var finishedAt: Timestamp?
  public var inputs: [ParameterValue]
  public var inputArtifacts: [ArtifactValue]
  public var outputs: NodeOutputs?
  public var progress: Progress?
  /// Nil for nodes that are not launched.
  public var attempt: AttemptState?
  /// When the next attempt of a retry node is due, or a suspended node resumes by itself.
  public var retryAt: Timestamp?

  public init(
    index: NodeIndex, id: String, name: String, displayName: String, type: NodeType, templateName: String?,
    owner: NodeIndex?, boundary: NodeIndex?, member: Int, item: Value?, isHook: Bool, phase: NodePhase,
    startedAt: Timestamp, inputs: [ParameterValue] = [], inputArtifacts: [ArtifactValue] = []
  ) {
    self.index = index
    self.id = id
    self.name = name
    self.displayName = displayName
    self.type = type
    self.templateName = templateName
    self.owner = owner
    self.boundary = boundary
    self.member = member
    self.item = item
    self.isHook = isHook
    self.phase = phase
    self.startedAt = startedAt
    self.inputs = inputs
    self.inputArtifacts = inputArtifacts
  }

  /// Whether the node is past waiting for a place among the calls of its template.
  var hasBegun: Bool { phase != .pending || attempt != nil }
}

/// Names one launch of one node of one run, for ever.
public struct AttemptID: Hashable, Sendable {
  public let run: String
  public let node: NodeIndex
  public let nodeID: String

  public init(run: String, node: NodeIndex, nodeID: String) {
    self.run = run
    self.node = node
    self.nodeID = nodeID
  }
}

/// FNV-1a, 32 bits: the hash in Argo's node IDs.
func fnv1a(_ text: String) -> UInt32 {
  text.utf8.reduce(2_166_136_261) { ($0 ^ UInt32($1)) &* 16_777_619 }
}
