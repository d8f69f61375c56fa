// Bringing a run to its end before its time.

extension RunState {
  /// Why nodes fail that are ended before their time, or not begun any more (Argo's words).
  var refusal: String {
    shutdown.map { "workflow shutdown with strategy: \($0.rawValue)" } ?? "Step exceeded its deadline"
  }

  /// Whether new nodes fail instead of starting. Exit handlers are spared by `stop` and by the run's deadline.
  func refusesNewNodes(isHook: Bool) -> Bool {
    switch shutdown {
    case nil: !isHook && isPastDeadline
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

  /// Ends one node before its time.
  mutating func end(_ node: Node) {
    switch node.attempt {
    case .queued:
      update(node.index) { $0.attempt = .ended }
      finish(node.index, .failed, refusal)
    case .requested, .running:
      update(node.index) { node in
        node.attempt = .ending
        node.retryAt = nil
        if node.phase == .pending { node.message = nil }
      }
      turn.commands.append(.terminate(attemptID(of: node)))
    case nil where node.retryAt != nil || node.type == .suspend || !node.hasBegun:
      finish(node.index, .failed, refusal)
    case .ending, .ended, nil: break
    }
  }
}

/// What a run that was shut down says of itself (Argo's words; its nodes say `refusal`).
func stopMessage(_ strategy: ShutdownStrategy) -> String { "Stopped with strategy '\(strategy.rawValue)'" }
