// What follows an attempt that did not succeed.

extension RunState {
  mutating func startAttempt(of retry: Node) {
    guard let template = template(of: retry) else { return }
    let ordinal = composite(retry.index).slots[0].count
    update(retry.index) { node in
      node.retryAt = nil
      node.message = nil
    }
    let suffix = "(\(ordinal))"
    let place = Placement(
      name: retry.name + suffix, displayName: retry.displayName + suffix, owner: retry.index,
      boundary: retry.boundary, member: ordinal, item: retry.item, isHook: retry.isHook)
    begin(
      addNode(
        template.nodeType, template: template.name.value, at: place, phase: .pending,
        inputs: CallInputs(parameters: retry.inputs, artifacts: retry.inputArtifacts)))
  }

  mutating func attemptNodeEnded(_ attempt: Node, of retry: Node) {
    update(retry.index) { $0.outputs = attempt.outputs }
    guard attempt.phase.isFailure else { return finish(retry.index, attempt.phase, attempt.message) }
    // What began and failed in one turn asked nothing of the world: it would fail the same way, without end.
    guard attempt.index < turn.firstNewNode, !refusesNewNodes(isHook: retry.isHook),
      let strategy = template(of: retry).flatMap(retryStrategy)
    else { return finish(retry.index, attempt.phase, attempt.message) }
    do throws(RenderError) {
      let terms = try RetryTerms(strategy) { (text) throws(RenderError) in
        try render(text, in: retryScope(retry))
      }
      let failures = failures(of: retry, attempt)
      guard try strategy.allowsRetry(in: ScopedRun(run: self, scope: retryScope(retry))) else {
        return finish(retry.index, attempt.phase, "retryStrategy.expression evaluated to false")
      }
      switch terms.decide(after: failures) {
      case .giveUp(let message): finish(retry.index, attempt.phase, message)
      case .retry(let due) where due <= now: startAttempt(of: retry)
      case .retry(let due):
        update(retry.index) { node in
          node.retryAt = due
          node.message = "Backoff until \(due.rfc3339)"
        }
        turn.commands.append(.wake(retry.index, at: due))
      }
    } catch {
      finish(retry.index, .error, error.message)
    }
  }

  private func retryScope(_ retry: Node) -> Scope {
    Scope(inputs: retry.inputs, item: retry.item, retry: retry.index)
  }

  private func failures(of retry: Node, _ last: Node) -> FailedAttempts {
    let attempts = composite(retry.index).slots[0]
    return FailedAttempts(
      count: attempts.count, phase: last.phase, message: last.message,
      firstStartedAt: attempts.first.map { self[$0].startedAt } ?? last.startedAt,
      lastFinishedAt: last.finishedAt ?? now)
  }

  mutating func retryDue(_ index: NodeIndex) {
    guard nodes.indices.contains(Int(index.value)), let due = self[index].retryAt else {
      return turn.note = "the node waits for no retry"
    }
    guard due <= now else {
      turn.commands.append(.wake(index, at: due))
      return turn.note = "the retry is not due before \(due.rfc3339)"
    }
    switch self[index].type {
    case .suspend: durationPassed(self[index])
    case .pod: pendingTimedOut(self[index])
    default: startAttempt(of: self[index])
    }
  }
}

extension RetryStrategy {
  fileprivate func allowsRetry(in source: ScopedRun) throws(RenderError) -> Bool {
    guard let expression else { return true }
    do throws(RenderError) {
      return try expression.holds(in: source)
    } catch {
      throw RenderError("retryStrategy.expression: \(error.message)")
    }
  }
}

// MARK: What attempts know of those before them

extension RunState {
  /// The number of this attempt, from 0; for a retry strategy that decides, of the last one.
  func retries(in scope: Scope) throws(RenderError) -> String {
    if let retry = scope.retry { return String(composite(retry).slots[0].count - 1) }
    guard let node = scope.node.map({ self[$0] }) else {
      throw RenderError("'retries' is only known to a template that runs")
    }
    return String(node.owner.map { self[$0].type == .retry } ?? false ? node.member : 0)
  }

  /// How the last attempt ended: for an attempt the one before it, and Argo's defaults for the first.
  func lastRetry(_ variable: Reference.RetryVariable, in scope: Scope) -> String {
    let last = attempt(before: scope).map { self[$0] }
    switch variable {
    case .exitCode:
      return last == nil ? "0" : last?.outputs?.exitCode.map(String.init) ?? "-1"
    case .status: return last?.phase.rawValue ?? ""
    case .message: return last?.message ?? ""
    case .duration:
      guard let last, let finished = last.finishedAt else { return "0" }
      return String(max(0, finished.milliseconds(since: last.startedAt)) / 1000)
    }
  }

  private func attempt(before scope: Scope) -> NodeIndex? {
    if let retry = scope.retry { return composite(retry).slots[0].last }
    guard let node = scope.node.map({ self[$0] }), let owner = node.owner, self[owner].type == .retry else {
      return nil
    }
    return node.member > 0 ? composite(owner).slots[0][node.member - 1] : nil
  }
}
