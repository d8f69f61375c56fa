/// One execution of a workflow: every node, and what is owed to the world.
///
/// The state changes only through `apply`, which is total: a late, repeated or unknown event is noted, never trapped.
/// Nothing here reads a clock, draws a random number, or iterates in an order that differs between processes.
public struct RunState: Sendable {
  public let uid: String
  public let name: String
  public let namespace: String
  public let workflow: Workflow
  /// The workflow's parameters with the values of this run.
  public let parameters: [ParameterValue]
  public let createdAt: Timestamp
  /// The directory the run was submitted from; relative paths of its annotations start there.
  public let directory: String

  public internal(set) var phase = RunPhase.pending
  public internal(set) var message: String?
  public internal(set) var startedAt: Timestamp?
  public internal(set) var finishedAt: Timestamp?
  public internal(set) var shutdown: ShutdownStrategy?
  /// Since when nothing new is launched; nil when the run is not paused.
  public internal(set) var suspendedAt: Timestamp?
  /// Outputs with a global name, in order of first appearance.
  public internal(set) var globalOutputs: [ParameterValue] = []
  public internal(set) var globalArtifacts: [ArtifactValue] = []
  public internal(set) var nodes: [Node] = []

  let index: WorkflowIndex
  /// Derived from `nodes`: who hangs under whom. Parallel to `nodes`; nil for leaves.
  var composites: [Composite?] = []
  /// Derived from `nodes`: leaves that wait for the run's parallelism, and how many hold a place.
  var queue: AdmissionQueue
  var turn = Turn()

  public init(
    uid: String, name: String, namespace: String, workflow: Workflow, parameters: [ParameterValue],
    createdAt: Timestamp, directory: String = ""
  ) {
    self.uid = uid
    self.name = name
    self.namespace = namespace
    self.workflow = workflow
    self.parameters = parameters
    self.createdAt = createdAt
    self.directory = directory
    self.index = WorkflowIndex(workflow)
    self.queue = AdmissionQueue(limit: workflow.spec.parallelism)
  }
}

/// What a run keeps between restarts beside its definition and nodes.
public struct RunRecord: Hashable, Sendable {
  public var phase: RunPhase
  public var message: String?
  public var startedAt: Timestamp?
  public var finishedAt: Timestamp?
  public var shutdown: ShutdownStrategy?
  public var globalOutputs: [ParameterValue]
  public var suspendedAt: Timestamp?
  public var globalArtifacts: [ArtifactValue]

  public init(
    phase: RunPhase, message: String?, startedAt: Timestamp?, finishedAt: Timestamp?, shutdown: ShutdownStrategy?,
    globalOutputs: [ParameterValue], suspendedAt: Timestamp? = nil, globalArtifacts: [ArtifactValue] = []
  ) {
    self.phase = phase
    self.message = message
    self.startedAt = startedAt
    self.finishedAt = finishedAt
    self.shutdown = shutdown
    self.globalOutputs = globalOutputs
    self.suspendedAt = suspendedAt
    self.globalArtifacts = globalArtifacts
  }
}

extension RunState {
  public var record: RunRecord {
    RunRecord(
      phase: phase, message: message, startedAt: startedAt, finishedAt: finishedAt, shutdown: shutdown,
      globalOutputs: globalOutputs, suspendedAt: suspendedAt, globalArtifacts: globalArtifacts)
  }

  /// Brings back a run from what was kept of it. `nodes` are in order of index, without gaps.
  public mutating func restore(_ record: RunRecord, nodes: [Node]) {
    phase = record.phase
    message = record.message
    startedAt = record.startedAt
    finishedAt = record.finishedAt
    shutdown = record.shutdown
    globalOutputs = record.globalOutputs
    suspendedAt = record.suspendedAt
    globalArtifacts = record.globalArtifacts
    self.nodes = nodes
    composites = Composite.rebuild(for: nodes, in: self)
    queue = AdmissionQueue(limit: queue.limit)
    for node in nodes {
      if let attempt = node.attempt, attempt != .ended { queue.readmit(node.index, hasBegun: attempt != .queued) }
    }
  }

  public subscript(index: NodeIndex) -> Node {
    get { nodes[Int(index.value)] }
  }

  /// Nothing more will happen: the phase is final and no executor owes anything.
  public var isSettled: Bool { phase.isFinished && queue.active == 0 }

  public func attemptID(of node: Node) -> AttemptID { AttemptID(run: uid, node: node.index, nodeID: node.id) }

  /// Everything still owed, worked out from the state alone: what a restarted engine does first.
  public var outstandingCommands: [Command] {
    nodes.flatMap { outstandingCommands(of: $0) }
      + (phase == .running ? deadline.map { [.wake(NodeIndex(0), at: $0)] } ?? [] : [])
  }

  private func outstandingCommands(of node: Node) -> [Command] {
    let wake = node.retryAt.map { [Command.wake(node.index, at: $0)] } ?? []
    return switch node.attempt {
    case .requested, .running: launchCommand(for: node) + wake
    case .ending: launchCommand(for: node) + [.terminate(attemptID(of: node))]
    case .queued, .ended, nil: wake
    }
  }

  private func launchCommand(for node: Node) -> [Command] { (try? launch(for: node)).map { [.launch($0)] } ?? [] }
}

/// What accumulates while one event is applied.
struct Turn: Sendable {
  var now = Timestamp(milliseconds: 0)
  /// Nodes from here on appeared in this turn.
  var firstNewNode = NodeIndex(0)
  var commands: [Command] = []
  var changed: [NodeIndex] = []
  var runChanged = false
  var note: String?
  /// Nodes that have just ended and whose owners do not know yet.
  var fulfilled: [NodeIndex] = []
  /// How many of `fulfilled` have been told about.
  var told = 0
}

extension RunState {
  var now: Timestamp { turn.now }

  /// Changes a node and remembers that it changed.
  mutating func update(_ index: NodeIndex, _ change: (inout Node) -> Void) {
    change(&nodes[Int(index.value)])
    turn.changed.append(index)
  }

  mutating func composite(_ index: NodeIndex, _ change: (inout Composite) -> Void) {
    guard var composite = composites[Int(index.value)] else { return }
    composites[Int(index.value)] = nil
    change(&composite)
    composites[Int(index.value)] = composite
  }

  func composite(_ index: NodeIndex) -> Composite { composites[Int(index.value)] ?? Composite(members: 0) }

  func template(of node: Node) -> Template? {
    node.templateName.flatMap { index.templates[$0] }.map { workflow.spec.templates[$0] }
  }

  func calls(of node: Node) -> CallIndex? {
    node.templateName.flatMap { index.templates[$0] }.map { index.calls[$0] }
  }

  /// Ends a node; its owner hears of it before the turn is over.
  mutating func finish(_ index: NodeIndex, _ phase: NodePhase, _ message: String? = nil) {
    guard !self[index].phase.isFulfilled else { return }
    if isCall(self[index]), self[index].hasBegun { frameQueue(of: self[index]) { $0.vacate() } }
    let now = now
    update(index) { node in
      node.phase = phase
      node.message = message
      node.finishedAt = now
      node.retryAt = nil
    }
    turn.fulfilled.append(index)
  }
}
