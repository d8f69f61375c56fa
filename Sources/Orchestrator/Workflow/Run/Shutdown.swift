// Bringing a run to its end before its time.

extension RunState {
  var shutdownMessage: String { "workflow shutdown with strategy: \(shutdown?.rawValue ?? "")" }

  /// Whether new nodes fail instead of starting. Exit handlers are spared by `stop`.
  func refusesNewNodes(isHook: Bool) -> Bool {
    switch shutdown {
    case nil: false
    case .stop: !isHook
    case .terminate: true
    }
  }

  mutating func shutDown(_ strategy: ShutdownStrategy) {
    guard !phase.isFinished else { return turn.note = "the run has finished" }
    guard shutdown != strategy, shutdown != .terminate else { return turn.note = "the run is already shutting down" }
    changeRun { run in
      run.shutdown = strategy
      run.suspendedAt = nil
    }
    if phase == .pending { begin(shutDownAs: strategy) }
    for node in nodes where refusesNewNodes(isHook: node.isHook) && !node.phase.isFulfilled { end(node) }
  }

  /// A run that never began ends at once.
  private mutating func begin(shutDownAs strategy: ShutdownStrategy) {
    changeRun { run in
      run.phase = .failed
      run.message = stopMessage(strategy)
      run.startedAt = run.now
      run.finishedAt = run.now
    }
  }

  private mutating func end(_ node: Node) {
    switch node.attempt {
    case .queued:
      update(node.index) { $0.attempt = .ended }
      finish(node.index, .failed, shutdownMessage)
    case .requested, .running:
      update(node.index) { $0.attempt = .ending }
      turn.commands.append(.terminate(attemptID(of: node)))
    case nil where node.retryAt != nil || node.type == .suspend || !node.hasBegun:
      finish(node.index, .failed, shutdownMessage)
    case .ending, .ended, nil: break
    }
  }
}

/// What a run that was shut down says of itself (Argo's words; its nodes say `shutdownMessage`).
func stopMessage(_ strategy: ShutdownStrategy) -> String { "Stopped with strategy '\(strategy.rawValue)'" }
