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
      addNode(template.nodeType, template: template.name.value, at: place, phase: .pending, inputs: retry.inputs))
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
        try render(text, in: Scope(inputs: retry.inputs, item: retry.item))
      }
      switch terms.decide(after: failures(of: retry, attempt)) {
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
    startAttempt(of: self[index])
  }
}
