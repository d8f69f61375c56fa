extension RunState {
  /// Decides what an event means: the one place where a run changes.
  public mutating func apply(_ event: Event, at now: Timestamp) -> Transition {
    turn = Turn()
    turn.now = now
    turn.firstNewNode = NodeIndex(nodes.count)
    switch event {
    case .begun: begin()
    case .attemptStarted(let attempt): attemptStarted(attempt)
    case .attemptEnded(let attempt, let outcome): attemptEnded(attempt, outcome)
    case .attemptProgressed(let attempt, let progress): attemptProgressed(attempt, progress)
    case .attemptDelayed(let attempt, let reason): attemptDelayed(attempt, reason)
    case .retryDue(let node): retryDue(node)
    case .shutdownRequested(let strategy): shutDown(strategy)
    case .suspendRequested: suspendRun()
    case .resumeRequested(let selector): resume(selector)
    case .nodeSet(let selector, let change): set(change, on: selector)
    }
    enforceDeadline()
    settle()
    return takeTransition()
  }

  /// Tells owners about ended nodes, and starts what waits for a condition, until nobody is left to tell.
  mutating func settle() {
    repeat {
      while turn.told < turn.fulfilled.count || startQueued() {
        guard turn.told < turn.fulfilled.count else { continue }
        tellOwner(of: self[turn.fulfilled[turn.told]])
      }
    } while startHooks()
  }

  private mutating func tellOwner(of node: Node) {
    turn.told += 1
    exportGlobals(of: node)
    startExitHandler(of: node)
    // Before the owner hears of it: it waits for the hooks as well.
    if let frame = node.boundary { startHooks(in: frame) }
    propagate(node)
    if let frame = node.boundary { admitWaiting(in: frame) }
  }

  private mutating func propagate(_ node: Node) {
    guard let ownerIndex = node.owner else { return topNodeEnded(node) }
    composite(ownerIndex) { $0.live -= 1 }
    let owner = self[ownerIndex]
    guard !owner.phase.isFulfilled else { return }
    switch owner.type {
    case .stepGroup: stepEnded(in: owner)
    case .steps: groupEnded(node, in: owner)
    case .dag: taskEnded(node, in: owner)
    case .taskGroup: itemEnded(in: owner)
    case .retry: attemptNodeEnded(node, of: owner)
    case .pod, .suspend, .skipped: break
    }
  }

  private mutating func takeTransition() -> Transition {
    defer { turn = Turn() }
    return Transition(
      commands: turn.commands, changedNodes: uniqueSorted(turn.changed), runChanged: turn.runChanged, note: turn.note)
  }
}

private func uniqueSorted(_ indexes: [NodeIndex]) -> [NodeIndex] {
  var unique: [NodeIndex] = []
  for index in indexes.sorted() where unique.last != index { unique.append(index) }
  return unique
}

// MARK: The run's own beginning and end

extension RunState {
  private mutating func begin() {
    guard phase == .pending, nodes.isEmpty else { return turn.note = "the run has already begun" }
    changeRun { run in
      run.phase = .running
      run.startedAt = run.now
      if run.workflow.spec.suspend { run.suspendedAt = run.now }
    }
    watchDeadline()
    invokeMain()
  }

  /// Runs the entrypoint; the workflow's parameters are its arguments.
  mutating func invokeMain() {
    invokeAtTop(workflow.spec.entrypoint.value, with: workflowInputs, named: name, isHook: false)
  }

  /// Runs a template outside any other: the entrypoint, a hook or the exit handler.
  mutating func invokeAtTop(
    _ template: String, with inputs: Result<CallInputs, RenderError>, named nodeName: String, isHook: Bool
  ) {
    let place = Placement(
      name: nodeName, displayName: nodeName, owner: nil, boundary: nil, member: 0, item: nil, isHook: isHook)
    invoke(template, with: inputs, at: place)
  }

  private mutating func topNodeEnded(_ node: Node) {
    if node.name == exitHandlerName { return exitHandlerEnded(node) }
    startRunHooks()
    guard let main, main.phase.isFulfilled, !hasOpenRunHook, !nodes.contains(where: { $0.name == exitHandlerName })
    else { return }
    guard shutdown != .terminate, startRunExitHandler() else { return finishRun(as: main) }
  }

  /// The node of the entrypoint.
  var main: Node? { nodes.first { $0.owner == nil && !$0.isHook } }

  /// An exit handler can spoil a success but never mend a failure.
  private mutating func exitHandlerEnded(_ handler: Node) {
    guard let main else { return }
    finishRun(as: main.phase.isFailure || !handler.phase.isFailure ? main : handler)
  }

  /// The run ends as `node` did. When that was a failure, a shutdown explains it better than the node can.
  private mutating func finishRun(as node: Node) {
    changeRun { run in
      run.phase = RunPhase(of: node.phase)
      run.message = node.phase.isFailure ? run.shutdown.map(stopMessage) ?? node.message : node.message
      run.finishedAt = run.now
    }
  }

  mutating func changeRun(_ change: (inout RunState) -> Void) {
    change(&self)
    turn.runChanged = true
  }
}

extension RunPhase {
  /// The phase of a run whose graph ended so: nothing left to do is a success.
  init(of phase: NodePhase) {
    switch phase {
    case .succeeded, .skipped, .omitted: self = .succeeded
    case .failed: self = .failed
    case .error: self = .error
    case .pending, .running: self = .running
    }
  }
}
