// Exit handlers of single steps and tasks: work that follows when one has ended, and that what comes next waits for.

extension RunState {
  /// Whether a node is the exit handler of a step or task. It stands beside that node, in the same slot of their owner.
  func isStepHandler(_ node: Node) -> Bool {
    guard node.isHook, let owner = node.owner, self[owner].type != .retry else { return false }
    // No step's name has a dot, and the names of loop items and attempts end in a parenthesis.
    return node.displayName.hasSuffix(".onExit")
  }

  /// Starts the exit handler of a step that has run, once for all its attempts; before anyone hears that it has ended.
  mutating func startExitHandler(of node: Node) {
    guard node.phase == .succeeded || node.phase.isFailure, shutdown != .terminate,
      let frame = node.boundary, let handler = step(calling: node)?.onExit
    else { return }
    let place = Placement(
      name: node.name + ".onExit", displayName: node.displayName + ".onExit", owner: node.owner, boundary: frame,
      member: node.member, item: node.item, isHook: true)
    let scope = Scope(frame: frame, item: node.item)
    let inputs = callInputs(handler.arguments, handler.artifacts, of: handler.template.value, in: scope)
    invoke(handler.template.value, with: inputs, at: place)
  }

  /// The step or task that a node is the call of; nil for groups, items of a task, attempts and handlers.
  private func step(calling node: Node) -> Step? {
    guard let owner = node.owner.map({ self[$0] }), !isStepHandler(node) else { return nil }
    switch owner.type {
    case .stepGroup: return steps(ofGroup: owner)[node.member]
    case .dag:
      guard case .dag(let dag) = template(of: owner)?.body else { return nil }
      return dag.tasks[node.member].step
    default: return nil
    }
  }

  /// Whether a task and its handler have ended, and `node` is the last of them that the dag is told about.
  func isLastToldOfTask(_ node: Node, _ slot: [NodeIndex]) -> Bool {
    guard slot.count > 1 else { return true }
    return slot.allSatisfy { self[$0].phase.isFulfilled }
      && !turn.fulfilled.dropFirst(turn.told).contains { slot.contains($0) }
  }
}
