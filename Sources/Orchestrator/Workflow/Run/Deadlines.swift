// Time that runs out: of a whole run, and of leaves that wait or run too long.

extension RunState {
  /// When what still runs is ended (Argo: `spec.activeDeadlineSeconds`); nil before the run begins, or without a limit.
  var deadline: Timestamp? {
    guard let seconds = workflow.spec.activeDeadlineSeconds, let startedAt else { return nil }
    return startedAt.advanced(byMilliseconds: Int64(max(0, seconds)) * 1000)
  }

  var isPastDeadline: Bool { deadline.map { $0 <= now } ?? false }

  /// Asks to be woken when the run's time is up. The event then speaks of the root, which may wait for nothing.
  mutating func watchDeadline() {
    if let deadline { turn.commands.append(.wake(NodeIndex(0), at: deadline)) }
  }

  /// Ends what is left of a run whose time is up.
  mutating func enforceDeadline() {
    guard phase == .running, isPastDeadline else { return }
    for node in nodes where refusesNewNodes(isHook: node.isHook) && !node.phase.isFulfilled { end(node) }
  }

  /// Asks to be woken when a leaf that waits to run has waited too long. The time counts from its appearance, so that it
  /// comes out the same whenever it is asked for.
  mutating func watchPending(_ index: NodeIndex) {
    guard let template = template(of: self[index]) else { return }
    let scope = Scope(inputs: self[index].inputs, item: self[index].item, node: index)
    do throws(RenderError) {
      let limits = [
        try milliseconds(template.timeout, "timeout", in: scope),
        try milliseconds(template.pendingTimeout, "pendingTimeout", in: scope),
      ]
      guard let limit = limits.compactMap({ $0 }).min() else { return }
      let due = self[index].startedAt.advanced(byMilliseconds: limit)
      update(index) { $0.retryAt = due }
      turn.commands.append(.wake(index, at: due))
    } catch {
      // The launch finds the same fault, and says so.
    }
  }

  /// A leaf has waited too long.
  mutating func pendingTimedOut(_ node: Node) {
    let message = "timeout"
    switch node.attempt {
    case .queued:
      update(node.index) { $0.attempt = .ended }
      finish(node.index, .failed, message)
    case .requested:
      update(node.index) { node in
        node.retryAt = nil
        node.message = message
        node.attempt = .ending
      }
      turn.commands.append(.terminate(attemptID(of: node)))
    case .running, .ending, .ended, nil: turn.note = "the node does not wait any more"
    }
  }

  /// Seconds that an attempt may run: the tighter of `activeDeadlineSeconds` and `timeout`, rounded up.
  func deadline(of template: Template, in scope: Scope) throws(RenderError) -> Int64? {
    var limits: [Int64] = []
    if let text = template.activeDeadlineSeconds {
      let rendered = try render(text, in: scope)
      guard let seconds = Int64(rendered), seconds > 0 else {
        throw RenderError("activeDeadlineSeconds '\(rendered)' is not a positive number")
      }
      limits.append(seconds)
    }
    if let timeout = try milliseconds(template.timeout, "timeout", in: scope) {
      limits.append(max(1, (timeout + 999) / 1000))
    }
    return limits.min()
  }

  private func milliseconds(
    _ text: TemplateString?, _ field: String, in scope: Scope
  ) throws(RenderError) -> Int64? {
    guard let text else { return nil }
    let rendered = try render(text, in: scope)
    guard !rendered.isEmpty else { return nil }
    do {
      return max(0, try GoDuration(parsing: rendered).milliseconds)
    } catch {
      throw RenderError("\(field) '\(rendered)': \(error)")
    }
  }
}
