import OrderedCollections

/// An operator's wish to run again what failed, in the same run (Argo's `retry`).
public struct ManualRetry: Hashable, Sendable {
  /// Also nodes that succeeded are run again, where `selector` picks them.
  public var restartsSuccessful: Bool
  public var selector: NodeSelector?
  /// Workflow parameters that are to have another value from now on.
  public var parameters: [ParameterValue]

  public init(restartsSuccessful: Bool = false, selector: NodeSelector? = nil, parameters: [ParameterValue] = []) {
    self.restartsSuccessful = restartsSuccessful
    self.selector = selector
    self.parameters = parameters
  }

  init(_ value: Value) {
    let parameters = value["parameters"]?.objectValue ?? [:]
    self.init(
      restartsSuccessful: value["restartSuccessful"] == .bool(true),
      selector: value["selector"]?.stringValue.flatMap { try? NodeSelector(parsing: $0) },
      parameters: parameters.map { ParameterValue(name: $0.key, value: $0.value.stringValue ?? "") })
  }

  var value: Value {
    let overrides = OrderedDictionary(parameters.map { ($0.name, Value.string($0.value)) }, uniquingKeysWith: { $1 })
    return .record([
      "type": "retry", "restartSuccessful": .bool(restartsSuccessful),
      "selector": selector.map { .string($0.source) }, "parameters": .object(overrides),
    ])
  }
}

/// A run that was set back so that it goes on.
public struct RetriedRun: Sendable {
  public let run: RunState
  public let commands: [Command]
  /// Attempts that will be made anew under the same names: what they left must be out of the way first.
  public let dropped: [AttemptID]
}

/// Why nothing is run again.
public struct RetryRefusal: Error, Hashable, Sendable, CustomStringConvertible {
  public let description: String
  public init(_ description: String) { self.description = description }
}

extension RunState {
  /// The run without its failed nodes, what hung on them, and its exit handler; it goes on from there.
  /// - Throws: `RetryRefusal` when nothing could or should be run again.
  public func retried(_ retry: ManualRetry, at now: Timestamp) throws(RetryRefusal) -> RetriedRun {
    guard isSettled else { throw RetryRefusal("the run has not ended: only a run that has can be retried") }
    guard phase != .succeeded || (retry.restartsSuccessful && retry.selector != nil) else {
      throw RetryRefusal("the run succeeded: say --restart-successful and --node-field-selector to run steps again")
    }
    let plan = RetryPlan(retry, of: self)
    guard plan.dropsAnything(besidesHooks: retry.selector != nil) else {
      throw RetryRefusal("no node is picked by the selector and may run again")
    }
    var run = copy(parameters: parameters.overridden(by: retry.parameters))
    run.restore(
      RunRecord(
        phase: .running, message: nil, startedAt: now, finishedAt: nil, shutdown: nil, globalOutputs: globalOutputs),
      nodes: plan.keptNodes(at: now))
    let commands = run.goOn(at: now)
    return RetriedRun(run: run, commands: commands, dropped: plan.droppedAttempts)
  }

  private func copy(parameters: [ParameterValue]) -> RunState {
    RunState(
      uid: uid, name: name, namespace: namespace, workflow: workflow, parameters: parameters, createdAt: createdAt,
      directory: directory)
  }

  /// Starts everything that a kept part of the graph waits for.
  mutating func goOn(at now: Timestamp) -> [Command] {
    turn = Turn()
    turn.now = now
    let kept = nodes.count
    turn.firstNewNode = NodeIndex(kept)
    if let root = main {
      // The graph itself may have ended well, and only the exit handler is to run again.
      if root.phase.isFulfilled { turn.fulfilled.append(root.index) }
    } else {
      invokeMain()
    }
    // Innermost first: an outer node never ends before an inner one has begun again.
    for position in (0..<kept).reversed() where !nodes[position].phase.isFulfilled { goOn(nodes[position]) }
    settle()
    defer { turn = Turn() }
    return turn.commands
  }

  private mutating func goOn(_ node: Node) {
    switch node.type {
    case .dag: reenterDAG(node)
    case .steps: reenterSteps(node)
    case .stepGroup: reenterGroup(node)
    case .taskGroup: reenterLoop(node)
    case .retry, .pod, .suspend, .skipped: break
    }
  }

  private mutating func reenterDAG(_ dag: Node) {
    guard let plan = calls(of: dag)?.dag else { return }
    for task in plan.dependencies.indices where plan.relevant[task] && composite(dag.index).slots[task].isEmpty {
      if composite(dag.index).waiting[task] == 0 { startTask(task, of: dag) }
    }
  }

  private mutating func reenterSteps(_ steps: Node) {
    guard let last = composite(steps.index).slots.compactMap(\.first).last else { return enterGroup(0, of: steps) }
    if self[last].phase.isFulfilled { groupEnded(self[last], in: steps) }
  }

  private mutating func reenterGroup(_ group: Node) {
    guard let owner = group.owner else { return }
    for (member, step) in steps(ofGroup: group).enumerated() {
      let slot = composite(group.index).slots[member]
      if slot.isEmpty {
        call(step, member: member, owner: group.index, boundary: owner, prefix: group.name)
      } else if self[slot[0]].item != nil {
        callMissing(step, among: slot, named: "\(group.name).\(step.name.value)", in: owner) { _ in
          (group.index, member)
        }
      }
    }
  }

  private mutating func reenterLoop(_ loop: Node) {
    guard let dag = loop.owner, case .dag(let definition) = template(of: self[dag])?.body,
      definition.tasks.indices.contains(loop.member)
    else { return }
    callMissing(
      definition.tasks[loop.member].step, among: composite(loop.index).slots[0], named: loop.name, in: dag
    ) { (loop.index, $0) }
  }

  /// Calls a looping step for those of its items that have no node.
  private mutating func callMissing(
    _ step: Step, among existing: [NodeIndex], named name: String, in frame: NodeIndex,
    place: (Int) -> (owner: NodeIndex, member: Int)
  ) {
    guard let loop = step.loop, let items = try? items(of: loop, in: Scope(frame: frame)) else { return }
    let names = Set(existing.map { self[$0].name })
    for (position, item) in items.enumerated() {
      let suffix = "(\(position):\(itemDescription(item)))"
      guard !names.contains(name + suffix) else { continue }
      callOnce(
        step,
        at: Placement(
          name: name + suffix, displayName: step.name.value + suffix, owner: place(position).owner, boundary: frame,
          member: place(position).member, item: item, isHook: self[frame].isHook))
    }
  }
}

extension Array where Element == ParameterValue {
  /// These with other values where `others` names them.
  func overridden(by others: [ParameterValue]) -> [ParameterValue] {
    map { ParameterValue(name: $0.name, value: others[$0.name] ?? $0.value) }
      + others.filter { self[$0.name] == nil }
  }
}

// MARK: Which nodes stay

/// Sorts the nodes of an ended run: dropped, kept as they are, or kept and set back to running.
struct RetryPlan {
  private let run: RunState
  private var isDropped: [Bool]
  private var isOpen: [Bool]

  init(_ retry: ManualRetry, of run: RunState) {
    self.run = run
    isDropped = Array(repeating: false, count: run.nodes.count)
    isOpen = isDropped
    for node in run.nodes where node.isHook || startsAgain(node, retry) { isDropped[position(node)] = true }
    dropWhatFollows()
    openWhatHoldsThem()
  }

  func dropsAnything(besidesHooks: Bool) -> Bool {
    run.nodes.contains { isDropped[position($0)] && !(besidesHooks && $0.isHook) }
  }

  var droppedAttempts: [AttemptID] {
    run.nodes.filter { isDropped[position($0)] && $0.type.isLeaf }.map(run.attemptID)
  }

  private func position(_ node: Node) -> Int { Int(node.index.value) }

  /// What failed by itself. A group fails because of what is in it, which is looked at on its own; a retry node starts over
  /// with all its attempts.
  private func startsAgain(_ node: Node, _ retry: ManualRetry) -> Bool {
    guard !isAttempt(node) else { return false }
    let isSelf = node.type == .retry || !node.type.isComposite || hasNoChildren(node)
    guard let selector = retry.selector else { return isSelf && node.phase.isFailure }
    if node.phase.isFailure { return isSelf && isPicked(node, selector) }
    return retry.restartsSuccessful && node.phase == .succeeded && selector.matches(node)
  }

  /// Whether the selector picks the node or one that holds it. The run's own node holds everything and is passed over.
  private func isPicked(_ node: Node, _ selector: NodeSelector) -> Bool {
    if selector.matches(node) { return true }
    return node.owner.map { run[$0].owner != nil && isPicked(run[$0], selector) } ?? false
  }

  private func isAttempt(_ node: Node) -> Bool {
    node.owner.map { run[$0].type == .retry || isAttempt(run[$0]) } ?? false
  }

  private func hasNoChildren(_ node: Node) -> Bool { run.composite(node.index).slots.allSatisfy(\.isEmpty) }

  /// Children of what is dropped, and everything that came after it in its steps or dag. Nodes appear after what they
  /// wait for, so one pass in their order is enough.
  private mutating func dropWhatFollows() {
    for node in run.nodes {
      guard let ownerIndex = node.owner, !isDropped[position(node)] else { continue }
      let owner = run[ownerIndex]
      let comesAfter =
        switch owner.type {
        case .steps: node.member > 0 && holdsDropped(run.composite(ownerIndex).slots[node.member - 1])
        case .dag:
          (run.calls(of: owner)?.dag?.dependencies[node.member] ?? [])
            .contains { holdsDropped(run.composite(ownerIndex).slots[$0]) }
        case .stepGroup, .taskGroup, .retry, .pod, .suspend, .skipped: false
        }
      if isDropped[Int(ownerIndex.value)] || comesAfter { isDropped[position(node)] = true }
    }
  }

  /// Whether a node, or something in it, is dropped.
  private func holdsDropped(_ nodes: [NodeIndex]) -> Bool {
    nodes.contains { index in
      isDropped[Int(index.value)] || holdsDropped(run.composite(index).slots.flatMap { $0 })
    }
  }

  private mutating func openWhatHoldsThem() {
    for node in run.nodes.reversed() where isDropped[position(node)] || isOpen[position(node)] {
      if let owner = node.owner, !isDropped[Int(owner.value)] { isOpen[Int(owner.value)] = true }
    }
  }

  /// The nodes that stay, numbered anew.
  func keptNodes(at now: Timestamp) -> [Node] {
    var places: [NodeIndex: NodeIndex] = [:]
    var kept: [Node] = []
    for node in run.nodes where !isDropped[position(node)] {
      places[node.index] = NodeIndex(kept.count)
      var copy = node.renumbered(places)
      if isOpen[position(node)] { copy.open(at: now) }
      kept.append(copy)
    }
    return kept
  }
}

extension Node {
  fileprivate func renumbered(_ places: [NodeIndex: NodeIndex]) -> Node {
    var node = Node(
      index: places[index] ?? index, id: id, name: name, displayName: displayName, type: type,
      templateName: templateName, owner: owner.flatMap { places[$0] }, boundary: boundary.flatMap { places[$0] },
      member: member, item: item, isHook: isHook, phase: phase, startedAt: startedAt, inputs: inputs,
      inputArtifacts: inputArtifacts)
    node.message = message
    node.finishedAt = finishedAt
    node.outputs = outputs
    node.progress = progress
    node.attempt = attempt
    return node
  }

  fileprivate mutating func open(at now: Timestamp) {
    phase = .running
    message = nil
    startedAt = now
    finishedAt = nil
    outputs = nil
  }
}
